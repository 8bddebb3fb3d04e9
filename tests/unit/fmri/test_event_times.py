"""Which volumes an event covers, whatever the jitter of its times."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroloop.fmri.event_times import TIE, Times, exact, first_volume

TRS = (0.72, 0.8, 1.0, 1.5, 2.0, 2.2, 2.5, 3.0)


def covered(onsets, ends, tr, shift):
    """First volume of every event, and the first after it."""
    (run,), _ = exact([Times(onsets, ends, tr)])
    return list(zip(*run.volumes(shift), strict=True))


def test_first_volume_is_the_one_whose_middle_is_not_before():
    # Middles at 1, 3, 5 s; a tie reaches 0.2 s after one.
    times = [-1.2, -0.9, 0, 0.9, 1.0, 1.19, 1.2, 1.21, 2.9, 3.0, 3.3]
    assert [first_volume(time, 2.0) for time in times] == [-1, -1, 0, 0, 0, 0, 0, 1, 1, 1, 2]


def test_first_volume_does_not_hang_on_rounding():
    """Edges at the middles of volumes, in sums that miss them by the last digits."""
    for tr in TRS:
        times = [tr / 2 + 0.1 * tr + sum([tr] * volume) for volume in range(300)]
        assert [first_volume(time, tr) for time in times] == list(range(300))


@pytest.mark.parametrize("tr", TRS)
@pytest.mark.parametrize("step", ["volume", 1.0, 0.5, 0.1])
def test_jitter_changes_no_volume(tr, step):
    """Events locked to the scanner or to a clock, 3 or 20 ms off, of one side or of both.

    Every other event follows at once on the one before.
    """
    generator = np.random.default_rng(0)
    grid = tr if step == "volume" else step
    steps = generator.integers(np.ceil(4 * tr / grid), np.ceil(9 * tr / grid), 11)
    onsets = np.cumsum(np.r_[0, steps]) * grid
    ends = np.r_[onsets[1:], onsets[-1] + np.ceil(4 * tr / grid) * grid]
    ends[1::2] -= np.ceil(2 * tr / grid) * grid
    jitters = [np.full(12, ms / 1000) for ms in (-20, -3, 3, 20)]
    jitters += list(generator.uniform(-0.02, 0.02, (3, 12)))
    shifts = [*np.arange(-3, 8, 0.1), tr / 2, 0.6 * tr, 4.032, 2.5 * tr, -tr]
    for shift in shifts:
        want = covered(onsets, ends, tr, shift)
        assert all(a < b for a, b in want)
        assert all(want[i][1] == want[i + 1][0] for i in range(0, 11, 2))
        for jitter in jitters:
            # An end moves with its onset, or by itself, or both, which is much on a grid of 0.1 s.
            moves = [jitter, jitter[::-1], jitter + jitter[::-1]]
            for moved in moves[: 2 if step == 0.1 else 3]:
                assert covered(onsets + jitter, ends + moved, tr, shift) == want, (shift, jitter)


def test_times_of_a_grid_are_found():
    onsets, ends = np.array([0.004, 11.99, 24.02]), np.array([8.01, 20.0, 31.53])
    (run,), grid = exact([Times(onsets, ends, 2.0)])
    assert grid == 2.0
    on, off = run.onsets, run.ends
    np.testing.assert_allclose(on, [0, 12, 24])
    np.testing.assert_allclose(off, [8, 20, 31.5])


def test_times_of_no_grid_stay_but_meet():
    onsets, ends = np.array([0.05, 5.157, 12.333]), np.array([5.162, 12.2, 15.111])
    (run,), grid = exact([Times(onsets, ends, 2.0)])
    assert grid is None
    on, off = run.onsets, run.ends
    np.testing.assert_array_equal(on, onsets)
    np.testing.assert_array_equal(off, [5.157, 12.333, 15.111])


@st.composite
def designs(draw):
    """Runs of one design on a grid of the scanner or of a clock; a TR of any length."""
    tr = draw(st.sampled_from([*TRS, 1.35, 1.9, 2.13]))
    grid = draw(st.sampled_from([tr, tr / 2, 1.0, 0.5, 0.25, 0.1]))
    least = int(np.ceil(2 * tr / grid))
    runs = []
    for _ in range(draw(st.integers(1, 3))):
        steps = draw(st.lists(st.integers(least, 3 * least), min_size=6, max_size=14))
        edges = np.cumsum(steps) * grid
        runs.append(Times(edges[:-1:2], edges[1::2][: len(edges[:-1:2])], tr))
    return runs


@settings(max_examples=300, deadline=None)
@given(
    designs(),
    st.floats(-10, 20),
    st.floats(-0.004, 0.004),
    st.sampled_from(["onsets", "ends", "durations"]),
    st.integers(0, 2**32 - 1),
)
def test_no_jitter_changes_a_label_of_any_design(runs, shift, late, what, seed):
    """Up to 20 ms a time and a few of all, at any shift, also where every edge is a tie."""
    generator = np.random.default_rng(seed)
    logged = []
    for run in runs:
        of_onsets, of_ends = generator.uniform(-0.02, 0.02, (2, len(run.onsets)))
        if what == "onsets":  # durations as they should be
            of_ends = of_onsets
        elif what == "durations":  # that are logged with an error of their own
            of_ends = of_onsets + of_ends
        logged.append(Times(run.onsets + late + of_onsets, run.ends + late + of_ends, run.tr))
    taken, grid = exact(logged)
    assert grid is not None
    for run, at in zip(exact(runs)[0], taken, strict=True):
        for place in (shift, run.tr / 2, -run.tr / 2, 0.6 * run.tr, 4.0, 5.0):
            for want, found in zip(run.volumes(place), at.volumes(place), strict=True):
                np.testing.assert_array_equal(found, want)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([0.8, 1.35, 2.0]), st.floats(-4, 8), st.integers(0, 2**32 - 1))
def test_times_of_no_grid_move_only_where_milliseconds_decide(tr, shift, seed):
    """An edge falls on another volume only if jitter carries it over where a volume changes."""
    generator = np.random.default_rng(seed)
    edges = np.cumsum(generator.uniform(3 * tr, 6 * tr, 40))
    jitter = generator.uniform(-0.02, 0.02, 40)
    (run,), grid = exact([Times(edges[::2], edges[1::2], tr)])
    (at,), _ = exact([Times((edges + jitter)[::2], (edges + jitter)[1::2], tr)])
    assert grid is None
    np.testing.assert_array_equal(run.onsets, edges[::2])
    pairs = zip((run.onsets, run.ends), run.volumes(shift), at.volumes(shift), strict=True)
    for times, want, found in pairs:
        place = (times + shift) / tr - 0.5 - TIE
        safe = np.abs(place - np.round(place)) * tr > 0.0201
        np.testing.assert_array_equal(found[safe], want[safe])
        assert np.abs(found - want).max() <= 1


def test_one_time_that_was_late_does_not_loosen_the_others():
    onsets = np.arange(12) * 10.0
    late = onsets + np.where(np.arange(12) == 5, 0.3, 0.015)
    (run,), grid = exact([Times(late, late + 4.0, 2.0)])
    assert grid == 2.0
    np.testing.assert_allclose(np.delete(run.onsets, 5), np.delete(onsets, 5))
    assert run.onsets[5] == late[5]
    # Three of twelve are no design on a grid.
    late[2:4] += 0.335
    assert exact([Times(late, late + 4.0, 2.0)])[1] is None


def test_the_grid_is_that_of_all_runs():
    """A run of few events is not taken for one on a grid that the others are not on."""
    odd = np.cumsum(np.random.default_rng(3).uniform(5, 9, 20))
    few = np.array([4.0, 12.0])
    runs, grid = exact([Times(few + 0.01, few + 4.02, 2.0), Times(odd, odd + 3, 2.0)])
    assert grid is None
    np.testing.assert_array_equal(runs[0].onsets, few + 0.01)


def test_jitter_of_onsets_and_durations_adds_up_on_a_fine_grid():
    """The ends are then further from the grid than onsets and durations are."""
    generator = np.random.default_rng(0)
    for _ in range(30):
        edges = np.cumsum(generator.integers(40, 120, 24)) * 0.1
        late, longer = generator.uniform(-0.02, 0.02, (2, 12)) + 0.003
        onsets = edges[::2] + late
        (run,), _ = exact([Times(edges[::2], edges[1::2], 2.0)])
        (at,), grid = exact([Times(onsets, edges[1::2] + late + longer, 2.0)])
        assert grid == 0.1
        for shift in (0.0, 0.3, 0.6, 1.2, 4.0):
            for want, found in zip(run.volumes(shift), at.volumes(shift), strict=True):
                np.testing.assert_array_equal(found, want)
