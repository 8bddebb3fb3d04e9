"""The same on a real SLURM on this host: runs, jobs and slurmd are killed."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from numpy.random import Generator

from tests.chaos.blows import KILLS, WAIT, Blow
from tests.chaos.config import chaos_config
from tests.chaos.runs import SCRIPT, Going
from tests.chaos.trials import Stage, undisturbed
from tests.project import Project
from tests.slurm.cluster import NODES, Cluster, missing
from tests.slurm.cluster_run import make

#: What stands behind `snakemake all`.
COMMAND = ("--profile", "slurm")

#: Seconds after which a slurmd that was killed is started again.
BACK = 3.0


@contextmanager
def slurm_stage(scratch: Path) -> Iterator[tuple[Stage, tuple[Blow, ...]]]:
    """A cluster, results that were made without it, and what befalls runs on it."""
    if reason := missing():
        raise SystemExit(reason)
    wanted, _ = undisturbed(make_clustered, scratch, ("--cores", "2"))
    cluster = Cluster(scratch / "slurm")
    try:
        cluster.start()
        _, seconds = undisturbed(make_clustered, scratch, COMMAND)
        yield Stage(make_clustered, COMMAND, wanted, seconds), _blows(cluster)
    finally:
        cluster.stop()


def make_clustered(folder: Path) -> Project:
    """The project whose embedded default is the config of these trials."""
    return make(folder, chaos_config())


def _blows(cluster: Cluster) -> tuple[Blow, ...]:
    def kill_job(going: Going, generator: Generator) -> None:
        end = time.monotonic() + WAIT
        while not (jobs := _scripts(cluster)) and time.monotonic() < end:
            time.sleep(0.2)
        for process in jobs[:1] or [going.process]:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                process.send_signal(signal.SIGKILL)

    def kill_slurmd(going: Going, generator: Generator) -> None:
        node = NODES[generator.integers(len(NODES))]
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(int((cluster.folder / f"run/slurmd-{node}.pid").read_text()), signal.SIGKILL)
        time.sleep(BACK)
        cluster.call("slurmd", "-f", str(cluster.folder / "slurm.conf"), "-N", node)

    runs = tuple(blow for blow in KILLS if blow.name.endswith("snakemake"))
    return (*runs, Blow("KILL job", kill_job), Blow("KILL slurmd", kill_slurmd))


def _scripts(cluster: Cluster) -> list[psutil.Process]:
    """Scripts of jobs that run on the cluster."""
    found = []
    for number in cluster.left_processes():
        with suppress(psutil.Error):
            process = psutil.Process(number)
            if SCRIPT in " ".join(process.cmdline()):
                found.append(process)
    return found
