"""Whether two recordings hold the same frames: a copy of a movie, or of a part of one.

Every frame is known by the light of all cells and of the background in it, which is stored: two
frames in which all of these are equal to the last digit are one.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neuroloop.calcium.recording_courses import read_courses
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath

#: Frames that two recordings share by no accident, and as a part of the shorter one.
FRAMES, PART = 10, 0.01


class Shared(NamedTuple):
    """Frames that two recordings share.

    Attributes
    ----------
    names : (str, str)
        The recordings.
    frames : int
        How many.
    starts : (int, int)
        The first of them in each, from 0.
    """

    names: tuple[str, str]
    frames: int
    starts: tuple[int, int]


def shared_frames(light: Mapping[str, np.ndarray]) -> Shared | None:
    """Find two recordings that share frames, in the same order.

    Frames that a recording repeats, or in which all is alike (black), tell nothing.

    Parameters
    ----------
    light : mapping of str to ndarray, shape (frames, cells and background)
        Of each recording.

    Returns
    -------
    Shared or None
        The two that share most.
    """
    places: dict[bytes, list[tuple[str, int]]] = defaultdict(list)
    for name, rows in light.items():
        for index in _distinct(rows):
            places[rows[index].tobytes()].append((name, int(index)))
    lags: Counter[tuple[str, str, int]] = Counter()
    starts: dict[tuple[str, str, int], tuple[int, int]] = {}
    for found in places.values():
        for at, (one, first) in enumerate(found):
            for other, second in found[at + 1 :]:
                key = (one, other, second - first)
                lags[key] += 1
                starts[key] = min(starts.get(key, (first, second)), (first, second))
    for (one, other, lag), count in lags.most_common():
        shorter = min(len(light[one]), len(light[other]))
        if count >= max(min(FRAMES, shorter), PART * shorter):
            return Shared((one, other), count, starts[one, other, lag])
    return None


def _distinct(rows: np.ndarray) -> np.ndarray:
    """Frames that stand once in a recording, and in which not all is alike."""
    counts = Counter(row.tobytes() for row in rows)
    once = [index for index, row in enumerate(rows) if counts[row.tobytes()] == 1]
    varied = np.nanmax(rows[once], axis=1, initial=-np.inf) > np.nanmin(
        rows[once], axis=1, initial=np.inf
    )
    return np.asarray(once, dtype=int)[varied]


def refuse_shared_sessions(sessions: Mapping[str, tuple[StrPath, StrPath]]) -> None:
    """Refuse sessions that share frames.

    Parameters
    ----------
    sessions : mapping of str to (path, path)
        frames.h5 and frames.tsv of each session.

    Raises
    ------
    NeuroLoopError
        If a movie, or a part of it, is in two.
    """
    light = {}
    for session, (frames, table) in sessions.items():
        courses = read_courses(frames, table)
        for name, of_cells in courses.cells.items():
            both = np.column_stack([of_cells, courses.background[name]])
            light[f"recording {name} of session {session}"] = both
    refuse_shared_frames(light)


def refuse_shared_frames(light: Mapping[str, np.ndarray]) -> None:
    """Refuse recordings that are one movie, or overlap.

    Parameters
    ----------
    light : mapping of str to ndarray, shape (frames, cells and background)
        Of each recording, by what it is called in a message.

    Raises
    ------
    NeuroLoopError
        If two are.
    """
    found = shared_frames(light)
    if found is None:
        return
    one, other = found.names
    first, second = found.starts
    raise NeuroLoopError(
        f"{one} and {other} share {found.frames} frames (from frame {first} of the one and "
        f"{second} of the other on): a movie, or a part of it, is listed twice under two names; "
        "correct the table of recordings, in which a frame belongs to one recording"
    )
