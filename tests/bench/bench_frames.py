"""A TIFF stack to labelled frames, against tifffile's pages; memory; training from the store.

Run as ``python -m tests.bench.bench_frames [GIGABYTES ...]``. By default stacks of up to 0.8 GB are
written to the temporary folder and removed, and one of 4 GB, a long session, where disk and memory
have room for it. The peer reads every page once, and keeps none. Memory is that of a process that
does what the rule does and nothing else, and must not grow from the smallest stack to the largest.
Training steps of the study's network read batches of frames of 512 x 512 from the store, against
the same from memory.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
import torch

from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.movies import write_movie
from neuroloop.calcium.reader import Reader, Reading, build, multi_hot
from neuroloop.calcium.views import Frames, FrameSource, Views, level
from neuroloop.files.formats import save_table
from neuroloop.jobs.job import numeric_threads
from neuroloop.training.batches import batch_order
from scripts.calcium.extract_frames import extract_frames
from tests.bench.measured import Bench, Seconds, in_turn

SIDE, RATE, PERIOD = 512, 2.0, 16
#: Gigabytes of stacks, and of the one that needs room: three times its size on the disk, and twice
#: in memory, without which the disk would be measured.
SIZES, LARGE, ROUNDS = (0.1, 0.2, 0.4, 0.8), 4.0, 5
FRAMES, STEP = "TIFF to frames, size in GB", "training step, size in pixels"
MEASURES = ((FRAMES, "tifffile's pages"), (STEP, "memory"))
#: Megabytes by which memory may grow.
GROWTH = 20.0


def make_stack(folder: Path, gigabytes: float) -> list[str]:
    """Write recordings of 120 frames, five stimulations each, and their tables; return names."""
    count = max(1, round(gigabytes * 1e9 / (120 * SIDE * SIDE * 2)))
    noise = np.random.default_rng(0).poisson(30, (16, SIDE, SIDE)).astype(np.uint16)
    names = [f"r{number}" for number in range(count)]
    for start, name in enumerate(names):
        # No two recordings are alike.
        pages = (noise[frame % 16] + np.uint16(start) for frame in range(120))
        write_movie(folder / f"{name}.tif", pages, (120, SIDE, SIDE), np.uint16, RATE)
    recordings = {
        "area": "A1",
        "session": "S1",
        "recording": names,
        "path": [f"{name}.tif" for name in names],
        "frame_rate": RATE,
        "group": "g",
    }
    stimulations = [
        {"recording": name, "trial": trial + 1, "onset_frame": 36 + PERIOD * trial, "cells": "a"}
        for name in names
        for trial in range(5)
    ]
    cell = {"cell": "a", "row": 100.0, "column": 200.0, "radius": 8.0, "group": "g"}
    save_table(folder / "recordings.tsv", pd.DataFrame(recordings))
    save_table(folder / "stimulations.tsv", pd.DataFrame(stimulations))
    save_table(folder / "cells.tsv", pd.DataFrame([cell]))
    return names


def extract(folder: Path) -> None:
    """Store the frames, as the rule does."""
    tables = [folder / f"{name}.tsv" for name in ("recordings", "stimulations", "cells")]
    outputs = {
        "frames": folder / "frames.h5",
        "table": folder / "frames.tsv",
        "intake": folder / "frames_intake.json",
    }
    extract_frames(
        recordings=tables[0],
        stimulations=tables[1],
        cells=tables[2],
        folders=[folder],
        outputs=outputs,
        selection={},
        register=False,
        reading={},
    )


def remove(folder: Path) -> None:
    """Remove the frames, as Snakemake does before it makes them again."""
    for name in ("frames.h5", "frames.json", "frames.tsv"):
        (folder / name).unlink(missing_ok=True)


def read_pages(folder: Path, names: Iterable[str]) -> None:
    """Read every page once."""
    for name in names:
        with tifffile.TiffFile(folder / f"{name}.tif") as file:
            for page in file.pages:
                page.asarray()


def peak_memory(folder: Path) -> float:
    """Peak memory in MB of a process that stores the frames of a stack."""
    code = (
        "import re, sys; from pathlib import Path\n"
        "from tests.bench.bench_frames import extract\n"
        "extract(Path(sys.argv[1]))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout) / 1024


def training_steps(store: FrameStore, rows: np.ndarray) -> dict[str, Seconds]:
    """Seconds of a training step of the study's network, from the store and from memory."""
    images = store.read(rows)
    reader = Reader()
    levels = np.array([level(store.read, rows[:40], None)])
    network = build(reader, 2, (SIDE, SIDE), [1], None, levels)
    optimiser = reader.recipe.build(network)
    targets = multi_hot(["a"] * (rows.max() + 1), ["a"])
    orders = batch_order([len(rows)], reader.recipe.batch_size, [1], 0)

    def steps(frames: Frames) -> Callable[[], None]:
        source = FrameSource(frames, rows, torch.device("cpu"))
        loss = Reading(Views(source, [rows], [1], reader.augmentation, levels), targets)
        batches = loss.batches(0, orders)

        def step() -> None:
            each, _ = loss.score(network, *next(batches))
            optimiser.zero_grad()
            each.sum().backward()
            optimiser.step()

        return step

    works = {"store": steps(store.read), "memory": steps(lambda chosen: images[chosen])}
    seconds, _ = in_turn(works, rounds=len(orders) - 1)
    return seconds


def measure(bench: Bench, gigabytes: float, *, steps: bool) -> float:
    """Add the rows of one size; return the peak memory in MB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = make_stack(folder, gigabytes)
        works = {
            "before": partial(remove, folder),
            "ours": partial(extract, folder),
            "pages": partial(read_pages, folder, names),
        }
        seconds, _ = in_turn(works, ROUNDS)
        frames = 120 * len(names)
        each = 1000 * seconds["ours"].cpu / frames
        note = f"{frames} frames of {SIDE} x {SIDE}, 16 bits; {each:.2f} ms each"
        bench.row(*MEASURES[0], gigabytes, seconds["ours"], seconds["pages"], note=note)
        if steps:
            with FrameStore(folder / "frames.h5", folder / "frames.tsv") as store:
                rows = np.arange(min(len(store.rows), 80))
                taken = training_steps(store, rows)
            bench.row(*MEASURES[1], SIDE, taken["store"], taken["memory"])
        return peak_memory(folder)


def with_room(gigabytes: float) -> bool:
    """Whether disk and memory have room for a stack."""
    facts = Path("/proc/meminfo").read_text("utf-8").splitlines()
    available = next(int(line.split()[1]) for line in facts if line.startswith("MemAvailable"))
    free = shutil.disk_usage(tempfile.gettempdir()).free
    return free > 3e9 * gigabytes and 1024 * available > 2e9 * gigabytes


def main() -> int:
    """Print the rows; return 1 if a goal is missed."""
    sizes = [float(text) for text in sys.argv[1:]]
    sizes = sizes or [*SIZES, *([LARGE] if with_room(LARGE) else [])]
    bench = Bench("frames", MEASURES)
    with numeric_threads(1):
        peaks = [measure(bench, size, steps=size == sizes[-1]) for size in sizes]
    bench.growth(*MEASURES[0])
    print(f"peak memory {peaks[0]:.0f} MB of {sizes[0]:g} GB, {peaks[-1]:.0f} of {sizes[-1]:g} GB")
    if peaks[-1] - peaks[0] > GROWTH:
        raise AssertionError("the memory of TIFF to frames grows with the stack")
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
