"""Haxby et al. 2001, one slice of subject 1, through the workflow.

The numbers are those of an independent script (see test_haxby_reference.py): leave one run out,
linear SVM, chance 0.125; 0.593 on volumes and 0.729 on block means.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project, preset


@pytest.fixture(scope="module")
def results(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (data_folder / "haxby2001").is_dir():
        pytest.skip(f"real data: {data_folder / 'haxby2001'} is missing")
    project = Project.make(tmp_path_factory.mktemp("haxby") / "project", data=data_folder)
    config = preset("haxby")
    config["datasets"]["haxby"]["permutations"] = 4
    project.write_config("few.yaml", config).run(
        "results/fmri/haxby/sub001/slice/svm/metrics.json",
        "results/fmri/haxby_blocks/sub001/slice/svm/metrics.json",
    )
    return project.folder / "results"


def read(results: Path, dataset: str) -> dict[str, Any]:
    return json.loads((results / f"fmri/{dataset}/sub001/slice/svm/metrics.json").read_text())


def test_volumes(results: Path) -> None:
    metrics = read(results, "haxby")
    assert metrics["n"] == 864
    assert metrics["runs"] == 12
    assert metrics["chance"] == 0.125
    assert metrics["accuracy"] == pytest.approx(0.593, abs=0.02)
    assert metrics["ci_low"] > 0.4
    assert metrics["null"]["mean"] == pytest.approx(0.125, abs=0.06)  # of few permutations


def test_block_means(results: Path) -> None:
    metrics = read(results, "haxby_blocks")
    assert metrics["n"] == 96
    assert metrics["accuracy"] == pytest.approx(0.729, abs=0.05)
    assert metrics["p"] == pytest.approx(1 / 201)
    assert metrics["null"]["mean"] == pytest.approx(0.125, abs=0.03)
