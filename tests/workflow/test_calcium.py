"""The calcium branch: one run of a small simulated area, and the same movies as a user's own."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.project import Project, once, preset

pytestmark = pytest.mark.workflow

CELLS = "results/calcium/cells"
COMPARED = f"{CELLS}/compare/before__after/tiny_reader"


def calcium_config() -> dict[str, Any]:
    """Three cells on two days, and a reader that learns next to nothing."""
    return preset("test") | {
        "run": ["cells"],
        "readers": {
            "tiny_reader": preset("config")["readers"]["small"]
            | {
                "widths": [4, 4],
                "hidden_units": 8,
                "epochs": 15,
                "seeds": 2,
                "untrained_networks": 3,
                "folds": 3,
                "learning_rate": 0.003,
            }
        },
        "areas": {
            "cells": preset("config")["areas"]["neurons"]
            | {
                "simulation": {
                    "height": 24,
                    "width": 24,
                    "radius": 2.0,
                    "groups": 1,
                    "cells_per_group": 3,
                    "pairs": None,
                    "protocol": {"trials": 3, "tail": 2.0},
                },
                "sessions": {"before": {"snr": 10.0}, "after": {"snr": 8.0, "brightness": 1.3}},
                "readers": ["tiny_reader"],
                "exclusion_radius": 0,
                "permutations": 19,
                "bootstraps": 19,
            }
        },
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All results of the area, shared: for looking only."""

    def make(folder: Path) -> None:
        Project.make(folder / "project").write_config("own.yaml", calcium_config()).run("all")

    return Project(once(tmp_path_factory, "calcium", make) / "project", "own.yaml")


def table(project: Project, path: str) -> pd.DataFrame:
    return pd.read_csv(project.folder / path, sep="\t", na_values="n/a", keep_default_na=False)


def test_all_is_made_and_told(project: Project) -> None:
    page = (project.folder / "results/report/index.html").read_text()
    for title in (
        "Networks read neurons",
        "What changed between sessions",
        "cells, before to after",
    ):
        assert title in page
    assert page.count("data:image/svg+xml") == 13
    assert page.count('class="leaf"') == 2  # the maps of a session each
    assert not any(project.plan().values())


def test_maps_are_of_every_stimulated_cell_of_every_trial(project: Project) -> None:
    folder = project.folder / CELLS / "before/tiny_reader"
    items = table(project, f"{CELLS}/before/tiny_reader/maps.tsv")
    with np.load(folder / "maps.npz") as archive:
        maps, untrained = archive["maps"], archive["untrained"]
    assert maps.shape == (2, len(items), 6, 6)  # 24 pixels, halved twice
    assert untrained.shape == (3, len(items), 6, 6)
    assert np.isfinite(maps).all()
    stimulated = items["pattern"].str.count(r"\+") + 1
    assert len(items) == stimulated.groupby(items["trial_row"]).first().sum()
    assert (items.groupby("pattern")["trial"].nunique() == 3).all()
    cams = json.loads((folder / "cams.json").read_text())
    assert cams["ids"]["pattern"] == sorted(set(items["pattern"]), key=lambda p: ("+" in p, p))
    assert cams["trials_each"] == 3


def test_zncc_stands_beside_its_nulls(project: Project) -> None:
    nulls = table(project, f"{CELLS}/before/tiny_reader/zncc_nulls.tsv")
    assert set(nulls["kind"]) == {"zncc", "split_half"}
    assert nulls.groupby("null")["n_null"].first().to_dict() == {
        "permuted labels": 999,
        "untrained networks": 3,
    }
    assert nulls["p"].dropna().between(0.001, 1).all()
    published = table(project, f"{CELLS}/before/tiny_reader/zncc.tsv")
    published = published[(published["group"] == "all") & (published["kind"] == "zncc")]
    sums = nulls[(nulls["kind"] == "zncc") & (nulls["statistic"] == "sum")]
    assert sums["value"].iloc[0] == pytest.approx(published["sum"].mean())


def test_readers_are_scored_beside_the_control(project: Project) -> None:
    scores = table(project, f"{CELLS}/before/tiny_reader/reading.tsv")
    assert set(scores["frames_of"]) == {"stimulated", "control"}
    assert set(scores["subset"]) == {"all", "stimulated", "single", "pair", "none"}
    assert ((scores["ci_low"] <= scores["value"]) & (scores["value"] <= scores["ci_high"])).all()


def test_four_routes_compare_the_sessions(project: Project) -> None:
    routes = table(project, f"{COMPARED}/routes.tsv")
    assert set(routes["route"]) == {"influence", "maps", "cosine", "zncc"}
    assert routes["p"].between(0.05, 1).all()  # of 19 permutations
    assert np.allclose(routes["change"], routes["second"] - routes["first"])
    assert set(routes["recordings"].dropna()) <= {6, 7}  # a pattern each; likeness has no "none"
    told, tested = routes["note"].fillna("") != "", routes["q"].notna()
    assert (told >= (routes["route"] == "zncc")).all()
    assert (told <= routes["route"].isin(("zncc", "maps"))).all()
    assert (tested <= (routes["route"] != "zncc")).all()
    assert (~tested <= told).all()  # and in no family: ZNCC, and maps at chance
    beside = routes["untrained_networks"].notna()
    assert beside[routes["route"] == "zncc"].all()
    assert (routes.loc[beside, "untrained_networks"] == 3).all()
    assert not beside[~routes["route"].isin(("zncc", "maps"))].any()
    assert (routes["unit"] == "recordings").all()
    across = table(project, f"{COMPARED}/across.tsv")
    assert set(zip(across["trained"], across["tested"], strict=True)) == {
        ("before", "after"),
        ("after", "before"),
    }
    assert (across["q"].dropna() >= across["p"].dropna()).all()


def test_coupling_stands_beside_the_truth(project: Project) -> None:
    coupling = table(project, f"{CELLS}/before/tiny_reader/coupling.tsv")
    assert coupling["route"].tolist() == ["influence", "maps"]
    assert (coupling["pairs"] <= 6).all()
    assert {"auc", "pearson", "uncoupled_covering_0"} <= set(coupling)
    with np.load(project.folder / f"{CELLS}/before/tiny_reader/evidence.npz") as seen:
        assert seen["untrained"].shape == (3, *seen["evidence"].shape[1:])
        assert np.isfinite(seen["untrained"]).all()


@pytest.mark.parametrize(
    ("key", "value", "rules"),
    [
        (
            "areas.cells.exclusion_radius",
            4,
            {"check_area", "estimate_coupling", "compare_sessions", "write_report"},
        ),
        ("areas.cells.permutations", 29, {"compare_sessions", "write_report"}),
        (
            "readers.tiny_reader.epochs",
            14,
            {
                "train_reader",
                "correlate_maps",
                "estimate_coupling",
                "compare_sessions",
                "draw_reading",
                "write_report",
            },
        ),
    ],
)
def test_a_setting_reruns_what_uses_it(
    project: Project, tmp_path: Path, key: str, value: Any, rules: set[str]
) -> None:
    config = calcium_config()
    *parents, last = key.split(".")
    block = config
    for parent in parents:
        block = block[parent]
    block[last] = value
    changed = project.write_config(str(tmp_path / "own.yaml"), config)
    assert {job.split()[0] for job in changed.waiting()} == rules


def test_one_session_alone_reruns(project: Project, tmp_path: Path) -> None:
    config = calcium_config()
    config["areas"]["cells"]["sessions"]["after"]["snr"] = 7.0
    waiting = project.write_config(str(tmp_path / "own.yaml"), config).waiting()
    assert "train_reader calcium/cells/after/tiny_reader" in waiting
    assert not [job for job in waiting if "/before/" in job or job.endswith("/before")]


@pytest.mark.parametrize(
    ("target", "least"),
    [
        (f"{CELLS}/before/tiny_reader/coupling.tsv", 20),
        pytest.param(f"{COMPARED}/comparison.png", 40, marks=pytest.mark.long),
    ],
)
def test_bytes_do_not_depend_on_the_number_of_jobs(
    project: Project, tmp_path: Path, target: str, least: int
) -> None:
    again = Project.make(tmp_path / "project").write_config("own.yaml", calcium_config())
    again.run(target, cores=1)
    made = again.results()
    assert len(made) > least
    assert made == {path: project.results()[path] for path in made}


@pytest.fixture
def own(project: Project, tmp_path: Path) -> Project:
    """The simulated movies and tables as a user's own: paths from the data folder, or the table."""
    data = tmp_path / "data"
    tables = {}
    for session, folder in (("before", data), ("after", data / "tables")):
        source = project.folder / CELLS / session
        shutil.copytree(source / "movies", folder / session)
        for name in ("recordings", "stimulations", "cells"):
            tables.setdefault(name, []).append(pd.read_csv(source / f"{name}.tsv", sep="\t"))
        tables["recordings"][-1]["path"] = tables["recordings"][-1]["path"].str.replace(
            "movies", session
        )
    for name, parts in tables.items():
        whole = parts[0] if name == "cells" else pd.concat(parts)
        whole.to_csv(data / f"tables/{name}.tsv", sep="\t", index=False)
    config = calcium_config()
    area = config["areas"]["cells"]
    del area["simulation"]
    area |= {"source": "tiff", "sessions": {"before": {}, "after": {}}}
    area |= {name: f"tables/{name}.tsv" for name in tables}
    made = Project.make(tmp_path / "project", data=data)
    return Project(made.write_config("own.yaml", config).folder, "own.yaml", data)


def test_own_recordings_give_the_same_frames(project: Project, own: Project) -> None:
    own.run(*(f"{CELLS}/{session}/frames.h5" for session in ("before", "after")))
    for session in ("before", "after"):
        for name in ("frames.h5", "frames.tsv"):
            path = f"{CELLS}/{session}/{name}"
            assert (own.folder / path).read_bytes() == (project.folder / path).read_bytes()


def spoil_movie(data: Path) -> None:
    path = sorted((data / "before").glob("*.tif"))[0]
    path.write_bytes(path.read_bytes()[:3000])


def spoil_onset(data: Path) -> None:
    stimulations = pd.read_csv(data / "tables/stimulations.tsv", sep="\t")
    stimulations.loc[2, "onset_frame"] = 1000
    stimulations.to_csv(data / "tables/stimulations.tsv", sep="\t", index=False)


def spoil_cell(data: Path) -> None:
    cells = pd.read_csv(data / "tables/cells.tsv", sep="\t")
    cells.loc[0, "row"] = 99.0
    cells.to_csv(data / "tables/cells.tsv", sep="\t", index=False)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_movie, r"Error: .+\.tif .+"),
        (spoil_onset, r"Error: .+1000.+"),
        (spoil_cell, r"Error: .+cells\.tsv.+"),
    ],
)
def test_bad_recordings_are_one_line_and_leave_nothing(
    own: Project, spoil: Any, message: str
) -> None:
    spoil(own.data)
    said = own.call("check", "--cores", "1", "--keep-going")
    assert said.status != 0
    lines = [line for line in said.err.splitlines() if re.match(message, line)]
    assert lines, said.text
    assert "Traceback" not in said.text
    assert not (own.folder / CELLS / "before/recordings.tsv").exists()


def test_a_missing_movie_stops_the_run_before_its_first_job(own: Project) -> None:
    sorted((own.data / "tables/after").glob("*.tif"))[0].unlink()
    said = own.call("all", "--cores", "1")
    assert said.status != 0
    assert re.search(r"recording \S+: after/\S+\.tif is not in ", said.text)
    assert "Traceback" not in said.text
