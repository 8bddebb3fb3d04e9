"""The one place where what a header declares is compared with the pages, and frames are chosen."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from neuroloop.calcium.headers.declared import Declared
from neuroloop.errors import NeuroLoopError


@dataclass(frozen=True)
class Reading:
    """Which pages of a movie's files are its frames, as the user states.

    Attributes
    ----------
    channel : int or None
        By the number that the header gives it, mostly from 1; None where files have one.
    plane : int or None
        From 1, in the order of a volume; None where files have one.
    slices_are_time : bool
        Whether what the header calls slices (z) are time points.
    """

    channel: int | None = None
    plane: int | None = None
    slices_are_time: bool = False


class Chosen(NamedTuple):
    """Pages of a file that are a movie's frames.

    Attributes
    ----------
    pages : ndarray of int, shape (frames,)
        Their places in the file.
    times : ndarray of int, shape (frames,)
        Time points by the header.
    choice : str
        Which channel and plane these are, where there are several.
    warnings : tuple of str
        What is to be told, a sentence each.
    """

    pages: np.ndarray
    times: np.ndarray
    choice: str
    warnings: tuple[str, ...]


def choose_pages(path: Path, declared: Declared, pages: int, reading: Reading) -> Chosen:
    """Choose the pages of one channel and one plane.

    Parameters
    ----------
    path : path
        The file, for messages.
    declared : Declared
        What its header says.
    pages : int
        That are there.
    reading : Reading
        What the user states.

    Raises
    ------
    NeuroLoopError
        If header and pages disagree, there are several channels or planes and none was chosen, or
        there is none such.
    """
    if reading.slices_are_time:
        declared = _slices_as_time(path, declared)
    channel, plane = _wanted(path, declared, pages, reading)
    if declared.where is None:
        channels, planes, times, warnings = _by_order(path, declared, pages)
    else:
        channels, planes, times = declared.where.T
        warnings = ()
    mine = np.flatnonzero((channels == channel) & (planes == plane))
    steps = np.diff(times[mine])
    if (steps <= 0).any():
        raise NeuroLoopError(
            f"{path} holds its frames in another order than that of time, or one twice: "
            f"{declared.says}; save them in order"
        )
    if (steps > 1).any():
        before = times[mine][np.argmax(steps > 1)]
        raise NeuroLoopError(
            f"{path} lacks the time point {before + 1} (from 0), but has later ones: "
            f"{declared.says}; export the movie again"
        )
    return Chosen(mine, times[mine], _choice(declared, reading), warnings)


def _slices_as_time(path: Path, declared: Declared) -> Declared:
    """Take slices for time points, where there is one time point."""
    if declared.planes == 1:
        return declared
    if not _one_time(declared):
        raise NeuroLoopError(
            f"{path} has both slices and time points: {declared.says}; take slices_are_time out of "
            "the config and choose one by plane"
        )
    exchanged = {"Z": "T", "T": "Z", "C": "C"}
    return declared._replace(
        planes=1,
        frames=declared.planes,
        order="".join(exchanged[axis] for axis in declared.order),
        where=None if declared.where is None else declared.where[:, [0, 2, 1]],
    )


def _one_time(declared: Declared) -> bool:
    """Whether a header speaks of one time point, so that slices may be what is called so."""
    if declared.where is not None:
        return not declared.where[:, 2].any()
    return declared.frames == 1 and not declared.flyback


def _wanted(path: Path, declared: Declared, pages: int, reading: Reading) -> tuple[int, int]:
    """Places of the channel and the plane that are wanted."""
    known = {"channel": declared.channels, "plane": tuple(range(1, declared.planes + 1))}
    stated = {"channel": reading.channel, "plane": reading.plane}
    open_choices = {
        what: numbers
        for what, numbers in known.items()
        if stated[what] is None and len(numbers) > 1
    }
    if open_choices:
        each = len(declared.channels) * (declared.planes + declared.flyback)
        uneven = f" in {pages} pages, no multiple of {each}" if pages > 1 and pages % each else ""
        several = (f"several {what}s ({len(one)})" for what, one in open_choices.items())
        names = (f"{what} ({_listed(one)})" for what, one in open_choices.items())
        raise NeuroLoopError(
            f"{path} has {' and '.join(several)}{uneven}: {declared.says}; choose by "
            f"{' and '.join(names)} in the config's area, or in a column of the table of recordings"
            + _if_time(declared, open_choices)
        )
    for what, numbers in known.items():
        if stated[what] not in (None, *numbers):
            raise NeuroLoopError(
                f"{path} has no {what} {stated[what]}: {declared.says}; its {what}s are called "
                f"{_listed(numbers)}"
            )
    return tuple(  # type: ignore[return-value]
        0 if stated[what] is None else numbers.index(stated[what] or 0)
        for what, numbers in known.items()
    )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:8])) + (", ..." if len(numbers) > 8 else "")


def _if_time(declared: Declared, open_choices: Container[str]) -> str:
    if "plane" not in open_choices or not _one_time(declared):
        return ""
    return "; if its slices are time points, set slices_are_time: true in the area"


def _by_order(
    path: Path, declared: Declared, pages: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Channel, plane and time point of every page, by the order of axes."""
    volume = declared.planes + declared.flyback
    each = len(declared.channels) * volume
    held = f"{path} holds {pages} {'frames' if each == 1 else 'pages'}, but {declared.says}"
    if not declared.plan and declared.frames is not None and pages != each * declared.frames:
        raise NeuroLoopError(f"{held}: save the movie again, alone")
    end = (pages + declared.phase) % each
    if end and not declared.counted:
        raise NeuroLoopError(
            f"{held}, and {pages} is no multiple of {each}: copy or export the movie again"
        )
    frames = declared.frames or 1
    if declared.order.endswith("T"):
        # However many there are.
        frames = -(-(pages + declared.phase) // each)
    sizes = {"C": len(declared.channels), "Z": volume, "T": frames}
    by_axis = dict(
        zip(
            declared.order,
            np.unravel_index(
                np.arange(declared.phase, declared.phase + pages),
                [sizes[axis] for axis in declared.order],
                order="F",
            ),
            strict=True,
        )
    )
    warnings = (
        (
            f"{path.name}: its pages end within a volume ({end} of {each} pages): the recording "
            "was stopped there, or goes on in the next file.",
        )
        if end
        else ()
    )
    return by_axis["C"], by_axis["Z"], by_axis["T"], warnings


def _choice(declared: Declared, reading: Reading) -> str:
    """Which pages are taken, where not all are."""
    parts = [
        f"{what} {wanted} of {count}"
        for what, wanted, count in (
            ("channel", reading.channel, len(declared.channels)),
            ("plane", reading.plane, declared.planes),
        )
        if count > 1
    ]
    if declared.flyback and parts:
        parts.append(f"without {declared.flyback} page(s) of flyback a volume")
    return f"{', '.join(parts)} ({declared.says})" if parts else ""
