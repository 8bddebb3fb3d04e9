"""A TIFF stack to labelled frames, against reading its pages; memory; training from the store.

Run as ``python -m tests.bench.bench_frames [GIGABYTES]`` (0.4 by default, 4 for the size of a long
session; the file is written to the temporary folder and removed). Memory is that of a process that
does what the rule does and nothing else, and must not grow from the small stack to the large one.
Training reads batches of frames (512 x 512) from the store, against the same from memory.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
import torch

from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.movies import write_movie
from neuroloop.calcium.reader import Reader, build, multi_hot, objective
from neuroloop.calcium.views import Views, level
from neuroloop.files.formats import save_table
from neuroloop.jobs.job import numeric_threads
from neuroloop.training.batches import batch_order
from scripts.calcium.extract_frames import extract_frames

SIDE, RATE, PERIOD, SMALL, ROUNDS, EPOCHS = 512, 2.0, 16, 0.1, 5, 2
#: Times of reading the pages, growth of memory in MB, and times of a training step from memory
#: (with what a median over `EPOCHS` varies by) that are not to be exceeded.
GOAL, GROWTH, STEP = 2.0, 20.0, 1.03


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


def peak_memory(gigabytes: float) -> float:
    """Peak memory in MB of a process that stores the frames of a stack."""
    code = (
        "import re, sys; from pathlib import Path\n"
        "from tests.bench.bench_frames import extract\n"
        "extract(Path(sys.argv[1]))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    with tempfile.TemporaryDirectory() as folder:
        make_stack(Path(folder), gigabytes)
        command = [sys.executable, "-c", code, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout) / 1024


def training_steps(store: FrameStore, rows: np.ndarray) -> tuple[float, float, float]:
    """Seconds of a training step of the study's network, batch 10, from the store and from memory.

    Steps of both kinds take turns, on one network: the median of each, and the median over the
    turns of their ratio.
    """
    images = store.read(rows)
    reader = Reader()
    levels = np.array([level(store.read, rows[:40], None)])
    network = build(reader, 2, (SIDE, SIDE), [1], None, levels)
    optimiser = reader.recipe.build(network)
    targets = multi_hot(["a"] * (rows.max() + 1), ["a"])
    options = (reader.recipe.batch_size, reader.augmentation, levels, torch.device("cpu"))
    times: list[list[float]] = []
    with (
        Views(store.read, [rows], [1], *options) as read,
        Views(lambda chosen: images[chosen], [rows], [1], *options) as held,
    ):
        losses = [objective(views, targets) for views in (read, held)]
        for epoch in range(EPOCHS):
            for number, places in enumerate(batch_order([len(rows)], options[0], [1], epoch)):
                order = torch.from_numpy(places)
                turn = [0.0, 0.0]
                for kind in (0, 1) if number % 2 else (1, 0):
                    start = time.perf_counter()
                    each, _ = losses[kind](network, epoch, order)
                    optimiser.zero_grad()
                    each.sum().backward()
                    optimiser.step()
                    turn[kind] = time.perf_counter() - start
                if number:  # the first batch of an epoch has nothing ahead of it
                    times.append(turn)
    steps = np.array(times)
    return (*np.median(steps, axis=0).tolist(), float(np.median(steps[:, 0] / steps[:, 1])))


def main() -> int:
    """Print the rows; 1 if a goal is missed."""
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 0.4
    with tempfile.TemporaryDirectory() as name, numeric_threads(1):
        folder = Path(name)
        names = make_stack(folder, gigabytes)
        ours, pages = [], []
        for _ in range(ROUNDS):
            remove(folder)
            start = time.perf_counter()
            extract(folder)
            middle = time.perf_counter()
            read_pages(folder, names)
            ours.append(middle - start)
            pages.append(time.perf_counter() - middle)
        with FrameStore(folder / "frames.h5", folder / "frames.tsv") as store:
            rows = np.arange(min(len(store.rows), 60))
            from_store, from_memory, slower = training_steps(store, rows)
    ratio = float(np.median(ours) / np.median(pages))
    small, large = peak_memory(SMALL), peak_memory(gigabytes)
    print(f"frames of {gigabytes:g} GB: {np.median(ours):.2f} s, reading the pages", end=" ")
    print(f"{np.median(pages):.2f} s: {ratio:.2f} times (goal {GOAL:g})")
    print(f"peak memory: {small:.0f} MB of {SMALL:g} GB, {large:.0f} MB of {gigabytes:g} GB")
    print(
        f"training step: {from_store:.2f} s from the store, {from_memory:.2f} s from memory,",
        end=" ",
    )
    print(f"{slower:.3f} times (goal {STEP:g})")
    return int(ratio > GOAL or large - small > GROWTH or slower > STEP)


if __name__ == "__main__":
    sys.exit(main())
