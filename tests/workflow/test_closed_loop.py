"""The loop is closed where it is asked for: from weights of every seed to one table."""

from typing import Any

import pytest

from neuroloop.files.formats import load_arrays, load_weights, read_table
from tests.project import Project, preset

pytestmark = pytest.mark.workflow

TARGET = "results/distill/tiny/loop.tsv"


def config(**loop: Any) -> dict[str, Any]:
    """Two subjects of own tuning and one region of config/test.yaml, with images to look on."""
    made = preset("test")
    made["run"] = ["tiny"]
    tiny = made["datasets"]["tiny"]
    tiny["rois"] = {"HVC": tiny["rois"]["HVC"]}
    tiny["images"] = tiny["images"] | {"perception_per_category": 3}
    tiny["presentation"] = tiny["presentation"] | {"perception_repeats": 4}
    tiny["tuning"] = "own"
    tiny["teaching"] |= {"teachers": ["none", "brain", "classmean"], "loop": loop, "seeds": 3}
    return made


@pytest.mark.long
def test_brains_are_looked_for_in_students_of_every_seed(fresh: Project) -> None:
    project = fresh.write_config("own.yaml", config())
    project.run(TARGET)
    results = project.folder / "results"
    place = results / "distill/tiny/S1/HVC/ridge/brain/tiny_student"
    first, every = (load_weights(place / f"{name}.safetensors") for name in ("weights", "every"))
    assert {key.partition(".")[0] for key in every} == {"0", "1", "2"}
    for name, values in first.items():
        assert (every[f"0.{name}"] == values).all(), name
    assert (every["1.conv1.weight"] != every["0.conv1.weight"]).any()

    repeats = load_arrays(results / "fmri/tiny/S1/HVC/repeats.npz")
    assert repeats["x"].shape == (30 * 4, 30)
    assert len(set(repeats["stimulus_id"])) == 30
    images = read_table(results / "distill/tiny/images.tsv", {"stimulus_id": str})
    assert not set(repeats["stimulus_id"]) & set(images["stimulus_id"])

    table = read_table(
        results / "distill/tiny/loop.tsv", dict.fromkeys(("value", "p", "n", "seeds"), float)
    )
    brain = table[(table["teacher"] == "brain") & (table["subject"] == "S1")]
    assert set(brain["kind"]) == {"score", "control", "other brain", "specific"}
    assert set(brain.loc[brain["kind"] == "control", "control"]) == {"none", "classmean"}
    assert (table["n"] == 30).all()
    assert (table["seeds"] == 3).all()
    assert table["p"].between(0, 1).all()
    assert "less labels alone" in (results / "distill/tiny/loop.svg").read_text()

    assert project.waiting(TARGET) == set()
    deeper = project.write_config("own.yaml", config(layer="layer3"))
    assert deeper.waiting(TARGET) == {"close_loop distill/tiny"}


def test_nothing_of_it_is_planned_unless_it_is_asked_for(fresh: Project) -> None:
    made = config()
    assert "close_loop distill/tiny" in fresh.write_config("own.yaml", made).plan("all")
    made["datasets"]["tiny"]["teaching"]["loop"] = None
    planned = fresh.write_config("own.yaml", made).plan("all")
    assert not any(job.startswith(("close_loop", "extract_repeats")) for job in planned)


def test_images_that_nobody_saw_are_refused(fresh: Project) -> None:
    made = preset("haxby")
    made["datasets"]["haxby"]["teaching"]["loop"] = {}
    said = fresh.write_config("own.yaml", made).call("-n")
    assert said.status != 0
    assert "datasets.haxby.teaching.loop: brains are looked for on images that" in said.text
