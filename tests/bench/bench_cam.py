"""Grad-CAM at the calcium study's size, against captum and, where installed, the grad-cam package.

Run as ``python -m tests.bench.bench_cam``. All explain one class an image in one batch, of the same
weights: 78.7 million, for the head flattens 64 x 64 x 64 activations. The packages get the network
as one would write it, captum also our own. Rounds alternate in one process, so all see the same
machine. Maps must be equal, and memory must not grow with the number of images.
"""

import importlib
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from captum.attr import LayerGradCam
from torch import nn

from neuroloop.explain.attribution.cam import maps_in_batches
from neuroloop.explain.attribution.evidence import Division
from neuroloop.networks.calcium_network import CalciumNetwork, calcium_network, initialise

THREADS, SIDE, CLASSES, IMAGES, ROUNDS = 2, 512, 25, 32, 5
PARAMETERS = 78_715_537
#: None: how much of it is the faster network, which captum then has too.
GOALS = {"captum": 1.5, "captum on our network": None, "grad-cam": 3.0}
#: Megabytes that may come on top while ten times as many images are explained.
GROWTH = 50


class OneMember(nn.Module):
    """Our network with outputs (images, classes), which the packages expect."""

    def __init__(self, network: CalciumNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x)[:, 0]


def plain_network(network: CalciumNetwork) -> nn.Sequential:
    """The study's network as one would write it, with the weights of ours."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
    flat = 64 * (SIDE // 8) ** 2
    layers += [nn.Flatten(), nn.Linear(flat, 300), nn.ReLU(), nn.Linear(300, CLASSES)]
    plain = nn.Sequential(*layers).eval()
    weights = [values.detach().contiguous() for values in network.parameters()]
    plain.load_state_dict(dict(zip(plain.state_dict(), weights, strict=True)), assign=True)
    return plain.requires_grad_()


def ours(network: CalciumNetwork, frames: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Maps (images, 64, 64) by this project."""
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


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Milliseconds an image that `work` takes, and its result."""
    start = time.perf_counter()
    result = work()
    return 1000 * (time.perf_counter() - start) / len(result), result


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


def main() -> int:
    """Print a row for every package; return 1 if a goal is missed."""
    torch.set_num_threads(THREADS)
    network = calcium_network(classes=CLASSES, shape=(SIDE, SIDE)).eval()
    initialise(network, [0])
    if sum(values.numel() for values in network.parameters()) != PARAMETERS:
        raise AssertionError("not the network of the study")
    generator = np.random.default_rng(0)
    frames = generator.standard_normal((IMAGES, 1, SIDE, SIDE)).astype(np.float32)
    classes = generator.integers(CLASSES, size=IMAGES)
    plain, single = plain_network(network), OneMember(network).eval()
    package = grad_cam_package()
    ways = {
        "ours": lambda: ours(network, frames, classes),
        "captum": lambda: by_captum(plain, plain[8], frames, classes),
        "captum on our network": lambda: by_captum(single, network.features, frames, classes),
    }
    if package:
        ways["grad-cam"] = lambda: by_grad_cam(package, plain, frames, classes)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        maps = {}
        for name, way in ways.items():
            taken, maps[name] = timed(way)
            if number:  # the first round warms up
                seconds[name].append(taken)
    for name in ("captum", "captum on our network"):
        check_equal(maps["ours"], maps[name], name)
    if package:
        scaled = importlib.import_module("pytorch_grad_cam.utils.image").scale_cam_image
        resized = scaled(scaled(maps["ours"], (SIDE, SIDE)))
        check_equal(resized, maps["grad-cam"], "grad-cam")
    print(f"{'name':<50} {'ours':>9} {'reference':>10} {'ratio':>6} {'goal':>6}")
    fast, missed = median(seconds["ours"]), False
    for name, goal in GOALS.items():
        if name not in ways:
            print(f"Grad-CAM, 512 x 512, {name}: not installed, not measured")
            continue
        slow = median(seconds[name])
        missed |= bool(goal and slow / fast < goal)
        wanted = f">={goal:g}" if goal else "none"
        row = f"Grad-CAM, {SIDE} x {SIDE}, {name}"
        print(f"{row:<50} {fast:>6.0f} ms {slow:>7.0f} ms {slow / fast:>6.2f} {wanted:>6}")
    more = grown(network, frames, classes)
    missed |= more > GROWTH
    print(f"per image, {CLASSES} outputs; equal maps; {9 * IMAGES} images more add {more:.0f} MB")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
