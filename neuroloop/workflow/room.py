"""Whether there is room for what a run is about to make: asked before its first job."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from neuroloop.files.disk_space import MEGABYTE, REMEDY, DiskFull, existing, free_space, megabytes

#: Bytes that any job leaves, with its log and what Snakemake keeps of it.
LEAST = 50_000


def check_room(folder: Path, jobs: Iterable[Any], pending: Iterable[Any]) -> None:
    """Refuse a run that would fill the disk, as far as can be known before it.

    A job whose results are gone or not made yet needs as much as others of its rule have left, and
    at least `LEAST`. Before the first run nothing more is known; writers of much look again.

    Parameters
    ----------
    folder : Path
        Where results are written.
    jobs, pending : iterable of Job
        All jobs of the workflow, and those that are to be done.

    Raises
    ------
    DiskFull
        If less is free.
    """
    left = defaultdict(list)
    for job in jobs:
        if size := _size(job):
            left[job.rule.name].append(size)
    sizes = {rule: median(known) for rule, known in left.items()}
    new = [job for job in pending if job.output and not _size(job)]
    needed = int(sum(max(LEAST, sizes.get(job.rule.name, 0)) for job in new))
    free = free_space(folder)
    if needed > free:
        raise DiskFull(
            f"disk full: {len(new)} jobs need {max(needed, MEGABYTE) / MEGABYTE:.0f} MB or more, "
            f"{megabytes(free)} free in {existing(folder)}: {REMEDY}"
        )


def _size(job: Any) -> int:
    """Bytes of a job's results, those in folders included."""
    paths = [Path(path) for path in job.output]
    files = [one for path in paths for one in (path.rglob("*") if path.is_dir() else (path,))]
    return sum(path.stat().st_size for path in files if path.is_file())
