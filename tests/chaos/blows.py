"""What befalls a run: signals, and a disk that is suddenly full."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from numpy.random import Generator

from tests.chaos.runs import Going

#: Bytes that a full disk still has.
LEFT = 20_000

#: Seconds to wait for a job where one is to be hit.
WAIT = 10.0


@dataclass(frozen=True)
class Blow:
    """One way to disturb a run.

    Attributes
    ----------
    name : str
        As the tally has it.
    strike : callable
        Gets the run and a generator of random numbers.
    """

    name: str
    strike: Callable[[Going, Generator], None]


def _at(whom: str, number: signal.Signals) -> Blow:
    def strike(going: Going, generator: Generator) -> None:
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if whom == "terminal":
                os.killpg(going.process.pid, number)
            elif whom == "snakemake" or not (jobs := _wait_for_jobs(going)):
                going.process.send_signal(number)
            else:
                jobs[generator.integers(len(jobs))].send_signal(number)

    return Blow(f"{number.name.removeprefix('SIG')} {whom}", strike)


def _wait_for_jobs(going: Going) -> list[psutil.Process]:
    end = time.monotonic() + WAIT
    while going.process.poll() is None and time.monotonic() < end:
        if jobs := going.jobs():
            return jobs
        time.sleep(0.05)
    return []


#: Signals: to Snakemake alone, to all that a terminal holds (Ctrl-C, a closed window), to a job.
KILLS = (
    _at("snakemake", signal.SIGKILL),
    _at("snakemake", signal.SIGTERM),
    _at("snakemake", signal.SIGHUP),
    _at("snakemake", signal.SIGINT),
    _at("terminal", signal.SIGHUP),
    _at("terminal", signal.SIGINT),
    _at("job", signal.SIGKILL),
    _at("job", signal.SIGTERM),
)


def fill(disk: Path) -> Path:
    """Take all room of a disk but for `LEFT`; return the file that does."""
    filler = disk / "filler"
    room = os.statvfs(disk)
    size = max(room.f_bavail * room.f_frsize - LEFT, 0)
    with filler.open("wb") as stream, suppress(OSError):
        os.posix_fallocate(stream.fileno(), 0, max(size, 1))
    return filler
