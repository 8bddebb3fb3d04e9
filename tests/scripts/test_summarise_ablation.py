"""The ablation's tables, from the files that students leave: what is written agrees."""

import json

import numpy as np
import pytest

from neuroloop.files.formats import read_table, save_arrays
from neuroloop.report.answers.taught import read_comparisons
from neuroloop.report.answers.verdicts import COLUMNS, verdicts
from scripts.distill.summarise_ablation import summarise_ablation
from tests.unit.distill.outcomes.simulated import World

AXES = {
    "logits": ("seed", "image", "class"),
    "truth": ("image",),
    "image": ("image",),
    "seed": ("seed",),
}


@pytest.fixture
def students(tmp_path):
    """Files of students of labels alone, of a brain that teaches and of two of its controls."""
    world, files = World(np.random.default_rng(0), 4, 60), ([], [])
    for place, gain in (
        ("reference/none", 0),
        ("S1/V1/ridge/brain", 1.5),
        ("S1/V1/ridge/smooth", 0),
        ("S1/V1/ridge/codebook", 1.5),
    ):
        folder = tmp_path / "results/distill/faces" / place / "small"
        folder.mkdir(parents=True)
        arrays = {name: values for name, values in world.arrays(gain=gain).items() if name in AXES}
        arrays |= {"image": np.array([f"i{n}" for n in range(60)]), "seed": np.arange(4)}
        save_arrays(folder / "predictions.npz", arrays, axes={name: AXES[name] for name in arrays})
        (folder / "metrics.json").write_text(json.dumps({"chance": 0.25, "flag": ""}))
        files[0].append(folder / "predictions.npz")
        files[1].append(folder / "metrics.json")
    return files


def test_verdicts_are_those_of_the_comparisons(students, tmp_path):
    written = {
        "table": tmp_path / "ablation.tsv",
        "comparisons": tmp_path / "comparisons.tsv",
        "verdicts": tmp_path / "verdicts.tsv",
    }
    for name in ("figure", "forest", "matrix"):
        written |= {name: tmp_path / f"{name}.png", f"{name}_svg": tmp_path / f"{name}.svg"}
    summarise_ablation(
        predictions=students[0],
        metrics=students[1],
        assignments=[],
        source="simulated",
        variants={},
        varied={},
        seed=0,
        **written,
    )
    assert all(path.is_file() for path in written.values())
    found = read_table(written["verdicts"], {})
    assert list(found) == COLUMNS
    (row,) = found.to_dict("records")
    assert row == verdicts(read_comparisons(written["comparisons"])).to_dict("records")[0]
    assert (row["verdict"], row["beats"]) == ("more than softness", "none, smooth")
    assert row["not_beaten"] == "codebook"
