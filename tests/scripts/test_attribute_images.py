"""A model's attributions: what is written, and what is written of a method that does not apply."""

import json

import numpy as np
import pytest
import torch

from neuroloop.explain.models.model_images import ModelImages
from neuroloop.explain.models.model_writing import save_model
from neuroloop.explain.sanity.sanity_rows import SANITY_COLUMNS
from neuroloop.files.formats import load_arrays, load_weights, read_json, read_table
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks
from scripts.explain.attribute_images import attribute_images
from scripts.explain.train_randomised import train_randomised

SETTINGS = {
    "images": 4,
    "sanity_images": 5,
    "layer_groups": 2,
    "curve_steps": 3,
    "random_orders": 1,
    "randomisation_megapixels": 10.0,
    "batch": 16,
}
FILES = [
    "arrays.json",
    "arrays.npz",
    "curves.tsv",
    "figure.png",
    "figure.svg",
    "randomisation.tsv",
    "sanity.png",
    "sanity.svg",
    "sanity.tsv",
]


def images(truth):
    drawn = np.random.default_rng(0).standard_normal((12, 1, 16, 16)).astype(np.float32)
    return ModelImages(drawn, np.array([f"i{k}" for k in range(12)]), truth)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    options = {"depth": 18, "in_channels": 1, "width": 4, "stem": "small", "blocks": (1, 1)}
    network = networks.resnet(classes=3, **options)
    networks.initialise(network, [0])
    return prepare(folder, network, images(np.arange(12) % 3), "resnet", options, "single")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    options = {"shape": (16, 16), "widths": (4, 5), "hidden": 6}
    network = calcium_network.calcium_network(classes=3, **options)
    calcium_network.initialise(network, [0])
    truth = np.arange(12)[:, None] % 4 == np.arange(3)
    return prepare(folder, network, images(truth), "calcium", options, "multi")


def prepare(folder, network, given, kind, options, labels):
    save_model(
        folder / "model.json",
        weights=network.state_dict(),
        images=given,
        classes=["cat", "cow", "dog"],
        labels=labels,
        kind=kind,
        options=options,
    )
    train_randomised(
        model=folder / "model.json",
        label_images=9,
        seed=0,
        device="cpu",
        outputs=outputs(folder / "randomised"),
    )
    return folder


def outputs(folder):
    return {"weights": folder / "weights.safetensors", "metrics": folder / "metrics.json"}


def attribute(folder, method, into):
    attribute_images(
        model=folder / "model.json",
        method=method,
        randomised=folder / "randomised" / "weights.safetensors",
        settings=SETTINGS,
        options={"window": 0.5, "stride": 0.5} if method == "occlusion" else {},
        seed=0,
        device="cpu",
        result=into / "result.json",
        folder=into / "files",
    )
    return read_json(into / "result.json")


def test_what_a_method_leaves(student, tmp_path):
    made = attribute(student, "grad_cam", tmp_path)
    assert (made["method"], made["kind"], made["applicable"]) == ("grad_cam", "resnet", True)
    assert made["reason"] is None
    assert made["n"] == made["counts"]["maps"] == 5
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == FILES
    arrays = load_arrays(tmp_path / "files" / "arrays.npz")
    assert arrays["maps"].shape == (5, 8, 8)
    assert arrays["image"].shape == arrays["named"].shape == arrays["probability"].shape == (5,)
    sidecar = read_json(tmp_path / "files" / "arrays.json")
    assert sidecar["arrays"]["maps"]["axes"] == ["image", "row", "column"]
    assert sidecar["classes"] == ["cat", "cow", "dog"]
    table = read_table(tmp_path / "files" / "sanity.tsv", {"value": float})
    assert list(table.columns) == list(SANITY_COLUMNS)
    assert {"cascading", "labels", "deletion", "insertion", "maps"} == set(table["test"])
    assert made["verdict"]["n"] + made["verdict"]["undefined"] == 5


def test_the_same_seed_writes_the_same_bytes(student, tmp_path):
    for name in ("first", "second"):
        attribute(student, "occlusion", tmp_path / name)
    for file in ["result.json", *(f"files/{name}" for name in FILES)]:
        one, other = ((tmp_path / name / file).read_bytes() for name in ("first", "second"))
        assert one == other, file


def test_a_method_that_does_not_apply_says_why_and_ends_well(reader, tmp_path):
    made = attribute(reader, "cam", tmp_path)
    assert made["applicable"] is False
    assert "mean over all places" in made["reason"]
    assert (made["n"], made["counts"]) == (0, {})
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["not_applicable.json"]
    facts = json.loads((tmp_path / "files" / "not_applicable.json").read_text())
    assert facts == {"model": made["model"], "method": "cam", "reason": made["reason"]}


def test_labels_of_several_are_explained_too(reader, tmp_path):
    assert attribute(reader, "saliency", tmp_path)["applicable"]


def test_the_randomised_network_is_of_the_same_shape_and_its_accuracy_is_stated(reader):
    made = load_weights(reader / "randomised" / "weights.safetensors")
    own = load_weights(reader / "weights.safetensors")
    assert {name: values.shape for name, values in made.items()} == {
        name: values.shape for name, values in own.items()
    }
    assert not torch.equal(made["head.fc.weight"], own["head.fc.weight"])
    facts = read_json(reader / "randomised" / "metrics.json")
    assert facts["n"] == 9
    assert facts["memorised"] == (facts["accuracy"] >= facts["memorised_from"])
    assert facts["labels"] == "truth"
