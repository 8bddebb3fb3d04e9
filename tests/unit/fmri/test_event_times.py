"""Which volumes an event covers, whatever the jitter of its times."""

import numpy as np
import pytest

from neuroloop.fmri.event_times import Times, exact, first_volume

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
