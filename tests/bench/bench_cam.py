"""Grad-CAM of the calcium study's network, against captum and, where installed, grad-cam.

Run as ``python -m tests.bench.bench_cam``. All explain one class an image, all images in one batch,
of the same weights: at 512 pixels 78.7 million, for the head flattens 64 x 64 x 64 activations. The
packages get the network as one would write it, captum also our own, which tells how much of the
ratio is the network's. Maps must be equal, and memory must not grow with the number of images.
"""

import importlib
import sys
from functools import partial
from typing import Any

import numpy as np
import torch
from captum.attr import LayerGradCam
from torch import nn

from neuroloop.explain.attribution.cam import maps_in_batches
from neuroloop.explain.attribution.evidence import Division
from neuroloop.jobs.job import numeric_threads
from neuroloop.networks.calcium_network import CalciumNetwork, calcium_network, initialise
from tests.bench.measured import Bench, in_turn

SIDES, CLASSES, IMAGES, ROUNDS = (64, 128, 256, 512), 25, 16, 5
#: Of the study's network, which is that of the largest side.
PARAMETERS = 78_715_537
WHAT, OWN = "Grad-CAM", "captum on our network"
MEASURES = ((WHAT, "captum"), (WHAT, OWN), (WHAT, "grad-cam"))
#: Megabytes that may come on top while ten times as many images are explained.
GROWTH = 50


class OneMember(nn.Module):
    """Our network with outputs (images, classes), which the packages expect."""

    def __init__(self, network: CalciumNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x)[:, 0]


def plain_network(network: CalciumNetwork, side: int) -> nn.Sequential:
    """The study's network as one would write it, with the weights of ours."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
    flat = 64 * (side // 8) ** 2
    layers += [nn.Flatten(), nn.Linear(flat, 300), nn.ReLU(), nn.Linear(300, CLASSES)]
    plain = nn.Sequential(*layers).eval()
    weights = [values.detach().contiguous() for values in network.parameters()]
    plain.load_state_dict(dict(zip(plain.state_dict(), weights, strict=True)), assign=True)
    return plain.requires_grad_()


def ours(network: CalciumNetwork, frames: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Maps by this project."""
    cut = Division(network.front, network.head)
    made = maps_in_batches(network, cut, frames.__getitem__, classes[:, None])
    return np.concatenate([maps[:, 0, 0] for _, maps in made])


def by_captum(
    network: nn.Module, layer: nn.Module, frames: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """The same by captum's LayerGradCam."""
    explained = LayerGradCam(network, layer).attribute(
        torch.from_numpy(frames), torch.from_numpy(classes), relu_attributions=True
    )
    return explained.detach()[:, 0].numpy()


def grad_cam_package() -> Any:
    """The grad-cam package, or None.

    It imports torchvision, which beside a CPU build of torch lacks two operations.
    """
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    try:
        return importlib.import_module("pytorch_grad_cam")
    except ImportError:
        return None


def by_grad_cam(
    package: Any, network: nn.Sequential, frames: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """The same by the grad-cam package, which scales maps to 0..1 and to the frame's size."""
    target = importlib.import_module("pytorch_grad_cam.utils.model_targets").ClassifierOutputTarget
    with package.GradCAM(network, [network[8]]) as explainer:
        return explainer(torch.from_numpy(frames), [target(number) for number in classes])


def check_equal(mine: np.ndarray, theirs: np.ndarray, name: str) -> None:
    """Equal but for rounding."""
    difference = np.abs(mine - theirs).max() / np.abs(mine).max()
    if not difference < 1e-5:
        raise AssertionError(f"maps differ from {name} by {difference:.2g} of the largest value")


def memory() -> float:
    """Resident megabytes of this process."""
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * 4096 / 1e6


def grown(network: CalciumNetwork, frames: np.ndarray, classes: np.ndarray) -> float:
    """Megabytes by which the process grows from the first batch to the tenth."""
    rows = np.tile(np.arange(len(frames)), 10)
    cut = Division(network.front, network.head)
    made = maps_in_batches(network, cut, lambda at: frames[rows[at]], classes[rows][:, None])
    used = [memory() for _ in made]
    return max(used) - used[0]


def measure(bench: Bench, side: int, package: Any) -> None:
    """Add the rows of one size, and look at memory."""
    network = calcium_network(classes=CLASSES, shape=(side, side)).eval()
    initialise(network, [0])
    if side == SIDES[-1] and sum(values.numel() for values in network.parameters()) != PARAMETERS:
        raise AssertionError("not the network of the study")
    generator = np.random.default_rng(0)
    frames = generator.standard_normal((IMAGES, 1, side, side)).astype(np.float32)
    classes = generator.integers(CLASSES, size=IMAGES)
    plain, single = plain_network(network, side), OneMember(network).eval()
    ways = {
        "ours": partial(ours, network, frames, classes),
        "captum": partial(by_captum, plain, plain[8], frames, classes),
        OWN: partial(by_captum, single, network.features, frames, classes),
    }
    if package:
        ways["grad-cam"] = partial(by_grad_cam, package, plain, frames, classes)
    seconds, maps = in_turn(ways, ROUNDS)
    for name in ("captum", OWN):
        check_equal(maps["ours"], maps[name], name)
    if package:
        scaled = importlib.import_module("pytorch_grad_cam.utils.image").scale_cam_image
        check_equal(scaled(scaled(maps["ours"], (side, side))), maps["grad-cam"], "grad-cam")
    more = grown(network, frames, classes)
    if more > GROWTH:
        raise AssertionError(f"{9 * IMAGES} images more of {side} pixels take {more:.0f} MB more")
    for name in list(ways)[1:]:
        bench.row(WHAT, name, side, seconds["ours"], seconds[name], note=f"{IMAGES} images")


def main() -> int:
    """Print the rows; return 1 if a goal is missed."""
    bench, package = Bench("cam", MEASURES), grad_cam_package()
    if package is None:
        print("grad-cam: not installed, not measured")
    with numeric_threads(1):
        for side in SIDES:
            measure(bench, side, package)
    for what, peer in MEASURES:
        if package or peer != "grad-cam":
            bench.growth(what, peer)
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
