"""Frames that two trials share, or nearly: what is tested was then learned.

Two frames of one place are alike in their tissue. What is left when that, its motion and a change
of light are taken out is noise, which two frames have in common if one is a copy of the other.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.calcium.audit.motion import smoothed
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.recording_courses import background_pixels

#: Correlation of the noise of two frames from which one is a copy: half of its variance is shared.
COPY = 0.7

#: Frames that are compared with all others at a time.
AT_ONCE = 256


class Copies(NamedTuple):
    """Trials of which a frame is in another trial too.

    Attributes
    ----------
    trials : int
        Those that a fold tests and of which a frame is in a trial of its training.
    compared : int
        Trials that a fold tests.
    largest : float
        Correlation of two frames of different trials, at most.
    example : str
        Two of them, by name; empty if there are none.
    """

    trials: int
    compared: int
    largest: float
    example: str


def frame_noise(store: FrameStore, cells: pd.DataFrame) -> np.ndarray:
    """What is left of each kept frame off all cells, of length 1; (frames, pixels).

    Zeros where nothing is left, as of a black frame.
    """
    pixels = background_pixels(cells, store.shape)
    if not len(pixels):
        pixels = np.arange(store.baseline.size)
    pixels = pixels[np.linspace(0, len(pixels) - 1, min(len(pixels), 2048)).astype(int)]
    image = smoothed(store.baseline)
    tissue = [store.baseline - image, *np.gradient(image), *np.gradient(store.baseline)]
    known = np.stack([np.ones(len(pixels)), *(one.reshape(-1)[pixels] for one in tissue)])
    basis = np.linalg.qr(known.T)[0]
    noise = np.empty((len(store.rows), len(pixels)), dtype=np.float32)
    for row in range(len(noise)):
        frame = store.counts(np.array([row]))[0].astype(np.float64)
        left = (frame - smoothed(frame)).reshape(-1)[pixels]
        noise[row] = left - basis @ (basis.T @ left)
    noise -= noise.mean(axis=0)
    length = np.linalg.norm(noise, axis=1, keepdims=True)
    still = length < 1e-3 * np.median(length)
    return np.asarray(np.where(still, 0, noise / np.where(still, 1, length)), dtype=np.float32)


def copies_across_folds(
    noise: np.ndarray, rows: pd.DataFrame, tested_by: np.ndarray, last: bool
) -> Copies:
    """Count trials of which a fold learns a copy while it tests them.

    Parameters
    ----------
    noise : ndarray, shape (frames, pixels)
        From `frame_noise`.
    rows : DataFrame
        frames.tsv.
    tested_by : ndarray of int, shape (trials,)
        Fold that tests each trial_row; -1 where none does.
    last : bool
        Whether trials that no fold tests are all that is learned.
    """
    of_row = rows["trial_row"].to_numpy()
    fold = tested_by[of_row]
    found: dict[int, tuple[float, int, int]] = {}
    largest = 0.0
    for start in range(0, len(noise), AT_ONCE):
        here = np.arange(start, min(start + AT_ONCE, len(noise)))
        alike = noise[here] @ noise.T
        other = of_row[here][:, None] != of_row
        learned = (fold == -1) if last else (fold[here][:, None] != fold)
        alike[~(other & learned) | (fold[here] < 0)[:, None]] = -1
        best = alike.argmax(axis=1)
        top = alike[np.arange(len(here)), best]
        largest = max(largest, float(top.max()))
        for row, match, value in zip(here.tolist(), best.tolist(), top.tolist(), strict=True):
            if value > COPY and value > found.get(int(of_row[row]), (0.0,))[0]:
                found[int(of_row[row])] = (value, row, match)
    example = ""
    if found:
        _, row, match = max(found.values())
        one, two = rows.iloc[row], rows.iloc[match]
        example = " and ".join(
            f"recording {each['recording']}, trial {each['trial']} (frame {each['frame']})"
            for each in (one, two)
        )
    return Copies(len(found), int((tested_by >= 0).sum()), largest, example)
