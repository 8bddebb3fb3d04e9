"""Confidence: matched by one factor, which moves no class past another."""

import numpy as np
import pytest

from neuroloop.distill.confidence import FACTORS, as_certain, factor_of, mean_entropy, soft_labels


def test_two_classes_by_hand():
    """Odds of e^2 at T 2 become those of e^6: the factor is 3."""
    logits, like = np.array([[4.0, 0.0], [0.0, 4.0]]), np.array([[0.0, 12.0], [0.0, 12.0]])
    np.testing.assert_allclose(as_certain(logits, like, 2.0), 3 * logits, rtol=1e-9)


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_entropy_is_matched_at_the_temperature_and_order_is_kept(temperature):
    stream = np.random.default_rng(0)
    logits, like = stream.normal(size=(200, 7)), stream.standard_t(3, size=(90, 7))
    made = as_certain(logits, like, temperature)
    wanted = mean_entropy(soft_labels(like, temperature))
    assert mean_entropy(soft_labels(made, temperature)) == pytest.approx(wanted, rel=1e-9)
    np.testing.assert_array_equal(made.argsort(axis=1), logits.argsort(axis=1))
    ratio = made / logits
    np.testing.assert_allclose(ratio, ratio[0, 0])


def test_what_no_factor_reaches_ends_at_the_nearest():
    logits = np.array([[1.0, 0.0, 0.5]])
    uniform, certain = np.zeros((1, 3)), np.array([[1e9, 0.0, 0.0]])
    np.testing.assert_allclose(as_certain(logits, uniform, 1.0), 0, atol=2e-6)
    assert as_certain(logits, certain, 1.0)[0, 0] == FACTORS[1]
    # Rows without an order stay uniform whatever the factor.
    assert np.isfinite(as_certain(uniform, logits, 1.0)).all()
    assert factor_of(lambda factor: 1.0, 2.0) == FACTORS[0]
