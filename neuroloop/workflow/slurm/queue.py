"""Jobs that runs of a folder have in SLURM's queue, and how their ends are learned of."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from neuroloop.workflow.slurm.commands import ClusterError, ask, say, settings_of_cluster, user

#: Seconds that cancelled jobs may take to end.
END_PATIENCE = 300

#: Seconds that SLURM has to remember a job after its end for that end to be seen.
SHORTEST_MEMORY = 30


def choose_status_command(settings: Any, tell: Callable[[str], object]) -> int:
    """Let Snakemake's plugin ask squeue where sacct would not answer.

    Parameters
    ----------
    settings : ExecutorSettings
        Of the plugin; `status_command` is changed in place.
    tell : callable
        Hears of a database that does not answer.

    Returns
    -------
    int
        Seconds that squeue remembers a job after its end.

    Raises
    ------
    ClusterError
        If sacct does not answer and the queue forgets jobs too soon.
    """
    config = settings_of_cluster()
    age = int(config.get("MinJobAge", "0").split()[0])
    if settings.status_command == "squeue":
        use_queue(settings, age)
    elif config.get("AccountingStorageType", "").endswith("/none"):
        refuse_short_memory(age, "keeps no accounts")
        use_queue(settings, age)
    elif silence := silence_of_accounts():
        refuse_short_memory(age, f"does not answer sacct ({silence})")
        tell(f"sacct does not answer ({silence}): the ends of jobs are read from squeue.")
        use_queue(settings, age)
    return age


def refuse_short_memory(age: int, why: str) -> None:
    """End a run that could not see jobs end."""
    if age < SHORTEST_MEMORY:
        raise ClusterError(
            f"this cluster {why} and forgets a job {age} s after its end, so that no end would be "
            f"seen: ask for MinJobAge of {SHORTEST_MEMORY} s or more in slurm.conf"
        )


def use_queue(settings: Any, age: int) -> None:
    """Ask squeue from now on, the first time so soon that no job is forgotten.

    The plugin goes back to sacct where three times that is longer than squeue remembers.
    """
    settings.status_command = "squeue"
    settings.init_seconds_before_status_checks = max(
        min(settings.init_seconds_before_status_checks, age // 3), 1
    )


def silence_of_accounts() -> str:
    """Why sacct does not answer; empty if it does."""
    try:
        said = say("sacct", "-X", "-n", "-S", "now", "-o", "JobID")
    except ClusterError as error:
        return str(error).partition("(")[2].partition(")")[0] or "it is not here"
    return said.err.strip().splitlines()[-1].removeprefix("sacct: error: ") if said.status else ""


def own_jobs(prefix: str, folder: Path) -> list[str]:
    """Ids of this user's jobs in the queue whose names begin so, submitted in this folder."""
    lines = ask("squeue", "-h", "-u", user(), "-o", "%i|%j|%Z").splitlines()
    found = []
    for line in lines:
        number, name, place = line.split("|", 2)
        if name.startswith(prefix) and Path(place).resolve() == folder.resolve():
            found.append(number)
    return found


def refuse_own_jobs(prefix: str, folder: Path) -> None:
    """Refuse to start beside other runs' jobs where no lock tells whether their run lives.

    Raises
    ------
    ClusterError
        If there are any.
    """
    if left := own_jobs(prefix, folder):
        raise ClusterError(
            f"SLURM jobs {', '.join(left)} of another run in this folder are in the queue, and "
            "this file system has no locks that would tell whether that run lives: wait for its "
            f"end, or, if it is gone, type `scancel {' '.join(left)}` and the same command again"
        )


def cancel_own_jobs(prefix: str, folder: Path) -> list[str]:
    """Cancel jobs that runs in this folder have in the queue, and wait for their end.

    Parameters
    ----------
    prefix : str
        How the names of the jobs begin.
    folder : Path
        Where they were submitted.

    Returns
    -------
    list of str
        Ids of the jobs.

    Raises
    ------
    ClusterError
        If they do not end.
    """
    jobs = left = own_jobs(prefix, folder)
    end = time.monotonic() + END_PATIENCE
    if jobs:
        ask("scancel", *jobs)
    while left:
        if time.monotonic() > end:
            raise ClusterError(
                f"SLURM jobs {', '.join(left)}, left by an earlier run in this folder, do not end "
                f"{END_PATIENCE} s after scancel: see `scontrol show job {left[0]}`"
            )
        time.sleep(0.5)
        left = own_jobs(prefix, folder)
    return jobs


def leave_nothing(name: str, folder: Path) -> None:
    """Cancel what Ctrl-C caught between its submission and Snakemake's list of jobs."""
    try:
        cancel_own_jobs(name, folder)
    except ClusterError as error:
        print(error, file=sys.stderr)


def start_over() -> NoReturn:
    """Type the same command again, in this process.

    Snakemake decides what is to be done before its start handler runs. A job that is cancelled
    then takes its outputs away, which may have counted as done.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, sys.orig_argv)
