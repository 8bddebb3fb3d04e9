"""Intervals and p values: by hand, against other libraries, and how often they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.api import OLS
from statsmodels.stats.proportion import proportion_confint

from neuroloop.statistics import intervals as statistics
from neuroloop.statistics.crossed import crossed_half_width
from neuroloop.statistics.intervals import (
    cluster_interval,
    crossed_group_interval,
    crossed_interval,
    crossed_mean,
    group_interval,
    paired_difference,
    permutation_p,
)


def score_interval(share, variance, width):
    """Shares whose own standard error, scaled as that of `share`, is `width` times the distance."""
    effect = variance / (share * (1 - share))
    ends = np.roots([1 + width**2 * effect, -2 * share - width**2 * effect, share**2])
    return tuple(sorted(ends))


def test_cluster_interval_by_hand():
    # Runs of 4, 2 and 4 rows with 3, 1 and 1 hits: accuracy 0.5, residuals 1, 0 and -1.
    hits, runs = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 0]), ["1"] * 4 + ["2"] * 2 + ["10"] * 4
    estimate = cluster_interval(hits, runs)
    variance = 3 / 2 * 2 / 100  # of 0.25 / 0.03 independent rows
    t = 4.302652729749464  # of 2 degrees of freedom
    half = t * np.sqrt(0.03 + t**2 * 0.12**2 / 4) / (1 + t**2 * 0.12)
    assert estimate == pytest.approx((0.5, 0.5 - half, 0.5 + half))
    assert estimate == pytest.approx((0.5, *score_interval(0.5, variance, t)))
    narrower = cluster_interval(hits, runs, level=0.5)
    assert narrower[1:] == pytest.approx(score_interval(0.5, variance, 0.816496580927726))


def test_an_interval_from_few_clusters_with_hits_is_wider():
    # All hits are in one of ten clusters of two rows: residuals 1.8 and nine times -0.2, kurtosis
    # 73 / 9, so that 9 degrees of freedom become 20 / (73 / 9 - 7 / 9).
    hits = np.repeat([1] + [0] * 9, 2)
    estimate = cluster_interval(hits, np.repeat(np.arange(10), 2).astype(str))
    variance = 10 / 9 * (1.8**2 + 9 * 0.2**2) / 20**2
    expected = score_interval(0.1, variance, stats.t.ppf(0.975, 30 / 11))
    assert estimate == pytest.approx((0.1, *expected))
    # The same of any residuals, with scipy's kurtosis.
    generator = np.random.default_rng(4)
    rates = np.repeat(generator.beta(0.1, 0.9, size=30), 8)
    hits, clusters = generator.random(240) < rates, np.repeat(np.arange(30), 8)
    residuals = hits.reshape(30, 8).sum(axis=1) - 8 * hits.mean()
    freedom = 60 / (stats.kurtosis(residuals, fisher=False) - 27 / 29)
    assert freedom < 29
    variance = 30 / 29 * (residuals**2).sum() / 240**2
    expected = score_interval(hits.mean(), variance, stats.t.ppf(0.975, freedom))
    assert cluster_interval(hits, clusters.astype(str))[1:] == pytest.approx(expected)


def test_cluster_interval_against_a_regression_with_cluster_robust_errors():
    generator = np.random.default_rng(1)
    clusters = generator.integers(9, size=300)
    hits = generator.random(300) < 0.3 + 0.05 * clusters
    fit = OLS(hits.astype(float), np.ones(300)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True
    )
    estimate = cluster_interval(hits, clusters.astype(str))
    share, variance = fit.params[0], fit.bse[0] ** 2
    expected = score_interval(share, variance, stats.t.ppf(0.975, 8))
    assert estimate == pytest.approx((share, *expected))
    # And the score interval of statsmodels for whole numbers of rows.
    hits = np.repeat([1, 0, 1, 0], [3, 1, 1, 3])
    share, low, high = cluster_interval(hits, ["a"] * 4 + ["b"] * 4, level=0.5)
    rows = 0.25 / (2 * 2 * (3 - 2) ** 2 / 64)
    level = 2 * stats.norm.cdf(stats.t.ppf(0.75, 1)) - 1
    expected = proportion_confint(rows / 2, rows, alpha=1 - level, method="wilson")
    assert (share, low, high) == pytest.approx((0.5, *expected))


def test_crossed_clusters_against_errors_that_are_robust_to_both():
    generator = np.random.default_rng(2)
    runs, images = np.repeat(np.arange(6), 20), np.tile(np.arange(20), 6)
    hits = generator.normal(size=6)[runs] + 2 * generator.normal(size=20)[images] > 0
    hits ^= generator.random(120) < 0.1
    variances = []
    for groups in (runs, images, np.stack([runs, images], axis=1)):
        fit = OLS(hits.astype(float), np.ones(120)).fit(
            cov_type="cluster", cov_kwds={"groups": groups}
        )
        variances.append(fit.bse[0] ** 2)
    over_runs, over_images, both = variances
    assert both > max(over_runs, over_images)
    freedom = both**2 / (over_runs**2 / 5 + over_images**2 / 19)
    expected = score_interval(hits.mean(), both, stats.t.ppf(0.975, freedom))
    estimate = cluster_interval(hits, runs.astype(str), crossed=images.astype(str))
    assert estimate == pytest.approx((hits.mean(), *expected))


def test_intervals_over_runs_and_images_hold_where_images_recur():
    # Over runs alone 0.83 of them hold, since the same images are easy in every run.
    generator = np.random.default_rng(3)
    runs, images = np.repeat([*"1234"], 12), np.tile(np.arange(12), 4).astype(str)
    held = []
    for _ in range(200):
        ease = 2 * generator.standard_normal(12)
        hits = np.tile(ease, 4) + generator.logistic(size=48) > 0
        estimate = cluster_interval(hits, runs, crossed=images)
        held.append(estimate.ci_low <= 0.5 <= estimate.ci_high)
    assert np.mean(held) > 0.9


def test_one_cluster_gets_the_score_interval():
    hits = np.arange(40) < 31
    estimate = cluster_interval(hits, ["1"] * 40)
    assert estimate == pytest.approx((31 / 40, *proportion_confint(31, 40, method="wilson")))
    # By hand: 5 of 10 at z = 1.96.
    z = stats.norm.ppf(0.975)
    half = z * np.sqrt(0.25 / 10 + z**2 / 400) / (1 + z**2 / 10)
    five = cluster_interval(np.arange(10) < 5, ["1"] * 10)
    assert five == pytest.approx((0.5, 0.5 - half, 0.5 + half))


@pytest.mark.parametrize("right", [0, 5, 10])
def test_clusters_of_equal_accuracy_do_not_get_an_interval_without_width(right):
    hits = np.tile(np.arange(10) < right, 6)
    estimate = cluster_interval(hits, np.repeat([str(run) for run in range(6)], 10))
    level = 2 * stats.norm.cdf(stats.t.ppf(0.975, 5)) - 1
    expected = proportion_confint(6 * right, 60, alpha=1 - level, method="wilson")
    assert estimate == pytest.approx((right / 10, *expected))
    assert estimate.ci_high - estimate.ci_low > 0.05


def test_clusters_of_unequal_size_and_equal_accuracy_count_as_equal():
    hits = np.array([1, 0, 0, 1, 1, 0, 0, 0, 0])
    share, low, high = cluster_interval(hits, ["a"] * 3 + ["b"] * 6, level=0.5)
    level = 2 * stats.norm.cdf(1) - 1  # as far as the quartile of t of 1 degree of freedom
    expected = proportion_confint(3, 9, alpha=1 - level, method="wilson")
    assert (share, low, high) == pytest.approx((1 / 3, *expected))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=60))
def test_cluster_interval_holds_the_accuracy_and_stays_in_bounds(rows):
    clusters, hits = zip(*rows, strict=True)
    estimate = cluster_interval(np.array(hits), list(map(str, clusters)))
    assert 0 <= estimate.ci_low <= estimate.value <= estimate.ci_high <= 1
    assert estimate.ci_low < estimate.ci_high


@pytest.mark.parametrize(
    ("n_clusters", "n_rows", "alike", "truth"),
    [
        (4, 30, 0.05, 0.6),
        (12, 20, 0.1, 0.6),
        (4, 60, 0.1, 0.1),
        (5, 8, 0.02, 0.9),
        (100, 20, 0.25, 0.01),  # 0.89 with as many degrees of freedom as clusters less one
    ],
)
def test_cluster_interval_covers_as_often_as_it_says(n_clusters, n_rows, alike, truth):
    """Rows of one cluster are alike: intraclass correlation `alike`."""
    generator = np.random.default_rng(7)
    clusters = np.repeat(np.arange(n_clusters), n_rows).astype(str)
    concentration = (1 - alike) / alike
    covered, n = 0, 1000
    for _ in range(n):
        rate = generator.beta(truth * concentration, (1 - truth) * concentration, size=n_clusters)
        hits = generator.random(len(clusters)) < np.repeat(rate, n_rows)
        estimate = cluster_interval(hits, clusters)
        covered += estimate.ci_low <= truth <= estimate.ci_high
    # A symmetric interval has 0.89 and 0.91 of the last two.
    assert 0.925 <= covered / n <= 0.985


def test_hits_that_give_no_interval_are_refused():
    with pytest.raises(ValueError, match="no interval"):
        cluster_interval(np.array([], dtype=bool), [])
    with pytest.raises(ValueError, match="no interval"):
        cluster_interval(np.array([True, False]), ["1"])
    with pytest.raises(ValueError, match="neither true nor false"):
        cluster_interval(np.array([0.7, 0.2]), ["1", "2"])


def test_group_interval_by_hand_and_against_scipy():
    # Standard deviation 0.1, standard error 0.1 / sqrt(3).
    half = 4.302652729749464 * 0.1 / np.sqrt(3)
    estimate = group_interval([0.5, 0.6, 0.7])
    assert estimate[:3] == pytest.approx((0.6, 0.6 - half, 0.6 + half))
    assert estimate.reason == ""
    values = np.random.default_rng(2).normal(size=5)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert group_interval(values, level=0.9)[:3] == pytest.approx((values.mean(), *expected))


def test_one_subject_has_no_interval():
    estimate = group_interval([0.7])
    assert estimate[:3] == (0.7, None, None)
    assert "one subject" in estimate.reason


@pytest.mark.parametrize("values", [[-0.025, -0.025], [0.1 + 0.2, 0.3, 0.3], [1.0] * 5, [0, 0]])
def test_equal_subjects_have_no_interval_without_width(values):
    estimate = group_interval(values)
    assert estimate[:3] == (pytest.approx(values[0]), None, None)
    assert estimate.reason == "all subjects have the same value"


@pytest.mark.parametrize("values", [[], [0.5, np.nan]])
def test_subjects_without_a_value_are_refused(values):
    with pytest.raises(ValueError, match="no mean over subjects"):
        group_interval(values)


def test_crossed_group_interval_by_hand():
    # Three subjects, three seeds, two images; only subjects differ: -0.1, 0 and 0.4, each in all of
    # its cells. Then it is Student's t over subjects.
    values = np.broadcast_to(np.array([-0.1, 0, 0.4])[:, None, None], (3, 3, 2))
    expected = stats.ttest_1samp([-0.1, 0, 0.4], 0).confidence_interval(0.95)
    estimate = crossed_group_interval(values)
    assert estimate[:3] == pytest.approx((0.1, *expected))
    assert estimate.reason == ""
    assert estimate.p == pytest.approx(stats.ttest_1samp([-0.1, 0, 0.4], 0).pvalue)
    assert crossed_group_interval(values * 2)[1:3] == (-1, 1), "cut at the bounds of a difference"


def test_subjects_who_are_alike_leave_the_interval_to_seeds_and_images():
    one = np.random.default_rng(0).integers(-1, 2, size=(1, 4, 30)).astype(float)
    alike = crossed_group_interval(np.repeat(one, 5, axis=0))
    half = crossed_half_width(one[0])
    assert alike[:3] == pytest.approx((one.mean(), one.mean() - half, one.mean() + half))


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((2, 4, 30), "2 subjects do not tell how subjects differ: 3 are needed"),
        ((3, 2, 30), "2 seeds do not tell how seeds differ: 3 are needed"),
        ((3, 4, 30), "no subject, seed or image differs from another"),
    ],
)
def test_a_group_without_an_interval_says_why(shape, reason):
    assert crossed_group_interval(np.full(shape, 0.5)) == (0.5, None, None, reason, None)
    few = np.random.default_rng(0).integers(-1, 2, size=(2, 4, 30)).astype(float)
    assert crossed_group_interval(few)[1:3] == (None, None)


def taught(generator, subjects, seeds, spread, shared):
    """Hits of students of equal kinds less those of a control, shared by subjects or not.

    A student names an image right by the image's ease, the luck of its seed (initialisation and
    batches, the same for all kinds), its own and its subject's.
    """
    ease = generator.normal(1.8, 1.5, size=100) + generator.normal(0, 0.15, size=(seeds, 1))

    def hits(of_subject):
        own = generator.normal(0, 0.25, size=(seeds, 1))
        return generator.random(ease.shape) < 1 / (1 + np.exp(-(ease + own + of_subject)))

    brains = np.stack([hits(luck) for luck in generator.normal(0, spread, size=subjects)])
    if shared:
        return brains - hits(0.0).astype(float)
    return (
        brains - np.stack([hits(luck) for luck in generator.normal(0, spread, size=subjects)]) * 1.0
    )


@pytest.mark.parametrize(
    ("subjects", "seeds", "spread", "shared", "naive"),
    [(3, 10, 0, True, 0.1), (5, 10, 0, True, 0.2), (10, 3, 0, True, 0.3), (5, 10, 0.3, False, 0)],
)
def test_the_interval_of_a_group_holds_nought_as_often_as_it_says(
    subjects, seeds, spread, shared, naive
):
    """No teacher does anything. Student's t over subjects excludes 0 far too often if shared."""
    generator = np.random.default_rng(subjects + seeds)
    missed, over_subjects, n = 0, 0, 300
    for _ in range(n):
        differences = taught(generator, subjects, seeds, spread, shared)
        _, low, high, *_ = crossed_group_interval(differences)
        missed += not low <= 0 <= high
        _, low, high, *_ = group_interval(differences.mean(axis=(1, 2)))
        over_subjects += not low <= 0 <= high
    assert missed / n <= 0.075
    assert over_subjects / n >= naive


def test_permutation_p_by_hand():
    null = np.array([0.1, 0.2, 0.3, 0.4])
    assert permutation_p(0.35, null) == 2 / 5
    assert permutation_p(0.4, null) == 2 / 5  # equal counts
    assert permutation_p(0.5, null) == 1 / 5  # never zero
    assert permutation_p(0.5, np.array([])) == 1.0


def test_permutation_p_counts_sums_in_another_order_as_equal():
    assert 0.1 + 0.2 != 0.3
    assert permutation_p(0.1 + 0.2, np.array([0.3])) == 1.0


def test_permutation_p_against_scipy():
    sample = np.random.default_rng(4).normal(0.3, size=30)
    theirs = stats.monte_carlo_test(
        sample,
        np.random.default_rng(5).standard_normal,
        np.mean,
        n_resamples=499,
        alternative="greater",
        vectorized=False,
    )
    assert permutation_p(sample.mean(), theirs.null_distribution) == theirs.pvalue


def test_permutation_p_refuses_nan():
    with pytest.raises(ValueError, match="not finite"):
        permutation_p(0.5, np.array([0.1, np.nan]))
    with pytest.raises(ValueError, match="not finite"):
        permutation_p(np.nan, np.array([0.1]))


def test_paired_difference_by_hand():
    # Two seeds, one image: a is right for the first seed, b never. A resample draws seeds
    # (1, 1), (1, 2), (2, 1), (2, 2), so the difference is 1, 0.5, 0.5 or 0.
    difference = paired_difference(
        np.array([[1], [0]]), np.array([[0], [0]]), np.random.default_rng(0), n_boot=20_000
    )
    assert difference.value == 0.5
    # Two seeds leave one degree of freedom: the interval is cut at the bounds of a difference.
    assert (difference.ci_low, difference.ci_high) == (-1.0, 1.0)


def test_resamples_are_those_of_a_loop_over_drawn_seeds_and_images():
    values = np.random.default_rng(0).integers(-1, 2, size=(4, 7)).astype(float)
    fast = statistics._crossed_resamples(values, np.random.default_rng(1), 20_000) / values.size
    generator = np.random.default_rng(2)
    slow = [
        values[np.ix_(generator.integers(4, size=4), generator.integers(7, size=7))].mean()
        for _ in range(20_000)
    ]
    assert fast.mean() == pytest.approx(values.mean(), abs=0.005)
    assert fast.std() == pytest.approx(np.std(slow), rel=0.03)
    np.testing.assert_allclose(
        np.quantile(fast, [0.025, 0.5, 0.975]), np.quantile(slow, [0.025, 0.5, 0.975]), atol=0.04
    )


def test_every_resample_is_drawn_where_one_fills_a_chunk():
    values = np.ones((2, 600_000))
    sums = statistics._crossed_resamples(values, np.random.default_rng(0), 3)
    np.testing.assert_array_equal(sums, values.size)


def test_the_variance_of_resamples_is_that_of_the_crossed_bootstrap():
    """Exact variance: seeds and images drawn apart, from the moments of multinomial counts."""
    values = np.random.default_rng(3).integers(-1, 2, size=(5, 11)).astype(float)
    n_rows, n_columns = values.shape
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    rest = values - rows[:, None] - columns + values.mean()
    exact = (
        rows.var() / n_rows + columns.var() / n_columns + (rest**2).mean() / (n_rows * n_columns)
    )
    drawn = statistics._crossed_resamples(values, np.random.default_rng(4), 50_000) / values.size
    assert drawn.var() == pytest.approx(exact, rel=0.03)


def test_paired_difference_follows_its_sign_and_its_seed():
    generator = np.random.default_rng(0)
    better, worse = generator.random((10, 300)) < 0.9, generator.random((10, 300)) < 0.8
    ab = paired_difference(better, worse, np.random.default_rng(1), n_boot=1000)
    ba = paired_difference(worse, better, np.random.default_rng(1), n_boot=1000)
    assert ab == paired_difference(better, worse, np.random.default_rng(1), n_boot=1000)
    assert ba == pytest.approx((-ab.value, -ab.ci_high, -ab.ci_low, ab.p))
    assert ab.ci_low > 0
    assert ab.p == 2 / 1001


def test_equal_students_do_not_differ():
    hits = np.random.default_rng(0).random((3, 50)) < 0.5
    assert paired_difference(hits, hits, np.random.default_rng(1), n_boot=200) == (0, 0, 0, 1)


@pytest.mark.parametrize("value", [0.4858353588317891, 0.1, 0.7])
def test_an_interval_of_equal_images_holds_its_value_in_spite_of_rounding(value):
    shares = np.full((1, 7), value)
    nothing = np.zeros((1, 7))
    found = paired_difference(shares, nothing, np.random.default_rng(0), n_boot=500)
    assert found.ci_low <= found.value <= found.ci_high
    assert found.ci_high - found.ci_low < 1e-12


@pytest.mark.parametrize(("seed_spread", "most"), [(0.1, 1.0), (0.3, 0.975)])
def test_paired_difference_covers_at_least_about_as_often_as_it_says(seed_spread, most):
    """Students of two equal kinds: a row's score is image + kind x seed + noise, right above 0."""
    generator = np.random.default_rng(8)
    covered, rejected, n = 0, 0, 300
    for _ in range(n):
        image = generator.normal(1.0, 1.0, size=200)
        kinds = [
            image + generator.normal(0, seed_spread, (10, 1)) + generator.normal(size=(10, 200)) > 0
            for _ in range(2)
        ]
        difference = paired_difference(*kinds, generator, n_boot=400)
        covered += difference.ci_low <= 0 <= difference.ci_high
        rejected += difference.p <= 0.05
    assert 0.91 <= covered / n <= most
    assert rejected / n <= 0.09


def test_a_crossed_mean_is_that_of_paired_differences_of_any_size():
    """Linear in its values; those of accuracies are cut at 1, others are not."""
    stream = np.random.default_rng(12)
    hits = stream.random((2, 6, 40)) < 0.5
    difference = hits[0].astype(float) - hits[1]
    paired = paired_difference(*hits, np.random.default_rng(1), 500)
    assert crossed_mean(difference, np.random.default_rng(1), 500) == paired
    tenfold = crossed_mean(10 * difference, np.random.default_rng(1), 500)
    np.testing.assert_allclose(tenfold[:3], 10 * np.array(paired[:3]), rtol=1e-9)
    assert tenfold.p == paired.p


def test_students_that_cannot_be_paired_are_refused():
    for shapes in [((2, 3), (3, 3)), ((3,), (3,)), ((0, 3), (0, 3))]:
        with pytest.raises(ValueError, match="cannot be paired"):
            paired_difference(*map(np.zeros, shapes), np.random.default_rng(0))


def test_crossed_interval_by_hand():
    # Two seeds, one image, right for one of them: a resample draws (1, 1), (1, 2), (2, 1), (2, 2).
    estimate = crossed_interval(np.array([[1], [0]]), np.random.default_rng(0), n_boot=2000)
    assert estimate == (0.5, 0.0, 1.0)  # cut at the bounds of an accuracy
    always = crossed_interval(np.ones((3, 20), dtype=bool), np.random.default_rng(0), n_boot=50)
    assert always == (1.0, 1.0, 1.0)


def test_crossed_interval_is_that_of_a_difference_from_students_that_are_never_right():
    hits = np.random.default_rng(0).random((6, 80)) < np.linspace(0.2, 0.9, 80)
    estimate = crossed_interval(hits, np.random.default_rng(1), n_boot=500, level=0.9)
    difference = paired_difference(
        hits, np.zeros((6, 80)), np.random.default_rng(1), n_boot=500, level=0.9
    )
    assert estimate == tuple(difference)[:3]
    assert estimate.value == hits.mean()
    wider = crossed_interval(hits, np.random.default_rng(1), n_boot=500)
    assert wider.ci_low < estimate.ci_low < hits.mean() < estimate.ci_high < wider.ci_high
    assert wider.ci_low >= 0
    assert wider.ci_high <= 1


def test_crossed_interval_is_wider_than_one_that_takes_predictions_for_independent():
    """Seeds that agree on which images are easy carry no more than the images."""
    easy = np.random.default_rng(0).random(100) < 0.6
    hits = np.tile(easy, (10, 1))
    estimate = crossed_interval(hits, np.random.default_rng(1), n_boot=4000)
    width = estimate.ci_high - estimate.ci_low
    of_images = 2 * 1.96 * np.sqrt(easy.mean() * (1 - easy.mean()) / 100)
    assert width == pytest.approx(of_images, rel=0.1)
    assert width > 2.5 * of_images / np.sqrt(10)


def test_crossed_interval_refuses_what_are_no_hits():
    with pytest.raises(ValueError, match="neither true nor false"):
        crossed_interval(np.array([[1.5, 0.2]]), np.random.default_rng(0))
