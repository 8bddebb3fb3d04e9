"""Progress of long work: a bar on a terminal, plain lines in a log."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two lines in a log.
INTERVAL = 10.0


def progress(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield `items` and report progress.

    A bar is drawn if standard error is a terminal and messages do not go to a log file; otherwise
    a line is logged at most every ten seconds.

    Parameters
    ----------
    items : iterable
        What to iterate over.
    label : str
        What one item is, e.g. ``"permutations"``.
    total : int, optional
        Number of items, if `items` has no length.
    """
    total = len(items) if total is None and isinstance(items, Sized) else total
    if sys.stderr.isatty() and not logging.getLogger().handlers:
        from tqdm import tqdm

        yield from tqdm(items, desc=label, total=total)
        return
    log = logging.getLogger(__name__)
    last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        if time.monotonic() - last >= INTERVAL:
            last = time.monotonic()
            log.info("%s: %d%s done", label, done, f" of {total}" if total else "")
