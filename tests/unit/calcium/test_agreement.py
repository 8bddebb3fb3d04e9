"""Agreement of estimated coupling with the truth."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from neuroloop.calcium.agreement import agreement


def test_agreement_as_other_libraries_have_it():
    generator = np.random.default_rng(0)
    truth = np.where(generator.random((6, 6)) < 0.4, generator.random((6, 6)), 0)
    estimate = np.round(truth + 0.3 * generator.standard_normal((6, 6)), 1)  # with ties
    np.fill_diagonal(estimate, np.nan)
    made = agreement(estimate, truth)
    off = ~np.eye(6, dtype=bool)
    edge = off & (truth > 0)
    assert made.auc == pytest.approx(roc_auc_score(truth[off] > 0, estimate[off]))
    assert made.pearson == pytest.approx(stats.pearsonr(truth[edge], estimate[edge])[0])
    assert (made.edges, made.others) == (edge.sum(), 30 - edge.sum())


def test_nothing_to_compare_is_not_a_number():
    made = agreement(np.ones((2, 2)), np.zeros((2, 2)))
    assert np.isnan(made.auc)
    assert np.isnan(made.pearson)
