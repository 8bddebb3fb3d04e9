"""What a run on a cluster sees to before its first job, and at its end."""

import atexit
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from neuroloop.workflow.slurm.commands import ClusterError
from neuroloop.workflow.slurm.heartbeat import Heartbeat
from neuroloop.workflow.slurm.queue import (
    cancel_own_jobs,
    choose_status_command,
    leave_nothing,
    refuse_own_jobs,
)
from neuroloop.workflow.slurm.requests import refused, requests
from neuroloop.workflow.slurm.submission import make_patient


def prepare_cluster(
    workflow: Any,
    jobs: Iterable[Any],
    folder: Path,
    *,
    alone: bool,
    tell: Callable[[str], object],
) -> list[str]:
    """Check the cluster, choose how it is watched, and cancel what an earlier run left in it.

    When this process ends, whatever it leaves in the queue is cancelled too.

    Parameters
    ----------
    workflow : Workflow
        Of Snakemake, with its executor.
    jobs : iterable of Job
        All that are to be done.
    folder : Path
        Where this process works.
    alone : bool
        Whether it is certain that no other run works there.
    tell : callable
        Hears what goes on.

    Returns
    -------
    list of str
        Ids of the cancelled jobs.

    Raises
    ------
    ClusterError
        If the cluster cannot do what is asked.
    """
    settings, executor = workflow.executor_settings, workflow.scheduler._executor
    remembers = choose_status_command(settings, tell)
    make_patient(executor, remembers, workflow.resource_settings.nodes or 1)
    queued = [job for job in jobs if not job.is_local]
    for request in requests(executor, queued):
        if refusal := refused(request):
            raise ClusterError(refusal.line())
    prefix = f"{settings.jobname_prefix}_"
    if not alone:
        refuse_own_jobs(prefix, folder)
    cancelled = cancel_own_jobs(prefix, folder)
    atexit.register(leave_nothing, executor.run_uuid, folder)
    Heartbeat(executor, remembers, tell).begin()
    return cancelled
