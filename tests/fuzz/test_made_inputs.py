"""Tables and settings that hypothesis makes: read, or refused in one line that can be printed."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snakemake.utils import update_config

from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.tables import read_recordings, read_stimulations
from neuroloop.config.check import ConfigError
from neuroloop.cxr.radiograph_manifests import read_manifest
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.files.tables import read_table
from neuroloop.fmri.volume_labels import read_events
from neuroloop.workflow.configuration import settle
from tests.project import ROOT

ANY = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

#: Numbers, texts and what spreadsheets leave, as fields.
FIELDS = st.one_of(
    st.sampled_from(
        ["", "n/a", "nan", "inf", "-1", "0", "1", "2", "1.0", "1e3", "c1", "c1+c2", "a"]
    ),
    st.floats().map(str),
    st.integers().map(str),
    st.text(max_size=8),
)
READERS: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "table": (lambda path: read_table(path, {"a": str, "b": int, "c": float}), ["a", "b", "c"]),
    "cells": (read_cells, ["cell", "row", "column", "radius", "group"]),
    "recordings": (
        read_recordings,
        ["area", "session", "recording", "path", "frame_rate", "group"],
    ),
    "stimulations": (read_stimulations, ["recording", "trial", "onset_frame", "cells"]),
    "events": (
        lambda path: read_events([path], [20], [2.0]),
        ["onset", "duration", "trial_type", "stimulus_id"],
    ),
    "manifest": (lambda path: read_manifest(path, None, Intake()), ["file", "label", "patient"]),
}


def _line(error: Exception) -> None:
    said = str(error)
    assert said.encode()
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", READERS)
def test_any_table_is_read_or_refused(name, tmp_path):
    read, columns = READERS[name]
    path = tmp_path / "x.tsv"
    row = st.lists(FIELDS, min_size=len(columns), max_size=len(columns))
    odd = st.lists(FIELDS, max_size=7)

    @ANY
    @given(
        header=st.one_of(st.just(columns), st.permutations(columns), odd),
        rows=st.one_of(st.lists(row, max_size=4), st.lists(odd, max_size=4)),
        end=st.sampled_from(["\n", "\r\n", "\r"]),
    )
    def check(header, rows, end):
        text = end.join("\t".join(fields) for fields in [header, *rows]) + end
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            read(path)
        except NeuroLoopError as error:
            _line(error)

    check()


#: What YAML can hold.
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inside: st.one_of(
        st.lists(inside, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=4), st.integers()), inside, max_size=3),
    ),
    max_leaves=6,
)


def _places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Keys that lead to every part of a config."""
    inside = value.items() if isinstance(value, dict) else ()
    found = [(*above, key) for key, _ in inside]
    return found + [place for key, item in inside for place in _places(item, (*above, key))]


@pytest.mark.parametrize("preset", ["test", "config", "cxr"])
def test_any_setting_is_taken_or_refused(preset):
    default = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    stated = yaml.safe_load((ROOT / "config" / f"{preset}.yaml").read_text())

    @ANY
    @given(place=st.sampled_from(_places(stated)), value=VALUES, added=st.booleans())
    def check(place, value, added):
        given_config = copy.deepcopy(stated)
        block = given_config
        for key in place[:-1]:
            block = block[key]
        if added and isinstance(block[place[-1]], dict):
            block[place[-1]]["more"] = value
        else:
            block[place[-1]] = value
        config = copy.deepcopy(default)
        update_config(config, copy.deepcopy(given_config))
        try:
            settle(config, given_config)
        except (ConfigError, NeuroLoopError) as error:
            _line(error)

    check()
