"""Van Gerven et al. 2010, handwritten sixes and nines, through the workflow."""

import json
from pathlib import Path

import pytest

from tests.project import Project

FOLDER = "fmri/digits69/S1/all"


@pytest.fixture(scope="module")
def results(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (data_folder / "digits69").is_dir():
        pytest.skip(f"real data: {data_folder / 'digits69'} is missing")
    folder = tmp_path_factory.mktemp("digits69") / "project"
    project = Project.make(folder, "config/digits69.yaml", data_folder)
    project.run(
        f"results/{FOLDER}/svm/metrics.json",
        "--config",
        "datasets={digits69: {permutations: 20}}",
    )
    return folder / "results"


def test_out_of_fold_accuracy(results: Path) -> None:
    """At least 0.93 in 10 folds of trials; an edit on the command line keeps the preset's rest."""
    metrics = json.loads((results / FOLDER / "svm/metrics.json").read_text())
    assert metrics["n"] == 100
    assert metrics["chance"] == 0.5
    assert metrics["accuracy"] >= 0.93
    assert metrics["null"]["permutations"] == 20
    assert metrics["null"]["mean"] == pytest.approx(0.5, abs=0.1)
    assert metrics["p"] == pytest.approx(1 / 21)
    assert metrics["top5_accuracy"] is None


def test_ten_images_of_each_digit_teach_no_decoder(results: Path) -> None:
    rows = [line.split("\t") for line in (results / "fmri/digits69/stimuli.tsv").open()]
    column = rows[0].index("held_out\n")
    category = rows[0].index("category")
    held_out = [row[category] for row in rows[1:] if row[column] == "1\n"]
    assert sorted(held_out) == ["nine"] * 10 + ["six"] * 10
