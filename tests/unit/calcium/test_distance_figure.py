"""Influence by distance: bins, their means, and what the figure shows of pairs without a value."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.distance_figure import distance_figure
from neuroloop.calcium.influence import ITSELF, NEAR, SILENT, Influence
from neuroloop.calcium.influence_distance import distance_bins, distance_table, pair_distances
from neuroloop.calcium.pair_means import PairMean
from neuroloop.report.figures import save

RADIUS = 10


def cells(count, seed=0):
    places = np.random.default_rng(seed).uniform(0, 100, (count, 2))
    names = [f"c{number}" for number in range(count)]
    return pd.DataFrame({"cell": names, "row": places[:, 0], "column": places[:, 1]})


def routes(known, silent=2):
    distances = pair_distances(known)
    matrix = np.random.default_rng(1).normal(0.2, 0.3, distances.shape)
    why = np.full(distances.shape, "", dtype="<U48")
    why[distances < RADIUS] = NEAR
    np.fill_diagonal(why, ITSELF)
    matrix[why != ""] = np.nan
    p = np.where(np.isfinite(matrix), 0.5, np.nan)
    one = Influence(matrix, matrix - 0.1, matrix + 0.1, p, matrix[0], 0, 0, why)
    lacking = np.where(why == "", np.where(np.arange(len(known)) == silent, SILENT, ""), why)
    other = replace(one, matrix=np.where(lacking == "", matrix, np.nan), reasons=lacking)
    return {"influence": one, "maps": other}


def made(count, true=None):
    known = cells(count)
    given = routes(known)
    bins = distance_bins(known, RADIUS)
    means = {
        name: {
            label: PairMean(value, value - 0.1, value + 0.2)
            for label, pairs in bins.items()
            for value in [float(route.matrix[pairs & np.isfinite(route.matrix)].mean())]
        }
        for name, route in given.items()
    }
    table = distance_table(given, bins, means, known, true, "READER AT CHANCE")
    figure = distance_figure(
        given,
        {"influence": "from traces", "maps": "from maps"},
        table,
        pair_distances(known),
        exclusion_radius=RADIUS,
        title="Coupling by distance",
        marked={"maps": "READER AT CHANCE: no evidence"},
    )
    return known, given, bins, table, figure


def test_bins_hold_each_pair_beyond_the_radius_once():
    known = cells(12)
    bins = distance_bins(known, RADIUS)
    beyond = (pair_distances(known) >= RADIUS) & ~np.eye(12, dtype=bool)
    np.testing.assert_array_equal(sum(one.astype(int) for one in bins.values()), beyond)
    sizes = [one.sum() for one in bins.values()]
    assert len(bins) == 8
    assert max(sizes) - min(sizes) <= 4
    distances = pair_distances(known)
    ends = [(distances[one].min(), distances[one].max()) for one in bins.values()]
    assert all(one[1] <= other[0] for one, other in pairwise(ends))


@pytest.mark.parametrize(("count", "radius", "expected"), [(2, 0, 1), (2, 1000, 0), (200, 5, 8)])
def test_few_and_many_cells_have_bins(count, radius, expected):
    assert len(distance_bins(cells(count), radius)) == expected


def test_the_table_says_what_each_bin_holds_and_lacks():
    true = np.full((8, 8), 0.25)
    _, given, bins, table, _ = made(8, true)
    rows = table[table["route"] == "maps"].set_index("bin")
    for label, pairs in bins.items():
        there = pairs & np.isfinite(given["maps"].matrix)
        assert rows.loc[label, "pairs"] == there.sum()
        assert rows.loc[label, "missing"] == (pairs & ~there).sum()
        assert rows.loc[label, "truth"] == 0.25
    assert set(rows["note"]) == {"READER AT CHANCE"}
    assert set(rows["unit"]) == {"trials"}
    assert "these networks, these pairs of cells" in rows["scope"].iloc[0]
    assert set(table.loc[table["route"] == "influence", "note"]) == {""}
    assert "truth" not in made(8)[3]


def test_plotted_values_are_the_tables_and_the_matrices():
    known, given, _, table, figure = made(8, np.zeros((8, 8)))
    distances = pair_distances(known)
    for panel, (name, route) in zip(figure.axes[:2], given.items(), strict=True):
        rows = table[table["route"] == name]
        (container,) = panel.containers
        np.testing.assert_allclose(container.lines[0].get_xdata(), rows["distance"])
        np.testing.assert_allclose(container.lines[0].get_ydata(), rows["mean"])
        ends = np.array([part[:, 1] for part in container.lines[2][0].get_segments()])
        np.testing.assert_allclose(ends, rows[["ci_low", "ci_high"]])
        points = np.concatenate([one.get_offsets() for one in panel.collections[:2]])
        there = np.isfinite(route.matrix)
        expected = np.column_stack([distances[there], route.matrix[there]])
        np.testing.assert_allclose(points[np.lexsort(points.T)], expected[np.lexsort(expected.T)])
        (cross,) = [line for line in panel.lines if line.get_marker() == "x"]
        assert set(cross.get_ydata()) == {0.0}
    assert "READER AT CHANCE" in figure.axes[1].get_title()
    assert "READER AT CHANCE" not in figure.axes[0].get_title()


def test_pairs_without_a_value_stand_at_their_distance_by_reason():
    known, given, _, _, figure = made(8)
    below = figure.axes[2:4]
    names = [label.get_text() for label in below[0].get_yticklabels()]
    assert names == ["nearer than the radius", "own response not clear"]
    for panel, route in zip(below, given.values(), strict=True):
        for place, kind in enumerate((NEAR, SILENT)):
            (ticks,) = [line for line in panel.lines if set(line.get_ydata()) == {place}] or [None]
            expected = np.sort(pair_distances(known)[route.reasons == kind])
            found = np.sort(ticks.get_xdata()) if ticks else []
            np.testing.assert_allclose(found, expected)
    (legend,) = figure.legends
    assert any("nearer than 10 px" in text.get_text() for text in legend.get_texts())


@pytest.mark.parametrize("count", [2, 3, 200])
def test_few_and_many_cells_are_drawn(count, tmp_path):
    *_, figure = made(count)
    save(figure, tmp_path / "one.svg")
    assert (tmp_path / "one.svg").stat().st_size < 3_000_000
