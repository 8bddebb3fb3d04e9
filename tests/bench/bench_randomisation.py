"""The randomisation test of saliency maps, against captum, scipy and scikit-image in a loop.

Run as ``python -m tests.bench.bench_randomisation``. Layers of a ResNet18 are drawn anew from the
output down, and one at a time, and the maps of every such network are compared with those of the
first one, image by image, by rank correlation and structural similarity. Both draw the same weights
by the same function; the peer explains by captum's ``Saliency``, all images in a batch, and
compares by ``scipy.stats.spearmanr`` and ``structural_similarity``. Correlations must be equal.
"""

import copy
import sys
from functools import partial

import numpy as np
import torch
from captum.attr import Saliency
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity
from torch import nn

from neuroloop.explain.attribution.saliency import attribute
from neuroloop.explain.sanity.randomisation import (
    CASCADING,
    INDEPENDENT,
    find_layers,
    randomisation,
    randomise_layer,
)
from neuroloop.jobs.job import numeric_threads
from neuroloop.networks.resnet import ResNet, initialise, resnet
from tests.bench.measured import Bench, in_turn

SIZES, SIDE, WIDTH, ROUNDS = (8, 16, 32, 64), 32, 8, 5
WHAT, PEER = "randomisation test of saliency", "captum and scipy"
MEASURES = ((WHAT, PEER),)
#: Largest difference of a correlation: ranks of gradients that differ by rounding.
EQUAL = 1e-4


def ours(network: ResNet, images: torch.Tensor, classes: torch.Tensor) -> np.ndarray:
    """Rank correlations (networks, images) by this project."""

    def explained(some: nn.Module, *batch: torch.Tensor) -> np.ndarray:
        return attribute("saliency", some, *batch).numpy()

    table = randomisation(network, explained, images, classes, seed=0)
    return table["spearman"].to_numpy().reshape(-1, len(images))


def by_captum(network: ResNet, images: torch.Tensor, classes: torch.Tensor) -> np.ndarray:
    """The same by a loop over networks and images."""

    def explained(some: nn.Module) -> np.ndarray:
        found = Saliency(lambda x: some(x)[:, 0]).attribute(images, classes)
        return found.amax(1).numpy()

    trained, copied, made = explained(network), copy.deepcopy(network).eval(), []
    for kind in (CASCADING, INDEPENDENT):
        for layer in find_layers(network, images):
            if kind == INDEPENDENT:
                copied.load_state_dict(network.state_dict())
            randomise_layer(copied, layer, 0)
            correlations = []
            for one, other in zip(trained, explained(copied), strict=True):
                correlations.append(spearmanr(one.ravel(), other.ravel()).statistic)
                scaled = [(values - values.min()) / np.ptp(values) for values in (one, other)]
                structural_similarity(*scaled, data_range=1.0)
            made.append(correlations)
    return np.array(made)


def measure(bench: Bench, network: ResNet, count: int) -> None:
    """Add the row of one number of images."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(count, 3, SIDE, SIDE, generator=generator)
    classes = torch.arange(count) % 10
    works = {
        "ours": partial(ours, network, images, classes),
        "peer": partial(by_captum, network, images, classes),
    }
    seconds, made = in_turn(works, ROUNDS)
    difference = np.abs(made["ours"] - made["peer"]).max()
    if not difference < EQUAL:
        raise AssertionError(f"rank correlations of {count} images differ by {difference:.2g}")
    note = f"{len(made['ours'])} networks"
    bench.row(WHAT, PEER, count, seconds["ours"], seconds["peer"], note=note)


def main() -> int:
    """Print the rows."""
    bench = Bench("randomisation", MEASURES)
    network = resnet(18, in_channels=3, classes=10, width=WIDTH, stem="small").eval()
    initialise(network, [0])
    with numeric_threads(1):
        for count in SIZES:
            measure(bench, network, count)
    bench.growth(WHAT, PEER)
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
