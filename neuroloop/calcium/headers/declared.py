"""What a header declares of a file's pages, whatever program wrote it."""

from typing import NamedTuple

import numpy as np

#: Seconds in the units in which headers give times.
SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0}


#: Relative difference between a planned rate and the times of pages that is no contradiction.
CLOCKS = 0.05


class Place(NamedTuple):
    """Where a file's first page stands in its acquisition.

    Attributes
    ----------
    acquisition : str
        Only places of the same can be compared.
    order : tuple of float
        Increases with time.
    after : tuple of float or None
        Of the file that follows, if none is left out; None where that is not known.
    """

    acquisition: str
    order: tuple[float, ...]
    after: tuple[float, ...] | None = None


class Declared(NamedTuple):
    """What is declared of a file's pages.

    Attributes
    ----------
    says : str
        In the words of the header, for messages.
    channels : tuple of int
        The numbers by which channels are called, in the order of their pages.
    planes : int
        Planes of a volume.
    flyback : int
        Pages of the objective's flight back that follow a volume's planes, of each channel.
    frames : int or None
        Time points of the whole recording.
    plan : bool
        Whether that number was written before the frames were: they may be fewer, or go on in
        another file.
    frame_rate : float or None
        Hz, of one channel of one plane.
    order : str
        The axes C, Z, T, the one that changes from page to page first.
    where : ndarray of int, shape (pages, 3), or None
        Channel, plane and time point of every page, counted from 0, where they are listed.
    phase : int
        Pages of the first volume that lie in a file before this one.
    counted : bool
        Whether each page bears the number of its frame, so that none is missing between them.
    place : Place or None
        Where the first page stands in its acquisition.
    doubt : str
        Why the header's frame rate is none to rely on; empty where it is.
    """

    says: str = "its header says nothing"
    channels: tuple[int, ...] = (1,)
    planes: int = 1
    flyback: int = 0
    frames: int | None = None
    plan: bool = True
    frame_rate: float | None = None
    order: str = "CZT"
    where: np.ndarray | None = None
    phase: int = 0
    counted: bool = False
    place: Place | None = None
    doubt: str = ""

    def timed(self, seconds: float, frames: float) -> "Declared":
        """Compare the frame rate with the times that pages bear.

        Parameters
        ----------
        seconds : float
            From the first to the last page, by what they bear; 0 if that is not known.
        frames : float
            Time points from the first to the last page.

        Returns
        -------
        Declared
            Without a rate, and with the doubt, if they disagree.
        """
        if not self.frame_rate or seconds <= 0 or frames < 1:
            return self
        measured = frames / seconds
        if abs(self.frame_rate / measured - 1) <= CLOCKS:
            return self
        doubt = (
            f"its header says {self.frame_rate:g} Hz, but its pages bear times that make "
            f"{measured:.4g} Hz"
        )
        return self._replace(frame_rate=None, doubt=doubt)


def numbered(count: int) -> tuple[int, ...]:
    """Channels that are called by their places, from 1."""
    return tuple(range(1, count + 1))


def number(value: object) -> float:
    """Return a positive finite number as such, and 0 for all else."""
    try:
        found = float(str(value))
    except ValueError:
        return 0.0
    return found if np.isfinite(found) and found > 0 else 0.0


def rate_of(interval: float) -> float | None:
    """Hz of an interval in seconds; None of 0."""
    return 1 / interval if interval else None
