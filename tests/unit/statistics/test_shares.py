"""Gaffke's interval of a mean of shares: by hand, as first written, and how often it holds."""

import numpy as np
import pytest
from scipy import stats

from neuroloop.statistics.shares import shares_interval


def drawn(seed=0):
    return np.random.default_rng(seed)


def names(n):
    return np.arange(n).astype(str)


def as_first_written(shares, level=0.95, draws=40_000):
    """Learned-Miller & Thomas 2019, section 2: of sorted uniform numbers and sorted shares."""

    def upper(values):
        ends = np.append(np.sort(values), 1)
        uniform = np.sort(drawn(1).random((draws, len(values))), axis=1)
        return np.quantile(1 - uniform @ np.diff(ends), (1 + level) / 2)

    return 1 - upper(1 - shares), upper(shares)


def test_one_share_by_hand():
    # A uniform weight: low = 0.025 * 0.6, high = 1 - 0.025 * (1 - 0.6).
    value, low, high = shares_interval(np.array([0.6]), ["a"], drawn())
    assert value == 0.6
    assert (low, high) == pytest.approx((0.015, 0.99), abs=0.005)


@pytest.mark.parametrize(("right", "n"), [(0, 8), (3, 8), (8, 8), (1, 20), (55, 100)])
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_of_hits_it_is_that_of_clopper_and_pearson(right, n, level):
    found = shares_interval(np.arange(n) < right, names(n), drawn(), level)
    exact = stats.binomtest(right, n).proportion_ci(level, method="exact")
    assert found.value == right / n
    assert found[1:] == pytest.approx((exact.low, exact.high), abs=0.02)
    assert found.ci_low <= found.value <= found.ci_high


@pytest.mark.parametrize("n", [2, 8, 50])
def test_of_shares_it_is_that_of_its_authors(n):
    shares = drawn(n).beta(0.4, 2, n)
    found = shares_interval(shares, names(n), drawn())
    assert found[1:] == pytest.approx(as_first_written(shares), abs=0.02)


def test_shares_of_one_cluster_count_once():
    shares = np.array([0.2, 0.4, 0.9])
    twice = shares_interval(np.repeat(shares, 7), np.repeat(["a", "b", "c"], 7), drawn())
    assert twice == pytest.approx(shares_interval(shares, names(3), drawn()))
    # Of a cluster that is alike, its number of rows does not tell of others.
    alike = shares_interval(np.ones(40), np.repeat(names(4), 10), drawn())
    assert alike.ci_low == pytest.approx(0.025**0.25, abs=0.02)
    # Unequal clusters: the mean is that of all rows.
    uneven = shares_interval(np.array([1, 1, 1, 0.0]), ["a", "a", "a", "b"], drawn())
    assert uneven.value == 0.75


def test_equal_shares_are_held_and_bounds_are_shares():
    for share in (0.0, 0.1, 1.0):
        value, low, high = shares_interval(np.full(30, share), names(30), drawn())
        assert 0 <= low <= value <= high <= 1
        assert value == pytest.approx(share)
        assert high - low > 0.05


def sparse(generator, n):
    """Most maps lie elsewhere, few on the evidence."""
    return np.where(generator.random(n) < 0.15, generator.beta(4, 2, n), generator.beta(1, 20, n))


def test_it_holds_where_students_t_does_not():
    truth = sparse(drawn(9), 400_000).mean()
    held = {"gaffke": 0, "t": 0}
    for seed in range(300):
        shares = sparse(drawn(seed), 8)
        _, low, high = shares_interval(shares, names(8), drawn(seed))
        held["gaffke"] += low <= truth <= high
        half = stats.t.ppf(0.975, 7) * stats.sem(shares)
        held["t"] += abs(shares.mean() - truth) <= half
    assert held["gaffke"] / 300 >= 0.95
    assert held["t"] / 300 < 0.85


@pytest.mark.parametrize(("corr", "of"), [(0.5, 0.5), (-0.5, 0.2)])
def test_clusters_of_unequal_size_that_differ_by_it(corr, of):
    """The ratio of all hits to all rows of a population of clusters."""

    def world(generator, k):
        sizes = generator.geometric(0.12, k)
        odds = np.log(of / (1 - of)) + generator.standard_normal(k) + corr * np.log(sizes)
        return sizes, 1 / (1 + np.exp(-odds))

    sizes, right = world(drawn(8), 400_000)
    truth = (sizes * right).sum() / sizes.sum()
    held = 0
    for seed in range(200):
        generator = drawn(seed)
        sizes, right = world(generator, 12)
        own = np.repeat(np.arange(12), sizes)
        hits = generator.random(len(own)) < right[own]
        _, low, high = shares_interval(hits, own.astype(str), generator)
        held += low <= truth <= high
    assert held / 200 >= 0.93


def test_what_gives_no_interval():
    with pytest.raises(ValueError, match="give no interval"):
        shares_interval(np.zeros(3), names(2), drawn())
    with pytest.raises(ValueError, match="give no interval"):
        shares_interval(np.zeros(0), [], drawn())
    for wrong in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            shares_interval(np.array([0.5, wrong]), names(2), drawn())


def test_the_generator_alone_draws():
    shares = drawn(3).random(10)
    assert shares_interval(shares, names(10), drawn(1)) == shares_interval(
        shares, names(10), drawn(1)
    )
    assert shares_interval(shares, names(10), drawn(1)) != shares_interval(
        shares, names(10), drawn(2)
    )
