"""Outcomes beside accuracy, from the files that students leave to tables and a figure."""

import json

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import read_table, save_arrays
from scripts.distill.summarise_outcomes import summarise_outcomes
from tests.unit.distill.outcomes.simulated import OUTCOMES, World

AXES = {
    "corrupted": ("seed", "corruption", "strength", "image"),
    "corruption": ("corruption",),
    "strength": ("corruption", "strength"),
    "attacked": ("seed", "attack", "epsilon", "image"),
    "attack": ("attack",),
    "epsilon": ("epsilon",),
    "logits": ("seed", "image", "class"),
    "truth": ("image",),
    "image": ("image",),
    "seed": ("seed",),
}


@pytest.fixture
def students(tmp_path):
    """Files of students of labels alone, of a brain and of one of its controls."""
    world, files = World(np.random.default_rng(0), 3, 40), ([], [])
    for place, gain in (
        ("reference/none", 0),
        ("S1/V1/ridge/brain", 1.5),
        ("S1/V1/ridge/smooth", 0),
    ):
        folder = tmp_path / "results/distill/faces" / place / "small"
        folder.mkdir(parents=True)
        arrays = world.arrays(gain=gain)
        names = {"image": np.array([f"i{n}" for n in range(40)]), "seed": np.arange(3)}
        arrays |= names
        save_arrays(folder / "predictions.npz", arrays, axes={name: AXES[name] for name in arrays})
        (folder / "metrics.json").write_text(json.dumps({"chance": 0.25, "flag": "pretrained"}))
        files[0].append(folder / "predictions.npz")
        files[1].append(folder / "metrics.json")
    return files


def summarise(students, folder, outcomes=OUTCOMES):
    folder.mkdir(exist_ok=True)
    written = {
        "table": folder / "outcomes.tsv",
        "comparisons": folder / "outcome_comparisons.tsv",
        "figure": folder / "outcomes.png",
        "figure_svg": folder / "outcomes.svg",
    }
    summarise_outcomes(
        predictions=students[0],
        metrics=students[1],
        outcomes=outcomes,
        source="simulated",
        variants={},
        varied={},
        **written,
    )
    return written


def test_tables_and_figure_of_all_outcomes(students, tmp_path):
    written = summarise(students, tmp_path / "out")
    table = read_table(written["table"], {"value": float, "n": int, "seeds": int, "flag": str})
    assert len(table) == 3 * (3 + 4 + 3 + 1)
    assert (set(table["n"]), set(table["seeds"]), set(table["flag"])) == ({40}, {3}, {"pretrained"})
    compared = read_table(written["comparisons"], {"difference": float, "q": float, "control": str})
    brain = compared[(compared["teacher"] == "brain") & (compared["control"] == "smooth")]
    assert len(brain) == 6
    assert brain.set_index("outcome").loc["brier", "difference"] < 0
    assert "Simulated brains" in written["figure_svg"].read_text()


def test_the_same_files_give_the_same_bytes(students, tmp_path):
    one, two = (summarise(students, tmp_path / name) for name in ("one", "two"))
    for name, path in one.items():
        assert path.read_bytes() == two[name].read_bytes()


def test_students_of_other_images_are_refused(students, tmp_path):
    path = students[0][1]
    world = World(np.random.default_rng(0), 3, 39)
    arrays = world.arrays() | {"image": np.arange(39).astype(str), "seed": np.arange(3)}
    save_arrays(path, arrays, axes={name: AXES[name] for name in arrays})
    with pytest.raises(NeuroLoopError, match="tested on other images or seeds"):
        summarise(students, tmp_path / "out")
