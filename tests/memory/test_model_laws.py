"""The law of networks that are looked into, beside what a training on permuted labels takes."""

import numpy as np
import pytest
import torch  # noqa: F401 - so that no call imports it

from neuroloop.explain.sanity.label_training import train_on_permuted_labels
from neuroloop.networks.resnet import resnet
from neuroloop.training.recipe import Recipe
from neuroloop.workflow import network_size
from neuroloop.workflow.memory import LAWS, TORCH, network_items
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: Images that pass a network at once, those that lie beside it, and a side of them.
BATCH, IMAGES, SIDE = 16, 60, 224

RECIPE = Recipe(epochs=1, batch_size=BATCH, learning_rate=0.002, optimiser="adam")


def memorising(width: int) -> int:
    """Bytes that learning permuted labels takes, of images of 32 pixels."""
    network = resnet(18, in_channels=3, classes=2, width=width, stem="small")
    images = np.random.default_rng(0).random((BATCH, 3, 32, 32), dtype=np.float32)
    labels = np.arange(BATCH) % 2
    return peak_bytes(
        lambda: train_on_permuted_labels(
            network, images, labels, multi_label=False, seed=0, recipe=RECIPE, rounds=1
        )
    )


def test_a_network_that_is_trained_anew_keeps_a_batch_and_copies_of_its_weights() -> None:
    law = LAWS["train_randomised"].terms
    of_none, a_width = fitted([4, 8, 12, 16], memorising)
    one = {"depth": 18, "width": 1, "stem": "small", "crop": 32, "batch_size": BATCH}
    a_byte = a_width / network_items(one, 1)["kept byte"]
    assert 0.3 * law["kept byte"] < a_byte < law["kept byte"] / 0.85
    assert of_none < 1e6 * (LAWS["train_randomised"].base - TORCH)


@pytest.mark.parametrize("backbone", ["efficientnet_lite0", "resnet50"])
def test_networks_of_full_size_are_asked_for(backbone: str) -> None:
    options = {"backbone": backbone, "width": 64, "stem": "imagenet"}
    every = network_size.sections(options)
    full = {
        "kept byte": BATCH * sum(one.kept for one in every) * SIDE**2,
        "looked pixel": IMAGES * SIDE**2,
        "weight": sum(one.weights for one in every),
    }
    held = full["kept byte"] + 24 * full["looked pixel"] + 20 * full["weight"]
    check("attribute_images", full, TORCH + 120 + held / 1e6)
