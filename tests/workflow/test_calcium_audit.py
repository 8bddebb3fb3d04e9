"""`snakemake audit` on movies of a user's own: a sound copy, and one with a mark in a corner."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.project import Project, preset
from tests.unit.calcium.audit.planted import Planted, planted

pytestmark = pytest.mark.workflow


def audited(folder: Path, session: Planted, surrogates: int) -> Project:
    """Write movies and tables, and audit them."""
    data = folder / "data"
    session.store(data)
    for name in ("frames.h5", "frames.tsv", "frames.json"):
        (data / name).unlink()
    recordings = session.recordings.assign(
        area="cells", session="day", path=[f"{name}.tif" for name in session.movies]
    )
    tables = {"recordings": recordings, "stimulations": session.stimulations}
    for name, table in (tables | {"cells": session.cells}).items():
        table.to_csv(data / f"{name}.tsv", sep="\t", index=False)
    config: dict[str, Any] = preset("test") | {
        "run": ["cells"],
        "audit": {"surrogates": surrogates},
        "readers": {
            "tiny": {
                **{"head": "flatten", "widths": [4, 4], "hidden_units": 8, "epochs": 15},
                **{"seeds": 1, "folds": 3, "learning_rate": 0.003},
            }
        },
        "areas": {
            "cells": {
                **{"source": "tiff", "sessions": {"day": {}}, "readers": ["tiny"]},
                **{name: f"{name}.tsv" for name in ("recordings", "stimulations", "cells")},
                **{"frames": {"stimulated": 3}, "exclusion_radius": 0},
            }
        },
    }
    made = Project.make(folder / "project", data=data)
    project = Project(made.write_config("own.yaml", config).folder, "own.yaml", data)
    said = project.call("audit", "--cores", "1")
    assert said.status == 0, said.text
    return project


def flags(project: Project) -> pd.DataFrame:
    return pd.read_csv(project.folder / "results/audit/flags.tsv", sep="\t")


def test_nothing_is_found_in_sound_movies(tmp_path: Path) -> None:
    project = audited(tmp_path, planted(), 3)
    assert not flags(project)["found"].any()
    counts = pd.read_csv(project.folder / "results/audit/surrogates.tsv", sep="\t")
    assert counts["surrogates"].tolist() == [3, 3, 6]  # of each kind, and of both
    assert set(counts["headline"]) == {"reading"}
    assert "Nothing was found" in (project.folder / "results/audit/index.html").read_text()
    waiting = {job for job, waits in project.plan("audit").items() if waits}
    assert not waiting


def test_a_mark_that_codes_the_pattern_is_found(tmp_path: Path) -> None:
    def mark(frames: Any, code: int) -> Any:
        frames[:, :3, :3] = frames.mean() * code
        return frames

    project = audited(tmp_path, planted().each(mark), 0)
    found = flags(project).query("found == 1")
    assert "patterns from places far from all cells" in set(found["name"])
    assert not (project.folder / "results/audit/calcium/cells/day/tiny/surrogates.tsv").exists()
