"""The pointing game and its energy: by hand, by the definition, and what is left out."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from neuroloop.explain.sanity.pointing import energy_pointing, pointing_game


def at(*places, shape=(3, 3)):
    mask = np.zeros(shape, dtype=bool)
    for place in places:
        mask[place] = True
    return mask


def peak(place, shape=(3, 3)):
    return at(place, shape=shape).astype(float) * 2 + np.linspace(0, 1, 9).reshape(shape)


def test_by_hand():
    maps = np.stack([peak((0, 0)), peak((1, 2)), peak((2, 2))])
    masks = np.stack([at((0, 0), (1, 2)), at((1, 1)), at((2, 2))])
    made = pointing_game(maps, masks, seed=0)
    assert made.value == pytest.approx(2 / 3)
    # On the masks of others: only the second map hits one, of the first image.
    assert made.chance == pytest.approx(1 / 6)
    assert (made.n, made.empty_masks, made.undefined) == (3, 0, 0)
    # Clopper & Pearson 1934: quantiles of Beta(2, 2) and Beta(3, 1).
    bounds = stats.beta.ppf(0.025, 2, 2), stats.beta.ppf(0.975, 3, 1)
    assert (made.ci_low, made.ci_high) == pytest.approx(bounds, abs=0.02)
    # Hits of masks 123 (as they are), 132, 213, 231, 312, 321: 2, 1, 2, 0, 1, 0... by the table
    # of which map hits which mask, [[1, 0, 0], [1, 0, 0], [0, 0, 1]].
    assert made.p == pytest.approx(2 / 6)
    # The 95th percentile of these six sums is 2 of 3 images, half above the chance of 1 / 6.
    assert made.smallest_effect == pytest.approx(2 / 3 - 1 / 6)


def exchanged(values):
    """All sums of a table of maps x masks, by the definition."""
    return [
        sum(values[row][column] for row, column in enumerate(order))
        for order in permutations(range(len(values)))
    ]


@pytest.mark.parametrize("n", [2, 5, 7])
def test_p_is_exact_for_few_images(n):
    generator = np.random.default_rng(n)
    maps, masks = generator.random((n, 4, 4)), generator.random((n, 4, 4)) < 0.4
    hits = [[mask.ravel()[one.argmax()] for mask in masks] for one in maps]
    null = exchanged(hits)
    made = pointing_game(maps, masks, seed=0)
    assert made.p == np.mean([value >= null[0] for value in null])
    shares = [[one[mask].sum() / one.sum() for mask in masks] for one in maps]
    null = np.array(exchanged(shares))
    made = energy_pointing(maps, masks, seed=0)
    assert made.value == pytest.approx(null[0] / n)
    assert made.chance == pytest.approx((np.sum(shares) - null[0]) / (n * (n - 1)))
    far = np.abs(null - null.mean())
    assert made.p == np.mean(far >= far[0] - 1e-12)
    least = (null.mean() + np.quantile(far, 0.95)) / n - made.chance
    assert made.smallest_effect == pytest.approx(least)


def test_p_of_many_images_is_that_of_an_independent_test():
    """Against SciPy's permutation of pairings, with as many permutations."""
    generator = np.random.default_rng(1)
    masks = generator.random((30, 5, 5)) < 0.3
    maps = generator.random((30, 5, 5)) + 0.02 * masks
    points = maps.reshape(30, -1).argmax(axis=1)
    hits = masks.reshape(30, -1)[:, points].T
    found = stats.permutation_test(
        (np.arange(30),),
        lambda order: hits[np.arange(30), order].sum(),
        permutation_type="pairings",
        n_resamples=4999,
        alternative="greater",
        rng=0,
    )
    made = pointing_game(maps, masks, seed=0)
    assert made.value == pytest.approx(found.statistic / 30)
    assert 0.001 < found.pvalue < 0.2
    assert made.p == pytest.approx(found.pvalue, abs=0.02)
    assert made == pointing_game(maps, masks, seed=0)
    assert made.p != pointing_game(maps, masks, seed=1).p


LUNGS = np.exp(-((np.mgrid[:16, :16][0] - 8) ** 2 + (np.mgrid[:16, :16][1] - 5) ** 2) / 18)


def lesions(n, generator):
    """Masks that lie where the map `LUNGS` is high, more often than not."""
    y, x = np.mgrid[:16, :16]
    centres = generator.normal((8, 6), (2.5, 3), (n, 2))
    return np.array([(y - row) ** 2 + (x - column) ** 2 <= 5 for row, column in centres])


@pytest.mark.parametrize("game", [pointing_game, energy_pointing])
@pytest.mark.parametrize("n", [8, 20])
def test_one_map_for_all_images_knows_nothing_of_them(game, n):
    generator = np.random.default_rng(n)
    values, areas = [], []
    for seed in range(5):
        masks = lesions(n, generator)
        made = game(np.stack([LUNGS] * n), masks, seed=seed)
        assert made.p == 1
        assert made.chance == pytest.approx(made.value)
        values.append(made.value)
        areas.append(masks.mean())
    assert np.mean(values) > 1.5 * np.mean(areas)  # more than points thrown anywhere


@pytest.mark.parametrize("game", [pointing_game, energy_pointing])
@pytest.mark.parametrize("n", [6, 20])
def test_maps_that_are_of_other_images_are_above_chance_as_often_as_they_should(game, n):
    """Maps that lie where lesions usually do, each elsewhere: 5 % of 150, and its error."""
    generator = np.random.default_rng(n)
    found = []
    for seed in range(150):
        maps = lesions(n, generator) + 0.1 * generator.random((n, 16, 16))
        found.append(game(maps, lesions(n, generator), seed=seed).p < 0.05)
    assert np.mean(found) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)


@pytest.mark.parametrize("game", [pointing_game, energy_pointing])
def test_images_of_one_mask_are_exchanged_together(game):
    """Twenty frames of each of four patterns: as many proofs as there are patterns."""
    y, x = np.mgrid[:4, :4]
    patterns = np.stack(
        [(y // 2 == row) & (x // 2 == column) for row in (0, 1) for column in (0, 1)]
    )
    masks = np.repeat(patterns, [20, 20, 20, 2], axis=0)
    made = game(masks * 1.0, masks, seed=0)
    assert (made.value, made.chance, made.n) == (1, 0, 62)
    assert made.p == 1 / 24
    turned = game(np.roll(masks, 2, axis=2) * 1.0, masks, seed=0)
    assert turned.value == 0
    one = game(masks[:20] * 1.0, masks[:20], seed=0)
    assert one.value == 1
    assert np.isnan([one.chance, one.p]).all()


@pytest.mark.parametrize(("tolerance", "hit"), [(0, 0), (1, 0), (1.5, 1), (2, 1)])
def test_tolerance_widens_the_mask(tolerance, hit):
    maps = np.stack([peak((0, 0)), peak((0, 0))])
    masks = np.stack([at((1, 1)), at((2, 2))])
    made = pointing_game(maps, masks, seed=0, tolerance=tolerance)
    assert made.value == made.chance == hit / 2


def test_normal_radiographs_and_useless_maps_are_left_out_and_counted():
    maps = np.stack([peak((0, 0))] * 4)
    masks = np.stack([at((0, 0)), at(), at((0, 0)), at((0, 0), (1, 1))])
    maps[1, 1, 1] = np.nan  # counted once, as an empty mask
    maps[2, 0, 0] = np.inf
    made = pointing_game(maps, masks, seed=0)
    assert (made.n, made.empty_masks, made.undefined) == (2, 1, 1)
    assert made.value == made.chance == 1
    maps[3] = -1
    made = energy_pointing(maps, masks, seed=0)
    assert (made.n, made.empty_masks, made.undefined) == (1, 1, 2)
    # One share leaves nearly all between 0 and 1 possible: a uniform weight beside 0 or 1.
    bounds = 0.025 * made.value, 1 - 0.025 * (1 - made.value)
    assert (made.ci_low, made.ci_high) == pytest.approx(bounds, abs=0.005)
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


def test_small_maps_are_enlarged():
    coarse = np.array([[[0.0, 1], [0, 0]]])
    mask = at(*[(row, column) for row in range(3) for column in range(5, 8)], shape=(8, 8))
    made = pointing_game(coarse, mask[None], seed=3)
    assert made.value == 1


def test_energy_by_hand():
    maps = np.array([[[1.0, 3], [-4, 0]], [[2, 2], [2, 2]], [[0, 0], [0, 5]]])
    masks = np.array([[[0, 1], [1, 0]], [[1, 1], [1, 0]], [[1, 0], [0, 0]]], dtype=bool)
    made = energy_pointing(maps, masks, seed=0)
    assert made.value == pytest.approx((3 / 4 + 3 / 4 + 0) / 3)
    assert made.chance == pytest.approx((1 + 1 / 4 + 1 / 2 + 1 / 4 + 0 + 0) / 6)
    assert made.ci_low <= made.value <= made.ci_high


def test_energy_of_maps_that_know_and_that_do_not():
    generator = np.random.default_rng(0)
    masks = generator.random((30, 6, 6)) < 0.2
    noise = generator.random((30, 6, 6))
    knowing = energy_pointing(noise + 2 * masks, masks, seed=0)
    assert knowing.ci_low > knowing.chance
    assert knowing.p < 0.001
    below = energy_pointing(noise + 2 * ~masks, masks, seed=0)
    assert below.ci_high < below.chance
    assert below.p < 0.001
    perfect = energy_pointing(masks * noise, masks, seed=0)
    assert perfect.value == pytest.approx(1)
    # Equal shares tell how others would differ by their number alone.
    assert (perfect.ci_low, perfect.ci_high) == pytest.approx((0.025 ** (1 / 30), 1), abs=0.01)


@pytest.mark.parametrize("game", [pointing_game, energy_pointing])
def test_what_does_not_go_together(game):
    with pytest.raises(ValueError, match="go together"):
        game(np.zeros((2, 3, 3)), np.zeros((3, 3, 3), dtype=bool), seed=0)
    with pytest.raises(ValueError, match="neither true nor false"):
        game(np.zeros((2, 3, 3)), np.full((2, 3, 3), 7), seed=0)


def test_intervals_of_shared_masks_are_over_masks():
    """Frames of a mask hit or miss together: four masks, not forty images, tell of others."""
    masks = np.repeat(np.stack([at((0, 0)), at((0, 2)), at((2, 0)), at((2, 2))]), 10, axis=0)
    maps = masks * 1.0
    maps[:10] = np.roll(maps[:10], 1, axis=2)
    bounds = stats.beta.ppf(0.025, 3, 2), stats.beta.ppf(0.975, 4, 1)
    for game in (pointing_game, energy_pointing):
        made = game(maps, masks, seed=0)
        assert made.value == 0.75
        assert (made.ci_low, made.ci_high) == pytest.approx(bounds, abs=0.02)
        one = game(maps[:10], masks[:10], seed=0)  # a single mask tells nearly nothing
        assert one.ci_high - one.ci_low > 0.9
