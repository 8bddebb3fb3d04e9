"""Noise of simulated recordings."""

import numpy as np
import pytest

from neuroloop.fmri import noise

RUNS = [200] * 10


@pytest.fixture
def generator():
    return np.random.default_rng(5)


def test_parts_of_the_variance_sum_to_one():
    assert pytest.approx(1) == noise.WHITE + noise.CORRELATED + noise.SHARED + noise.DRIFT


def test_region_noise_has_unit_variance(generator):
    latent = noise.correlated_trials(generator, RUNS, 5)
    x = noise.region_noise(generator, RUNS, 300, latent)
    assert x.shape == (2000, 300)
    assert x.var(axis=0).mean() == pytest.approx(1, abs=0.02)


def test_autocorrelation_is_as_stated_and_ends_with_the_run(generator):
    x = noise.correlated_trials(generator, RUNS, 200)
    assert x.var() == pytest.approx(1, abs=0.02)
    # Stationary from the first trial on, which a filter started at rest is not.
    assert x[::200].var() == pytest.approx(1, abs=0.1)
    within = np.mean([np.mean(x[s : s + 199] * x[s + 1 : s + 200]) for s in range(0, 2000, 200)])
    across = np.mean(x[199:-1:200] * x[200::200])
    assert within == pytest.approx(noise.AUTOCORRELATION, abs=0.02)
    assert abs(across) < 0.08


def test_voxels_share_noise_through_the_latent_series_only(generator):
    latent = noise.correlated_trials(generator, RUNS, 1)
    shared = noise.region_noise(generator, RUNS, 40, latent)
    alone = noise.region_noise(generator, RUNS, 40, np.zeros_like(latent))
    off = ~np.eye(40, dtype=bool)
    assert np.abs(np.corrcoef(shared.T)[off]).mean() == pytest.approx(noise.SHARED, abs=0.03)
    assert np.abs(np.corrcoef(alone.T)[off]).mean() < 0.06


def test_drift_is_slow_and_has_no_mean(generator):
    x = noise.slow_drift(generator, RUNS, 300)
    np.testing.assert_allclose(x[:200].mean(axis=0), 0, atol=1e-12)
    assert x.var() == pytest.approx(1, abs=0.05)
    assert np.diff(x[:200], axis=0).var() < 0.01


def test_runs_may_be_a_single_trial(generator):
    x = noise.region_noise(generator, [1, 2, 3], 4, np.zeros((6, 2)))
    assert np.isfinite(x).all()
