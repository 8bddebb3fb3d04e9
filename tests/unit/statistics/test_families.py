"""p values are corrected within their family."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from neuroloop.statistics.families import corrected, stepped_down


def test_holm_by_hand():
    # 0.01 x 4, 0.02 x 3, then no less: max(0.03 x 2, 0.06), max(0.2 x 1, 0.06)
    found = corrected([0.02, 0.2, 0.01, 0.03], ["one"] * 4, "holm")
    assert found == pytest.approx([0.06, 0.2, 0.04, 0.06])
    assert corrected([0.6, 0.9], ["one"] * 2, "holm") == pytest.approx([1.0, 1.0])


def test_benjamini_hochberg_by_hand():
    # From the largest down: 0.2 x 4 / 4, then no more: 0.05 x 4 / 3, 0.04 x 4 / 2, 0.01 x 4.
    found = corrected([0.04, 0.2, 0.01, 0.05], ["one"] * 4)
    assert found == pytest.approx([0.2 / 3, 0.2, 0.04, 0.2 / 3])


@pytest.mark.parametrize("count", [1, 2, 7, 200])
def test_benjamini_hochberg_has_the_bits_of_scipy(count):
    generator = np.random.default_rng(count)
    for p in (generator.random(count), np.round(generator.random(count), 1)):
        np.testing.assert_array_equal(corrected(p, ["one"] * count), false_discovery_control(p))


def test_families_do_not_touch_each_other():
    p = np.array([0.01, 0.04, 0.03, np.nan, 0.001])
    family = ["one", "one", "two", "two", ""]
    found = corrected(p, family)
    assert found[:2] == pytest.approx(false_discovery_control(p[:2]))
    assert found[2] == pytest.approx(0.03)
    assert np.isnan(found[3:]).all()


def test_lengths_that_differ():
    with pytest.raises(ValueError, match="2 p values of 1 families"):
        corrected([0.1, 0.2], ["one"])


def test_stepped_down_by_hand() -> None:
    # Two tests of equal means and spreads, whose second observed value lies within its null.
    observed = np.array([3.0, 1.0])
    nulls = np.array([[0.0, 1.0, 2.0], [3.0, 2.0, 0.0]])
    # The first is reached by the data and by the largest of permutation 1; the second alone by
    # the data and permutations 1 and 2.
    np.testing.assert_allclose(stepped_down(observed, nulls), [2 / 4, 3 / 4])
    np.testing.assert_allclose(stepped_down(observed[::-1], nulls[::-1]), [3 / 4, 2 / 4])


def test_stepped_down_is_its_algorithm_in_loops() -> None:
    """Against the algorithm as Westfall & Young write it, in loops."""
    generator = np.random.default_rng(0)
    nulls = generator.standard_normal((5, 39))
    observed = generator.standard_normal(5) + np.array([2, 0, 1, 0, 3])
    every = np.column_stack([observed, nulls])
    scaled = (every - every.mean(1, keepdims=True)) / every.std(1, keepdims=True)
    order = sorted(range(5), key=lambda test: -scaled[test, 0])
    expected, worst = np.empty(5), 0.0
    for place, test in enumerate(order):
        left = order[place:]
        count = sum(max(scaled[one, i] for one in left) >= scaled[test, 0] for i in range(40))
        worst = max(worst, count / 40)
        expected[test] = worst
    np.testing.assert_allclose(stepped_down(observed, nulls), expected)


def test_stepped_down_keeps_a_true_effect_in_a_large_family_that_holm_loses() -> None:
    generator = np.random.default_rng(1)
    nulls = generator.standard_normal((40, 99))
    observed = np.append(8.0, generator.standard_normal(39))
    p = (1 + (nulls >= observed[:, None]).sum(axis=1)) / 100
    assert stepped_down(observed, nulls)[0] == 0.01
    assert corrected(p, ["one"] * 40, "holm")[0] == pytest.approx(0.4)


def test_stepped_down_bounds_the_chance_of_any_false_discovery() -> None:
    generator = np.random.default_rng(2)
    false = 0
    for _ in range(1000):
        shared = generator.standard_normal(20)  # the tests go together, as regions of one brain do
        every = generator.standard_normal((10, 20)) + shared
        observed = every[:, 0] + np.append(np.full(3, 5.0), np.zeros(7))
        false += (stepped_down(observed, every[:, 1:])[3:] <= 0.05).any()
    assert false / 1000 <= 0.065


def test_a_statistic_that_never_varies_is_no_discovery() -> None:
    assert stepped_down(np.array([0.5]), np.full((1, 19), 0.5)).tolist() == [1.0]
