"""Training and explaining on a GPU, against plain eager loops in the same process.

    python tests/bench/gpu.py --out gpu.json
    python tests/bench/gpu.py --tiny

Needs torch and NumPy alone. Students, decoders, readers of calcium frames and Grad-CAM run as the
workflow runs them, and as a loop over single networks with torch's own optimiser would. What the
config can choose is measured each way: the precision, steps as they are or recorded as a CUDA
graph; and what it cannot: data on the device or sent a batch at a time, one batched network of
grouped convolutions or its members one after another. `--tiny` takes the same path with small
data, on a CPU too, where nothing is recorded; its times say nothing.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

if __name__ == "__main__":  # else the modules beside this one would be taken for top-level ones
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from neuroloop.calcium import reader as calcium
from neuroloop.calcium.views import FrameSource
from neuroloop.calcium.views import Views as FrameViews
from neuroloop.distill import students as distill
from neuroloop.distill.loss import Distillation
from neuroloop.distill.student_views import Views
from neuroloop.explain.attribution.cam import class_maps
from neuroloop.explain.attribution.evidence import Division
from neuroloop.fmri.resnet1d import CrossEntropy
from neuroloop.jobs.execution import Execution
from neuroloop.networks import resnet as residual
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.training import device_memory
from neuroloop.training.batches import batch_order
from neuroloop.training.loop import predict, train
from neuroloop.training.objective import Objective
from neuroloop.training.recipe import Recipe
from neuroloop.training.step import Step

#: Frames times epochs that the study's reader learned from, in these seconds.
STUDY_FRAMES, STUDY_SECONDS = 8610 * 30, 3445.0
#: How a GPU multiplies (config, precision).
PRECISIONS = ("float32", "tf32", "bfloat16")


@dataclass(frozen=True)
class Sizes:
    """How much of each kind is measured."""

    matrix: int
    width: int
    seeds: int
    images: int
    sides: tuple[int, ...]
    student_epochs: int
    decoders: int
    rows: int
    voxels: int
    decoder_epochs: int
    readers: int
    frames: int
    frame_side: int
    frame_epochs: int
    maps: int
    #: Networks that the plain loop trains; its time is taken times those there are, over these.
    plain: int
    rounds: int


FULL = Sizes(8192, 64, 10, 1200, (224, 64), 2, 60, 1050, 500, 15, 4, 1200, 512, 3, 64, 3, 9)
TINY = Sizes(64, 4, 2, 12, (16, 8), 1, 3, 24, 32, 1, 2, 12, 32, 1, 4, 1, 2)
CLASSES = 10


@dataclass(frozen=True)
class Task:
    """Networks to train: how they are built, what they minimise, and what they are judged by.

    Attributes
    ----------
    name : str
    members, rows : int
        Networks, and the rows that each learns from.
    recipe : Recipe
    build : callable
        From places of members to a batched network of them.
    objective : callable
        From places of members and a device to what they minimise there.
    moved : bool
        Whether its data may stay with the host, and are sent a batch at a time.
    inputs : ndarray of float32, shape (n, channels, height, width)
        That no network learned from.
    truth : ndarray of int, shape (n,), or None
        Their classes.
    """

    name: str
    members: int
    rows: int
    recipe: Recipe
    build: Callable[[Sequence[int]], BatchedNetwork]
    objective: Callable[[Sequence[int], torch.device], Objective[Any]]
    inputs: np.ndarray
    truth: np.ndarray | None = None
    moved: bool = True


def main() -> int:
    """Measure, print the table and write the JSON."""
    asked = _arguments()
    sizes = TINY if asked.tiny else FULL
    device = torch.device("cuda" if torch.cuda.is_available() and not asked.cpu else "cpu")
    if device.type == "cpu" and not asked.tiny:
        print("no GPU is seen: use --tiny on a CPU", file=sys.stderr)
        return 1
    peaks = {name: peak(name, sizes.matrix, sizes.rounds, device) for name in PRECISIONS}
    rows = []
    for make in (decoders, *(_students(side) for side in sizes.sides), readers):
        for row in trained(make(sizes), sizes, device, peaks):
            rows.append(row)
            print(line(row), flush=True)
    for row in explained(sizes, device, peaks):
        rows.append(row)
        print(line(row), flush=True)
    facts = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "numpy": np.__version__,
        "tiny": asked.tiny,
        "peak_tflops": peaks,
        "rows": rows,
    }
    if asked.out:
        asked.out.write_text(json.dumps(facts, indent=2) + "\n")
    print(json.dumps({name: value for name, value in facts.items() if name != "rows"}))
    return 0


# ------------------------------------------------------------------------------ what is measured


def decoders(sizes: Sizes) -> Task:
    """The study's 1-D ResNet18 over voxels, a network a fold."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, CLASSES, 2 * sizes.rows)
    centres = rng.normal(size=(CLASSES, sizes.voxels))
    x = (centres[y] + 3 * rng.normal(size=(len(y), sizes.voxels))).astype(np.float32)
    own, truth = x[: sizes.rows], y[: sizes.rows]

    def build(members: Sequence[int]) -> BatchedNetwork:
        options = {"in_channels": 1, "classes": CLASSES, "width": sizes.width, "dims": 1}
        network = residual.resnet(18, members=len(members), **options)  # type: ignore[arg-type]
        residual.initialise(network, members)
        return network

    def objective(members: Sequence[int], device: torch.device) -> Objective[Any]:
        return CrossEntropy([own] * len(members), [truth] * len(members), device)

    recipe = Recipe(
        sizes.decoder_epochs, batch_size=min(64, sizes.rows), learning_rate=0.01, momentum=0.9
    )
    held = x[sizes.rows :, None, None]
    name = f"decoders, {sizes.decoders} of {sizes.rows} x {sizes.voxels}"
    known = y[sizes.rows :]
    return Task(name, sizes.decoders, sizes.rows, recipe, build, objective, held, known, False)


def _students(side: int) -> Callable[[Sizes], Task]:
    def students(sizes: Sizes) -> Task:
        """ResNet18 on images of one side, a network a seed, taught by soft labels."""
        rng = np.random.default_rng(2)
        images = rng.integers(0, 256, (sizes.images, 3, side, side), dtype=np.uint8)
        labels = rng.integers(0, CLASSES, sizes.images)
        images[:, 0] = (images[:, 0] // 2 + 12 * labels[:, None, None]).astype(np.uint8)
        batch = min(64, sizes.images)
        recipe = Recipe(sizes.student_epochs, batch, 0.02, momentum=0.9, nesterov=True)
        student = distill.Student(
            depth=18,
            width=sizes.width,
            stem="imagenet" if side > 64 else "small",
            weights=None,
            temperature=4.0,
            alpha=0.5,
            recipe=recipe,
            crop=side,
            pad=4,
            flip=True,
        )
        teacher = rng.normal(size=(sizes.images, CLASSES)).astype(np.float32)

        def objective(members: Sequence[int], device: torch.device) -> Objective[Any]:
            views = Views(images, side, student.pad, student.flip, list(members), device)
            taught = np.repeat(teacher[None], len(members), axis=0)
            return Distillation(views, labels, taught, student.temperature, student.alpha)

        def build(members: Sequence[int]) -> BatchedNetwork:
            return distill.build(student, 3, CLASSES, list(members))

        held = (images[:32].astype(np.float32) - 128) / 64
        name = f"students, {sizes.seeds} at {side} pixels"
        return Task(name, sizes.seeds, sizes.images, recipe, build, objective, held, labels[:32])

    return students


def readers(sizes: Sizes) -> Task:
    """The study's reader of calcium frames."""
    rng = np.random.default_rng(3)
    side = sizes.frame_side
    frames = rng.normal(size=(sizes.frames, side, side)).astype(np.float32)
    targets = rng.random((sizes.frames, CLASSES)) < 0.2
    recipe = Recipe(sizes.frame_epochs, 10, learning_rate=1e-4, optimiser="adam")
    reader = calcium.Reader(recipe=recipe)
    rows = np.arange(sizes.frames)

    def levels(members: Sequence[int]) -> np.ndarray:
        return np.tile([0.0, 1.0], (len(members), 1))

    def build(members: Sequence[int]) -> BatchedNetwork:
        return calcium.build(reader, CLASSES, (side, side), list(members), levels=levels(members))

    def objective(members: Sequence[int], device: torch.device) -> Objective[Any]:
        source = FrameSource(frames.__getitem__, rows, device)
        each = [rows] * len(members)
        views = FrameViews(source, each, list(members), reader.augmentation, levels(members))
        return calcium.Reading(views, targets)

    name = f"readers, {sizes.readers} at {side} pixels"
    return Task(name, sizes.readers, sizes.frames, recipe, build, objective, frames[:4, None])


# ------------------------------------------------------------------------------ how


def trained(
    task: Task, sizes: Sizes, device: torch.device, peaks: dict[str, float]
) -> Iterator[dict[str, Any]]:
    """Time a whole training, each way of the workflow and a plain loop, in each precision."""
    members = list(range(task.members))
    few = members[: min(sizes.plain, task.members)]
    exact = gradients(task, Execution(), torch.device("cpu"))
    flops = operations(task)
    plain = 0.0
    for precision in PRECISIONS:
        how = Execution(precision)
        more: dict[str, Any] = {"gradient_from_cpu": _relative(gradients(task, how, device), exact)}
        with how.used():
            once = replace(task, recipe=replace(task.recipe, epochs=1))
            plainly(once, members[0], how, device)  # warms up
            spent = sum(plainly(task, one, how, device) for one in few) * task.members / len(few)
            plain = plain or spent  # what others are compared with is float32
            yield _row(task, "plain loop", precision, spent, plain, flops, peaks, more)
        for graphs, placed in product((False, True), (True, False) if task.moved else (True,)):
            how = Execution(precision, cuda_graphs=graphs)
            way = f"{'recorded' if graphs else 'eager'}, {'resident' if placed else 'moved'}"
            with how.used(), resident(placed):
                more = {}
                spent = sum(together(task, [one], device, more) for one in few)
                spent *= task.members / len(few)
                yield _row(task, f"apart, {way}", precision, spent, plain, flops, peaks, {})
                spent = together(task, members, device, more)
                yield _row(task, f"batched, {way}", precision, spent, plain, flops, peaks, more)


def together(
    task: Task, members: Sequence[int], device: torch.device, more: dict[str, Any]
) -> float:
    """Train as the workflow does; return the seconds, and note memory and accuracy."""
    once = replace(task.recipe, epochs=1)
    sizes = [task.rows] * len(members)
    # Warms up.
    train(task.build(members).to(device), task.objective(members, device), sizes, members, once)
    network, objective = task.build(members).to(device), task.objective(members, device)
    before = _taken(device)
    spent = seconds(partial(train, network, objective, sizes, members, task.recipe), device)
    height, width = task.inputs.shape[2:]
    each = device_memory.training_bytes(
        task.build(members[:1]), task.recipe.batch_size, height, width
    )
    more["predicted_mb"] = len(members) * each / 1e6
    if device.type == "cuda":
        weights = sum(values.nbytes for values in network.parameters())  # there already
        more["taken_mb"] = (torch.cuda.max_memory_allocated(device) - before + weights) / 1e6
    if task.truth is not None:
        named = predict(network, task.inputs).argmax(-1)
        more["accuracy"] = float((named == task.truth[:, None]).mean())
    if task.name.startswith("readers"):
        seen = len(members) * task.rows * task.recipe.epochs
        more["times_the_study"] = STUDY_SECONDS * seen / (spent * STUDY_FRAMES)
    return spent


def plainly(task: Task, member: int, how: Execution, device: torch.device) -> float:
    """Train one network with an eager loop and torch's own optimiser; return the seconds."""
    network = task.build([member]).to(device).train()
    objective, recipe = task.objective([member], device), task.recipe
    optimiser = (
        torch.optim.Adam(network.parameters(), recipe.learning_rate)
        if recipe.optimiser == "adam"
        else torch.optim.SGD(network.parameters(), recipe.learning_rate, recipe.momentum)
    )

    def work() -> None:
        for epoch in range(recipe.epochs):
            order = batch_order([task.rows], recipe.batch_size, [member], epoch)
            for batch in objective.batches(epoch, order):
                optimiser.zero_grad()
                with how.autocast(device):
                    loss = objective.score(network, *batch)[0]
                loss.sum().backward()
                optimiser.step()

    return seconds(work, device)


def gradients(task: Task, how: Execution, device: torch.device) -> torch.Tensor:
    """All gradients of the first step of the first member, one after another."""
    network = task.build([0]).to(device).train()
    objective = task.objective([0], device)
    order = batch_order([task.rows], task.recipe.batch_size, [0], 0)
    with how.used():
        step = Step(network, objective, task.recipe.build(network), how)
        step.differentiate(next(iter(objective.batches(0, order))))
    parts = [values.grad.flatten() for values in network.parameters() if values.grad is not None]
    return torch.cat(parts)


@contextmanager
def resident(placed: bool) -> Iterator[None]:
    """Keep data on the device within if they fit; else send a batch at a time."""
    before, device_memory.DATA = device_memory.DATA, device_memory.DATA if placed else 0.0
    try:
        yield
    finally:
        device_memory.DATA = before


def _taken(device: torch.device) -> int:
    if device.type != "cuda":
        return 0
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_allocated(device)


def explained(
    sizes: Sizes, device: torch.device, peaks: dict[str, float]
) -> Iterator[dict[str, Any]]:
    """Time Grad-CAM of the reader, as the workflow has it and with hooks, and a forward pass."""
    side, count = sizes.frame_side, sizes.maps
    network = calcium.build(calcium.Reader(head="gap"), CLASSES, (side, side), [0]).eval()
    images = torch.from_numpy(
        np.random.default_rng(4).normal(size=(count, 1, side, side)).astype(np.float32)
    )
    classes = torch.arange(count) % CLASSES
    cut = Division(network.front, network.head)
    expected = class_maps(network, cut, images, classes)
    network.to(device)
    images = images.to(device)

    def forward() -> object:
        with torch.inference_mode():
            return network(images)

    ways: dict[str, Callable[[], object]] = {
        "forward pass": forward,
        "hooks": lambda: hooked(network, images, classes.to(device)),
        "grad_cam": lambda: class_maps(network, cut, images, classes),
    }
    with FlopCounterMode(display=False) as counter:
        forward()
    flops = float(counter.get_total_flops())
    for precision in PRECISIONS:
        how = Execution(precision)
        with how.used(), how.autocast(device):
            spent = {}
            for name, way in ways.items():
                way()
                spent[name] = statistics.median(seconds(way, device) for _ in range(sizes.rounds))
            apart = _relative(class_maps(network, cut, images, classes), expected)
        for name, each in spent.items():
            yield {
                "task": f"Grad-CAM, {count} frames of {side} x {side}",
                "way": name,
                "precision": precision,
                "seconds": each,
                "images_per_second": count / each,
                "speedup": spent["hooks"] / each,
                "share_of_peak": flops / each / 1e12 / peaks[precision],
                "share_of_forward": spent["forward pass"] / each,
                "from_cpu": apart if name == "grad_cam" else None,
            }


def hooked(network: Any, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Grad-CAM as it is usually written: hooks, and a backward pass through all layers."""
    kept: list[torch.Tensor] = []
    handle = network.features.register_forward_hook(lambda *given: kept.append(given[2]))
    try:
        scores = network(images)[:, 0]
    finally:
        handle.remove()
    kept[0].retain_grad()
    network.zero_grad()
    scores.gather(1, classes[:, None]).sum().backward()
    gradients = kept[0].grad
    assert gradients is not None
    return (kept[0] * gradients.mean((2, 3), keepdim=True)).sum(1).relu().detach()


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """How long it takes until the device has done it."""
    if device.type != "cuda":
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    begin.record()
    work()
    end.record()
    torch.cuda.synchronize()
    return float(begin.elapsed_time(end)) / 1e3


def peak(precision: str, side: int, rounds: int, device: torch.device) -> float:
    """TFLOP/s of a product of square matrices, the best of what repetitions give."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    left, right = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    with Execution(precision).used():
        left @ right  # warms up
        best = min(seconds(lambda: left @ right, device) for _ in range(rounds + 2))
    return 2 * side**3 / best / 1e12


def operations(task: Task) -> float:
    """Floating-point operations of a training step of one network, for each of its images.

    Twice as many in the backward pass as in the forward pass, as convolutions take.
    """
    network = task.build([0]).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.from_numpy(task.inputs[:1]))
    return 3.0 * float(counter.get_total_flops())


def _row(
    task: Task,
    way: str,
    precision: str,
    spent: float,
    plain: float,
    flops: float,
    peaks: dict[str, float],
    more: dict[str, Any],
) -> dict[str, Any]:
    images = task.members * task.rows * task.recipe.epochs
    return {
        "task": task.name,
        "way": way,
        "precision": precision,
        "seconds": spent,
        "images_per_second": images / spent,
        "speedup": plain / spent,
        "share_of_peak": images * flops / spent / 1e12 / peaks[precision],
        **more,
    }


def _relative(found: Any, reference: Any) -> float:
    """Length of the difference, as a part of the reference's."""
    ours, theirs = (torch.as_tensor(values).double().cpu() for values in (found, reference))
    return float((ours - theirs).norm() / theirs.norm())


def line(row: dict[str, Any]) -> str:
    """A row of the table."""
    more = (
        *("accuracy", "times_the_study", "share_of_forward", "from_cpu", "gradient_from_cpu"),
        *("predicted_mb", "taken_mb"),
    )
    said = [f"{name} {row[name]:.3g}" for name in more if row.get(name) is not None]
    return (
        f"{row['task']:<36} {row['way']:<26} {row['precision']:<8} "
        f"{row['images_per_second']:>10.0f}/s {row['speedup']:>7.2f}x "
        f"{100 * row['share_of_peak']:>5.1f} %  {', '.join(said)}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiny", action="store_true", help="small data; for tests")
    parser.add_argument("--cpu", action="store_true", help="take the CPU though there is a GPU")
    parser.add_argument("--out", type=Path, help="JSON to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
