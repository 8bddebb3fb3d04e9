"""Volumes that are nearly another one, and those that are not, by hand."""

import numpy as np
import pytest

from neuroloop.fmri.audit.volumes import NEAR, near_volumes
from neuroloop.fmri.audit.windows import amplitudes, detrended, means

RUNS = np.repeat(["one", "two"], 60)


def scan(seed: int) -> np.ndarray:
    """Noise of 8 around a mean of 800, which goes together in time, and a drift of 20."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((120, 300))
    for at in range(1, 120):
        x[at] = 0.5 * x[at - 1] + 0.87 * x[at]
    drift = np.linspace(-1, 1, 120)[:, None] * generator.normal(0, 20, 300)
    return 800 + 100 * generator.standard_normal(300) + 8 * x + drift


@pytest.mark.parametrize("gain", [1.0, 1.03])
def test_copies_with_little_noise_and_another_gain_are_found(gain: float) -> None:
    x = scan(1)
    noise = np.random.default_rng(2).standard_normal((5, 300))
    x[80:85] = gain * (x[10:15] + 2 * noise)
    found = near_volumes(x, RUNS)
    assert found.pairs == [(10 + at, 80 + at) for at in range(5)]
    assert found.least < NEAR


def test_volumes_that_share_no_noise_are_not_found() -> None:
    """Nor empty ones, as some scanners put first; nor where two alternate, as in perfusion."""
    for seed in range(5):
        x = scan(seed)
        x[::2] += 30 * np.random.default_rng(9).standard_normal(300)
        x[[0, 60]] = 0
        found = near_volumes(x, RUNS)
        assert not found.pairs
        assert found.least > 0.8


def test_too_few_voxels_say_nothing() -> None:
    assert near_volumes(np.ones((120, 300)), RUNS) == ([], np.inf)


def test_amplitudes_are_fitted_together_with_what_is_slow() -> None:
    """Truth: 1, 2, 3 on a wave of 90 s that means keep and that is no response."""
    runs, seconds = np.repeat("one", 60), 2.0 * np.arange(60)
    windows = [np.arange(first, first + 5) for first in (10, 25, 40)]
    course = 4 * np.cos(np.pi * (np.arange(60) + 0.5) / 60 * 2)[:, None]
    for size, window in enumerate(windows, 1):
        course[window] += size
    made = amplitudes(course, runs, seconds, [*windows, windows[0][:0]])
    np.testing.assert_allclose(made[:, 0], [1, 2, 3, 0], atol=1e-9)
    spread = means(detrended(course, runs, seconds), windows)[:, 0]
    assert abs(spread - [1, 2, 3]).max() > 0.5
