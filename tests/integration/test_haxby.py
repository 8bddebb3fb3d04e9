"""Haxby et al. 2001, one slice of subject 1, through the workflow.

The numbers are those of an independent script (see test_haxby_reference.py): leave one run out,
linear SVM, chance 0.125; 0.593 on volumes and 0.729 on block means.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.project import Project, once, preset

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def results(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (data_folder / "haxby2001").is_dir():
        pytest.skip(f"real data: {data_folder / 'haxby2001'} is missing")
    config = preset("haxby")
    config["datasets"]["haxby"]["permutations"] = 8

    def make(folder: Path) -> None:
        project = Project.make(folder / "project", data=data_folder)
        project.write_config("few.yaml", config).run(
            "results/fmri/haxby/sub001/slice/svm/metrics.json",
            "results/fmri/haxby_blocks/sub001/slice/svm/metrics.json",
        )

    return once(tmp_path_factory, "haxby", make) / "project/results"


@pytest.fixture(scope="module")
def students(data_folder: Path, results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Students of labels of categories, the least of them: results of the block means."""
    if not (data_folder / "tiny_imagenet").is_dir():
        pytest.skip(f"real data: {data_folder / 'tiny_imagenet'} is missing")
    config = preset("haxby")
    datasets = config["datasets"]
    teaching = datasets["haxby"]["teaching"] | {"seeds": 2, "teachers": ["none", "brain"]}
    regions = {"slice": datasets["haxby_blocks"]["rois"]["slice"]}
    datasets["haxby_blocks"] |= {"teaching": teaching, "rois": regions}
    config["students"]["haxby_student"] |= {"epochs": 1, "width": 2, "batched_networks": 2}

    def make(folder: Path) -> None:
        project = Project(results.parent, data=data_folder).copy(folder / "project")
        project.write_config("taught.yaml", config).run(
            "results/distill/haxby_blocks/ablation.tsv", "results/check/haxby_blocks.json"
        )

    return once(tmp_path_factory, "haxby_students", make) / "project/results"


def read(results: Path, dataset: str) -> dict[str, Any]:
    return json.loads((results / f"fmri/{dataset}/sub001/slice/svm/metrics.json").read_text())


def test_volumes(results: Path) -> None:
    metrics = read(results, "haxby")
    assert metrics["n"] == 864
    assert metrics["runs"] == 12
    assert metrics["chance"] == 0.125
    assert metrics["accuracy"] == pytest.approx(0.593, abs=0.02)
    assert metrics["ci_low"] > 0.4
    assert metrics["null"]["mean"] == pytest.approx(0.125, abs=0.03)


def test_block_means(results: Path) -> None:
    metrics = read(results, "haxby_blocks")
    assert metrics["n"] == 96
    assert metrics["accuracy"] == pytest.approx(0.729, abs=0.05)
    assert metrics["p"] == pytest.approx(1 / 201)
    assert metrics["null"]["mean"] == pytest.approx(0.125, abs=0.03)


def test_categories_teach_images_that_were_not_shown(students: Path) -> None:
    """Four of eight categories, renormalised; an image's soft label is its category's."""
    from neuroloop.distill.image_set import load_image_set
    from neuroloop.distill.teacher_logits import teacher_logits

    folder = students / "distill/haxby_blocks"
    images = load_image_set(folder / "images.npy", folder / "images.tsv")
    assert images.classes == ["bottle", "cat", "chair", "shoe"]
    assert not images.table["stimulus_id"].any()
    path = students / "fmri/haxby_blocks/sub001/slice/svm/logits.npy"
    ids = json.loads(path.with_suffix(".json").read_text())["ids"]
    assert len(ids["class"]) == 8
    taught = teacher_logits(images, path, "brain", 4.0, [0], 1)
    assert taught is not None
    logits = np.load(path)
    columns = [ids["class"].index(name) for name in images.classes]
    categories = images.table["category"].iloc[images.train]
    for row, category in zip(taught[0], categories, strict=True):
        np.testing.assert_array_equal(row, logits[ids["stimulus"].index(category), columns])


def test_the_ablation_is_written(students: Path) -> None:
    rows = (students / "distill/haxby_blocks/ablation.tsv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 2
    table = (students / "distill/haxby_blocks/images.tsv").read_text()
    assert table.count("\ttrain\t") == 3 * table.count("\ttest\t") == 240
