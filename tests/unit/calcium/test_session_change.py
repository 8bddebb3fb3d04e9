"""Routes from two sessions' files to what changed, each of which may fail alone."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuroloop.calcium import session_change
from neuroloop.calcium.beside_untrained import beside
from neuroloop.calcium.frame_plan import Selection, plan_frames
from neuroloop.calcium.session_change import (
    OF_NETWORKS,
    ROUTES,
    beside_untrained,
    cell_responses,
    change_table,
    changes_by_route,
    pattern_responses,
    unknown_change,
)
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_arrays, save_table

NAMES = ["a", "b"]
CELLS = pd.DataFrame({"cell": NAMES})


def test_where_a_route_says_nothing_it_says_why():
    made = unknown_change(3, "too few")
    (row,) = made.panels.to_dict("records")
    assert (row["panel"], row["entries"], row["note"]) == ("all", 0, "too few")
    assert np.isnan([row[name] for name in session_change.NUMBERS]).all()
    assert made.matrix.shape == made.reasons.shape == (3, 3)
    assert (made.reasons == "too few").all()


def test_every_change_says_of_what_it_speaks_and_is_corrected_in_its_family():
    p = {"influence": (0.01, 0.04), "maps": (0.02, 0.5), "cosine": (0.2, 0.9), "zncc": (0.001, 1)}
    changes = {
        name: unknown_change(2, "")._replace(
            panels=unknown_change(2, "").panels.assign(p=one, p_any=other, ci_low=-1.0, ci_high=3.0)
        )
        for name, (one, other) in p.items()
    }
    table = change_table(changes).set_index("route")
    assert (table["unit"] == "recordings").all()
    assert table.loc["influence", "scope"] == "other recordings; this animal alone"
    assert table.loc["maps", "scope"] == "other recordings; these networks and this animal alone"
    assert table["family"].tolist() == ["change", "change", "change", ""]
    tested = ["influence", "maps", "cosine"]
    expected = stats.false_discovery_control([0.01, 0.02, 0.2, 0.04, 0.5, 0.9])
    np.testing.assert_allclose([*table.loc[tested, "q"], *table.loc[tested, "q_any"]], expected)
    assert np.isnan(table.loc["zncc", "q"])
    assert table.loc["zncc", "note"] == OF_NETWORKS
    assert (table["smallest_effect"] == 2).all()


def test_routes_through_maps_of_a_reader_at_chance_are_marked_and_in_no_family():
    changes = {
        name: unknown_change(2, "")._replace(
            panels=unknown_change(2, "").panels.assign(p=0.01, p_any=0.01)
        )
        for name in ROUTES
    }
    table = change_table(changes, {"before": "READER AT CHANCE", "after": ""}).set_index("route")
    assert table.loc["maps", "note"] == "before: READER AT CHANCE"
    assert table.loc["zncc", "note"].startswith("before: READER AT CHANCE; ")
    assert (table.loc[["influence", "cosine"], "note"] == "").all()
    assert table["family"].to_dict() == {
        "influence": "change",
        "maps": "",
        "cosine": "change",
        "zncc": "",
    }


def test_routes_through_maps_stand_beside_untrained_networks():
    changes = {
        name: unknown_change(2, "")._replace(
            panels=unknown_change(2, "").panels.assign(p=0.01, p_any=0.01)
        )
        for name in ROUTES
    }
    untrained = {"maps": [beside([20.0], range(19))], "zncc": [beside([3.0], range(19))]}
    table = change_table(changes, None, untrained).set_index("route")
    assert table["p_untrained"].isna().tolist() == [True, False, True, False]
    assert table.loc[["maps", "zncc"], "p_untrained"].tolist() == [0.05, 0.85]
    assert table["against_untrained"].tolist() == [
        "",
        "change over half of its interval",
        "",
        "size of change",
    ]
    assert table.loc["maps", "note"] == ""
    expected = f"{OF_NETWORKS}; NOT ABOVE UNTRAINED NETWORKS: size of change 3 of one network, 9 ["
    assert table.loc["zncc", "note"].startswith(expected)


def test_each_untrained_network_is_compared_by_itself(tmp_path):
    """Two sessions with evidence and maps; networks without evidence tell no change."""
    generator, names = np.random.default_rng(0), ["a", "b", "c"]
    cells = pd.DataFrame(
        {"cell": names, "row": [0.0, 50, 100], "column": 0.0, "radius": 2.0, "group": "g"}
    )
    patterns = [*names, "a+b", "none"]
    recordings = pd.DataFrame({"recording": [f"r{r}" for r in range(4)], "group": "g"})
    events = pd.DataFrame(
        [(f"r{r}", name, n + 1, 16 * n + 16) for r in range(4) for n, name in enumerate(patterns)],
        columns=["recording", "pattern", "trial", "onset_frame"],
    )
    known = dict.fromkeys(recordings["recording"], 999), dict.fromkeys(recordings["recording"], 2.0)
    rows, listed = plan_frames(recordings, events, *known, Selection())
    listed = listed.assign(group="g", trial_row=range(len(listed)))
    on = np.array([[cell in name.split("+") for cell in names] for name in listed["pattern"]]) * 1.0
    signal = on[rows["trial_row"]] * (rows["offset"] >= 0).to_numpy()[:, None]
    sides = []
    for session, strength in (("first", 0.0), ("second", 0.8)):
        folder = tmp_path / session
        folder.mkdir()
        coupled = signal.copy()
        coupled[:, 2] += strength * signal[:, 0]  # c answers to a
        shape = (2, *signal.shape)
        seen = {
            "evidence": coupled + 0.02 * generator.standard_normal(shape),
            "untrained": -signal + 0.02 * generator.standard_normal(shape),
            "network": np.zeros(len(rows), dtype=int),
            "gain": np.ones(len(rows)),
        }
        axes = {"evidence": ("seed", "row", "cell"), "untrained": ("network", "row", "cell")}
        axes |= {"network": ("row",), "gain": ("row",)}
        save_arrays(folder / "evidence.npz", seen, axes=axes)
        save_table(folder / "trials.tsv", listed)
        save_table(folder / "frames.tsv", rows)
        items = listed[listed["pattern"] != "none"].assign(cell="a")
        save_table(folder / "maps.tsv", items)
        maps = generator.standard_normal((5, len(items), 4, 5))
        maps[:2, :, :2] += strength
        parts = {"maps": maps[:2], "untrained": maps[2:]}
        save_arrays(
            folder / "maps.npz", parts, axes=dict.fromkeys(parts, ("n", "item", "row", "column"))
        )
        names_of = {"table": "frames.tsv", "trials": "trials.tsv", "maps": "maps.npz"}
        names_of |= {"map_table": "maps.tsv", "evidence": "evidence.npz"}
        sides.append({name: folder / path for name, path in names_of.items()})
    found = beside_untrained(tuple(sides), cells, 10.0, 0)
    (maps,), (zncc,) = found["maps"], found["zncc"]
    assert maps["one_network"] > 1  # surer than the interval is wide
    assert (maps["untrained"], maps["untrained_networks"], maps["p_untrained"]) == (0, 2, 1 / 3)
    assert zncc["untrained_networks"] == 3
    assert 0 < zncc["untrained"] < 1


def routes_that(fail, monkeypatch):
    """Changes of two sessions of which these routes fail; others draw a number."""

    def change_of(route, sides, cells, near, generator, counts):
        if route in fail:
            raise NeuroLoopError(f"{route} is off")
        known = unknown_change(2, "")
        return known._replace(
            panels=known.panels.assign(entries=1), matrix=generator.random((2, 2))
        )

    monkeypatch.setattr(session_change, "change_of", change_of)
    return changes_by_route(({}, {}), CELLS, 1.0, 9, 4)


def test_a_route_that_fails_leaves_the_others_as_they_are(monkeypatch):
    whole, part = routes_that([], monkeypatch), routes_that(["maps"], monkeypatch)
    assert list(whole) == list(part) == list(ROUTES)
    assert part["maps"].panels["note"].tolist() == ["maps is off"]
    assert np.isnan(part["maps"].matrix).all()
    for route in set(ROUTES) - {"maps"}:
        np.testing.assert_array_equal(part[route].matrix, whole[route].matrix)
    assert len({change.matrix[0, 0] for change in whole.values()}) == len(ROUTES)


def test_if_all_fail_the_reason_of_each_is_told(monkeypatch):
    with pytest.raises(NeuroLoopError, match="influence: influence is off; maps: maps is off"):
        routes_that(ROUTES, monkeypatch)


@pytest.fixture
def side(tmp_path):
    """Two trials of each cell; b answers to a's stimulation by half of its own answer."""
    trials = pd.DataFrame(
        {"recording": ["r1", "r2"] * 2, "trial": [1, 1, 2, 2], "pattern": NAMES * 2, "group": "g"}
    )
    save_table(tmp_path / "trials.tsv", trials)
    save_table(tmp_path / "maps.tsv", trials.assign(trial_row=range(4), cell=trials["pattern"]))
    axes = {"response": ("trial", "cell"), "maps": ("seed", "item", "row", "column")}
    response = np.array([[4.0, 1], [0, 2], [4, 1], [0, 2]])
    maps = np.arange(24, dtype=np.float32).reshape(1, 4, 2, 3)
    for file, name, values in (("traces", "response", response), ("maps", "maps", maps)):
        save_arrays(tmp_path / f"{file}.npz", {name: values}, axes={name: axes[name]})
    files = {"traces": "traces.npz", "trials": "trials.tsv", "maps": "maps.npz"}
    return {name: tmp_path / path for name, path in (files | {"map_table": "maps.tsv"}).items()}


def test_responses_are_those_of_the_traces(side):
    found = cell_responses("influence", side, NAMES)
    assert found.responses.tolist() == [[4, 1], [0, 2], [4, 1], [0, 2]]
    assert found.trials["pattern"].tolist() == NAMES * 2


def test_cosines_are_of_responses_on_a_common_scale(side):
    """By hand: a's own stimulation gives 4 and b's 2, which both become 1."""
    found = pattern_responses("cosine", side, NAMES)
    np.testing.assert_allclose(found.responses, [[1, 0.5], [0, 1]] * 2, atol=1e-12)


def test_zncc_is_of_the_pixels_of_each_trials_map(side):
    found = pattern_responses("zncc", side, NAMES)
    np.testing.assert_array_equal(found.responses, np.arange(24.0).reshape(1, 4, 6))
    assert found.trials["pattern"].tolist() == NAMES * 2
