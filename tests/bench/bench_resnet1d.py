"""Training steps of the 1-D ResNet18, against a plain loop over a network of `nn.Conv1d`.

Run as ``python -m tests.bench.bench_resnet1d``. Both start from the same weights, of which they
make the same logits, and see the same batches; rounds of a few steps alternate in one process.
"""

import sys
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from neuroloop.fmri.resnet1d import CrossEntropy
from neuroloop.jobs.job import numeric_threads
from neuroloop.networks.resnet import ResNet, initialise, resnet
from neuroloop.training.batches import batch_order
from neuroloop.training.loop import fit, predict
from neuroloop.training.recipe import Recipe
from tests.bench.measured import Bench, in_turn

#: Numbers of voxels; the study has 500.
SIZES = (125, 250, 500, 1000)
CLASSES, ROWS, TEST_ROWS, ROUNDS = 10, 128, 32, 5
RECIPE = Recipe(epochs=1, batch_size=64, learning_rate=0.01, momentum=0.9)
WHAT, PEER = "1-D ResNet18, training step", "nn.Conv1d"
MEASURES = ((WHAT, PEER),)


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


def measure(bench: Bench, voxels: int) -> None:
    """Add the row of one number of voxels."""
    generator = np.random.default_rng(0)
    y = generator.integers(CLASSES, size=ROWS)
    x = generator.standard_normal((ROWS + TEST_ROWS, voxels)).astype(np.float32)
    inputs, truth = torch.from_numpy(x), torch.from_numpy(y)
    test = inputs[ROWS:, None]
    network, plain = resnet(18, in_channels=1, classes=CLASSES, dims=1), PlainResNet().eval()
    initialise(network, [0])
    copy_weights(network, plain)
    with torch.inference_mode():
        check_same_outputs(predict(network, test[:, :, None])[:, 0], plain(test).numpy())
    loss = CrossEntropy([x[:ROWS]], [y], "cpu")
    works = {
        "ours": partial(fit, network, loss, [ROWS], [0], RECIPE),
        "plain": partial(train_plainly, plain, inputs[:ROWS], truth, 0),
    }
    seconds, _ = in_turn(works, ROUNDS)
    each = RECIPE.batch_size / ROWS
    ours, theirs = (seconds[name].scaled(each) for name in ("ours", "plain"))
    bench.row(WHAT, PEER, voxels, ours, theirs, note=f"batch of {RECIPE.batch_size}")


def main() -> int:
    """Print the rows; return 1 if a goal is missed."""
    bench = Bench("resnet1d", MEASURES)
    with numeric_threads(1):
        for voxels in SIZES:
            measure(bench, voxels)
    bench.growth(WHAT, PEER)
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
