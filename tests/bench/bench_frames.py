"""A TIFF stack to labelled frames, against reading its pages; memory; training from the store.

Run as ``python -m tests.bench.bench_frames [GIGABYTES]`` (0.4 by default, 4 for the size of a long
recording; the file is written to the temporary folder and removed). Memory is that of a process of
its own, and must not grow from the small stack to the large one. Training reads batches of frames
(512 x 512) from the store, against the same from an array in memory.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
import torch

from scripts.lib.calcium.frame_plan import Selection
from scripts.lib.calcium.frame_store import FrameStore
from scripts.lib.calcium.frames import write_frames
from scripts.lib.calcium.movies import write_movie
from scripts.lib.calcium.reader import Reader, build, multi_hot, objective
from scripts.lib.calcium.views import Views, level
from scripts.lib.core.jobs import numeric_threads

SIDE, RATE, PERIOD, SMALL, ROUNDS = 512, 2.0, 16, 0.1, 3
CELLS = pd.DataFrame(
    {"cell": ["a"], "row": [100.0], "column": [200.0], "radius": [8.0], "group": ["g"]}
)
#: Times of reading the pages, and growth of memory in MB, that are not to be exceeded.
GOAL, GROWTH = 2.0, 150.0


def make_stack(folder: Path, gigabytes: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write recordings of 120 frames, five stimulations each, and return their tables."""
    count = max(1, round(gigabytes * 1e9 / (120 * SIDE * SIDE * 2)))
    noise = np.random.default_rng(0).poisson(30, (16, SIDE, SIDE)).astype(np.uint16)
    names = [f"r{number}" for number in range(count)]
    for name in names:
        pages = (noise[frame % 16] for frame in range(120))
        write_movie(folder / f"{name}.tif", pages, (120, SIDE, SIDE), np.uint16, RATE)
    recordings = pd.DataFrame({"recording": names, "frame_rate": RATE, "group": "g"})
    stimulations = pd.DataFrame(
        [
            {"recording": name, "trial": trial + 1, "onset_frame": 36 + PERIOD * trial}
            for name in names
            for trial in range(5)
        ]
    ).assign(pattern="a")
    return recordings, stimulations


def extract(folder: Path, recordings: pd.DataFrame, stimulations: pd.DataFrame) -> None:
    """Store the frames."""
    paths = {name: [folder / f"{name}.tif"] for name in recordings["recording"]}
    table = folder / "frames.tsv"
    write_frames(folder / "frames.h5", table, recordings, stimulations, CELLS, paths, Selection())


def read_pages(folder: Path, recordings: pd.DataFrame) -> None:
    """Read every page once."""
    for name in recordings["recording"]:
        with tifffile.TiffFile(folder / f"{name}.tif") as file:
            for page in file.pages:
                page.asarray()


def peak_memory(gigabytes: float) -> float:
    """Peak memory in MB of a process that makes and extracts a stack."""
    code = (
        "import re, tempfile; from pathlib import Path\n"
        "from tests.bench.bench_frames import extract, make_stack\n"
        "with tempfile.TemporaryDirectory() as name:\n"
        f"    extract(Path(name), *make_stack(Path(name), {gigabytes}))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout) / 1024


def training_step(frames: np.ndarray | FrameStore, rows: np.ndarray) -> float:
    """Seconds of a training step of the study's network, batch 10."""

    def load(chosen: np.ndarray) -> np.ndarray:
        return frames.read(chosen) if isinstance(frames, FrameStore) else frames[chosen]

    reader = Reader()
    levels = np.array([level(load, rows[:40], None)])
    network = build(reader, 2, (SIDE, SIDE), [1], None, levels)
    optimiser = reader.recipe.build(network)
    targets = multi_hot(["a"] * (rows.max() + 1), ["a"])
    batch = reader.recipe.batch_size
    with Views(load, [rows], [1], batch, reader.augmentation, levels, torch.device("cpu")) as views:
        loss = objective(views, targets)
        views._begin(0)
        orders = [torch.from_numpy(order) for order in views.order[:4]]
        times = []
        for order in orders:
            start = time.perf_counter()
            each, _ = loss(network, 0, order)
            optimiser.zero_grad()
            each.sum().backward()
            optimiser.step()
            times.append(time.perf_counter() - start)
    return min(times[1:])


def main() -> int:
    """Print the rows; 1 if a goal is missed."""
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 0.4
    with tempfile.TemporaryDirectory() as name, numeric_threads(2):
        folder = Path(name)
        tables = make_stack(folder, gigabytes)
        ours, pages = [], []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            extract(folder, *tables)
            middle = time.perf_counter()
            read_pages(folder, tables[0])
            ours.append(middle - start)
            pages.append(time.perf_counter() - middle)
        with FrameStore(folder / "frames.h5", folder / "frames.tsv") as store:
            rows = np.arange(min(len(store.rows), 60))
            from_store = training_step(store, rows)
            from_memory = training_step(store.read(rows), rows)
    ratio = float(np.median(ours) / np.median(pages))
    small, large = peak_memory(SMALL), peak_memory(gigabytes)
    print(f"frames of {gigabytes:g} GB: {np.median(ours):.2f} s, reading the pages", end=" ")
    print(f"{np.median(pages):.2f} s: {ratio:.2f} times (goal {GOAL:g})")
    print(f"peak memory: {small:.0f} MB of {SMALL:g} GB, {large:.0f} MB of {gigabytes:g} GB")
    print(f"training step: {from_store:.2f} s from the store, {from_memory:.2f} s from memory")
    return int(ratio > GOAL or large - small > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
