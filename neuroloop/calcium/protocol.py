"""Protocol of an experiment: which patterns are stimulated, in which recordings, when."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from neuroloop.calcium.patterns import NONE, pattern_cells, pattern_name
from neuroloop.errors import NeuroLoopError


@dataclass(frozen=True)
class Protocol:
    """Times of a recording; the default is the study's.

    Attributes
    ----------
    frame_rate : float
        Frames a second.
    trials : int
        Stimulations a recording (5 or 10 in the study).
    first_onset, period, tail : float
        Seconds before the first stimulation, from one to the next, and after the last period.
    pulse : float
        Duration of a photostimulation, seconds.
    """

    frame_rate: float = 2.0
    trials: int = 5
    first_onset: float = 18.0
    period: float = 8.0
    tail: float = 2.0
    pulse: float = 0.05

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
