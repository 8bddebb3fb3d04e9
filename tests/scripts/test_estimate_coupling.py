"""estimate_coupling: a route that fails stands with its reason; a job of which all fail, fails."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.frame_plan import Selection, plan_frames
from neuroloop.calcium.influence import NEVER
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_arrays, save_arrays, save_table
from scripts.calcium.estimate_coupling import estimate_coupling

CELLS = pd.DataFrame(
    {"cell": ["a", "b", "f"], "row": 0.0, "column": [0.0, 30, 60], "radius": 2.0, "group": "g"}
)


def estimate(folder: Path, patterns: list[str], strength: float = 1.0) -> dict[str, Path]:
    """Run the script where f answers to a with 0.5, and the readers tested no trial."""
    events = pd.DataFrame({"recording": "r", "pattern": patterns})
    events["trial"] = np.arange(1, len(events) + 1)
    events["onset_frame"] = 16 * events["trial"]
    recordings = pd.DataFrame({"recording": ["r"], "group": ["g"]})
    rows, trials = plan_frames(recordings, events, {"r": 999}, {"r": 2.0}, Selection())
    save_table(folder / "frames.tsv", rows)
    save_table(folder / "trials.tsv", trials.assign(group="g"))
    save_table(folder / "cells.tsv", CELLS)
    own = {"a": [1.0, 0, 0.5], "b": [0, 1.0, 0]}
    noise = 0.01 * np.random.default_rng(0).standard_normal((len(patterns), 3))
    response = strength * np.array([own[name] for name in patterns]) + noise
    save_arrays(folder / "traces.npz", {"response": response}, axes={"response": ("trial", "cell")})
    evidence = {
        "evidence": np.full((1, len(rows), 3), np.nan),
        "untrained": np.full((2, len(rows), 3), np.nan),
        "network": np.full(len(rows), -1),
        "gain": np.ones(len(rows)),
    }
    axes = {"evidence": ("seed", "row", "cell"), "untrained": ("network", "row", "cell")}
    axes |= {"network": ("row",), "gain": ("row",)}
    save_arrays(folder / "evidence.npz", evidence, axes=axes)
    reading = {"subset": ["stimulated"], "measure": ["recall"], "frames_of": ["stimulated"]}
    scores = {"value": [0.128], "chance": [0.129], "p": [0.5]}
    save_table(folder / "reading.tsv", pd.DataFrame(reading | scores))
    outputs = {
        "coupling": folder / "coupling.npz",
        "table": folder / "coupling.tsv",
        "figure": folder / "coupling.png",
        "figure_svg": folder / "coupling.svg",
        "distances": folder / "distance.tsv",
        "distance_figure": folder / "distance.png",
        "distance_figure_svg": folder / "distance.svg",
    }
    estimate_coupling(
        traces=folder / "traces.npz",
        trials=folder / "trials.tsv",
        evidence=folder / "evidence.npz",
        reading=folder / "reading.tsv",
        table=folder / "frames.tsv",
        cells=folder / "cells.tsv",
        truth=None,
        outputs=outputs,
        exclusion_radius=5,
        bootstraps=20,
        simulated=False,
        seed=0,
    )
    return outputs


def test_a_follower_is_estimated_and_a_failed_route_says_why(tmp_path: Path) -> None:
    made = estimate(tmp_path, ["a", "b"] * 4)
    arrays = load_arrays(made["coupling"])
    assert arrays["influence_matrix"][0, 2] == pytest.approx(0.5, abs=0.03)
    assert arrays["influence_reasons"][2, 0] == NEVER
    assert "leave_one_trial_out" in arrays["maps_reasons"][0, 0]
    table = pd.read_csv(made["table"], sep="\t").set_index("route")
    assert (
        table.loc["influence", "note"] == "responses of f: over the mean own response of the others"
    )
    assert "evidence is not there for all frames" in table.loc["maps", "note"]
    assert table.loc["maps", "note"].startswith("READER AT CHANCE: it names 12.8 %")
    assert table.loc["influence", "scope"] == "other trials; these recordings and this animal alone"
    drawn = made["figure_svg"].read_text()
    for said in ("row f: never stimulated", "from maps, all entries: evidence is not there"):
        assert said in drawn
    assert "READER AT CHANCE" in drawn
    by_distance = pd.read_csv(made["distances"], sep="\t").set_index("route")
    assert by_distance.loc["influence", ["pairs", "missing"]].tolist() == [4, 2]
    assert by_distance.loc["influence", "mean"] == pytest.approx(0.125, abs=0.02)
    assert by_distance.loc["maps", ["pairs", "missing"]].tolist() == [0, 6]
    assert by_distance.loc["maps", "note"].startswith("READER AT CHANCE")
    assert "evidence is not there" in made["distance_figure_svg"].read_text()


def test_silence_has_its_reason_in_the_table(tmp_path: Path) -> None:
    table = pd.read_csv(estimate(tmp_path, ["a", "b"] * 4, strength=0)["table"], sep="\t")
    assert table.loc[0, "note"] == (
        "no entry: never stimulated, no cell's own response is clear to scale by, "
        "own response not clear"
    )


def test_a_job_without_any_route_fails(tmp_path: Path) -> None:
    with pytest.raises(NeuroLoopError, match="by any route: influence: no pattern has two trials"):
        estimate(tmp_path, ["a", "b"])
    assert not (tmp_path / "coupling.npz").exists()
