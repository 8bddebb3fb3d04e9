"""How many people carry an effect, by hand, by enumeration and in simulated populations."""

from itertools import product

import numpy as np
import pytest

from neuroloop.statistics.prevalence import fewest_people, prevalence


def test_by_hand() -> None:
    # The least is 0.4: one of 3 + 1 reaches it, and two of 3 + 1.
    found = prevalence([0.4, 0.6], [np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.5, 0.3])])
    assert found.p_any == pytest.approx(1 / 4 * 2 / 4)
    root = np.sqrt(1 / 8)
    assert found.p_majority == pytest.approx((0.5 * root + 0.5) ** 2)
    assert found.low == 0
    sure = prevalence([0.9] * 6, [np.full(99, 0.2)] * 6)
    assert sure.p_any == pytest.approx(1e-12)
    assert sure.p_majority == pytest.approx(0.505**6)
    # Allefeld et al., eq. 20, with p^(1/N) = 0.01.
    assert sure.low == pytest.approx((0.05 ** (1 / 6) - 0.01) / 0.99)


def test_p_is_that_of_all_combinations_of_permutations() -> None:
    """As Allefeld et al. compute it, with the labels as they are among the permutations."""
    generator = np.random.default_rng(0)
    nulls = [generator.integers(0, 8, 6).astype(float) for _ in range(3)]
    observed = [6.0, 5.0, 7.0]
    first_level = [[own, *null] for own, null in zip(observed, nulls, strict=True)]
    least = np.array([min(one) for one in product(*first_level)])
    p = (least >= min(observed)).mean()
    found = prevalence(observed, nulls)
    assert found.p_any == pytest.approx(p)
    shares = np.linspace(0, 1, 100_001)
    chance = ((1 - shares) * p ** (1 / 3) + shares) ** 3
    assert found.p_majority == pytest.approx(chance[50_000])
    rejected = shares[chance <= 0.05]
    assert found.low == pytest.approx(rejected.max() if len(rejected) else 0, abs=1e-4)


def test_fewer_than_five_people_show_no_majority() -> None:
    assert fewest_people() == 5
    nulls = [np.zeros(10**6)] * 5
    assert prevalence([1.0] * 4, nulls[:4]).p_majority > 0.05
    assert prevalence([1.0] * 5, nulls).p_majority < 0.05


@pytest.mark.parametrize("share", [0.0, 0.5, 0.8])
def test_the_bound_holds_in_populations(share: float) -> None:
    """Accuracies of 100 trials at chance, or far above it in a share of the population."""
    generator = np.random.default_rng(1)
    studies, above, majority = 400, 0, 0
    for _ in range(studies):
        accuracy = np.where(generator.random(6) < share, 0.4, 0.1)
        observed = generator.binomial(100, accuracy)
        nulls = list(generator.binomial(100, 0.1, (6, 99)))
        found = prevalence(observed.tolist(), nulls)
        above += found.low > share
        majority += found.p_majority <= 0.05
    assert above / studies <= 0.08
    if share <= 0.5:
        assert majority / studies <= 0.08


def test_people_and_nulls_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="2 people and 1 nulls"):
        prevalence([0.1, 0.2], [np.zeros(3)])
