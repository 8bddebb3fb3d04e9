"""Patterns, order of recordings and times."""

import numpy as np
import pytest

from neuroloop.calcium.patterns import pattern_cells
from neuroloop.calcium.protocol import Protocol, draw_patterns
from neuroloop.calcium.simulate import draw_area, draw_session
from neuroloop.calcium.simulated_settings import AreaSettings, SessionSettings
from neuroloop.errors import NeuroLoopError

SEED = 3


@pytest.fixture(scope="module")
def area():
    return draw_area(SEED, "A1", AreaSettings())


@pytest.fixture(scope="module")
def session(area):
    return draw_session(SEED, area, "before", SessionSettings())


def test_pairs_are_dealt_evenly_and_no_more_than_there_are(area):
    assert [name for name in area.patterns if "+" in name] == area.patterns[8:14]
    group = area.cells.set_index("cell")["group"]
    assert [group[pattern_cells(name)[0]] for name in area.patterns[8:14]] == ["g1"] * 3 + [
        "g2"
    ] * 3
    with pytest.raises(NeuroLoopError, match="13 pairs are asked for, 2 groups have 12"):
        draw_patterns(np.random.default_rng(0), area.cells, 13, 1)


def test_protocols_of_the_study():
    five, ten = Protocol(), Protocol(trials=10)
    assert five.onsets.tolist() == [36, 52, 68, 84, 100]
    assert (five.frames, ten.frames) == (120, 200)
    assert ten.onsets[-1] == 180


def test_tables_list_every_pattern_group_after_group(area, session):
    recordings, events = session.recordings, session.stimulations
    assert list(recordings) == ["area", "session", "recording", "path", "frame_rate", "group"]
    assert list(events) == ["recording", "trial", "onset_frame", "cells"]
    assert recordings["recording"].is_unique
    assert recordings["group"].tolist() == ["g1"] * 7 + ["g2"] * 7 + ["none"]
    stimulated = events.groupby("recording", sort=False)["cells"].first()
    assert sorted(stimulated.replace("", "none")) == sorted(area.patterns)
    assert stimulated.tolist()[:7] != area.patterns[:4] + area.patterns[8:11]
    assert (events.groupby("recording").size() == 5).all()
    after = draw_session(SEED, area, "after", SessionSettings()).stimulations
    assert after["cells"].tolist() != events["cells"].tolist()
