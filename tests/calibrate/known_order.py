"""The randomisation test of every attribution method on fixed trained networks.

Run as ``python -m tests.calibrate.known_order``. Two networks learn scikit-learn's handwritten
digits, enlarged to 16 pixels, until they name nearly all of held-out ones right: a residual network
with batch normalisation, and a plain CNN whose head is a mean over places and one linear layer.
Every method then explains the same held-out digits, of the trained network, of networks whose
layers are random, and of one that learned permuted labels. Statistic, threshold and level are those
of `randomisation`, of fully random networks, written down before. Known from Adebayo et
al. 2018: guided back-propagation is the least sensitive, gradients and Grad-CAM are sensitive.
Edges, which know no network, are beside them. It fails if the edges are found sensitive, or
saliency or Grad-CAM are not.

The column of networks whose upper half is random was added after the first run, in which guided
back-propagation was sensitive by that rule. It is made of kernels of the first layers and of edges
and hardly asks the layers above: it stays while these are random alone, where it is the least
sensitive, and changes with the first layers.
"""

import copy
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from neuroloop import registry
from neuroloop.explain.attribution.attribution import Attribution, in_batches
from neuroloop.explain.attribution.edges import edges
from neuroloop.explain.attribution.methods import attribution_of
from neuroloop.explain.models.model_file import OpenedModel, layer_of
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.explain.sanity.label_training import train_on_permuted_labels
from neuroloop.explain.sanity.layer_groups import group_layers
from neuroloop.explain.sanity.randomisation import (
    CASCADING,
    LABELS,
    THRESHOLD,
    find_layers,
    judge,
    label_randomised,
    randomisation,
)
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.calcium_network import calcium_network
from neuroloop.networks.calcium_network import initialise as initialise_cnn
from neuroloop.networks.resnet import initialise, resnet
from neuroloop.training.loop import fit, predict
from neuroloop.training.recipe import Recipe

THREADS, SEED, TRAINED, IMAGES, PERMUTED = 1, 0, 1200, 32, 64
#: Networks of random weights that a method meets; an image's values are averaged.
DRAWS = 3
#: Methods that the known ordering is about, the least sensitive first.
GUIDED, SENSITIVE = "guided_backprop", ("saliency", "grad_cam")


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Digits of 16 x 16 pixels, standardised, and their names, in a random order."""
    from sklearn.datasets import load_digits

    given = load_digits()
    order = np.random.default_rng(SEED).permutation(len(given.target))
    small = torch.from_numpy(given.images[order, None].astype(np.float32))
    large = functional.interpolate(small, size=(16, 16), mode="bilinear").numpy()
    return (large - large.mean()) / large.std(), given.target[order]


def residual() -> BatchedNetwork:
    """Residual network whose last maps have 4 x 4 places."""
    network = resnet(18, in_channels=1, classes=10, width=8, stem="small", blocks=(1, 1, 1))
    initialise(network, [SEED])
    return network


def plain() -> BatchedNetwork:
    """CNN without normalisation, whose last maps have 4 x 4 places."""
    network = calcium_network(classes=10, shape=(16, 16), head="gap", widths=(16, 32))
    initialise_cnn(network, [SEED])
    return network


def train(network: BatchedNetwork, images: np.ndarray, truth: np.ndarray) -> None:
    """Train on all but the held-out digits."""
    inputs, targets = torch.from_numpy(images), torch.from_numpy(truth)

    def loss(one: BatchedNetwork, epoch: int, rows: torch.Tensor) -> tuple[torch.Tensor, dict]:
        return functional.cross_entropy(one(inputs[rows[0]])[:, 0], targets[rows[0]])[None], {}

    recipe = Recipe(10, 32, 0.003, optimiser="adam", schedule="cosine")
    fit(network, loss, [TRAINED], [SEED], recipe)


def judged(
    opened: OpenedModel, permuted: BatchedNetwork, attribution: Attribution, classes: torch.Tensor
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of networks of random weights, and of the one that learned permuted labels."""
    images = torch.from_numpy(opened.images.images)
    given = attribution, images, classes
    maps = in_batches(attribution, copy.deepcopy(opened.network).eval(), images, classes, 32)
    halves = group_layers(find_layers(opened.network, images), 2)
    random = [
        randomisation(opened.network, *given, seed=draw, layers=halves, maps=maps)
        for draw in range(DRAWS)
    ]
    return pd.concat(random), label_randomised(opened.network, permuted, *given, maps=maps)


def report(name: str, make: Callable[[], BatchedNetwork]) -> bool:
    """Print a row a method; return whether the known ordering is missed."""
    images, truth = digits()
    network = make()
    train(network, images[:TRAINED], truth[:TRAINED])
    logits = predict(network, images[TRAINED:])[:, 0]
    accuracy = (logits.argmax(axis=1) == truth[TRAINED:]).mean()
    chosen = slice(TRAINED, TRAINED + IMAGES)
    shown = ModelImages(images[chosen], np.arange(IMAGES).astype(str), truth[chosen])
    names = tuple(map(str, range(10)))
    opened = OpenedModel(
        name, "resnet", network, layer_of(network), names, "single", shown, None, {}
    )
    permuted = train_on_permuted_labels(
        network, images[:PERMUTED], truth[:PERMUTED], multi_label=False, seed=SEED
    )
    print(
        f"{name}: held-out accuracy {accuracy:.3f}, n = {len(truth) - TRAINED}; permuted labels of "
        f"{permuted.n} digits learned to {permuted.accuracy:.3f}"
        f"{'' if permuted.memorised else ', not memorised'}"
    )
    heads = ("random network", "verdict", "upper half random", "permuted labels", "n", "left out")
    print(f"{'method':<22}" + "".join(f"{head:>21}" for head in heads))
    classes = torch.from_numpy(logits[:IMAGES].argmax(axis=1))
    found, halfway = {}, {}
    for method in (*registry.having("method", "attribute"), "edges"):
        settings = {"stride": 0.125, "window": 0.125} if method == "occlusion" else {}
        attribution = edges if method == "edges" else attribution_of(opened, method, **settings)
        random, labels = judged(opened, permuted.network, attribution, classes)
        verdict = found[method] = judge(random, method, seed=SEED, kind=CASCADING)
        other = judge(labels, method, seed=SEED, kind=LABELS)
        half = halfway[method] = judge(random[random["depth"] == 1], method, seed=SEED)
        said = "sensitive" if verdict.sensitive else "not sensitive"
        cells = (_interval(verdict), said, _interval(half), _interval(other))
        counts = (verdict.n, verdict.undefined)
        print(f"{method:<22}" + "".join(f"{cell:>21}" for cell in (*cells, *counts)), flush=True)
    for what, those in (("random network", found), ("upper half random", halfway)):
        least = all(those[GUIDED].low > those[one].high for one in SENSITIVE)
        print(f"{what}: {GUIDED} less sensitive than {' and '.join(SENSITIVE)}: {least}")
    print()
    return found["edges"].sensitive or not all(found[one].sensitive for one in SENSITIVE)


def _interval(verdict) -> str:
    return f"{verdict.statistic:.2f} [{verdict.low:.2f}, {verdict.high:.2f}]"


def main() -> int:
    """Print a table a network; return 1 if one misses what is known."""
    torch.set_num_threads(THREADS)
    print(f"Spearman's correlation of absolute values, sensitive if wholly below {THRESHOLD:g}\n")
    networks = (("residual network", residual), ("plain CNN", plain))
    missed = [report(name, make) for name, make in networks]
    return int(any(missed))


if __name__ == "__main__":
    sys.exit(main())
