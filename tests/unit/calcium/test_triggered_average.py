"""Stimulus-triggered averages of a few frames, computed by hand."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.recording_courses import SessionCourses
from neuroloop.calcium.triggered_average import Triggered, trigger

NAN = np.nan
CELLS = pd.DataFrame({"cell": ["a", "b", "c"], "row": [0.0, 0, 0], "column": [0.0, 5, 40]})
SELECTION = Selection(stimulated=2, baseline=2, control=1)


def cut(rate: float = 2.0) -> Triggered:
    """Recording r has onsets 4 (of a) and 9 (of a and c), s has 6 without a stimulation."""
    light = [
        [0.0, 20, 10, 30, 40, 25, 20, 8, 12, 30, 20, 10],
        [5.0] * 4 + [10] + [5] * 7,
        [4.0, 1, 2, 2, 2, 2, 2, 1, 3, 2, 8, 2],
    ]
    background = np.array([2.0, 2, 2, 2, 3, 2, 2, 2, 2, 2, 2, 2])
    still = np.full((8, 3), 7.0)
    still[7] = 14.0
    trials = pd.DataFrame(
        {
            "recording": ["r", "r", "s"],
            "trial": [1, 2, 1],
            "onset_frame": [4, 9, 6],
            "pattern": ["a", "a+c", "none"],
        }
    )
    image, odd = np.zeros((4, 50)), np.zeros((0, 4), dtype=int)
    courses = SessionCourses(
        {"r": np.array(light).T, "s": still},
        {"r": background, "s": np.ones(8)},
        trials,
        image,
        image,
        odd,
    )
    return trigger(courses, CELLS, {"r": rate, "s": rate}, SELECTION, 10.0)


def test_light_is_relative_to_the_mean_of_the_trials_own_baseline():
    found = cut()
    assert found.offsets.tolist() == [-3, -2, -1, 0, 1, 2]
    assert found.stimulated.tolist() == [[True, False, False], [True, False, True], [False] * 3]
    assert found.near.tolist() == [[False, True, False], [False, True, False], [False] * 3]
    np.testing.assert_allclose(found.change[0, :, 0], [0, -0.5, 0.5, 1, 0.25, 0])
    np.testing.assert_allclose(found.change[1, :, 0], [1, -0.2, 0.2, 2, 1, 0])
    np.testing.assert_allclose(found.change[1, :, 2], [0, -0.5, 0.5, 0, 3, 0])
    # Frame 8 of s does not exist.
    np.testing.assert_allclose(found.change[2, :, 1], [0, 0, 0, 0, 1, NAN])
    np.testing.assert_allclose(found.background[0], [0, 0, 0, 0.5, 0, 0])
    np.testing.assert_allclose(found.beyond_background()[0, :, 0], [0, -0.5, 0.5, 0.5, 0.25, 0])


def test_averages_are_over_cells_first_and_then_over_trials():
    averages = cut().averages()
    assert list(averages) == ["targets", "other cells", "where no cell is", "no stimulation"]
    targets = averages["targets"]
    assert (targets.trials, targets.cells) == (2, 2)
    # Offset 1: 0.25 of a, and 2 of a (1) and c (3).
    assert targets.mean[4] == pytest.approx(1.125)
    # Student's t with one degree of freedom: 12.706; standard error: 0.875.
    assert targets.high[4] - targets.mean[4] == pytest.approx(12.7062 * 0.875, rel=1e-5)
    assert targets.mean[4] - targets.low[4] == pytest.approx(12.7062 * 0.875, rel=1e-5)
    # b is near a: only c of the first trial is another cell.
    others = averages["other cells"]
    assert (others.trials, others.cells) == (1, 1)
    np.testing.assert_allclose(others.mean, [-0.5, 0, 0, 0, 0, 0])
    assert np.isnan(others.low).all()
    assert averages["where no cell is"].mean[3] == pytest.approx(0.25)
    np.testing.assert_allclose(averages["no stimulation"].mean, [0, 0, 0, 0, 1, NAN])


def test_a_cell_without_light_before_the_onset_has_no_change():
    found = cut()
    assert np.isfinite(found.change[0]).all()
    courses_dark = np.zeros((12, 3))
    dark = trigger(
        SessionCourses(
            {"r": courses_dark},
            {"r": np.full(12, NAN)},
            found.trials[:1],
            np.zeros((4, 50)),
            np.zeros((4, 50)),
            np.zeros((0, 4), dtype=int),
        ),
        CELLS,
        {"r": 2.0},
        SELECTION,
        10.0,
    )
    assert np.isnan(dark.change).all()
    assert "where no cell is" not in dark.averages()


def test_frames_around_are_five_seconds_but_less_than_half_way_to_the_next_onset():
    assert cut(0.5).offsets.tolist() == [-3, -2, -1, 0, 1, 2]
    alone = cut()
    single = pd.DataFrame(alone.trials[:1])
    courses = SessionCourses(
        {"r": np.ones((12, 3))},
        {"r": np.ones(12)},
        single,
        np.zeros((4, 50)),
        np.zeros((4, 50)),
        np.zeros((0, 4), dtype=int),
    )
    found = trigger(courses, CELLS, {"r": 0.8}, SELECTION, 10.0)
    assert found.offsets.tolist() == list(range(-4, 5))
