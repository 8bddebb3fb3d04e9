"""Light of a photostimulation, or a shutter, in the frames that are read as responses.

It falls on the whole field, so that every cell seems to answer to every stimulation: coupling that
is none. Where no cell is, it shows alone, and it ends from one frame to the next, which what an
indicator says does not. Light that outlasts the frames, or dies away as slowly as an indicator,
cannot be told from neuropil that answers: that is said, not refused.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from neuroloop.errors import NeuroLoopError

#: Least change of the surroundings that matters, and a fall that no neuropil shows, relative.
CHANGE, FALL = 0.01, 0.05
#: Least rise that lasts, or fall, that is told.
DOUBT = 0.03
#: Seconds in which the fastest indicator decays, and what it may keep in the next frame at most.
DECAY, LEFT = 0.36, 0.5
#: Chance of taking noise for light, and errors by which its end must be clear.
CHANCE, CLEAR = 1e-4, 3.0


def light_change(
    surroundings: np.ndarray,
    offsets: Sequence[int],
    groups: Mapping[str, np.ndarray],
    frame_rate: float,
) -> tuple[np.ndarray, str]:
    """Refuse frames that are lit or darkened by the stimulation, and tell what may be.

    Parameters
    ----------
    surroundings : ndarray of float, shape (trials, offsets)
        Mean of the pixels that belong to no cell; of trials that stimulate something. NaN past
        the end of a movie.
    offsets : sequence of int
        Of the frames from the onset, ascending, without those that are skipped; the last is that
        after the stimulated frames.
    groups : mapping of str to ndarray of bool, shape (trials,)
        Trials that are looked at together, and their name: all, of a recording, of a pattern.
    frame_rate : float
        Hz.

    Returns
    -------
    change : ndarray of float, shape (offsets,)
        Median over all trials, relative to the median of the trial's frames before the onset.
    doubt : str
        What may be light or neuropil; empty if nothing may.

    Raises
    ------
    NeuroLoopError
        If at least half of a group's trials are brighter or darker by `CHANGE` or more in one
        frame and no longer in the next, or darker by `FALL` or more.
    """
    early = np.array(offsets) < 0
    change = surroundings / np.median(surroundings[:, early], axis=1, keepdims=True) - 1
    left = min(LEFT, float(np.exp(-1 / (DECAY * frame_rate))))
    clear = special.ndtri(1 - CHANCE / (len(groups) * len(offsets)))
    # A single frame before the onset does not tell its own noise: then all frames must.
    still = early if early.sum() > 1 else np.isfinite(change).all(axis=0)
    whole, doubt = _spread(change[:, still]), ""
    for name, chosen in groups.items():
        values = change[chosen]
        trials = len(values)
        if trials < 2:
            continue
        quiet = _error(max(whole, _spread(values[:, still])), trials)
        ended, fallen = [], []
        for position, offset in enumerate(offsets[:-1]):
            here, after = values[:, position], values[:, position + 1]
            sign = 1 if np.median(here) > 0 else -1
            size = _of_half(sign * here)
            if not size > max(CHANGE, clear * max(quiet, _error(here.std(ddof=1), trials))):
                continue
            seen = (
                f"{name}: where no cell is, frame {offset} after the onset is "
                f"{'brighter' if sign > 0 else 'darker'} than before by {100 * size:.1f} %"
            )
            lost = sign * (left * here - after)[np.isfinite(after)]
            if len(lost) > 1 and _of_half(lost) > CLEAR * quiet:
                ended.append(
                    (offset, f"{seen}, the next by {100 * np.nanmedian(sign * after):.1f} %")
                )
            elif sign < 0 and size > FALL and offset >= 0:
                fallen.append((offset, seen))
            elif size > DOUBT and offset >= 0 and not doubt:
                doubt = (
                    f"{seen}, and what follows does not tell light of the stimulation from "
                    "neuropil that answers: if it is light, coupling includes it"
                )
        if ended or fallen:
            offset, seen = (ended or fallen)[-1]
            raise NeuroLoopError(
                f"{seen}: that is light of the stimulation, or a shutter, which would be taken for "
                f"responses of all cells: {_remedy(int(offset), int(offsets[-1]))}"
            )
    return np.nanmedian(change, axis=0), doubt


def _spread(early: np.ndarray) -> float:
    """Noise of one frame of a trial against the median of its frames before the onset."""
    trials, frames = early.shape
    if trials < 2:
        return 0.0
    # Against their own median they spread less than any other frame does.
    factor = (1 + 1.6 / frames) / max(1 - 1 / frames, 0.5)
    return float(np.sqrt(factor * early.var(axis=0, ddof=1).mean()))


def _error(spread: float, trials: int) -> float:
    """Error of a median over trials: 1.25 times that of a mean."""
    return 1.25 * spread / float(np.sqrt(trials))


def _of_half(values: np.ndarray) -> float:
    """What at least half of the values reach."""
    return float(np.sort(values)[(len(values) - 1) // 2])


def _remedy(offset: int, end: int) -> str:
    if offset < 0:
        return "correct onset_frame in the table of stimulations (frames count from 0)"
    more = f", and stimulated: more than {end}" if offset + 1 == end else ""
    return f"set frames: skip: {offset + 1}{more} for the area"
