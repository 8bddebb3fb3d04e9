"""ZNCC of all pairs, over halves of trials, and maps that have none."""

import itertools

import numpy as np
import pytest
from scipy import stats
from threadpoolctl import threadpool_info, threadpool_limits

from neuroloop.calcium import zncc as module
from neuroloop.calcium.zncc import centred_products, split_half, zncc


def drawn(count=9, shape=(40, 30), offset=0.0, seed=0, dtype=np.float32):
    generator = np.random.default_rng(seed)
    return (generator.random((count, *shape)) ** 3 + offset).astype(dtype)


def pair_by_pair(maps):
    """The definition, a pair at a time."""
    matrix = np.empty((len(maps), len(maps)))
    for (i, one), (j, other) in itertools.product(enumerate(maps.astype(np.float64)), repeat=2):
        a, b = one - one.mean(), other - other.mean()
        matrix[i, j] = (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())
    return matrix


def test_by_hand():
    # Means 2 and 1: (-1, 0, 1, 0) and (-1, 1, 1, -1); 2 / sqrt(2 * 4).
    maps = np.array([[[1.0, 2], [3, 2]], [[0, 2], [2, 0]]])
    made = zncc(maps).matrix
    np.testing.assert_allclose(made, [[1, 0.5**0.5], [0.5**0.5, 1]], rtol=1e-15)
    opposite = zncc(np.stack([maps[0], -3 * maps[0] + 7])).matrix
    np.testing.assert_allclose(opposite, [[1, -1], [-1, 1]], rtol=1e-15)


@pytest.mark.parametrize("block", [64, 1000, 8192])
@pytest.mark.parametrize("offset", [0, 1000])
def test_equals_the_definition_and_scipy(monkeypatch, block, offset):
    monkeypatch.setattr(module, "BLOCK", block)
    maps = drawn(offset=offset, dtype=np.float64)
    maps[0, :3] += 50 * (1 + offset)  # the first block is not like the rest
    made = zncc(maps)
    # What an offset costs is lost in the definition too: its digits are those of the input.
    np.testing.assert_allclose(made.matrix, pair_by_pair(maps), rtol=0, atol=1e-12)
    expected = stats.pearsonr(maps[1].ravel(), maps[2].ravel()).statistic
    assert made.matrix[1, 2] == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(made.matrix, np.corrcoef(maps.reshape(9, -1)), atol=1e-12)
    assert np.array_equal(made.matrix, made.matrix.T)
    assert not made.constant.any()
    assert not made.undefined.any()


def test_single_precision_loses_nothing_more():
    maps = drawn(shape=(100, 200), offset=3)
    np.testing.assert_allclose(zncc(maps).matrix, pair_by_pair(maps), rtol=0, atol=1e-12)


def test_constant_and_undefined_maps_are_counted():
    maps = drawn(7)
    maps[1] = 0
    maps[2] = 1e6 + 0.1  # its mean is rounded
    maps[3] = 5
    maps[3, 39, 29] = np.nextafter(np.float32(5), np.float32(6))  # not quite constant
    maps[4, 0, 0] = np.nan
    maps[5, 20, 20] = np.inf
    made = zncc(maps)
    assert made.constant.tolist() == [False, True, True, False, False, False, False]
    assert made.undefined.tolist() == [False, False, False, False, True, True, False]
    lost = [1, 2, 4, 5]
    assert np.isnan(made.matrix[lost]).all()
    assert np.isnan(made.matrix[:, lost]).all()
    rest = [0, 3, 6]
    kept = made.matrix[np.ix_(rest, rest)]
    np.testing.assert_allclose(kept, pair_by_pair(maps[rest]), atol=1e-7)
    assert np.isfinite(kept).all()


def test_products_of_constant_maps_are_nothing():
    maps = drawn(3, dtype=np.float64)
    maps[1] = 0.1
    products, constant, _ = centred_products(maps)
    assert constant.tolist() == [False, True, False]
    assert (products[1] == 0).all()


def test_bytes_do_not_depend_on_threads():
    maps = drawn(20, shape=(200, 250))
    made = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads):
            made.append(zncc(maps).matrix)
            blas = [one for one in threadpool_info() if one["user_api"] == "blas"]
            assert {one["num_threads"] for one in blas} == {threads}, "as it was"
    assert np.array_equal(made[0], made[1])
    assert np.array_equal(made[0], made[2])


@pytest.mark.parametrize("tile", [2, 4, 9])
def test_tiles_make_one_matrix(monkeypatch, tmp_path, tile):
    """Also of mapped maps, into a mapped matrix, with maps that have no ZNCC among them."""
    maps = drawn(9, shape=(100, 120), offset=3)
    maps[3], maps[5, 0, 0] = 1.5, np.nan
    monkeypatch.setattr(module, "BLOCK", 1000)
    whole = zncc(maps)
    monkeypatch.setattr(module, "TILE", tile)
    np.save(tmp_path / "maps.npy", maps)
    stored = np.lib.format.open_memmap(tmp_path / "zncc.npy", "w+", float, (9, 9))
    made = zncc(np.load(tmp_path / "maps.npy", mmap_mode="r"), stored)
    assert made.matrix is stored
    np.testing.assert_allclose(stored, whole.matrix, rtol=0, atol=1e-14)
    assert np.array_equal(stored, stored.T, equal_nan=True)
    assert np.array_equal(made.constant, whole.constant)
    assert np.array_equal(made.undefined, whole.undefined)


# ------------------------------------------------------------------------------ split halves


def trials_of(patterns=4, trials=5, noise=1.0, seed=0, shape=(12, 10)):
    generator = np.random.default_rng(seed)
    true = generator.random((patterns, *shape))
    maps = true + noise * generator.standard_normal((trials, patterns, *shape))
    return maps.astype(np.float32)


def by_definition(maps, halves):
    """Mean over the splits of the ZNCC of the halves' means, both ways round."""
    made = []
    for half in halves:
        rest = [trial for trial in range(len(maps)) if trial not in half]
        means = np.concatenate([np.nanmean(maps[list(side)], axis=0) for side in (half, rest)])
        matrix = pair_by_pair(means)[: maps.shape[1], maps.shape[1] :]
        made.append((matrix + matrix.T) / 2)
    return np.mean(made, axis=0)


@pytest.mark.parametrize(
    ("trials", "halves"),
    [
        (2, [(0,)]),
        (3, [(0,), (1,), (2,)]),
        (4, [(0, 1), (0, 2), (0, 3)]),
        (5, list(itertools.combinations(range(5), 2))),
    ],
)
def test_all_splits_equal_the_definition(trials, halves):
    maps = trials_of(trials=trials, noise=0.2).astype(np.float64)
    made = split_half(maps, np.random.default_rng(0))
    assert made.splits == len(halves)
    np.testing.assert_allclose(made.matrix, by_definition(maps, halves), atol=1e-12)
    r = made.matrix.diagonal()
    np.testing.assert_allclose(made.ceiling, np.sqrt(np.outer(r, r)))
    assert made.undefined == 0


def test_splits_are_drawn_where_there_are_many():
    maps = trials_of(trials=10)
    made = split_half(maps, np.random.default_rng(1), max_splits=30)
    again = split_half(maps, np.random.default_rng(1), max_splits=30)
    whole = split_half(maps, np.random.default_rng(1))
    assert (made.splits, whole.splits) == (30, 126)
    assert np.array_equal(made.matrix, again.matrix)
    np.testing.assert_allclose(made.matrix, whole.matrix, atol=0.05)
    for trials in (9, 10):
        halves = module._halves(trials, np.random.default_rng(2), 40)
        assert halves.sum(axis=1).tolist() == [trials // 2] * 40
        sides = {frozenset([tuple(half), tuple(~half)]) for half in halves}
        assert len(sides) == 40, "no split twice"


def test_single_trials_noise_is_not_taken_for_likeness():
    """Noise alone, which the patterns of a trial share in part: ZNCC is high, over halves not."""
    generator = np.random.default_rng(3)
    shared = generator.standard_normal((6, 1, 30, 30))
    maps = shared + 0.5 * generator.standard_normal((6, 3, 30, 30))
    raw = zncc(maps.mean(axis=0)).matrix
    made = split_half(maps, generator)
    assert raw[0, 1] > 0.7
    assert np.abs(made.matrix).max() < 0.1


def test_the_ceiling_is_what_maps_alike_in_truth_reach():
    generator = np.random.default_rng(4)
    true = generator.random((1, 1, 60, 60))
    noise = generator.standard_normal((8, 2, 60, 60)) * np.array([0.2, 0.6])[:, None, None]
    made = split_half(true + noise, generator)
    assert made.matrix[0, 0] > 0.85
    assert made.matrix[1, 1] < 0.6
    assert made.matrix[0, 1] / made.ceiling[0, 1] == pytest.approx(1, abs=0.03)


def test_more_trials_raise_raw_zncc_but_not_what_the_ceiling_corrects():
    """The study compared means of 40 maps with means of 8."""
    many = trials_of(patterns=6, trials=16, noise=1.5, shape=(80, 80))
    common = np.random.default_rng(9).random((80, 80))
    many = (many + common).astype(np.float32)
    off = ~np.eye(6, dtype=bool)
    raw, corrected = [], []
    for trials in (4, 16):
        raw.append(zncc(many[:trials].mean(axis=0)).matrix[off].mean())
        made = split_half(many[:trials], np.random.default_rng(0))
        corrected.append((made.matrix / made.ceiling)[off].mean())
    assert raw[1] > 1.4 * raw[0]
    assert corrected[1] == pytest.approx(corrected[0], rel=0.1)
    assert corrected[1] == pytest.approx(0.5, abs=0.05), "half of the variance is common"


def test_missing_trials_and_empty_maps():
    maps = trials_of(patterns=3, trials=4).astype(np.float64)
    maps[1, 0] = np.nan  # a pattern with three trials
    maps[2, 1] = 0  # a map that ReLU left empty
    made = split_half(maps, np.random.default_rng(0))
    assert made.undefined == 2
    expected = by_definition(maps, [(0, 1), (0, 2), (0, 3)])
    np.testing.assert_allclose(made.matrix, expected, atol=1e-12)
    maps[1:, 0] = np.nan  # one trial alone has no other half
    made = split_half(maps, np.random.default_rng(0))
    assert np.isnan(made.matrix[0, 0])
    assert np.isnan(made.ceiling[0]).all()
    assert np.isfinite(made.matrix[1:, 1:]).all()
    maps[:, 0] = 3.0
    made = split_half(maps, np.random.default_rng(0))
    assert np.isnan(made.matrix[0]).all()


def test_a_single_trial_has_no_halves():
    made = split_half(np.random.default_rng(0).normal(size=(1, 3, 4, 4)), np.random.default_rng(0))
    assert made.splits == 0
    assert np.isnan(made.matrix).all()
    assert np.isnan(made.ceiling).all()
