"""Gabor filters that teach: out of fold by image, and no more than chance on permuted labels."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.files.formats import load_array
from scripts.distill.train_gabor_teacher import train_gabor_teacher
from tests.unit.distill.taught_images import save_images

CLASSES = ["across", "down", "slanted"]


@pytest.fixture
def gratings(tmp_path):
    """Gratings of three directions in noise, 30 of each that teach and 3 that test."""
    stream = np.random.default_rng(0)
    n = 99
    table = pd.DataFrame(
        {
            "image_id": [f"i{number}" for number in stream.permutation(n)],
            "category": [CLASSES[number % 3] for number in range(n)],
            "split": np.where(np.arange(n) < 90, "train", "test"),
            "stimulus_id": "",
        }
    )
    down, right = np.mgrid[:12, :12]
    waves = np.stack([np.cos(np.pi * part / 3) for part in (right, down, right + down)])
    pixels = 128 + 40 * waves[np.arange(n) % 3] + 25 * stream.normal(size=(n, 12, 12))
    save_images(tmp_path, pixels[:, None].clip(0, 255).astype(np.uint8), table)
    return tmp_path, table


def made(folder, **options):
    settings = {"folds": 5, "calibration_folds": 3, "seed": 4} | options
    train_gabor_teacher(
        images=folder / "images.npy",
        table=folder / "images.tsv",
        logits=folder / "logits.npy",
        **settings,
    )
    return load_array(folder / "logits.npy")


def test_it_names_what_it_can_see_of_images_that_it_did_not_learn_from(gratings):
    folder, table = gratings
    logits, facts = made(folder)
    assert facts["ids"] == {"image": table["image_id"].tolist()[:90], "class": CLASSES}
    truth = np.arange(90) % 3
    assert facts["accuracy"] == (logits.argmax(axis=1) == truth).mean() > 0.9
    assert facts["features"] == 2 * 8 * 16
    again, _ = made(folder)
    np.testing.assert_array_equal(again, logits)
    other, _ = made(folder, seed=5)
    assert (other != logits).any()


def test_labels_without_a_relation_leave_it_at_chance(gratings):
    """Turns red where soft labels are predicted for images that were learned from."""
    folder, table = gratings
    pixels, _ = load_array(folder / "images.npy")
    hits = []
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(90)
        mixed = table["category"].to_numpy().copy()
        mixed[:90] = mixed[order]
        save_images(folder, pixels, table.assign(category=mixed))
        hits.append(made(folder)[1]["accuracy"])
    assert np.mean(hits) == pytest.approx(1 / 3, abs=0.09)
