"""Training steps of the 1-D ResNet18, against a plain loop over a network of `nn.Conv1d`.

Run as ``python -m tests.bench.bench_resnet1d``. Both have the same weights at first, and equal
logits; rounds alternate in one process, on one thread, as jobs run. The second peer is the time
that a step's operations would take at the rate of the best convolution: nothing made of oneDNN's
convolutions can be faster.
"""

import sys
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from neuroloop.fmri.resnet1d import CrossEntropy
from neuroloop.networks.resnet import ResNet, initialise, resnet
from neuroloop.training.batches import batch_order
from neuroloop.training.loop import fit, predict
from neuroloop.training.recipe import Recipe
from tests.bench.measured import Bench, in_turn

NAME, PEAK = "1-D ResNet18, width 64, a step of 64 rows", "peak of a convolution"
SIZES = (250, 500, 1000, 2000)
CLASSES, ROWS, TEST_ROWS = 10, 128, 50
RECIPE = Recipe(epochs=1, batch_size=64, learning_rate=0.01, momentum=0.9)
ROUNDS = 5
#: Least ratio of CPU seconds to the plain loop, and least share of the peak.
GOAL, SHARE = 1.3, 0.75


class PlainBlock(nn.Module):
    """Basic block of 1-D convolutions."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm1d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv1d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm1d(width)
        self.downsample = None
        if stride > 1 or channels != width:
            self.downsample = nn.Sequential(
                nn.Conv1d(channels, width, 1, stride, bias=False), nn.BatchNorm1d(width)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class PlainResNet(nn.Module):
    """The study's 1-D ResNet18 as one would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm1d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool1d(3, 2, 1)
        self.layer1 = nn.Sequential(PlainBlock(64, 64, 1), PlainBlock(64, 64, 1))
        self.layer2 = nn.Sequential(PlainBlock(64, 128, 2), PlainBlock(128, 128, 1))
        self.layer3 = nn.Sequential(PlainBlock(128, 256, 2), PlainBlock(256, 256, 1))
        self.layer4 = nn.Sequential(PlainBlock(256, 512, 2), PlainBlock(512, 512, 1))
        self.avgpool = nn.AdaptiveAvgPool1d(1)
        self.fc = nn.Linear(512, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def copy_weights(network: ResNet, plain: PlainResNet) -> None:
    """Give the plain network our weights; only the height of the kernels differs."""
    plain.load_state_dict(
        {
            name: values.squeeze(2) if values.ndim == 4 else values
            for name, values in network.state_dict().items()
        }
    )


def train_plainly(plain: PlainResNet, x: torch.Tensor, y: torch.Tensor, seed: int) -> None:
    """An epoch with torch's optimiser as it comes."""
    plain.train()
    optimiser = torch.optim.SGD(plain.parameters(), RECIPE.learning_rate, RECIPE.momentum)
    for rows in batch_order([len(x)], RECIPE.batch_size, [seed], 0)[:, 0]:
        optimiser.zero_grad()
        functional.cross_entropy(plain(x[rows][:, None]), y[rows]).backward()
        optimiser.step()
    plain.eval()


def check_same_outputs(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Logits of equal weights are equal but for rounding."""
    if not np.allclose(ours, theirs, rtol=1e-3, atol=1e-4):
        raise AssertionError(f"logits differ by {np.abs(ours - theirs).max():.2g}")


def operations(plain: PlainResNet, inputs: torch.Tensor, truth: torch.Tensor) -> int:
    """Floating-point operations of convolutions and products in a step, by torch's own counter."""
    rows = slice(0, RECIPE.batch_size)
    with FlopCounterMode(display=False) as counter:
        functional.cross_entropy(plain(inputs[rows][:, None]), truth[rows]).backward()
    plain.zero_grad()
    return counter.get_total_flops()


def convolution() -> tuple[Callable[[], torch.Tensor], int]:
    """A convolution that oneDNN does best, 3 x 3 in channels-last, and its operations."""
    image = torch.randn(16, 64, 56, 56).to(memory_format=torch.channels_last)
    kernel = torch.randn(64, 64, 3, 3).to(memory_format=torch.channels_last)
    work = partial(functional.conv2d, image, kernel, padding=1)
    return torch.inference_mode()(work), 2 * 9 * 64 * image.numel()


def compare(bench: Bench, voxels: int) -> None:
    """Add the rows of one size."""
    generator = np.random.default_rng(0)
    y = generator.integers(CLASSES, size=ROWS + TEST_ROWS)
    x = generator.standard_normal((CLASSES, voxels))[y]
    x = (x + generator.standard_normal(x.shape)).astype(np.float32)
    inputs, truth = torch.from_numpy(x), torch.from_numpy(y)
    network, plain = resnet(18, in_channels=1, classes=CLASSES, dims=1), PlainResNet()
    initialise(network, [0])
    copy_weights(network, plain)
    network.eval()
    plain.eval()
    test = inputs[ROWS:, None]
    with torch.inference_mode():
        check_same_outputs(predict(network, test[:, :, None])[:, 0], plain(test).numpy())
    counted = operations(plain, inputs, truth)
    loss = CrossEntropy([x[:ROWS]], [y[:ROWS]], "cpu")
    best, its_operations = convolution()
    seconds, _ = in_turn(
        {
            "ours": lambda: fit(network, loss, [ROWS], [0], RECIPE),
            "plain": lambda: train_plainly(plain, inputs[:ROWS], truth[:ROWS], 0),
            "best": best,
        },
        ROUNDS,
    )
    steps = ROWS // RECIPE.batch_size
    step = seconds["ours"].scaled(1 / steps)
    bench.row(NAME, "nn.Conv1d", voxels, step, seconds["plain"].scaled(1 / steps), goal=GOAL)
    floor = seconds["best"].scaled(counted / its_operations)
    rates = its_operations / seconds["best"].cpu, counted / step.cpu
    told = (
        f"{counted / 1e9:.1f} GFLOP; peak {rates[0] / 1e9:.0f}, ours {rates[1] / 1e9:.0f} GFLOP/s"
    )
    bench.row(NAME, PEAK, voxels, step, floor, goal=SHARE, note=told)


def main() -> int:
    """Measure all sizes; return 1 if a goal is missed."""
    torch.set_num_threads(1)
    bench = Bench("resnet1d")
    for voxels in SIZES:
        compare(bench, voxels)
    bench.growth(NAME, "nn.Conv1d")
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
