"""What a run on a SLURM cluster sees to before its first job, and at its end."""

import atexit
import getpass
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

#: Seconds that a command of SLURM may take.
PATIENCE = 30

#: Seconds that cancelled jobs may take to end.
END_PATIENCE = 300

#: Seconds between two looks at the queue by Snakemake's plugin, at most; a job that SLURM forgets
#: sooner after its end may never be seen to end.
LONGEST_LOOK = 180

#: Where a site is described.
PROFILE = "profiles/slurm/config.yaml"


class ClusterError(Exception):
    """The cluster cannot do what is asked; the message is one line that says what to do."""


@dataclass(frozen=True)
class Request:
    """What one rule's jobs ask of the cluster.

    Attributes
    ----------
    rule, partition : str
        An empty partition is the cluster's default.
    gpu_type : str or None
        Kind of GPU; empty if any will do; None if none is asked for.
    minutes : int
        Run time.
    """

    rule: str
    partition: str
    gpu_type: str | None
    minutes: int


@dataclass(frozen=True)
class Partition:
    """What a partition offers: GPU types by name, and minutes that a job may run (0: no limit)."""

    gpus: frozenset[str]
    minutes: int


def prepare_cluster(
    jobs: Mapping[str, Mapping[str, Any]], settings: Any, folder: Path
) -> list[str]:
    """Check the cluster, choose how it is watched, and cancel what an earlier run left in it.

    When this process ends, whatever it leaves in the queue is cancelled too.

    Parameters
    ----------
    jobs : mapping of str to mapping
        Resources of one job of each rule.
    settings : ExecutorSettings
        Of Snakemake's plugin for SLURM, changed in place.
    folder : Path
        Where this process works. It must hold the folder: another run's jobs would be cancelled.

    Returns
    -------
    list of str
        Ids of the cancelled jobs.

    Raises
    ------
    ClusterError
        If the cluster cannot do what is asked.
    """
    check_requests(request(rule, resources) for rule, resources in jobs.items())
    choose_status_command(settings)
    cancelled = cancel_own_jobs(settings.jobname_prefix, folder)
    atexit.register(_leave_nothing, settings.jobname_prefix, folder)
    return cancelled


def start_over() -> NoReturn:
    """Type the same command again, in this process.

    Snakemake decides what is to be done before its start handler runs. A job that is cancelled
    then takes its outputs away, which may have counted as done.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, sys.orig_argv)


def request(rule: str, resources: Mapping[str, Any]) -> Request:
    """Read a job's resources."""
    wants = resources.get("gpu") or 0
    return Request(
        rule,
        str(resources.get("slurm_partition") or ""),
        str(resources.get("gpu_model") or "") if wants else None,
        int(resources.get("runtime") or 0),
    )


def check_requests(requests: Iterable[Request]) -> None:
    """Compare what jobs ask for with what the cluster offers.

    Raises
    ------
    ClusterError
        If the controller does not answer, a partition is not there or has no such GPU, or its
        time limit is below the time of a rule.
    """
    offered = partitions(ask("sinfo", "-h", "-o", "%R|%l|%G"))
    for wanted in requests:
        if not wanted.partition:
            continue
        kind = "cpu_partition" if wanted.gpu_type is None else "gpu_partition"
        name, rule = wanted.partition, wanted.rule
        if name not in offered:
            raise ClusterError(
                f"{PROFILE}, {kind}: this cluster has no partition {name} (rule {rule}): set one "
                f"of {', '.join(sorted(offered))}"
            )
        there = offered[name]
        if wanted.gpu_type is not None and not there.gpus:
            raise ClusterError(
                f"{PROFILE}, {kind}: no node of partition {name} has a GPU, which rule {rule} "
                "needs: set a partition that has (`sinfo -o '%R %G'` shows them)"
            )
        if wanted.gpu_type and wanted.gpu_type not in there.gpus:
            raise ClusterError(
                f"{PROFILE}, gpu_type: no node of partition {name} has a {wanted.gpu_type}: set "
                f"one of {', '.join(sorted(there.gpus))}, or null for any"
            )
        if there.minutes and wanted.minutes > there.minutes:
            raise ClusterError(
                f"{PROFILE}, longest_job: rule {rule} asks for {wanted.minutes} minutes, "
                f"partition {name} allows {there.minutes}: set longest_job to that or less"
            )


def partitions(text: str) -> dict[str, Partition]:
    """Partitions in the lines ``name|time limit|GPUs`` of sinfo, one line a kind of node."""
    found: dict[str, Partition] = {}
    for line in text.splitlines():
        name, limit, gres = line.split("|", 2)
        gpus = {
            parts[1] if len(parts) > 2 else "any"
            for parts in (one.split("(")[0].split(":") for one in gres.split(","))
            if parts[0] == "gpu"
        }
        earlier = found[name].gpus if name in found else frozenset()
        found[name] = Partition(earlier | gpus, limit_minutes(limit))
    return found


def limit_minutes(text: str) -> int:
    """Minutes of a time limit as sinfo writes it (``[days-]hours:minutes:seconds``, or less)."""
    days, _, clock = text.rpartition("-")
    fields = clock.split(":")
    if not all(field.isdigit() for field in fields):
        return 0  # "infinite"
    hours, minutes, _ = ([0, 0, 0] + [int(field) for field in fields])[-3:]
    return int(days or 0) * 1440 + hours * 60 + minutes


def choose_status_command(settings: Any) -> None:
    """Let Snakemake's plugin ask squeue where there are no accounts, for sacct would never answer.

    Parameters
    ----------
    settings : ExecutorSettings
        Of the plugin; `status_command` is changed in place.

    Raises
    ------
    ClusterError
        If there are no accounts and the queue forgets jobs too soon.
    """
    pairs = (line.partition("=") for line in ask("scontrol", "show", "config").splitlines())
    config = {key.strip(): text.strip() for key, _, text in pairs}
    if not config.get("AccountingStorageType", "").endswith("/none"):
        return
    age = int(config.get("MinJobAge", "0").split()[0])
    if age < LONGEST_LOOK:
        raise ClusterError(
            f"this cluster keeps no accounts and forgets a job {age} s after its end, so that no "
            f"end would be seen: ask for MinJobAge of {LONGEST_LOOK} s or more in slurm.conf"
        )
    settings.status_command = "squeue"
    settings.init_seconds_before_status_checks = min(
        settings.init_seconds_before_status_checks, age // 3
    )


def own_jobs(prefix: str, folder: Path) -> list[str]:
    """Ids of this user's jobs in the queue that a run in this folder submitted."""
    lines = ask("squeue", "-h", "-u", getpass.getuser(), "-o", "%i|%j|%Z").splitlines()
    found = []
    for line in lines:
        number, name, place = line.split("|", 2)
        if name.startswith(f"{prefix}_") and Path(place).resolve() == folder.resolve():
            found.append(number)
    return found


def cancel_own_jobs(prefix: str, folder: Path) -> list[str]:
    """Cancel what earlier runs in this folder left in the queue, and wait for its end.

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


def _leave_nothing(prefix: str, folder: Path) -> None:
    """Cancel what Ctrl-C caught between its submission and Snakemake's list of jobs."""
    try:
        cancel_own_jobs(prefix, folder)
    except ClusterError as error:
        print(error, file=sys.stderr)


def ask(*command: str) -> str:
    """Standard output of a command of SLURM.

    Raises
    ------
    ClusterError
        If it is not there, fails or does not answer in time.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except FileNotFoundError:
        raise ClusterError(
            f"{command[0]} is not here: type this on a login node of the cluster, or leave "
            "--profile slurm out"
        ) from None
    except subprocess.TimeoutExpired:
        problem = f"no answer in {PATIENCE} s"
    else:
        if not done.returncode:
            return done.stdout
        problem = " ".join(done.stderr.split())
    raise ClusterError(
        f"SLURM's controller cannot be reached ({command[0]}: {problem}): try again when "
        "`scontrol ping` says that it is up"
    )
