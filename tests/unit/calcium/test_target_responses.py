"""Responses of targets, computed by hand, and what is told of them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.target_responses import (
    UnitResponses,
    doubtful_targets,
    exchanged,
    unit_responses,
)
from neuroloop.calcium.triggered_average import Triggered

CELLS = [f"c{number}" for number in range(6)]


def test_responses_are_of_stimulated_frames_over_trials_beyond_the_background():
    offsets = np.arange(-2, 4)
    change = np.zeros((5, 6, 2))
    # Offsets 1 and 2 of 0 to 2 are stimulated, 0 is skipped.
    change[:, 2] = 100.0
    change[:, 3, 0], change[:, 4, 0] = [1, 2, 6, 4, 9], [3, 4, 8, 6, 9]
    change[:, 5] = 100.0
    background = np.zeros((5, 6))
    background[1, 3:5] = 0.5
    background[4] = np.nan
    trials = pd.DataFrame(
        {
            "recording": ["r", "r", "s", "s", "r"],
            "trial": [1, 2, 1, 2, 3],
            "onset_frame": 10,
            "pattern": ["a", "a", "a", "a", "none"],
        }
    )
    stimulated = np.array([[True, False]] * 4 + [[False, False]])
    near = np.array([[False, True]] * 4 + [[False, False]])
    triggered = Triggered(offsets, trials, stimulated, near, change, background)
    found = unit_responses(triggered, Selection(stimulated=3, skip=1))
    assert found.names == ["r (a)", "s (a)"]
    assert found.recordings == ["r", "s"]
    # Trials: 2 and 3 - 0.5 in r, 7 and 5 in s.
    np.testing.assert_allclose(found.mean[:, 0], [2.25, 6])
    # Squares within: 2 x 0.25**2 + 2 x 1**2 over two degrees of freedom; two trials each.
    np.testing.assert_allclose(found.error[:, 0], np.sqrt((0.125 + 2) / 2 / 2))
    assert found.freedom == 2
    assert found.targets.tolist() == [[True, False]] * 2
    assert found.near.tolist() == [[False, True]] * 2
    assert not found.others.any()
    # Two units are too few for a cell's own median: that of all, 4.125.
    np.testing.assert_allclose(found.usual, 4.125)


def units(mean: np.ndarray, error: float, targets: np.ndarray | None = None) -> UnitResponses:
    """Each of six cells is the target of three recordings, but as `targets` says."""
    aimed = np.tile(np.eye(6, dtype=bool), (3, 1))[: len(mean)] if targets is None else targets
    names = [f"r{number}" for number in range(len(aimed))]
    near = np.zeros_like(aimed)
    return UnitResponses(names, names, aimed, near, mean, np.full(mean.shape, error), 72)


def sound() -> np.ndarray:
    """Targets answer by 0.9 to 1.1, others by 0.1."""
    size = np.repeat([0.9, 1.0, 1.1], 6)[:, None]
    return np.where(np.tile(np.eye(6, dtype=bool), (3, 1)), size, 0.1)


def test_a_usual_response_is_the_median_of_a_cell_as_a_target():
    mean = sound()
    mean[:, 2] *= 3
    np.testing.assert_allclose(units(mean, 0.1).usual, [1, 1, 3, 1, 1, 1])
    assert doubtful_targets(units(mean, 0.1), CELLS) == []
    # Where it is one twice only, that of all is.
    np.testing.assert_allclose(units(mean[:14], 0.1).usual, [1, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(units(mean[:15], 0.1).usual, [1, 1, 3, 1, 1, 1])


def test_single_trials_tell_nothing():
    assert doubtful_targets(units(np.zeros((18, 6)), np.inf), CELLS) == []


@pytest.mark.parametrize("response", [0.1, 0.24, 0.26])
def test_a_target_is_silent_below_a_quarter_if_that_is_clear_among_all_targets(response):
    """Below 0.6 by t of 72 degrees of freedom, 0.01 of 18 targets."""
    mean = sound()
    mean[2, 2] = response
    limit = (0.6 - response) / stats.t.isf(0.01 / 18, 72)
    told = doubtful_targets(units(mean, 0.98 * limit), CELLS)
    assert bool(told) == (response < 0.25)
    if told:
        assert told == [
            f"1 of 18 targets do not respond, where 100.0 % above baseline is usual: c2 in r2 by "
            f"{100 * response:.1f} %"
        ]
    assert doubtful_targets(units(mean, 1.02 * limit), CELLS) == []


def test_a_cell_that_never_responds_is_named_once():
    mean = sound()
    mean[:, 3] = 0.01
    (told,) = doubtful_targets(units(mean, 0.1), CELLS)
    assert told == (
        "c3 responds in none of 3 recordings in which it is stimulated (by 1.0 %, where 100.0 % "
        "above baseline is usual): its place is wrong, or the light misses"
    )
    # Of the mean of -x, 0 and x the error is x / sqrt(3): below 0.6 by t of two degrees of freedom.
    limit = 0.6 * np.sqrt(3) / stats.t.isf(0.01 / 6, 2)
    for part, named in ((0.99, True), (1.01, False)):
        mean[3::6, 3] = [-part * limit, 0.0, part * limit]
        told = doubtful_targets(units(mean, 0.1), CELLS)
        assert any("c3 responds in none" in one for one in told) == named


@pytest.mark.parametrize(("one", "two"), [(1, 2), (3, 10)])
def test_exchanged_events_are_named_and_their_targets_not_again(one, two):
    mean = sound()
    mean[[one, two]] = mean[[two, one]]
    (told,) = doubtful_targets(units(mean, 0.1), CELLS)
    assert told == (
        f"events of r{one} and r{two} seem exchanged: targets respond by 10.0 %, and by "
        f"{50 * (mean[one].max() + mean[two].max()):.1f} % where the other one's events are taken"
    )


def test_an_exchange_is_told_if_its_odds_are_clear_among_all_pairs():
    """By hand: usual 1, spread 0.3; four cells whose odds have a variance of 1 / noise each."""
    mean = sound()
    mean[[1, 2]] = 0.0
    mean[1, 2] = mean[2, 1] = 1.0
    clear = stats.norm.isf(0.01 / (18 * 17 / 2))
    # Log odds 4 x 0.5 / noise; with their mean, half of 4 / noise: 4 / noise > clear x its root.
    limit = np.sqrt(4 / clear**2 - 0.3**2)
    assert [pair[:2] for pair in exchanged(units(mean, 0.99 * limit))] == [(1, 2)]
    assert exchanged(units(mean, 1.01 * limit)) == []


def test_a_response_that_is_far_too_large_is_no_more_evidence_than_half_again_the_usual():
    mean = sound()
    mean[[1, 2]] = 0.0
    mean[2, 1] = 1.0
    mean[1, 2] = 100.0
    clear = stats.norm.isf(0.01 / (18 * 17 / 2))
    # Log odds (0.5 + 1 + 0.5 + 0.5) / noise, and 2 / noise: 4.5 / noise > clear x sqrt(4 / noise).
    limit = np.sqrt(4.5**2 / 4 / clear**2 - 0.3**2)
    assert len(exchanged(units(mean, 0.99 * limit))) == 1
    assert exchanged(units(mean, 1.01 * limit)) == []


def test_each_of_both_recordings_must_fit_the_other_ones_events():
    targets = np.tile(np.eye(6, dtype=bool), (3, 1))
    targets[2, 3] = True
    mean = sound()
    mean[1], mean[2] = 0.0, 0.0
    mean[2, 1] = 1.0
    # Of r1: 2 x (0.3 - 0.5) of c2 and c3 less 0.2 - 0.5 of c1: -0.1, and then 0.1.
    mean[1, [1, 2, 3]] = 0.2, 0.3, 0.3
    assert exchanged(units(mean, 0.01, targets)) == []
    mean[1, [1, 2, 3]] = 0.2, 0.4, 0.4
    assert [pair[:2] for pair in exchanged(units(mean, 0.01, targets))] == [(1, 2)]


def test_nothing_is_exchanged_where_targets_respond_and_others_with_them():
    mean = sound()
    mean[1, [1, 2]] = 0.7, 1.1
    mean[2, [1, 2]] = 1.1, 0.7
    assert exchanged(units(mean, 0.01)) == []
    mean[1, 1] = mean[2, 2] = 0.6
    assert len(exchanged(units(mean, 0.01))) == 1


def test_events_of_one_recording_are_not_exchanged_with_themselves():
    mean = sound()
    mean[[1, 2]] = mean[[2, 1]]
    found = units(mean, 0.1)
    found.recordings[2] = found.recordings[1]
    assert exchanged(found) == []


def test_targets_that_respond_no_more_than_others_are_told_with_who_does():
    mean = np.roll(sound(), 1, axis=1)
    (told,) = doubtful_targets(units(mean, 0.1), CELLS)
    assert told.startswith("targets respond no more than other cells (10.0 % and 28.0 % above")
    assert "(in r0 c1 does; in r1 c2 does;" in told
    assert told.endswith("and 13 more)")


def test_targets_that_respond_more_or_half_as_much_as_what_does_most_are_not_told():
    """Both must be clear: other cells that respond alike, and targets below half of the most."""
    mean = np.where(np.eye(6, dtype=bool)[np.arange(18) % 6], 0.45, 0.1)
    far = np.eye(6, dtype=bool)[(np.arange(18) + 1) % 6]
    mean[far] = 1.0
    # Targets 0.45, others 0.28: more, if every recording says so.
    assert not any("no more" in one for one in doubtful_targets(units(mean, 0.1), CELLS))
    # More by 0.17 on average, and less than others as often: not clear.
    mean[::2][np.eye(6, dtype=bool)[np.arange(0, 18, 2) % 6]] = 0.0
    assert any("no more" in one for one in doubtful_targets(units(mean, 0.1), CELLS))
    # Half of the targets respond, and nothing else: neither more, nor clearly below half of most.
    mean = np.full((18, 6), 0.1)
    mean[targets := np.tile(np.eye(6, dtype=bool), (3, 1))] = 0.5
    mean[::2][targets[::2]] = -0.1
    assert not any("no more" in one for one in doubtful_targets(units(mean, 0.1), CELLS))
