"""Laws of frames and of traces of cells, beside what the calls take."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py  # noqa: F401 - so that no call imports it
import numpy as np
import pandas as pd
import tifffile  # noqa: F401

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.frames import write_frames
from neuroloop.calcium.movies import write_movie
from neuroloop.calcium.traces import cell_courses
from neuroloop.workflow.memory import LAWS, PLAIN
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: Frames of the largest session, their pixels, and more cells than it has.
FRAMES, PIXELS, CELLS = 8610, 512**2, 300


def store(side: int, frames: int = 126) -> Any:
    """Frames of trials of seven, which are made when they are read, as they would be read."""
    number = np.arange(frames)
    rows = pd.DataFrame({"row": number, "trial_row": number // 7, "offset": number % 7})
    texts = dict.fromkeys(("recording", "pattern", "group"), "a")
    image = np.ones((side, side), dtype=np.float32)
    return SimpleNamespace(
        rows=rows.assign(trial=number // 7, **texts),
        shape=(side, side),
        baseline=image,
        brightness=np.ones(frames // 7, dtype=np.float32),
        path="frames.h5",
        counts=lambda part: np.ones((len(part), side, side), dtype=np.uint16),
        before=lambda part: np.ones((len(part), side, side), dtype=np.float32),
    )


def table(count: int, side: int) -> pd.DataFrame:
    """Cells of a radius of one pixel, which leave room for what surrounds them."""
    across = int(np.ceil(count**0.5))
    place = np.linspace(3, side - 4, across)
    names = [f"c{number}" for number in range(count)]
    cells = pd.DataFrame({"cell": names, "radius": 1.0})
    return cells.assign(
        row=place[np.arange(count) // across], column=place[np.arange(count) % across]
    )


def test_traces_hold_the_weights_of_cells_and_a_batch_of_frames() -> None:
    side = 120
    _, a_cell = fitted(
        [20, 40, 60, 80],
        lambda count: peak_bytes(lambda: cell_courses(store(side), table(count, side))),
    )
    sides = [80, 120, 160, 200]
    _, a_pixel = fitted(
        [side**2 for side in sides],
        lambda pixels: peak_bytes(
            lambda: cell_courses(store(round(pixels**0.5)), table(4, round(pixels**0.5)))
        ),
    )
    law = LAWS["extract_traces"].terms
    of_cells, of_frames = a_cell / side**2, a_pixel - 4 * law["cell pixel"]
    assert 0.5 * law["cell pixel"] < of_cells < law["cell pixel"] / 0.85
    assert 0.4 * law["frame pixel"] < of_frames < law["frame pixel"] / 0.85
    full = {"cell pixel": CELLS * PIXELS, "frame pixel": PIXELS}
    taken = PLAIN + 120 + (of_cells * full["cell pixel"] + of_frames * PIXELS) / 1e6
    check("extract_traces", full, taken + FRAMES * CELLS * 20 / 1e6)


def extracting(folder: Path, side: int, frames: int = 60, cells: int = 4) -> int:
    """Bytes that storing the frames of two recordings takes, whose frames are registered."""
    drawn, names, rate = np.random.default_rng(0), ["r1", "r2"], 2.0
    made = folder / f"{side}-{frames}-{cells}"
    made.mkdir()
    paths = {name: [made / f"{name}.tif"] for name in names}
    for name in names:
        movie = drawn.integers(100, 200, (frames, side, side)).astype(np.uint16)
        write_movie(paths[name][0], movie, movie.shape, movie.dtype, rate)
    listed = pd.DataFrame({"recording": names, "path": "", "area": "a", "session": "s"})
    listed = listed.assign(frame_rate=rate, group="g")
    trials = pd.DataFrame({"recording": np.repeat(names, 3), "trial": [1, 2, 3, 1, 2, 3]})
    trials = trials.assign(onset_frame=16 * trials["trial"], cells="c0", pattern="c0")
    known = table(cells, side).assign(group="g")
    files = (made / "frames.h5", made / "frames.tsv")
    return peak_bytes(
        lambda: write_frames(*files, listed, trials, known, paths, Selection(), register=True)
    )


def test_frames_pass_by_one_at_a_time(tmp_path: Path) -> None:
    law, sides = LAWS["extract_frames"].terms, [128, 192, 256, 320]
    of_none, a_pixel = fitted(
        [side**2 for side in sides], lambda pixels: extracting(tmp_path, round(pixels**0.5))
    )
    # Registered frames of 512 x 512 take 400 bytes a pixel, smaller ones less.
    assert 0.3 * law["frame pixel"] < a_pixel < law["frame pixel"] / 0.85
    twice_as_long = extracting(tmp_path, 256, 120) - extracting(tmp_path, 256, 61)
    assert twice_as_long < 0.5 * law["movie byte"] * 2 * 60 * 2 * 256**2 + 1e6
    full = {"cell pixel": CELLS * PIXELS, "frame pixel": PIXELS, "movie byte": 2 * FRAMES * PIXELS}
    taken = PLAIN + (of_none + a_pixel * PIXELS + CELLS * PIXELS + 4 * FRAMES * CELLS) / 1e6
    check("extract_frames", full, taken)
