"""Generic Object Decoding in small: from a file that bdpy wrote and a folder of images to students.

One subject's voxels carry the stimulus; one has the same voxels with the stimuli dealt anew, so
that they carry nothing; one has garbage in the rows of the images that are held out for testing.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bdpy import BData
from PIL import Image

from tests.project import Project, once, preset

pytestmark = pytest.mark.workflow

SYNSETS = [1443537 + 117 * n for n in range(10)]
IMAGES = 8  # training images a category
RUNS = 8
CHANCE = 0.1
SIZES = {"V1": 300, "V2": 40}


def stimulus(synset: int, number: int) -> float:
    """Numeric id of an image: 1518878.008432 is n01518878_8432."""
    return synset + number * 1e-6


def name(value: float) -> str:
    return f"{value:.6f}"


TRAINING = [stimulus(synset, 40 - 3 * n) for synset in SYNSETS for n in range(IMAGES)]
TEST = [stimulus(synset, 9) for synset in SYNSETS]
#: The last image of each category is held out: 40, for they are listed in natural order.
HELD_OUT = {name(stimulus(synset, 40)) for synset in SYNSETS}


def presented() -> pd.DataFrame:
    """What was shown when: training images once over runs, then test images again and again."""
    generator = np.random.default_rng(1)
    order = generator.permutation(len(TRAINING))
    rows = [(1, place // 10 + 1, TRAINING[image]) for place, image in enumerate(order)]
    for kind, repeats in ((2, 3), (3, 2)):
        for run in range(1, repeats + 1):
            rows += [(kind, run, TEST[image]) for image in generator.permutation(len(TEST))]
    return pd.DataFrame(rows, columns=["DataType", "Run", "stimulus_id"])


def record(table: pd.DataFrame) -> np.ndarray:
    """Voxels: a pattern a category, with noise."""
    generator = np.random.default_rng(2)
    patterns = generator.standard_normal((len(SYNSETS), sum(SIZES.values())))
    category = [SYNSETS.index(int(value)) for value in table["stimulus_id"]]
    noise = generator.standard_normal((len(table), sum(SIZES.values())))
    return 0.6 * patterns[category] + noise


def save(path: Path, table: pd.DataFrame, voxels: np.ndarray) -> None:
    """Let bdpy write a subject's file."""
    data = BData()
    data.add(voxels, "VoxelData")
    start = 0
    for roi, size in SIZES.items():
        flags = np.zeros(voxels.shape[1])
        flags[start : start + size] = 1
        data.add_metadata(f"ROI_{roi}", flags, f"1 = ROI {roi}", where="VoxelData")
        start += size
    for column in table:
        data.add(table[column].to_numpy(dtype=float)[:, None], column)
    data.save(str(path))


def write_subjects(folder: Path) -> None:
    folder.mkdir(parents=True)
    table = presented()
    voxels = record(table)
    save(folder / "Subject1.h5", table, voxels)
    training = table["DataType"] == 1
    dealt = table.copy()
    dealt.loc[training, "stimulus_id"] = np.random.default_rng(3).permutation(
        table.loc[training, "stimulus_id"]
    )
    save(folder / "dealt.h5", dealt, voxels)
    garbled = voxels.copy()
    held_out = table["stimulus_id"].map(name).isin(HELD_OUT)
    assert held_out.sum() == len(SYNSETS)
    garbled[held_out] = 1000 * np.random.default_rng(4).standard_normal(garbled[held_out].shape)
    save(folder / "garbled.h5", table, garbled)


def colour(value: float) -> tuple[int, int, int]:
    """Colour of an image, another one for each."""
    place = TRAINING.index(value)
    return 20 + 25 * (place % 8), 20 + 20 * (place // 8), 200


def write_images(folder: Path) -> None:
    for value in TRAINING:
        synset, number = f"n{int(value):08d}", round(value % 1 * 1e6)
        path = folder / synset / f"{synset}_{number}.JPEG"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (24, 20), colour(value)).save(path, quality=95)


def small_god() -> dict[str, Any]:
    """config/god.yaml with few subjects and regions, and little training."""
    config = preset("god")
    god = config["datasets"]["god"]
    assert god["source"] == "bdata"
    assert god["held_out_per_category"] == 1
    teaching = god.pop("teaching")
    god |= {"folds": 4, "calibration_folds": 2, "decoders": ["ridge"], "permutations": 20}
    god["rois"] = {"V1": {"voxels": 30}}
    teaching |= {"decoders": ["ridge"], "teachers": ["none", "brain", "withinclass"], "seeds": 2}
    assert teaching["images"]["source"] == "stimulus_folder"
    teaching["images"]["size"] = 16
    config["datasets"] = {
        "god": god
        | {
            "subjects": {"Subject1": {"file": "god/Subject1.h5"}},
            "rois": {"Both": {"flag": "ROI_V1 = 1 | ROI_V2 = 1", "voxels": None}},
            "teaching": teaching,
        },
        "dealt": god | {"subjects": {"Subject1": {"file": "god/dealt.h5"}}},
        "whole": god | {"subjects": {"Subject1": {"file": "god/Subject1.h5"}}},
        "garbled": god | {"subjects": {"Subject1": {"file": "god/garbled.h5"}}},
    }
    config["run"] = list(config["datasets"])
    config["students"]["resnet18"] |= {
        "width": 2,
        "stem": "small",
        "epochs": 1,
        "crop": 16,
        "pad": 1,
        "batched_networks": 2,
    }
    return config


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Soft labels, made while there was no folder of images; then students."""

    def make(folder: Path) -> None:
        write_subjects(folder / "data/god")
        project = Project.make(folder / "project", data=folder / "data").write_config(
            "small.yaml", small_god()
        )
        project.run("soft_labels")
        missing = project.call("students", "--cores", "2")
        assert missing.status != 0
        assert "teaching.images.folder" in missing.text
        write_images(folder / "data/god/images/training")
        project.run("students", "results/distill/god/ablation.tsv")

    return once(tmp_path_factory, "god", make) / "project/results"


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def read(results: Path, dataset: str, roi: str = "V1") -> tuple[pd.DataFrame, dict[str, Any]]:
    """Soft labels with a row a stimulus and a column a category, and metrics.json."""
    folder = results / f"fmri/{dataset}/Subject1/{roi}/ridge"
    ids = json.loads((folder / "soft_labels.json").read_text())["ids"]
    soft = np.load(folder / "soft_labels.npy")
    metrics = json.loads((folder / "metrics.json").read_text())
    return pd.DataFrame(soft, index=ids["stimulus"], columns=ids["class"]), metrics


def named_right(soft: pd.DataFrame) -> float:
    """Share of stimuli whose likeliest category is their own, which their id tells."""
    own = [f"n{int(float(stimulus_id)):08d}" for stimulus_id in soft.index]
    return float(np.mean(soft.idxmax(axis=1) == own))


@pytest.mark.parametrize(("dataset", "roi"), [("god", "Both"), ("whole", "V1")])
def test_voxels_that_carry_the_stimulus_name_its_category(
    results: Path, dataset: str, roi: str
) -> None:
    soft, metrics = read(results, dataset, roi)
    assert soft.index.tolist() == sorted(map(name, TRAINING))
    assert named_right(soft) > 0.6
    assert metrics["accuracy"] > 0.6
    assert metrics["n"] == len(TRAINING)
    assert metrics["chance"] == CHANCE
    assert metrics["ci_low"] > 3 * CHANCE
    assert metrics["p"] == pytest.approx(1 / 21)


def test_voxels_that_carry_nothing_name_nothing(results: Path) -> None:
    """Invariant 3: whatever looked at test rows would show here."""
    soft, metrics = read(results, "dealt")
    spread = np.sqrt(CHANCE * (1 - CHANCE) / len(TRAINING))
    assert named_right(soft) < CHANCE + 3 * spread
    assert metrics["accuracy"] < CHANCE + 3 * spread
    assert metrics["ci_low"] < CHANCE
    assert metrics["p"] > 0.05
    assert metrics["log_loss"] > 0.97 * np.log(len(SYNSETS))
    assert metrics["null"]["mean"] < CHANCE + 0.03


def test_held_out_images_are_one_a_category_and_in_no_fit(results: Path) -> None:
    """Garbage in their rows changes no other image's soft label by a bit."""
    for dataset in ("whole", "garbled"):
        stimuli = table(results / f"fmri/{dataset}/stimuli.tsv")
        held_out = stimuli[stimuli["held_out"] == "1"]
        assert set(held_out["stimulus_id"]) == HELD_OUT
        assert (held_out["session"] == "training").all()
    clean, _ = read(results, "whole")
    garbled, _ = read(results, "garbled")
    kept = ~clean.index.isin(HELD_OUT)
    np.testing.assert_array_equal(clean[kept], garbled[kept])
    assert (clean[~kept].to_numpy() != garbled[~kept].to_numpy()).any(axis=1).all()


def test_students_are_tested_on_the_images_that_were_held_out(results: Path) -> None:
    images = table(results / "distill/god/images.tsv")
    test = images[images["split"] == "test"]
    assert set(test["stimulus_id"]) == HELD_OUT
    assert len(images) == len(TRAINING)
    for teacher in ("brain", "withinclass"):
        path = results / f"distill/god/Subject1/Both/ridge/{teacher}/resnet18/predictions.npz"
        assert np.load(path)["image"].tolist() == test["image_id"].tolist()
    pixels = np.load(results / "distill/god/images.npy")
    by_name = {name(value): value for value in TRAINING}
    for row, stimulus_id in zip(pixels, images["stimulus_id"], strict=True):
        expected = np.array(colour(by_name[stimulus_id]))
        np.testing.assert_allclose(row.mean(axis=(1, 2)), expected, atol=5)


def test_the_test_sessions_are_kept_but_teach_nothing(results: Path) -> None:
    data = BData(str(results / "fmri/god/Subject1/responses.h5"))
    codes, counts = np.unique(data.get("DataType"), return_counts=True)
    assert dict(zip(codes.tolist(), counts.tolist(), strict=True)) == {1: 80, 2: 30, 3: 20}
    shown = presented()["stimulus_id"]
    np.testing.assert_allclose(data.get("stimulus_id").ravel(), shown, atol=1e-9)
    folds = table(results / "fmri/god/Subject1/folds.tsv")
    assert sorted(folds["stimulus_id"]) == sorted(map(name, TRAINING))
    assert folds.groupby("run")["fold"].nunique().max() == 1


def test_the_ablation_compares_the_brain_with_its_controls(results: Path) -> None:
    rows = table(results / "distill/god/comparisons.tsv")
    assert set(rows["control"]) == {"none", "withinclass"}
    pairs = set(zip(rows["teacher"], rows["control"], strict=True))
    assert pairs == {("brain", "none"), ("brain", "withinclass"), ("withinclass", "none")}
