"""Every few minutes of a run: how many jobs wait in SLURM's queue for what, and what is broken."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from neuroloop.workflow.slurm.commands import PROFILE, ClusterError, ask, user
from neuroloop.workflow.slurm.queue import silence_of_accounts, use_queue

#: Seconds between two lines.
PERIOD = 180.0

#: Reasons for which a job never starts by itself.
NEVER = {
    "PartitionTimeLimit": "longest_job",
    "PartitionNodeLimit": "cpu_partition or gpu_partition",
    "BadConstraints": "constraint",
    "AccountNotAllowed": "account",
    "QOSNotAllowed": "qos",
    "InvalidAccount": "account",
    "Job's account not permitted to use this partition": "account",
    "InvalidQOS": "qos",
    "ReservationDeleted": "reservation",
}

#: States of nodes that take no jobs, as sinfo writes their beginning.
UNABLE = ("down", "drain", "fail", "maint", "no_respond", "unk", "inval")


class Heartbeat:
    """Tells what SLURM says of a run's jobs, in a thread of its own.

    Parameters
    ----------
    executor : PatientExecutor
    remembers : int
        Seconds that squeue remembers a job after its end.
    tell : callable
        Hears each line.
    period : float
        Seconds between two lines.
    """

    def __init__(
        self, executor: Any, remembers: int, tell: Callable[[str], object], period: float = PERIOD
    ) -> None:
        self.executor, self.remembers, self.tell, self.period = executor, remembers, tell, period
        self.told = ""
        self._over = threading.Event()

    def begin(self) -> None:
        """Tell from now on, until the process ends."""
        threading.Thread(target=self._keep, daemon=True).start()

    def end(self) -> None:
        """Be silent from now on."""
        self._over.set()

    def _keep(self) -> None:
        while not self._over.wait(self.period):
            for line in self.lines():
                if not self._over.is_set():
                    self.tell(line)

    def lines(self) -> list[str]:
        """What is to be told now; troubles only when they change."""
        try:
            jobs = ask("squeue", "-h", "-u", user(), "-n", self.executor.run_uuid, "-o", "%P|%T|%r")
            rows = [line.split("|", 2) for line in jobs.splitlines()]
            partitions = {name for row in rows for name in row[0].split(",")}
            found = [queue_line(rows, len(self.executor.waiting))] if rows else []
            troubles = [*partition_troubles(partitions), *never_starting(rows)]
        except ClusterError as error:
            found, troubles = [], [str(error).partition(": try again")[0]]
        settings = self.executor.workflow.executor_settings
        if settings.status_command == "sacct" and (silence := silence_of_accounts()):
            use_queue(settings, self.remembers)
            troubles.append(
                f"sacct does not answer ({silence}): the ends of jobs are read from squeue"
            )
        told, self.told = self.told, "; ".join(troubles)
        return found + ([f"SLURM: {self.told}."] if self.told and self.told != told else [])


def queue_line(rows: list[list[str]], waiting: int = 0) -> str:
    """How many jobs run and wait, and what for.

    Parameters
    ----------
    rows : list of (partition, state, reason)
    waiting : int
        Jobs that SLURM does not take into its queue now.

    Examples
    --------
    >>> queue_line([["cpu", "RUNNING", "None"], ["gpu", "PENDING", "Resources"]], 2)
    'SLURM: 1 running, 1 pending (1 Resources), 2 not taken into the queue yet'
    """
    running = sum(state != "PENDING" for _, state, _ in rows)
    reasons = Counter(why for _, state, why in rows if state == "PENDING")
    parts = [f"{running} running"]
    if reasons:
        named = ", ".join(f"{number} {why}" for why, number in reasons.most_common())
        parts.append(f"{reasons.total()} pending ({named})")
    if waiting:
        parts.append(f"{waiting} not taken into the queue yet")
    return "SLURM: " + ", ".join(parts)


def never_starting(rows: list[list[str]]) -> list[str]:
    """Jobs that wait for what does not come, and the key of the profile that has to change."""
    reasons = Counter(why.partition(" (")[0] for _, state, why in rows if state == "PENDING")
    return [
        f"{number} jobs never start ({why}): stop this run with Ctrl-C and change {NEVER[why]} in "
        f"{PROFILE}"
        for why, number in reasons.items()
        if why in NEVER
    ]


def partition_troubles(names: set[str]) -> list[str]:
    """What of partitions takes no jobs.

    Parameters
    ----------
    names : set of str
        Partitions; empty for all.
    """
    nodes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    closed = {}
    for line in ask("sinfo", "-h", "-o", "%R|%a|%T|%D").splitlines():
        name, open_, state, number = line.split("|")
        if not names or name in names:
            nodes[name][state.rstrip("*~#!%$@^-+")] += int(number)
            if open_ != "up":
                closed[name] = open_
    troubles = []
    for name, states in nodes.items():
        unable = {state: number for state, number in states.items() if state.startswith(UNABLE)}
        if name in closed:
            troubles.append(f"partition {name} is {closed[name]}")
        elif unable:
            named = ", ".join(f"{number} {state}" for state, number in unable.items())
            troubles.append(f"partition {name}: {named} of {states.total()} nodes")
    return troubles
