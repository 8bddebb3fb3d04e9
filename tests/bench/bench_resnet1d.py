"""Training steps of the 1-D ResNet18, against a plain loop over a network of `nn.Conv1d`.

Run as ``python -m tests.bench.bench_resnet1d``. Both start from the same weights and see the same
batches; rounds of a few steps alternate in one process, so both see the same machine.
"""

import sys
import time
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from neuroloop.fmri.resnet1d import cross_entropy
from neuroloop.networks.resnet import ResNet, initialise, resnet
from neuroloop.training.batches import batch_order
from neuroloop.training.loop import fit, predict
from neuroloop.training.recipe import Recipe

THREADS = (1, 2)
VOXELS, CLASSES, ROWS, TEST_ROWS = 500, 10, 256, 200
RECIPE = Recipe(epochs=1, batch_size=64, learning_rate=0.01, momentum=0.9)
ROUNDS = 9
GOAL = 1.3


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


def compare(threads: int, x: np.ndarray, y: np.ndarray) -> tuple[float, float, list[float]]:
    """Median seconds of a step of ours and of the reference, and both accuracies."""
    torch.set_num_threads(threads)
    inputs, truth = torch.from_numpy(x), torch.from_numpy(y)
    test = inputs[ROWS:, None]
    network, plain = resnet(18, in_channels=1, classes=CLASSES, dims=1), PlainResNet()
    initialise(network, [0])
    copy_weights(network, plain)
    loss = cross_entropy([x[:ROWS]], [y[:ROWS]], "cpu")
    fast, slow = [], []
    for number in range(ROUNDS + 1):
        start = time.perf_counter()
        fit(network, loss, [ROWS], [number], RECIPE)
        middle = time.perf_counter()
        train_plainly(plain, inputs[:ROWS], truth[:ROWS], number)
        end = time.perf_counter()
        if number:  # the first round warms up
            fast.append(middle - start)
            slow.append(end - middle)
    with torch.inference_mode():
        accuracies = [
            float((logits.argmax(axis=1) == y[ROWS:]).mean())
            for logits in (predict(network, test[:, :, None])[:, 0], plain(test).numpy())
        ]
        copy_weights(network, plain)
        check_same_outputs(predict(network, test[:, :, None])[:, 0], plain(test).numpy())
    steps = ROWS / RECIPE.batch_size
    return median(fast) / steps, median(slow) / steps, accuracies


def main() -> int:
    """Print a row for every number of threads; return 1 if a goal is missed."""
    generator = np.random.default_rng(0)
    y = generator.integers(CLASSES, size=ROWS + TEST_ROWS)
    means = generator.standard_normal((CLASSES, VOXELS))
    x = (means[y] + generator.standard_normal((len(y), VOXELS))).astype(np.float32)
    print(f"{'name':<50} {'ours':>9} {'reference':>10} {'ratio':>6} {'goal':>6}")
    missed, notes = False, []
    for threads in THREADS:
        fast, slow, accuracies = compare(threads, x, y)
        missed |= slow / fast < GOAL
        name = f"1-D ResNet18, step of {RECIPE.batch_size} x {VOXELS}, threads: {threads}"
        print(f"{name:<50} {fast:>7.3f} s {slow:>8.3f} s {slow / fast:>6.2f} {f'>={GOAL:g}':>6}")
        notes.append(f"{accuracies[0]:.3f} against {accuracies[1]:.3f}")
    print(
        f"reference: nn.Conv1d; equal logits from equal weights; accuracies {', '.join(notes)} "
        f"after {ROUNDS + 1} epochs"
    )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
