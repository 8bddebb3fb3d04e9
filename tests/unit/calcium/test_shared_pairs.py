"""Routes on the pairs that all of them have."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.coupling_routes import CouplingRoutes, coupling_table, unknown_influence
from neuroloop.calcium.influence import Influence
from neuroloop.calcium.pair_means import PairMean
from neuroloop.calcium.shared_pairs import BOTH, OWN, shared_pairs, with_shared

CELLS = pd.DataFrame({"cell": ["a", "b", "c"], "row": 0.0, "column": [0.0, 30, 60]})
NAN = np.nan
TRUE = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], float)


def route(matrix):
    values = np.array(matrix, float)
    reasons = np.where(np.isfinite(values), "", "own response not clear")
    p = np.where(values > 0.4, 1e-9, 0.9)
    p[~np.isfinite(values)] = NAN
    return Influence(values, values - 0.2, values + 0.2, p, np.ones(3), 0, 0, reasons)


ROUTES = {
    "influence": route([[NAN, 0.9, 0.1], [0.0, NAN, 0.8], [0.1, 0.0, NAN]]),
    "maps": route([[NAN, 0.7, NAN], [0.6, NAN, NAN], [0.5, 0.0, NAN]]),
}
MEANS = {name: {OWN: PairMean(0.3, 0.2, 0.4), BOTH: PairMean(0.2, 0.1, 0.3)} for name in ROUTES}


def table(routes, true=TRUE):
    made = coupling_table(CouplingRoutes(routes, {}), CELLS, true)
    return with_shared(made, routes, MEANS, CELLS, true).set_index("route")


def test_pairs_are_those_that_both_have():
    assert shared_pairs(ROUTES).tolist() == [
        [False, True, False],
        [True, False, False],
        [True, True, False],
    ]


def test_numbers_stand_on_shared_pairs_beside_those_on_all():
    made = table(ROUTES)
    assert made["pairs"].tolist() == [6, 4]
    assert made["pairs_both"].tolist() == [4, 4]
    assert made["mean"].tolist() == pytest.approx([1.9 / 6, 1.8 / 4])
    assert made["mean_both"].tolist() == pytest.approx([1.0 / 4, 1.8 / 4])
    assert made["mean_low_both"].tolist() == [0.1, 0.1]
    assert made["found"].tolist() == [2, 3]
    assert made["found_both"].tolist() == [1, 3]
    # Edges of the truth among them: a to b and c to a; influence tells one of them from none.
    assert made["edges"].tolist() == [3, 2]
    assert made["edges_both"].tolist() == [2, 2]
    assert made["auc_both"].tolist() == pytest.approx([1.0, 0.75])


def test_a_route_that_failed_leaves_no_shared_pairs_and_no_truth_no_agreement():
    routes = {"influence": ROUTES["influence"], "maps": unknown_influence(3, "nothing learned")}
    made = table(routes, None)
    assert made["pairs_both"].tolist() == [0, 0]
    assert made["mean_both"].isna().all()
    assert "auc_both" not in made
