"""Protocol of an experiment: which patterns are stimulated, in which recordings, when."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from neuroloop.calcium.patterns import NONE, pattern_cells, pattern_name
from neuroloop.config.settings import Settings, setting
from neuroloop.errors import NeuroLoopError


class Protocol(Settings):
    """Times of a recording; the default is the study's."""

    frame_rate: float = setting("Frames per second.", 2.0, gt=0, unit="Hz")
    trials: int = setting("Stimulations per recording (5 or 10 in the study).", 5, ge=2)
    first_onset: float = setting("Time before the first stimulation.", 18.0, ge=0, unit="s")
    period: float = setting("Time from one stimulation to the next.", 8.0, gt=0, unit="s")
    tail: float = setting("Time after the last period.", 2.0, ge=0, unit="s")
    pulse: float = setting("Duration of a photostimulation.", 0.05, gt=0, unit="s")

    @property
    def onsets(self) -> np.ndarray:
        """Frame at whose start each stimulation begins, shape (trials,)."""
        times = self.first_onset + self.period * np.arange(self.trials)
        return np.rint(times * self.frame_rate).astype(int)

    @property
    def frames(self) -> int:
        """Frames of a recording."""
        seconds = self.first_onset + self.period * self.trials + self.tail
        return round(seconds * self.frame_rate)


def draw_patterns(
    generator: np.random.Generator, cells: pd.DataFrame, pairs: int | None, none: int
) -> list[str]:
    """Choose the patterns: every cell alone, pairs within groups, and no stimulation.

    Parameters
    ----------
    generator : numpy.random.Generator
        Chooses the pairs.
    cells : DataFrame
        ``cell`` and ``group``.
    pairs : int or None
        Pairs in all, dealt to the groups as evenly as they go; None for all pairs within groups.
    none : int
        Recordings without stimulation.

    Returns
    -------
    list of str
        Names; ``none`` as often as asked, last.

    Raises
    ------
    NeuroLoopError
        If there are not so many pairs.
    """
    members = [part["cell"].tolist() for _, part in cells.groupby("group", sort=False)]
    possible = [list(combinations(group, 2)) for group in members]
    most = sum(map(len, possible))
    if pairs is None:
        pairs = most
    if pairs > most:
        raise NeuroLoopError(
            f"simulated area: {pairs} pairs are asked for, {len(members)} groups have {most}: "
            "lower the number of pairs"
        )
    shuffled = [[group[i] for i in generator.permutation(len(group))] for group in possible]
    turns = sorted(
        ((turn, number) for number, group in enumerate(shuffled) for turn in range(len(group)))
    )
    chosen = {shuffled[number][turn] for turn, number in turns[:pairs]}
    return [
        *cells["cell"],
        *(pattern_name(pair) for group in possible for pair in group if pair in chosen),
        *[NONE] * none,
    ]


def draw_recordings(
    generator: np.random.Generator,
    area: str,
    session: str,
    patterns: Sequence[str],
    cells: pd.DataFrame,
    protocol: Protocol,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put a session's recordings in order: group after group, at random within a group.

    Parameters
    ----------
    generator : numpy.random.Generator
        Shuffles the order.
    area, session : str
        Names.
    patterns : sequence of str
        From `draw_patterns`; each is a recording.
    cells : DataFrame
        ``cell`` and ``group``.
    protocol : Protocol
        Gives the onsets. Recordings without stimulation have pseudo-onsets at the same frames.

    Returns
    -------
    recordings : DataFrame
        ``area, session, recording, path, frame_rate, group``, in order of recording; the group is
        that of the stimulated cells, or ``none``.
    stimulations : DataFrame
        ``recording, trial, onset_frame, cells``.
    """
    group_of = dict(zip(cells["cell"], cells["group"], strict=True))
    groups = [*dict.fromkeys(cells["group"]), NONE]
    of_pattern = [
        group_of[pattern_cells(name)[0]] if pattern_cells(name) else NONE for name in patterns
    ]
    rank = [groups.index(group) for group in of_pattern]
    order = np.lexsort((generator.permutation(len(patterns)), np.array(rank)))
    digits = len(str(len(patterns)))
    rows, events = [], []
    for number, position in enumerate(order, start=1):
        recording = f"{area}-{session}-r{number:0{digits}d}"
        rows.append(
            {
                "area": area,
                "session": session,
                "recording": recording,
                "path": f"{session}/{recording}.tif",
                "frame_rate": protocol.frame_rate,
                "group": of_pattern[position],
            }
        )
        events += [
            {
                "recording": recording,
                "trial": trial,
                "onset_frame": int(onset),
                "cells": "+".join(pattern_cells(patterns[position])),
            }
            for trial, onset in enumerate(protocol.onsets, start=1)
        ]
    return pd.DataFrame(rows), pd.DataFrame(events)
