"""Named variants of classifiers: what a block of the config builds."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from neuroloop.cxr.classifier import Classifier
from neuroloop.networks.transfer_network import transfer_network
from neuroloop.networks.transfer_start import initialise_backbone
from neuroloop.training.recipe import Recipe
from tests.project import preset

BLOCK = preset("config")["classifiers"]["fine"] | {
    "backbone": "resnet18",
    "weights": None,
    "train_from": "layer3",
    "width": 4,
    "stem": "small",
}


def classifier(start=None, **options):
    return Classifier.from_block(BLOCK | options, start)


def radiographs(n=3):
    return torch.rand(n, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def state(network):
    return {name: values.clone() for name, values in network.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_every_key_of_a_block_is_used():
    block = BLOCK | {"learning_rate": 0.25, "l2": 0.5, "hidden_units": [8, 4], "stop_after": 9}
    made = Classifier.from_block(block, None)
    assert made.recipe == Recipe(
        epochs=8, batch_size=16, learning_rate=0.25, schedule="cosine", optimiser="adam"
    )
    assert (made.l2, made.hidden_units, made.stop_after) == (0.5, (8, 4), 9)
    assert (made.backbone, made.train_from, made.width, made.stem) == (
        "resnet18",
        "layer3",
        4,
        "small",
    )
    assert (made.weights, made.C, made.class_weights, made.test_views) == (None, None, True, 2)
    assert (made.input_size, made.validation_share, made.initial_weights_share) == (None, 0.1, 0)
    assert made.feature_layers == ()
    known = {*Classifier.__annotations__, *Recipe.__annotations__} - {"recipe"}
    assert set(block) <= known


def test_the_network_is_as_the_block_says():
    network = classifier(hidden_units=[8], dropout=0.5).network(3, 1)
    assert network(radiographs()).shape == (3, 1, 3)
    assert network.cut == "layer3"
    assert [m.out_features for m in network.head if isinstance(m, torch.nn.Linear)] == [8, 3]
    assert network.backbone.conv1.out_channels == 4


def test_the_same_names_give_the_same_network_and_others_another_head():
    first, again, other, seeded = (
        state(classifier().network(3, *names)) for names in ((1, 0), (1, 0), (1, 1), (2, 0))
    )
    assert same(first, again)
    heads = {name for name in first if name.startswith("head.")}
    assert {name for name in first if not torch.equal(first[name], other[name])} == heads
    assert not torch.equal(first["backbone.conv1.weight"], seeded["backbone.conv1.weight"])


@pytest.mark.parametrize("weights", [None, "checkpoint"])
def test_its_front_is_that_of_the_stored_features(tmp_path, weights):
    """Features are stored of a network that only knows the front; they fit every fold's back."""
    whole = transfer_network(backbone="resnet18", classes=5, width=4, stem="small")
    initialise_backbone(whole, 8)
    start = tmp_path / "start.safetensors"
    save_file({name: v.contiguous() for name, v in whole.backbone.state_dict().items()}, start)
    stored = transfer_network(backbone="resnet18", classes=3, width=4, stem="small", cut="layer3")
    if weights:
        stored.backbone.load_state_dict(whole.backbone.state_dict())
    else:
        initialise_backbone(stored, 1)
    made = classifier(start if weights else None, weights=weights, hidden_units=[8]).network(
        3, 1, 4
    )
    with torch.inference_mode():
        features = stored.eval().front(radiographs())
        torch.testing.assert_close(made.eval().front(radiographs()), features, rtol=0, atol=0)
        torch.testing.assert_close(made.back(features), made(radiographs()))


def test_pretrained_statistics_stay_and_random_ones_follow(tmp_path):
    whole = transfer_network(backbone="resnet18", classes=5, width=4, stem="small")
    start = tmp_path / "start.safetensors"
    save_file({name: v.contiguous() for name, v in whole.backbone.state_dict().items()}, start)
    for weights, given, follows in ((None, None, True), ("start", start, False)):
        network = classifier(given, weights=weights).network(3, 1)
        norm = network.backbone.layer4[0].bn1
        before = norm.running_mean.clone()
        network.train()
        network(radiographs())
        assert torch.equal(norm.running_mean, before) != follows
        assert norm.weight.requires_grad


def test_a_stored_block_rebuilds_the_network():
    """Without the file that it started from: predict_external has the weights elsewhere."""
    made = classifier(weights="a/resnet18.pth")
    assert made.options["frozen_norm"]
    network = transfer_network(classes=3, **made.options)
    assert network.frozen_norm
    assert np.array_equal(list(made.options), list(classifier().options))
