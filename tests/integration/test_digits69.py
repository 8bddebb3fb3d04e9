"""Van Gerven et al. 2010, handwritten sixes and nines, through the workflow."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.project import Project, once, preset

pytestmark = pytest.mark.workflow

FOLDER = "fmri/digits69/S1/all"


@pytest.fixture(scope="module")
def results(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the preset with few permutations and the least of students."""
    if not (data_folder / "digits69").is_dir():
        pytest.skip(f"real data: {data_folder / 'digits69'} is missing")
    config = preset("digits69")
    digits = config["datasets"]["digits69"]
    digits |= {"permutations": 20, "decoders": ["svm"]}
    digits["teaching"] |= {"seeds": 2, "teachers": ["none", "brain"]}
    config["students"]["digits_student"] |= {"epochs": 1, "width": 2}

    def make(folder: Path) -> None:
        project = Project.make(folder / "project", data=data_folder)
        project.write_config("few.yaml", config).run("check", "all")

    return once(tmp_path_factory, "digits69", make) / "project/results"


def test_out_of_fold_accuracy(results: Path) -> None:
    """At least 0.93 in 10 folds of trials."""
    metrics = json.loads((results / FOLDER / "svm/metrics.json").read_text())
    assert metrics["n"] == 100
    assert metrics["chance"] == 0.5
    assert metrics["accuracy"] >= 0.93
    assert metrics["null"]["permutations"] == 20
    assert metrics["null"]["mean"] == pytest.approx(0.5, abs=0.1)
    assert metrics["p"] == pytest.approx(1 / 21)
    assert metrics["top5_accuracy"] is None


def test_ten_images_of_each_digit_test_the_students(results: Path) -> None:
    stimuli = pd.read_csv(results / "fmri/digits69/stimuli.tsv", sep="\t")
    held_out = stimuli[stimuli["held_out"] == 1]
    assert held_out["category"].value_counts().to_dict() == {"six": 10, "nine": 10}
    found = np.load(results / "distill/digits69/reference/none/digits_student/predictions.npz")
    assert found["image"].tolist() == held_out["stimulus_id"].tolist()


def test_images_are_the_digits_that_were_seen(results: Path) -> None:
    """Upright and with their own names: the ring of a six is below, more than that of a nine."""
    pixels = np.load(results / "distill/digits69/images.npy")[:, 0].astype(float)
    table = pd.read_csv(results / "distill/digits69/images.tsv", sep="\t")
    assert pixels.shape == (100, 14, 14)
    below = pixels[:, 7:].mean(axis=(1, 2)) - pixels[:, :7].mean(axis=(1, 2))
    six, nine = (below[table["category"] == name].mean() for name in ("six", "nine"))
    assert six > nine + 8


def test_the_ablation_is_written(results: Path) -> None:
    rows = pd.read_csv(results / "distill/digits69/ablation.tsv", sep="\t")
    assert rows.groupby("teacher")["seed"].count().to_dict() == {"none": 2, "brain": 2}
    assert (rows["n"] == 20).all()
    assert json.loads((results / "check/digits69.json").read_text())["images"] == {
        "train": 80,
        "test": 20,
    }
