"""Onsets, pixels and recordings that are told of, by hand, and those that are just not."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.recording_courses import SessionCourses
from neuroloop.calcium.recording_faults import (
    brightness,
    late_or_early,
    odd_pixels,
    unlike_recordings,
)
from neuroloop.calcium.triggered_average import Triggered

NAN = np.nan


def responses(values: np.ndarray, offsets: np.ndarray, trials: int = 2) -> Triggered:
    """Two cells, the first of them stimulated, by recording; so many equal trials each."""
    recordings = np.repeat(np.arange(len(values)), trials)
    change = np.stack([values[recordings], np.full((len(recordings), len(offsets)), 9.0)], axis=-1)
    return Triggered(
        offsets,
        pd.DataFrame(
            {
                "recording": [f"r{number}" for number in recordings],
                "trial": np.tile(np.arange(1, trials + 1), len(values)),
                "onset_frame": 20,
                "pattern": "a",
            }
        ),
        np.tile([True, False], (len(recordings), 1)),
        np.zeros((len(recordings), 2), dtype=bool),
        change,
        np.full((len(recordings), len(offsets)), NAN),
    )


OFFSETS = np.arange(-5, 6)


def steps(rise: int, units: int = 6, noise: float = 0.0) -> np.ndarray:
    """A response of height 1 from a frame on, with an alternating error between recordings."""
    sign = np.where(np.arange(units) % 2, 1.0, -1.0)
    return np.where(rise <= OFFSETS, 1.0, 0.0) + noise * sign[:, None]


@pytest.mark.parametrize(
    ("rise", "rate", "skip", "said"),
    [
        (0, 2.0, 0, None),
        (-1, 2.0, 0, "1 frame (0.5 s) before the onset: onsets are stated too late, by about 1"),
        (1, 2.0, 0, "1 frame (0.5 s) after the onset: onsets are stated too early, by about 1"),
        (1, 2.0, 1, None),
        (2, 2.0, 1, "2 frames (1 s) after the onset"),
        (2, 10.0, 0, None),
        (3, 10.0, 0, "3 frames (0.3 s) after the onset"),
        (-3, 10.0, 0, "3 frames (0.3 s) before the onset"),
    ],
)
def test_onsets_are_off_by_the_frame_that_reaches_half_of_the_height(rise, rate, skip, said):
    selection = Selection(stimulated=3, skip=skip)
    found = late_or_early(responses(steps(rise), OFFSETS), selection, rate)
    assert len(found) == (said is not None)
    if said:
        assert f"targets' responses, of 6 recordings, reach half of their height {said}" in found[0]


def test_half_is_of_the_height_over_the_lowest_frame():
    values = np.broadcast_to([0.0, 0, 0, 0, 0.6, 1, 1, 0, 0, 0, 0], (6, 11))
    selection = Selection(stimulated=3)
    assert "1 frame (0.5 s) before" in late_or_early(responses(values, OFFSETS), selection, 2.0)[0]
    assert late_or_early(responses(values * 0.8 + 0.1, OFFSETS), selection, 2.0)
    values = np.broadcast_to([0.4, 0.4, 0.4, 0.4, 0.6, 1, 1, 0.4, 0.4, 0.4, 0.4], (6, 11))
    assert not late_or_early(responses(values, OFFSETS), selection, 2.0)


def test_noise_is_no_response():
    """Height 1 against 2 x t (5 degrees of freedom, 0.01 / 11) x the error; trials do not count."""
    limit = 1 / (2 * 6.0205)  # scipy.stats.t.isf(0.01 / 11, 5)
    # The error of +-noise over six is noise x sqrt(6 / 5) / sqrt(6).
    noise = limit * np.sqrt(5)
    selection = Selection(stimulated=3)
    for trials in (2, 50):
        clear = responses(steps(-1, noise=0.98 * noise), OFFSETS, trials)
        assert late_or_early(clear, selection, 2.0)
        unclear = responses(steps(-1, noise=1.02 * noise), OFFSETS, trials)
        assert not late_or_early(unclear, selection, 2.0)


def test_few_recordings_are_compared_by_trials_and_one_trial_by_nothing():
    selection = Selection(stimulated=3)
    found = late_or_early(responses(steps(-1, 3), OFFSETS, 4), selection, 2.0)
    assert "of 12 trials, reach" in found[0]
    assert late_or_early(responses(steps(-1, 1), OFFSETS, 1), selection, 2.0) == []


def test_a_response_is_the_mean_over_recordings_beyond_the_background():
    """Two thirds reach 0.6 in the frame before the onset, the others 0.2: the mean is 0.47."""
    values = steps(0, 12)
    values[:, 4] = [0.6, 0.6, 0.2] * 4
    selection = Selection(stimulated=3)
    assert late_or_early(responses(values, OFFSETS), selection, 2.0) == []
    values[:, 4] = [0.4, 0.4, 0.8] * 4
    assert late_or_early(responses(values, OFFSETS), selection, 2.0)
    found = responses(steps(0), OFFSETS)
    found.background[:] = np.where(OFFSETS == -1, -2.0, 0.0)
    assert "1 frame (0.5 s) before" in late_or_early(found, selection, 2.0)[0]


def test_light_in_a_frame_that_is_skipped_is_no_response():
    lit = steps(2)
    lit[:, 5] = 30.0
    found = late_or_early(responses(lit, OFFSETS), Selection(stimulated=4, skip=1), 2.0)
    assert "2 frames (1 s) after the onset" in found[0]


def session(levels: list[float], odd: np.ndarray | None = None) -> SessionCourses:
    """Recordings of five frames and two cells with a median of so much."""
    frame = np.array([[1.0, 1], [1, 1], [1, 1], [0.1, 0.1], [90, 90]])
    names = [f"r{number}" for number in range(len(levels))]
    image = np.ones((4, 4))
    return SessionCourses(
        {name: level * frame for name, level in zip(names, levels, strict=True)},
        {name: np.ones(5) for name in names},
        pd.DataFrame({"recording": [], "trial": [], "onset_frame": [], "pattern": []}),
        image,
        image,
        np.zeros((0, 4), dtype=int) if odd is None else odd,
    )


def test_brightness_is_the_median_over_frames_and_cells():
    assert brightness(session([3.0, 4.0])).to_dict() == {"r0": 3.0, "r1": 4.0}


@pytest.mark.parametrize(
    ("levels", "named"),
    [
        ([10.0, 10, 29, 10], None),
        ([10.0, 10, 31, 10], "1 recording is far from that of most (r2 3.1 times)"),
        ([10.0, 3.4, 10, 10], None),
        ([10.0, 3.2, 10, 10], "1 recording is far from that of most (r1 0.32 times)"),
        ([10.0, 1, 10, 40, 10], "2 recordings is far from that of most (r1 0.1 times; r3 4 times)"),
        ([10.0, 0, 10, 10], None),
    ],
)
def test_recordings_three_times_as_bright_or_dark_as_most_are_unlike(levels, named):
    found = unlike_recordings(session(levels))
    assert len(found) == (named is not None)
    if named:
        assert f"brightness of {named}" in found[0].replace("recordings are", "recordings is")


def test_a_drift_is_from_the_first_recording_to_the_last_in_both_directions():
    rising = np.exp(np.linspace(0, np.log(1.6), 10))
    for levels in (rising, rising[::-1]):
        (found,) = unlike_recordings(session(list(levels)))
        assert "drifts by a factor of 1.6 from the first recording to the last" in found
    assert not unlike_recordings(session(list(rising[:9])))
    assert not unlike_recordings(session(list(np.exp(np.linspace(0, np.log(1.4), 10)))))
    jumping = np.where(np.arange(10) % 2, 2.5, 1.0) * rising
    assert not unlike_recordings(session(list(jumping)))


def test_odd_pixels_are_named_with_the_recordings_that_have_them():
    odd = np.array([[-1, 2, 3, 0], [1, 0, 1, 1], [0, 3, 1, 1], [2, 3, 1, 1]])
    hot, still = odd_pixels(session([1.0, 1, 1], odd))
    assert hot.startswith("1 pixel far brighter than all around it (row 2, column 3): a hot pixel")
    assert "in some recordings only" not in hot
    assert still.startswith(
        "2 pixels the same in every frame (row 0, column 1 of r1; row 3, column 1 of r0 and 1 more "
        "of 3 recordings): a dead or saturated pixel"
    )
    assert still.endswith("in some recordings only, it names these to a network")
