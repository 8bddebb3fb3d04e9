"""Laws of coupling, its change, and the audit of readers, beside what their calls take."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.ndimage  # noqa: F401 - so that no call imports it

from neuroloop.calcium.audit.copies import frame_noise
from neuroloop.calcium.audit.session_trials import (
    RECORDED,
    far_pixels,
    light_and_places,
    trials_of,
)
from neuroloop.calcium.influence import estimate_influence
from neuroloop.calcium.routes import Responses, compare_likeness
from neuroloop.workflow.memory import LAWS, PLAIN, TORCH
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes
from tests.unit.calcium.audit.planted import READER, planted

#: The study's largest area: cells, trials, frames that are kept of each, pixels, networks.
CELLS, TRIALS, KEPT, PIXELS, NETWORKS = 100, 1722, 7, 512**2, 4


def table_of(cells: int) -> pd.DataFrame:
    names = [f"c{number}" for number in range(cells)]
    places = {"row": 20.0 * np.arange(cells), "column": 0.0, "group": "a"}
    return pd.DataFrame({"cell": names, **places})


def test_coupling_of_all_resamples_is_there() -> None:
    def estimating(cells: int) -> int:
        patterns = [f"c{number % cells}" for number in range(3 * cells)]
        responses = np.random.default_rng(0).normal(size=(len(patterns), cells))
        responses += 3 * (np.arange(cells) == (np.arange(3 * cells) % cells)[:, None])
        return peak_bytes(
            lambda: estimate_influence(
                responses, patterns, table_of(cells), np.random.default_rng(0), n_boot=40
            )
        )

    counts = [30, 40, 50, 60]
    estimating(5)
    of_none, a_pair = fitted(
        [40 * count**2 for count in counts], lambda pairs: estimating(round((pairs / 40) ** 0.5))
    )
    law = LAWS["estimate_coupling"].terms
    assert 0.6 * law["resampled pair"] < a_pair < law["resampled pair"] / 0.85
    courses = TRIALS * KEPT * CELLS
    full = {"course value": courses, "evidence value": NETWORKS * courses}
    full["resampled pair"] = 1000 * CELLS**2
    taken = PLAIN + 60 + (of_none + 8 * courses * (1 + NETWORKS) + a_pair * 1000 * CELLS**2) / 1e6
    check("estimate_coupling", full, taken)


def test_likeness_of_sessions_holds_maps_and_products_of_trials() -> None:
    """Maps of both sessions, those of all trials joined, and matrices without each recording."""

    def comparing(side: int, patterns: int = 12, trials: int = 6) -> int:
        names = [f"c{number}" for number in range(patterns)]
        rows = pd.DataFrame({"pattern": np.repeat(names, trials), "group": "a"})
        rows["trial"] = np.tile(np.arange(trials), patterns)
        rows["recording"] = [f"r{trial}" for trial in rows["trial"]]

        def compare() -> None:
            drawn = np.random.default_rng(0)
            both = [
                Responses(drawn.random((2, len(rows), side**2), dtype=np.float32), rows)
                for _ in range(2)
            ]
            compare_likeness(*both, "zncc", drawn, shape=(side, side), permutations=3)

        return peak_bytes(compare)

    law = LAWS["compare_sessions"].terms
    places = [32**2, 48**2, 64**2, 80**2]
    of_none, a_place = fitted(places, lambda count: comparing(round(count**0.5)))
    a_value = a_place / (2 * 2 * 72)
    assert 0.5 * law["map value"] < a_value < law["map value"] / 0.85
    counts = [12, 24, 36, 48]
    _, a_pair = fitted(
        [(12 * count) ** 2 for count in counts],
        lambda pairs: comparing(8, round(pairs**0.5 / 12)),
    )
    assert a_pair < law["trial pair"] / 0.85
    values = 2 * NETWORKS * 960 * 64**2
    full = dict.fromkeys(law, 0.0) | {"map value": values, "trial pair": 1080.0**2}
    taken = TORCH + 80 + (of_none + a_value * values + a_pair * full["trial pair"]) / 1e6
    check("compare_sessions", full, taken)


@pytest.mark.parametrize("view", ["dff_scaled", RECORDED])
def test_frames_of_trials_pass_one_trial_at_a_time(tmp_path: Path, view: str) -> None:
    def looking(side: int, trials: int = 3) -> int:
        made = planted(height=side, width=side, trials=trials)
        with made.store(tmp_path / f"{side}-{trials}-{view}") as store:
            rows = trials_of(store, "stimulated", READER)
            far, _ = far_pixels(made.cells, store.shape, 0.0)
            return peak_bytes(lambda: light_and_places(store, rows, view, far, tmp_path))

    law = LAWS["find_reader_leaks"].terms
    sides = [24, 32, 40, 48]
    _, a_pixel = fitted([side**2 for side in sides], lambda pixels: looking(round(pixels**0.5)))
    assert a_pixel < law["frame pixel"] / 0.85
    means = (6 - 3) * 6 * 8 * 40**2
    mapped = means if view == RECORDED else 0  # of a file on disk, which counts in whole
    assert looking(40, 6) - looking(40) - mapped < 0.75 * means


def test_the_audit_of_a_reader_keeps_some_places_of_each_frame(tmp_path: Path) -> None:
    def keeping(trials: int) -> int:
        made = planted(height=48, width=48, trials=trials)
        with made.store(tmp_path / f"{trials}") as store:
            kept[trials] = len(store.rows)
            return peak_bytes(lambda: frame_noise(store, made.cells))

    kept: dict[int, int] = {}
    taken = [keeping(trials) for trials in (3, 5, 7, 9)]
    a_frame = float(np.polyfit([kept[trials] for trials in (3, 5, 7, 9)], taken, 1)[0])
    law = LAWS["find_reader_leaks"].terms["frame"]
    assert 0.3 * law < a_frame < law / 0.85
    full = {"frame": TRIALS * KEPT, "frame pixel": PIXELS, "cell pixel": CELLS * PIXELS}
    taken_all = a_frame * full["frame"] + 200 * PIXELS + 8 * full["cell pixel"]
    check("find_reader_leaks", full, PLAIN + 60 + taken_all / 1e6)
