"""Jobs that outlive their run: a run on one machine marks what it starts, and the next one ends it.

A run that is killed (`kill -9`, a terminal that closes) cannot end its jobs. They would write the
files that the next run makes.
"""

import os
import time
from pathlib import Path

import psutil

from neuroloop.workflow.folder_lock import FolderInUse

#: Environment variable by which a process is known as started by a run in a folder.
MARK = "NEUROLOOP_RUN_IN"

#: Seconds that killed processes may take to end.
PATIENCE = 30


def mark(folder: Path) -> None:
    """Let whatever this process starts be known as a job of a run in this folder."""
    os.environ[MARK] = str(folder.resolve())


def orphans(folder: Path) -> list[psutil.Process]:
    """Processes of this machine that other runs in a folder started, their children included.

    Those that may not be looked at, such as other users', are passed over.
    """
    own = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in own and process.environ().get(MARK) == str(folder.resolve()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end_orphans(folder: Path) -> list[int]:
    """End what a killed run in a folder left, and wait for its end.

    Parameters
    ----------
    folder : Path
        Where this process works. It must hold the folder: another run's jobs would be ended.

    Returns
    -------
    list of int
        Numbers of the processes.

    Raises
    ------
    FolderInUse
        If they do not end.
    """
    ended: set[int] = set()
    end = time.monotonic() + PATIENCE
    while left := orphans(folder):
        if time.monotonic() > end:
            raise FolderInUse(
                f"{describe(left)}, left by a killed run in this folder, do not end "
                f"{PATIENCE} s after being killed: end them, or start the machine again"
            )
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        ended |= {process.pid for process in left}
        psutil.wait_procs(left, timeout=1)
    return sorted(ended)


def refuse_orphans(folder: Path) -> None:
    """Refuse to start beside other runs' jobs where no lock tells whether their run lives.

    Raises
    ------
    FolderInUse
        If there are any.
    """
    if left := orphans(folder):
        raise FolderInUse(
            f"{describe(left)}, started by another run in this folder, work: wait for their end, "
            "or end them"
        )


def describe(processes: list[psutil.Process]) -> str:
    """Name processes by their numbers."""
    return f"processes {', '.join(str(process.pid) for process in processes)}"
