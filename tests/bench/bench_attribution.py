"""Occlusion and integrated gradients, against captum.

Run as ``python -m tests.bench.bench_attribution``. Both explain one class of an image by a ResNet18
of width 64, ours by the function that jobs call, captum's on the same network and weights: several
windows a call, and all points of a path in one batch, as both have it by default. Rounds alternate
in one process, on one thread. Windows are a quarter of the image's side and move by an eighth, as
jobs take them. Maps must be equal: those of the path in double precision and by fewer points, as a
rounded value may cross a bend of the network, and one pixel then differs by more than rounding.
"""

import sys
import warnings

import torch
from captum.attr import IntegratedGradients, Occlusion
from torch import nn

from neuroloop.explain.attribution.occlusion import occlusion
from neuroloop.explain.attribution.saliency import integrated_gradients
from neuroloop.networks.resnet import ResNet, initialise, resnet
from tests.bench.measured import Bench, in_turn

SIDES, STEPS, TOGETHER, ROUNDS = (32, 64, 128, 224), 32, 16, 5
#: Points of the path by which maps are compared.
COMPARED = 4
MEASURES = (("occlusion", "captum"), ("integrated gradients", "captum"))
#: Largest difference of maps, as a part of the largest value.
EQUAL = 1e-5


class OneMember(nn.Module):
    """Our network with outputs (images, classes), which captum expects."""

    def __init__(self, network: ResNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x)[:, 0]


def network_for(side: int) -> ResNet:
    """The network, with the stem that images of a size get."""
    made = resnet(18, in_channels=3, classes=10, stem="small" if side <= 32 else "imagenet")
    initialise(made, [0])
    return made.eval()


def check_equal(ours: torch.Tensor, theirs: torch.Tensor, what: str) -> None:
    """Equal but for rounding."""
    difference = float((ours - theirs).abs().max() / theirs.abs().max())
    if not difference <= EQUAL:
        raise AssertionError(f"{what}: maps differ by {difference:.2g} of the largest value")


def measure(bench: Bench, side: int, rounds: int) -> None:
    """Add a row of each method for images of a size."""
    network = network_for(side)
    single = OneMember(network).eval()
    image = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    classes, window, stride = torch.tensor([3]), side // 4, side // 8
    covering = {"window": window, "stride": stride, "baseline": 0.0}
    ways = {
        "occlusion": (
            lambda: occlusion(network, image, classes, **covering),
            lambda: Occlusion(single).attribute(
                image,
                (3, window, window),
                (3, stride, stride),
                target=classes,
                perturbations_per_eval=TOGETHER,
            )[:, 0],
        ),
        "integrated gradients": (
            lambda: integrated_gradients(
                network, image, classes, n_steps=STEPS, evaluations_at_once=STEPS
            ),
            lambda: IntegratedGradients(single).attribute(image, target=classes, n_steps=STEPS),
        ),
    }
    for what, (ours, captums) in ways.items():
        seconds, maps = in_turn({"ours": ours, "captum": captums}, rounds)
        if what == "occlusion":
            check_equal(maps["ours"], maps["captum"], f"{what}, {side} pixels")
        bench.row(what, "captum", side, seconds["ours"], seconds["captum"])
    network.double()
    check_equal(
        integrated_gradients(network, image.double(), classes, n_steps=COMPARED),
        IntegratedGradients(single).attribute(image.double(), target=classes, n_steps=COMPARED),
        f"integrated gradients, {side} pixels",
    )


def main(rounds: int = ROUNDS) -> int:
    """Print a row for every method and size; return 1 if a goal is missed."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="captum")
    bench = Bench("attribution", MEASURES)
    for side in SIDES:
        measure(bench, side, rounds)
    for one in MEASURES:
        bench.growth(*one)
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
