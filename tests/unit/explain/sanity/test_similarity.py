"""Similarity of maps: by hand, by SciPy and scikit-image, and maps that have none."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from neuroloop.explain.sanity.similarity import map_similarity


def drawn(n=4, shape=(9, 8), seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


def test_spearman_by_hand():
    # Ranks of absolute values 1 2 3 4 and 1 3 2 4: 1 - 6 * 2 / (4 * 15).
    first, second = np.array([[[1.0, -2], [3, 9]]]), np.array([[[0.1, 7], [-5, 8]]])
    assert map_similarity(first, second)["spearman"][0] == pytest.approx(0.8, abs=1e-15)
    # With ties: ranks 1.5 1.5 3.5 3.5 and 1 2 3 4, centred (-1 -1 1 1) and (-3 -1 1 3) / 2.
    tied = np.array([[[1.0, 1], [2, -2]]])
    ramp = np.array([[[1.0, 2], [3, 4]]])
    expected = 4 / np.sqrt(4 * 5)
    assert map_similarity(tied, ramp)["spearman"][0] == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(("shape", "window"), [((9, 8), 7), ((6, 9), 5), ((4, 4), 3)])
def test_equals_scipy_and_skimage(shape, window):
    first, second = drawn(shape=shape), drawn(shape=shape, seed=1)
    second[0] = np.round(first[0])  # ties, and a pair that is alike
    made = map_similarity(first, second)
    for row, (one, other) in enumerate(zip(np.abs(first), np.abs(second), strict=True)):
        one, other = one.astype(float), other.astype(float)
        expected = spearmanr(one.ravel(), other.ravel()).statistic
        assert made["spearman"][row] == pytest.approx(expected, abs=1e-12)
        scaled = [(part - part.min()) / (part.max() - part.min()) for part in (one, other)]
        expected = structural_similarity(*scaled, win_size=window, data_range=1)
        assert made["ssim"][row] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("side", range(7, 17))
def test_a_map_is_exactly_like_itself_whatever_sign_and_scale(side):
    maps = np.round(drawn(3, (9, side)), 1)
    same = map_similarity(maps, maps)
    assert same["spearman"].tolist() == same["ssim"].tolist() == [1] * 3
    other = map_similarity(maps, -4 * maps)
    assert other["spearman"].tolist() == [1] * 3
    np.testing.assert_allclose(other["ssim"], 1, rtol=1e-12)


def test_maps_without_similarity_are_nan():
    maps = drawn(5)
    other = maps.copy()
    other[0] = 0
    other[1] = 2.5
    other[2, 3, 3] = np.nan
    other[3, 0, 0] = np.inf
    for made in (map_similarity(maps, other), map_similarity(other, maps)):
        for values in made.values():
            assert np.isnan(values).tolist() == [True] * 4 + [False]
    # Constant once the sign is gone.
    signs = np.array([[[1.0, -1], [1, 1]]])
    assert np.isnan(map_similarity(signs, np.array([[[1.0, 2], [3, 4]]]))["spearman"][0])


def test_maps_too_small_for_a_window_have_ranks_alone():
    made = map_similarity(drawn(shape=(2, 8)), drawn(shape=(2, 8), seed=1))
    assert np.isfinite(made["spearman"]).all()
    assert np.isnan(made["ssim"]).all()


def test_unlike_shapes():
    with pytest.raises(ValueError, match="compared"):
        map_similarity(drawn(4), drawn(3))
