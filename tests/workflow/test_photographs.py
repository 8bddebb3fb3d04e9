"""Simulated subjects look at photographs: a small study is made, that of full size dry-run."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neuroloop.files.formats import load_arrays, read_json, read_table
from neuroloop.images.preparation import Preparation
from tests.project import Project, once, preset

pytestmark = pytest.mark.workflow

CATEGORIES, IMAGES = 4, 14


def fill(folder: Path) -> None:
    """Folders of noise, with names as ImageNet's."""
    for category in range(CATEGORIES):
        for number in range(IMAGES):
            drawn = np.random.default_rng((category, number))
            path = folder / f"n0000000{category}" / f"n0000000{category}_{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(drawn.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)


def small() -> dict[str, Any]:
    """config/god-simulated.yaml with one subject, one region, few images and little training."""
    config = preset("god-simulated")
    one = config["datasets"]["one_region"]
    one["photographs"] |= {"folder": "seen", "categories": CATEGORIES, "perception_categories": 3}
    one["images"] = {"train_per_category": 6, "test_images": 12, "lifetime_per_category": 5}
    one["presentation"] |= {"runs": 8, "perception_repeats": 2, "imagery_repeats": 1}
    one["rois"]["HVC"] |= {"size": 60, "voxels": 40}
    one |= {"folds": 4, "permutations": 10}
    one["teaching"] |= {"teachers": ["none", "brain"], "seeds": 2}
    config["students"]["narrow"] |= {"width": 2, "epochs": 1, "crop": 16}
    config["run"] = ["one_region"]
    del config["datasets"]["god_simulated"]
    return config


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that made soft labels and students."""

    def make(folder: Path) -> None:
        fill(folder / "data/seen")
        project = Project.make(folder / "project", data=folder / "data")
        project.write_config("small.yaml", small()).run("students", "soft_labels")

    folder = once(tmp_path_factory, "photographs", make)
    return Project(folder / "project", "small.yaml", folder / "data")


def test_sessions_are_those_of_the_study(taught: Project) -> None:
    place = taught.folder / "results/fmri/one_region"
    samples = read_table(place / "Subject1/samples.tsv", {})
    assert Counter(samples["session"]) == {"training": 24, "perception": 6, "imagery": 3}
    assert set(samples.loc[samples["session"] == "imagery", "run"]) == {"imagery-1", "imagery-2"}
    ids = read_json(place / "Subject1/HVC/ridge/logits.json")["ids"]
    assert ids["class"] == [f"n0000000{category}" for category in range(CATEGORIES)]
    stimuli = read_table(place / "stimuli.tsv", {"image": str})
    assert (stimuli["image"] == "").sum() == 3  # those of the perception test
    assert re.fullmatch(r"\d\.0000\d\d", stimuli["stimulus_id"].iloc[0])


def test_students_see_the_images_that_subjects_saw(taught: Project) -> None:
    results = taught.folder / "results"
    stimuli = read_table(results / "fmri/one_region/stimuli.tsv", {"image": str})
    images = read_table(results / "distill/one_region/images.tsv", {})
    assert Counter(images["split"]) == {"train": 24, "test": 12}
    path_of = dict(zip(stimuli["stimulus_id"], stimuli["image"], strict=True))
    pixels = np.load(results / "distill/one_region/images.npy")
    assert taught.data is not None
    for row, name in zip(pixels, images["stimulus_id"], strict=True):
        path = taught.data / "seen" / path_of[name]
        np.testing.assert_array_equal(row, Preparation(32, channels=3).read(path))
    predicted = load_arrays(
        results / "distill/one_region/Subject1/HVC/ridge/brain/narrow/predictions.npz"
    )
    assert predicted["logits"].shape == (2, 12, CATEGORIES)


def test_another_image_is_another_study(taught: Project, tmp_path: Path) -> None:
    assert taught.waiting("soft_labels") == set()
    assert taught.data is not None
    path = taught.data / "seen/n00000000/n00000000_0.png"
    kept = path.read_bytes()
    try:
        Image.new("RGB", (40, 40), "red").save(path)
        waiting = {job.split()[0] for job in taught.waiting("soft_labels")}
    finally:
        path.write_bytes(kept)
    assert {"draw_stimuli", "simulate_subject", "simulate_region"} <= waiting


def test_no_loop_is_closed_on_images_that_there_are_not(taught: Project) -> None:
    config = small()
    config["datasets"]["one_region"]["teaching"]["loop"] = {}
    said = taught.write_config("loop.yaml", config).call("-n")
    assert said.status != 0
    assert (
        "one_region.teaching.loop: brains are looked for on images of the perception" in said.text
    )


def test_a_folder_without_categories_is_refused(taught: Project) -> None:
    config = small()
    config["datasets"]["one_region"]["photographs"] |= {
        **{"perception_categories": 0, "perception_folder": "seen"}
    }
    said = taught.write_config("none.yaml", config).call("-n")
    assert said.status != 0
    assert "perception_folder without perception_categories: say how many" in said.text


@pytest.mark.parametrize("arguments", [(), ("--profile", "slurm")])
def test_the_study_of_full_size_is_dispatched(
    data_folder: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """With its images, on one machine and by the cluster profile: jobs and what they ask for."""
    if not (data_folder / "tiny_imagenet").is_dir():
        pytest.skip(f"real data: {data_folder / 'tiny_imagenet'} is missing")
    project = Project.make(tmp_path / "project", "config/god-simulated.yaml", data_folder)
    said = project.call("all", "-n", *(arguments or ("--cores", "2")))
    assert said.status == 0, said.text
    (total,) = re.findall(r"^total +(\d+)$", said.text.partition("Job stats")[2], re.M)[:1]
    assert int(total) == 1547
    asked = {
        rule: {
            int(memory) for memory in re.findall(rf"rule {rule}:.*?mem_mb=(\d+)", said.text, re.S)
        }
        for rule in ("simulate_region", "train_students")
    }
    assert max(asked["simulate_region"]) == 1902  # VC: 3,450 samples of 4,500 voxels
    assert len(asked["train_students"]) == 1
    assert max(asked["train_students"]) < 8000
