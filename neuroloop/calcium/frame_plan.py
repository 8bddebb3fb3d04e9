"""Which frames of a session are kept, and as what.

Around the onset of a trial (offset 0) lie, in this order: control frames, baseline frames, and the
stimulated frames. At 2 frames per second and an onset every 16 frames the default takes offsets -5
and -4 as control, -3 to -1 as baseline, 0 to 4 as stimulated: the first of them is 5.5 s after the
onset before, when a response with a decay of 1 s is at 0.4 % of its peak. Control frames enter no
baseline: a network that knows the recording from them would know it without a stimulus.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.patterns import NONE
from neuroloop.config.frames import Frames
from neuroloop.errors import NeuroLoopError

#: Columns of the table of kept frames.
COLUMNS = (
    "row",
    "recording",
    "trial",
    "frame",
    "offset",
    "kind",
    "pattern",
    "cells",
    "group",
    "fold",
    "trial_row",
    "recording_row",
)


class Selection(Frames):
    """Numbers of frames of each kind around an onset, and their offsets from it."""

    @property
    def before(self) -> int:
        """Frames before an onset that are used."""
        return self.baseline + self.control

    @property
    def baseline_offsets(self) -> range:
        """Offsets of a trial's baseline."""
        return range(-self.baseline, 0)

    @property
    def kept_offsets(self) -> dict[int, str]:
        """Offset of every frame that is kept, and its kind."""
        control = dict.fromkeys(range(-self.before, -self.baseline), "control")
        return control | dict.fromkeys(range(self.skip, self.stimulated), "stimulated")


def plan_frames(
    recordings: pd.DataFrame,
    stimulations: pd.DataFrame,
    frames: Mapping[str, int],
    rates: Mapping[str, float],
    selection: Selection,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the frames of a session.

    Parameters
    ----------
    recordings, stimulations : DataFrame
        Of the session, from `tables`.
    frames : mapping of str to int
        Length of each recording.
    rates : mapping of str to float
        Frame rate of each recording, Hz.
    selection : Selection
        Numbers of frames.

    Returns
    -------
    rows : DataFrame
        The kept frames with `COLUMNS`, by recording and frame; ``fold`` is the trial's number.
    trials : DataFrame
        ``recording, trial, onset_frame, pattern``; rows are those that ``trial_row`` counts.

    Raises
    ------
    NeuroLoopError
        If an onset lies past the end of its movie or too near its start, stimulated frames go past
        the end, or the frames before an onset begin before the last response has settled.
    """
    kept = selection.kept_offsets
    group_of = dict(zip(recordings["recording"], recordings["group"], strict=True))
    place_of = {name: position for position, name in enumerate(recordings["recording"])}
    rows = []
    previous: tuple[str, int] | None = None
    for trial_row, event in enumerate(stimulations.to_dict("records")):
        name, onset = event["recording"], event["onset_frame"]
        last = previous[1] if previous is not None and previous[0] == name else None
        _check_trial(event, frames[name], rates[name], last, selection)
        previous = (name, onset)
        rows += [
            {
                "recording": name,
                "trial": event["trial"],
                "frame": onset + offset,
                "offset": offset,
                "kind": kind,
                "pattern": event["pattern"],
                "cells": "" if event["pattern"] == NONE else event["pattern"],
                "group": group_of[name],
                "fold": event["trial"],
                "trial_row": trial_row,
                "recording_row": place_of[name],
            }
            for offset, kind in kept.items()
        ]
    table = pd.DataFrame(rows)
    table.insert(0, "row", np.arange(len(table)))
    trials = stimulations[["recording", "trial", "onset_frame", "pattern"]].reset_index(drop=True)
    return table[list(COLUMNS)], trials


def _check_trial(
    event: Mapping[Hashable, Any], frames: int, rate: float, last: int | None, selection: Selection
) -> None:
    """Check that the frames around an onset exist and are undisturbed."""
    onset = event["onset_frame"]
    which = f"recording {event['recording']}, trial {event['trial']}: onset frame {onset}"
    if onset >= frames:
        raise NeuroLoopError(
            f"{which} lies past the end of the movie, which has {frames} frames: correct the "
            "table of stimulations (frames count from 0)"
        )
    if onset + selection.stimulated > frames:
        raise NeuroLoopError(
            f"{which} needs {selection.stimulated} frames, but the movie ends after {frames}: "
            "take the trial out of the table, or lower the number of stimulated frames"
        )
    first = onset - selection.before
    if first < 0:
        raise NeuroLoopError(
            f"{which} has {onset} frames before it, {selection.before} are needed "
            f"({selection.control} of control, {selection.baseline} of baseline): take the trial "
            "out of the table, or lower these numbers"
        )
    if last is None:
        return
    settled = max(selection.settle, selection.stimulated / rate)
    if first - last < settled * rate - 1e-6:
        raise NeuroLoopError(
            f"{which}: the {selection.before} frames before it begin {(first - last) / rate:g} s "
            f"after the onset before, when {settled:g} s are needed for its response to settle: "
            "lower settle, or the number of baseline and control frames"
        )
