"""Ids as in Generic Object Decoding: stimuli, categories, runs and blocks from plain numbers.

Horikawa & Kamitani (2017), Nat. Commun. 8:15037. A stimulus id is a number whose integer part is
the WordNet synset and whose fraction is the image: 1518878.008432 is ImageNet's n01518878_8432.
Run numbers count from 1 again in every session (and in files of some other origin in every visit
to the scanner); here runs and blocks get ids that are unique within the subject.
"""

from collections.abc import Sequence

import numpy as np


def stimulus_name(value: float) -> str:
    """Text of a numeric stimulus id, e.g. ``"1518878.008432"``."""
    return f"{value:.6f}"


def synset(value: float) -> str:
    """Category of a numeric stimulus id, e.g. ``"n01518878"``."""
    return f"n{int(value):08d}"


def run_id(session: str, number: object) -> str:
    """Id of a run, e.g. ``"training-3"``."""
    return f"{session}-{number}"


def block_id(run: str, number: object) -> str:
    """Id of a block of a run, e.g. ``"training-3-17"``."""
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
        The number within its session, ``"training-3"``. Where numbers fall on the way through a
        session (the count restarted: another visit to the scanner), its runs are counted anew in
        file order. Where they change so often that the rows cannot be in order of time (stretches
        of one number are shorter than two rows on average), the numbers are taken as they are.
    """
    ids = [""] * len(numbers)
    for session in dict.fromkeys(sessions):
        places = [place for place, name in enumerate(sessions) if name == session]
        own = np.array([numbers[place] for place in places])
        steps = np.diff(own, prepend=own[0])
        restarted = bool((steps < 0).any()) and 2 * (1 + np.count_nonzero(steps)) <= len(own)
        counted = 1 + np.cumsum(steps != 0) if restarted else own
        for place, number in zip(places, counted, strict=True):
            ids[place] = run_id(session, int(number))
    return ids


def unique_blocks(
    sessions: Sequence[str],
    runs: Sequence[str],
    numbers: Sequence[float] | None,
    stimuli: Sequence[str],
    categories: Sequence[str],
) -> list[str]:
    """Give every block an id that is unique within the subject.

    Parameters
    ----------
    sessions, runs, stimuli, categories : sequence of str
        Of each row, in file order; runs as from `unique_runs`.
    numbers : sequence of float, optional
        Block number of each row.

    Returns
    -------
    list of str
        The number within its run, ``"training-3-17"``. In a session whose numbers put two
        categories into one block (so they do not separate the trials), or without numbers, a block
        is a stretch of rows of one run that show one stimulus: in Generic Object Decoding a trial.
    """
    ids = [""] * len(runs)
    for session in dict.fromkeys(sessions):
        places = [place for place, name in enumerate(sessions) if name == session]
        if numbers is not None:
            named = {place: block_id(runs[place], int(numbers[place])) for place in places}
            shown = {(named[place], categories[place]) for place in places}
            if len(shown) == len(set(named.values())):
                for place in places:
                    ids[place] = named[place]
                continue
        count: dict[str, int] = {}
        before: dict[str, int] = {}
        for place in places:
            run = runs[place]
            last = before.get(run)
            if last != place - 1 or stimuli[last] != stimuli[place]:
                count[run] = count.get(run, 0) + 1
            before[run] = place
            ids[place] = block_id(run, count[run])
    return ids
