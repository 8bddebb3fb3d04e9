"""What a run that stopped did not make, and which of its jobs stands in the way."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from neuroloop.report.audit import Missing

#: How `jobs.job` begins a line of a log that tells an error.
ERROR = re.compile(r"^\S+ \S+ ERROR \S+ (?P<told>.+)$")

#: Why a job did not run though nothing that it needs failed.
NOT_REACHED = "the run stopped before it was its turn: run the same command with --keep-going"


def undone(dag: Any, failed: Collection[Any], files: Iterable[str]) -> dict[str, Missing]:
    """Files that this run was to make and did not: what lies there is of an earlier run.

    Parameters
    ----------
    dag : snakemake.dag.DAG
    failed : collection of Job
        Jobs that failed in their last attempt.
    files : iterable of str
        Those that are asked for.

    Returns
    -------
    dict of str to Missing
        In the order of `files`, without those that are there.
    """
    waiting = {str(path): job for job in dag.needrun_jobs() for path in job.output}
    return {
        path: _why(_in_the_way(dag, waiting[path], failed)) for path in files if path in waiting
    }


def _in_the_way(dag: Any, job: Any, failed: Collection[Any]) -> Any | None:
    """The first failed one of a job and of those that it waits for, by name."""
    seen, ahead = {job}, [job]
    while ahead:
        needed = [one for later in ahead for one in dag.dependencies[later] if one not in seen]
        ahead = list(dict.fromkeys(needed))
        seen.update(ahead)
    return min(seen & set(failed), key=name_of, default=None)


def _why(job: Any | None) -> Missing:
    if job is None:
        return Missing("", NOT_REACHED, "")
    log = next(iter(map(str, job.log)), "")
    return Missing(name_of(job), error_in(Path(log)), log)


def name_of(job: Any) -> str:
    """Rule and wildcards of a job."""
    return " ".join([job.rule.name, *(f"{key}={one}" for key, one in job.wildcards.items())])


def error_in(log: Path) -> str:
    """The error that a job's log tells, without the time of day.

    Of a job that was killed, the last line; or that the log is empty.
    """
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    told = [found["told"] for line in lines if (found := ERROR.match(line))]
    if told:
        return told[-1]
    if lines:
        return f"it ended after the line: {lines[-1]}"
    return "it ended before its work began"
