"""The law of traces of cells, beside what the calls take."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

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
