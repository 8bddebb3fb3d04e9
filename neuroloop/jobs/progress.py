"""Progress of long work: a bar on a terminal, plain lines in a log."""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two lines in a log: the least, the most, and between these a share of the work
#: so far.
INTERVAL, MOST, SHARE = 10.0, 120.0, 0.05


def progress(
    items: Iterable[T],
    label: str,
    total: int | None = None,
    state: Callable[[], str] | None = None,
) -> Iterator[T]:
    """Yield `items` and report progress.

    A bar is drawn if standard error is a terminal and messages do not go to a log file; otherwise
    a line is logged after ten seconds, and then ever more rarely, up to two minutes apart.

    Parameters
    ----------
    items : iterable
        What to iterate over.
    label : str
        What one item is, e.g. ``"permutations"``.
    total : int, optional
        Number of items, if `items` has no length.
    state : callable, optional
        What else a line says after an item, e.g. ``"loss 0.31"``.
    """
    total = len(items) if total is None and isinstance(items, Sized) else total
    if sys.stderr.isatty() and not logging.getLogger().handlers:
        from tqdm import tqdm

        yield from tqdm(items, desc=label, total=total)
        return
    log = logging.getLogger(__name__)
    began = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= min(max(INTERVAL, SHARE * (now - began)), MOST):
            last = now
            parts = [f"{done} of {total} done" if total else f"{done} done"]
            if state:
                parts.append(state())
            if total and done < total:
                parts.append(about((now - began) / done * (total - done)))
            log.info("%s: %s", label, ", ".join(parts))


def about(seconds: float) -> str:
    """How long something still takes, roughly: ``"about 4 min left"``."""
    if seconds < 60:
        return "under a minute left"
    return f"about {duration(60 * round(seconds / 60))} left"


def duration(seconds: float) -> str:
    """A time in two units at most: ``"8 s"``, ``"6 min 12 s"``, ``"14 min"``, ``"2 h 5 min"``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(seconds / 60)
    hours = minutes // 60
    if not hours:
        return f"{minutes} min"
    return f"{hours} h" + (f" {minutes % 60} min" if minutes % 60 and hours < 10 else "")
