"""Results that are gone though what follows from them is there."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def first_lost(jobs: Iterable[Sequence[str]]) -> list[str]:
    """The first missing file of each job that lacks any: making it makes all of the job's.

    Parameters
    ----------
    jobs : iterable of sequence of str
        Files that each job makes.
    """
    lost = ([path for path in files if not Path(path).exists()] for files in jobs)
    return [paths[0] for paths in lost if paths]
