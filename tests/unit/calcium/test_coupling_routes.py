"""The table of coupling: what each route's pairs say together, and of what."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuroloop.calcium.beside_untrained import beside
from neuroloop.calcium.coupling_routes import CouplingRoutes, coupling_table, pair_q
from neuroloop.calcium.influence import Influence

CELLS = pd.DataFrame({"cell": ["a", "b"]})
P = np.array([[np.nan, 0.01], [0.03, 0.4]])


def route(sign: float = 1.0) -> Influence:
    matrix = np.array([[np.nan, 0.5], [-0.4, 0.1]]) * sign
    half = np.array([[np.nan, 0.1], [0.2, 0.6]])
    nothing = np.zeros(2)
    reasons = np.array([["the cell itself", ""], ["", ""]])
    return Influence(matrix, matrix - half, matrix + half, P, nothing, 0, 0, reasons)


def test_pairs_are_corrected_together() -> None:
    made = pair_q(route())
    expected = stats.false_discovery_control([0.01, 0.03, 0.4])
    np.testing.assert_allclose(made[np.isfinite(made)], expected)
    assert np.isnan(made[0, 0])


def test_a_route_tells_what_its_pairs_say_together() -> None:
    found = CouplingRoutes({"influence": route(), "maps": route(-1.0)}, {})
    table = coupling_table(found, CELLS, None).set_index("route")
    assert (table["family"] == "pairs of the route").all()
    assert table["q"].tolist() == pytest.approx([0.03, 0.03])  # of 0.01, among three
    # q of the second is 0.045: a response of the one sign in either route.
    assert table["found"].tolist() == [1, 1]
    assert table["smallest_effect"].tolist() == pytest.approx([0.2, 0.2])
    assert (table["unit"] == "trials").all()
    assert "p_untrained" not in table


def test_maps_stand_beside_untrained_networks() -> None:
    found = CouplingRoutes({"influence": route(), "maps": route()}, {})
    numbers = beside([3.0], np.arange(19))
    table = coupling_table(found, CELLS, None, untrained=numbers).set_index("route")
    assert table.loc["maps", "p_untrained"] == numbers["p_untrained"]
    assert np.isnan(table.loc["influence", "p_untrained"])
    assert table.loc["maps", "note"].startswith("NOT ABOVE UNTRAINED NETWORKS: pairs above 0")
    assert table.loc["influence", "note"] == ""


def test_maps_of_a_reader_at_chance_are_in_no_family() -> None:
    found = CouplingRoutes({"influence": route(), "maps": route()}, {})
    table = coupling_table(found, CELLS, None, "READER AT CHANCE").set_index("route")
    assert table["family"].to_dict() == {"influence": "pairs of the route", "maps": ""}
    assert np.isnan(table.loc["maps", "q"])
    assert table.loc["maps", "found"] == 0
