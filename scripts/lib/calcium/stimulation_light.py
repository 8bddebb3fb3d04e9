"""Light of a photostimulation in the frames that are read as responses.

It falls on the whole field, so that every cell seems to answer to every stimulation: coupling that
is none. Where no cell is, it shows alone, and it is gone in the next frame, which what an indicator
says is not.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

from scripts.lib.core.errors import NeuroLoopError

#: Least rise of the surroundings over their baseline that matters, and what may be left of it in
#: the next frame: an indicator that decays in 0.4 s keeps more at 2 Hz.
RISE, LEFT = 0.01, 0.25
#: Chance of taking noise for light.
CHANCE = 1e-4


def refuse_light(surroundings: np.ndarray, offsets: Sequence[int]) -> None:
    """Refuse frames of which one is lit by the stimulation.

    Parameters
    ----------
    surroundings : ndarray of float, shape (trials, offsets)
        Mean of the pixels that belong to no cell, over that of the trial's baseline frames, less 1;
        of trials that stimulate something.
    offsets : sequence of int
        Of the frames from the onset, ascending.

    Raises
    ------
    NeuroLoopError
        If one is brighter than before by `RISE` or more, clearly (one-sided t over trials), and
        the next frame has less than `LEFT` of it.
    """
    trials = len(surroundings)
    if trials < 2:
        return
    mean = surroundings.mean(axis=0)
    error = surroundings.std(axis=0, ddof=1) / np.sqrt(trials)
    limit = special.stdtrit(trials - 1, 1 - CHANCE) * error
    for place in range(len(mean) - 1):
        if mean[place] > max(RISE, limit[place]) and mean[place + 1] < LEFT * mean[place]:
            raise NeuroLoopError(
                f"frame {offsets[place]} after the onset is brighter than before by "
                f"{100 * mean[place]:.1f} % where no cell is, and the next frame by "
                f"{100 * mean[place + 1]:.1f} %: that is light of the stimulation, which would be "
                f"taken for responses of all cells: set frames: skip: {offsets[place] + 1} for "
                "the area"
            )
