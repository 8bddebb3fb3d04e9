"""Ids as in Generic Object Decoding: stimuli, categories, runs and blocks from plain numbers.

Horikawa & Kamitani (2017), Nat. Commun. 8:15037. A stimulus id is a number whose integer part is
the WordNet synset and whose fraction is the image: 1518878.008432 is ImageNet's n01518878_8432.
Run numbers restart from 1 in every session (and in some other files at every visit to the scanner);
here runs and blocks get ids that are unique within the subject.
"""

from collections.abc import Sequence

import numpy as np


def stimulus_name(value: float) -> str:
    """Format a numeric stimulus id, e.g. ``"1518878.008432"``."""
    return f"{value:.6f}"


def synset(value: float) -> str:
    """Return the category of a numeric stimulus id, e.g. ``"n01518878"``."""
    return f"n{int(value):08d}"


def run_id(session: str, number: object) -> str:
    """Return the id of a run, e.g. ``"training-3"``."""
    return f"{session}-{number}"


def block_id(run: str, number: object) -> str:
    """Return the id of a block of a run, e.g. ``"training-3-17"``."""
    return f"{run}-{number}"


def unique_runs(sessions: Sequence[str], numbers: Sequence[float]) -> list[str]:
    """Give every run an id that is unique within the subject.

    Parameters
    ----------
    sessions : sequence of str
        Session of each row, in file order.
    numbers : sequence of float
        Run number of each row.

    Returns
    -------
    list of str
        The number within its session, ``"training-3"``. If numbers decrease within a session (the
        count restarted at another visit to the scanner), its runs are renumbered in file order. If
        they change so often that the rows cannot be in order of time (stretches of one number are
        shorter than two rows on average), the numbers are used as they are.
    """
    ids = [""] * len(numbers)
    for session in dict.fromkeys(sessions):
        rows = [row for row, name in enumerate(sessions) if name == session]
        stated = np.array([numbers[row] for row in rows])
        steps = np.diff(stated, prepend=stated[0])
        restarted = bool((steps < 0).any()) and 2 * (1 + np.count_nonzero(steps)) <= len(stated)
        counted = 1 + np.cumsum(steps != 0) if restarted else stated
        for row, number in zip(rows, counted, strict=True):
            ids[row] = run_id(session, int(number))
    return ids


def unique_blocks(
    sessions: Sequence[str],
    runs: Sequence[str],
    numbers: Sequence[float] | None,
    stimuli: Sequence[str],
    categories: Sequence[str],
    trials: bool = False,
) -> list[str]:
    """Give every block an id that is unique within the subject.

    Parameters
    ----------
    sessions, runs, stimuli, categories : sequence of str
        Of each row, in file order; runs as from `unique_runs`.
    numbers : sequence of float, optional
        Block number of each row.
    trials : bool
        Whether rows of one category back to back are trials of their own.

    Returns
    -------
    list of str
        The number within its run, ``"training-3-17"``. Without numbers, or in a session whose
        numbers put two categories into one block (and so do not separate the trials), a block is a
        stretch of rows of one run and category; with `trials` one that shows one stimulus, and a
        row alone where only its category is known.
    """
    ids = [""] * len(runs)
    for session in dict.fromkeys(sessions):
        rows = [row for row, name in enumerate(sessions) if name == session]
        if numbers is not None:
            stated = {row: block_id(runs[row], int(numbers[row])) for row in rows}
            pairs = {(stated[row], categories[row]) for row in rows}
            if len(pairs) == len(set(stated.values())):
                for row in rows:
                    ids[row] = stated[row]
                continue
        count: dict[str, int] = {}
        before: dict[str, int] = {}
        for row in rows:
            run = runs[row]
            last = before.get(run)
            told = stimuli if trials else categories
            alone = trials and stimuli[row] == categories[row]
            if last != row - 1 or alone or told[last] != told[row]:
                count[run] = count.get(run, 0) + 1
            before[run] = row
            ids[row] = block_id(run, count[run])
    return ids
