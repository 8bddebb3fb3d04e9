"""Snakemake's limit of how many jobs start in a time, where nobody asked for one."""

from typing import Any

#: Jobs, and seconds, of the limit that Snakemake sets by itself (`--max-jobs-per-timespan 100/1s`).
USUAL = (100, 1)


def drop_usual_rate(scheduler: Any) -> None:
    """Have Snakemake look for jobs to start when one has ended, and at no other time.

    While there is a limit, each look at the waiting jobs sets a timer of its time span, which ends
    in a look, which sets the next: a run with a hundred jobs behind it looks a hundred times a
    second (seen in 9.27: a fifth of a core, of a run of 137 jobs). The usual limit is never
    reached. One that the user sets stays.

    Parameters
    ----------
    scheduler : snakemake.scheduling.job_scheduler.JobScheduler
        Before its first look.
    """
    limit = scheduler.job_rate_limiter
    if limit and (limit.max_jobs, limit.timespan) == USUAL:
        scheduler.job_rate_limiter = None
