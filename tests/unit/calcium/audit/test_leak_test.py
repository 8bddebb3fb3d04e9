"""The fixed classifier of leaks and its p, on numbers made by hand."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.audit.leak_test import Design, design_of, leak_test
from neuroloop.statistics.folds import splits


def design(trials: int = 3) -> Design:
    """Six patterns of one group, each once in every fold."""
    fold = np.repeat(np.arange(trials), 6)
    table = pd.DataFrame({"pattern": list("abcdef") * trials, "group": "g1"})
    return design_of(table, splits(fold))


def test_ways_to_exchange_are_counted() -> None:
    assert np.exp(design().ways) == pytest.approx(720**3)
    alone = pd.DataFrame({"pattern": list("aabb"), "group": list("1122")})
    assert design_of(alone, splits(np.array([0, 1, 0, 1]))).ways == pytest.approx(0)


def test_what_codes_the_pattern_is_found() -> None:
    made = design()
    test = leak_test([made.patterns[:, None].astype(float)], made, np.random.default_rng(0), 2999)
    assert test.value == 1.0
    assert test.p == pytest.approx(1 / 3000)
    assert test.trials == 18
    assert test.found(2)
    assert not test.found(4)


def test_two_kinds_of_patterns_are_told_by_pairs() -> None:
    """Of five other patterns two are alike, and count half: 4 of 5."""
    made = design()
    x = (made.patterns < 3).astype(float)[:, None]
    assert leak_test([x], made, np.random.default_rng(0), 19).value == pytest.approx(0.8)


def test_a_few_features_of_many_are_found() -> None:
    generator = np.random.default_rng(1)
    made = design(5)
    x = generator.standard_normal((30, 500))
    assert not leak_test([x], made, generator, 999).found(1)
    x[:, :8] += 2 * made.patterns[:, None]
    assert leak_test([x], made, generator, 2999).found(1)


def test_p_of_noise_is_uniform() -> None:
    generator = np.random.default_rng(2)
    p = [
        leak_test([generator.standard_normal((18, 3))], design(), generator, 99).p
        for _ in range(100)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.12
    assert 0.4 < np.mean(p) < 0.6


def test_numbers_that_are_all_alike_tell_nothing() -> None:
    made = design()
    test = leak_test([np.ones((18, 1))], made, np.random.default_rng(0), 19)
    assert test.value == 0.5
    assert not test.found(1)
