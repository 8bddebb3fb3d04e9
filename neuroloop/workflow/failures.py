"""What a run says at its end about the jobs that failed."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

#: Lines of a log that are shown, from its end.
SHOWN = 10

#: What SLURM itself says in a job's log, between the lines of Snakemake.
OF_SLURM = re.compile(r"slurmstepd: |srun: error: |sbatch: error: |error: ")


def describe_failures(jobs: Iterable[Any], slurm_logs: Path | None) -> str:
    """Name each failed job and its logs, and show how these end.

    Parameters
    ----------
    jobs : iterable of Job
        Jobs of Snakemake that failed in their last attempt.
    slurm_logs : Path or None
        Folder of SLURM's logs; None if the jobs ran elsewhere.

    Returns
    -------
    str
        Several lines; empty without a job.
    """
    lines = []
    for job in sorted(jobs, key=lambda job: (job.rule.name, list(job.wildcards))):
        named = " ".join(f"{key}={value}" for key, value in job.wildcards.items())
        lines.append(f"Failed: {job.rule.name} {named}".rstrip())
        logs = [Path(log) for log in job.log]
        lines += [line for log in logs for line in _own_log(log)]
        if slurm_logs:
            folder = slurm_logs / f"rule_{job.rule.name}" / "_".join(job.wildcards)
            silent = not any(log.is_file() and log.stat().st_size for log in logs)
            lines += _slurm_log(folder, silent)
    return "\n".join(lines)


def _own_log(log: Path) -> list[str]:
    """The log that the job itself writes, and how it ends."""
    if not log.is_file() or not log.stat().st_size:
        return [f"  log: {log} is empty: the job ended before its work began"]
    return [f"  log: {log}", *_last(log.read_text(errors="replace").splitlines())]


def _slurm_log(folder: Path, silent: bool) -> list[str]:
    """The log of a job's last submission, and what SLURM says in it.

    Of a job that is `silent` in its own log, also what came before Snakemake's report.
    """
    logs = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
    if not logs:
        return []
    lines = logs[-1].read_text(errors="replace").splitlines()
    before = lines[: lines.index("RuleException:")] if "RuleException:" in lines else []
    said = [line for line in lines[len(before) :] if OF_SLURM.match(line)]
    return [f"  SLURM's log: {logs[-1]}", *(_last(before) if silent else []), *_last(said)]


def _last(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines[-SHOWN:]]
