"""Onsets of stimulations, as frames or as times, and the frame that a time falls into."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath

#: The columns, of which a table has one.
FRAME, SECONDS = "onset_frame", "onset_seconds"

#: Part of a frame by which a time may lie before the frame's start and still count as its own:
#: clocks that should tick together differ by as much.
EARLY = 0.1


def onset_column(table: pd.DataFrame, origin: StrPath) -> str:
    """Tell which column of a table of stimulations holds the onsets.

    Raises
    ------
    NeuroLoopError
        If there is neither, or both.
    """
    found = [name for name in (FRAME, SECONDS) if name in table]
    if len(found) == 1:
        return found[0]
    if found:
        raise NeuroLoopError(
            f"{origin} has both {FRAME} and {SECONDS}: leave one of the two columns out"
        )
    raise NeuroLoopError(
        f"{origin} lacks the column {FRAME} (frames from 0) or {SECONDS} (from the start of the "
        f"movie): it has {', '.join(table.columns)}"
    )


def frames_of_onsets(
    stimulations: pd.DataFrame, rates: Mapping[str, float], origin: StrPath
) -> pd.DataFrame:
    """Turn onsets in seconds into frames.

    Frame k is taken from k / rate to (k + 1) / rate after the start of the movie. An onset belongs
    to the frame that is taken at that time, which is the first that light or a response can be in;
    one that lies at most a tenth of a frame (`EARLY`) before the end of a frame belongs to the
    next. So a clock that is early or late by less than that changes nothing where stimulation
    follows the start of frames.

    Parameters
    ----------
    stimulations : DataFrame
        Of one session, from `tables`.
    rates : mapping of str to float
        Frame rate of each recording, Hz.
    origin : path
        The table, for messages.

    Returns
    -------
    DataFrame
        With ``onset_frame``, and without ``onset_seconds``.

    Raises
    ------
    NeuroLoopError
        If two trials of a recording begin in one frame.
    """
    if SECONDS not in stimulations:
        return stimulations
    times = stimulations[SECONDS] * stimulations["recording"].map(rates)
    # Times as they are written (18.4) are not exact in binary: a tie must not hang on that.
    frames = np.floor(np.round(times + EARLY, 6)).astype(int)
    made = stimulations.drop(columns=SECONDS)
    made.insert(list(stimulations).index(SECONDS), FRAME, frames)
    again = made[made.duplicated(["recording", FRAME])]
    if len(again):
        one = again.iloc[0]
        raise NeuroLoopError(
            f"{origin}: recording {one['recording']}, trial {one['trial']} begins in the frame of "
            f"the trial before it ({rates[one['recording']]:g} frames a second): correct "
            f"{SECONDS}, which are seconds from the start of the movie"
        )
    return made


def example(stimulations: pd.DataFrame, rates: Mapping[str, float]) -> str:
    """Say by an example how times became frames: ``18.25 s is in frame 36 at 2 Hz``."""
    first = stimulations.iloc[:1]
    made = frames_of_onsets(first, rates, "")
    rate = rates[str(first["recording"].iloc[0])]
    return f"{first[SECONDS].iloc[0]:g} s is in frame {made[FRAME].iloc[0]} at {rate:g} Hz"
