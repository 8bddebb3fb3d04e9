"""The pointing game and its energy: by hand, by the definition, and what is left out."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score

from scripts.lib.explain.pointing import energy_pointing, pointing_game


def at(*places, shape=(3, 3)):
    mask = np.zeros(shape, dtype=bool)
    for place in places:
        mask[place] = True
    return mask


def peak(place, shape=(3, 3)):
    return at(place, shape=shape).astype(float) * 2 + np.linspace(0, 1, 9).reshape(shape)


def test_by_hand():
    maps = np.stack([peak((0, 0)), peak((1, 2)), peak((2, 2))])
    masks = np.stack([at((0, 0), (0, 1)), at((1, 1)), at((2, 2))])
    made = pointing_game(maps, masks, seed=0)
    assert made.value == pytest.approx(2 / 3)
    assert made.chance == pytest.approx((2 + 1 + 1) / 27)
    assert (made.n, made.empty_masks, made.undefined) == (3, 0, 0)
    # Wilson 1927: (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).
    z, n, p = stats.norm.ppf(0.975), 3, 2 / 3
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    bounds = (p + z**2 / (2 * n) + np.array([-half, half])) / (1 + z**2 / n)
    assert (made.ci_low, made.ci_high) == pytest.approx(tuple(bounds))
    # Two or three of three throws with chances 2/9, 1/9 and 1/9.
    three = 2 * 1 * 1 / 729
    two = (2 * 1 * 8 + 2 * 8 * 1 + 7 * 1 * 1) / 729
    assert made.p == pytest.approx(two + three)


def test_p_of_equal_chances_is_the_binomial():
    places = [(0, 0)] * 5 + [(2, 1)] * 7
    made = pointing_game(np.stack([peak(p) for p in places]), np.stack([at((0, 0))] * 12), seed=0)
    assert made.value == accuracy_score([1] * 12, [1] * 5 + [0] * 7)
    assert made.p == pytest.approx(stats.binomtest(5, 12, 1 / 9, "greater").pvalue)


@pytest.mark.parametrize(
    ("tolerance", "hit", "share"), [(0, 0, 1 / 9), (1, 0, 5 / 9), (1.5, 1, 1), (2, 1, 1)]
)
def test_tolerance_widens_the_mask_and_its_chance(tolerance, hit, share):
    made = pointing_game(peak((0, 0))[None], at((1, 1))[None], seed=0, tolerance=tolerance)
    assert made.value == hit
    assert made.chance == pytest.approx(share)


def test_normal_films_and_useless_maps_are_left_out_and_counted():
    maps = np.stack([peak((0, 0))] * 4)
    masks = np.stack([at((0, 0)), at(), at((0, 0)), at((0, 0), (1, 1))])
    maps[1, 1, 1] = np.nan  # counted once, as an empty mask
    maps[2, 0, 0] = np.inf
    made = pointing_game(maps, masks, seed=0)
    assert (made.n, made.empty_masks, made.undefined) == (2, 1, 1)
    assert made.value == 1
    assert made.chance == pytest.approx(1.5 / 9)
    maps[3] = -1
    made = energy_pointing(maps, masks, seed=0)
    assert (made.n, made.empty_masks, made.undefined) == (1, 1, 2)
    assert np.isnan(made.ci_low)
    for game in (pointing_game, energy_pointing):
        nothing = game(maps, np.zeros((4, 3, 3), dtype=bool), seed=0)
        assert (nothing.n, nothing.empty_masks, nothing.undefined) == (0, 4, 0)
        assert np.isnan(nothing[:5]).all()


def test_equal_maxima_are_drawn_not_the_first_taken():
    n = 400
    maps = np.zeros((n, 3, 3))
    maps[:, [0, 2], [0, 2]] = 1
    first = pointing_game(maps, np.stack([at((0, 0))] * n), seed=0)
    last = pointing_game(maps, np.stack([at((2, 2))] * n), seed=0)
    assert first.value + last.value == 1
    assert 0.4 < first.value < 0.6
    assert first == pointing_game(maps, np.stack([at((0, 0))] * n), seed=0)
    assert first != pointing_game(maps, np.stack([at((0, 0))] * n), seed=1)
    nothing = pointing_game(maps * 0, np.stack([at((0, 0))] * n), seed=0)
    assert nothing.ci_low < nothing.chance < nothing.ci_high
    assert nothing.p > 0.01


def test_small_maps_are_enlarged():
    coarse = np.array([[[0.0, 1], [0, 0]]])
    mask = at(*[(row, column) for row in range(3) for column in range(5, 8)], shape=(8, 8))
    made = pointing_game(coarse, mask[None], seed=3)
    assert made.value == 1
    assert made.chance == 9 / 64


def test_energy_by_hand():
    maps = np.array([[[1.0, 3], [-4, 0]], [[2, 2], [2, 2]], [[0, 0], [0, 5]]])
    masks = np.array([[[0, 1], [1, 0]], [[1, 1], [1, 0]], [[1, 0], [0, 0]]], dtype=bool)
    made = energy_pointing(maps, masks, seed=0)
    assert made.value == pytest.approx((3 / 4 + 3 / 4 + 0) / 3)
    assert made.chance == pytest.approx((2 + 3 + 1) / 12)
    assert made.ci_low <= made.value <= made.ci_high


def test_energy_of_maps_that_know_and_that_do_not():
    generator = np.random.default_rng(0)
    masks = generator.random((30, 6, 6)) < 0.2
    even = energy_pointing(np.ones((30, 6, 6)), masks, seed=0)
    assert even.value == pytest.approx(even.chance, rel=1e-12)
    assert even.p == 1
    noise = generator.random((30, 6, 6))
    knowing = energy_pointing(noise + 2 * masks, masks, seed=0)
    assert knowing.ci_low > knowing.chance
    assert knowing.p < 0.001
    perfect = energy_pointing(masks * noise, masks, seed=0)
    assert (perfect.value, perfect.ci_high) == (1, 1)


@pytest.mark.parametrize("game", [pointing_game, energy_pointing])
def test_what_does_not_go_together(game):
    with pytest.raises(ValueError, match="go together"):
        game(np.zeros((2, 3, 3)), np.zeros((3, 3, 3), dtype=bool), seed=0)
    with pytest.raises(ValueError, match="neither true nor false"):
        game(np.zeros((2, 3, 3)), np.full((2, 3, 3), 7), seed=0)
