"""What a run says at its end about the jobs that failed: for each, how it ended and what it said.

A job's log alone cannot tell. A job that was never submitted, was killed, or found no room left
none, or left that of an earlier run. What Snakemake says of it is heard while the run goes on.
"""

import logging
import re
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from neuroloop.files.disk_space import MEGABYTE, REMEDY, SAID, existing, free_space, megabytes

#: Lines of a log that are shown, from its end.
SHOWN = 10

#: What SLURM itself says in a job's log, between the lines of Snakemake.
OF_SLURM = re.compile(r"slurmstepd: |srun: error: |sbatch: error: |error: ")

#: How `neuroloop.jobs.job` writes an error into the log.
ERROR = " ERROR "

#: Where Snakemake's plugin keeps SLURM's logs if no profile says where.
SLURM_LOGS = Path(".snakemake/slurm_logs")

#: What Snakemake says of a command that a signal ended, itself or the shell around it.
DIED, STATUS = re.compile(r"died with <Signals\.(SIG\w+): \d+>"), re.compile(r"exit status (\d+)")

#: What Snakemake's plugin says of a job that it could not submit, and of how one ended in SLURM.
REFUSED = re.compile(r"sbatch failed\. The error message was '(.*?)'\.\n", re.DOTALL)
SLURM_STATE = re.compile(r"SLURM status is: '(\w+)")

#: What a state of SLURM means, and what to do.
STATES = {
    "OUT_OF_MEMORY": "out of memory: ask for more (--set-resources RULE:mem_mb=MB)",
    "TIMEOUT": "out of time: ask for more (--set-resources RULE:runtime=MINUTES)",
    "CANCELLED": "cancelled, by scancel or by the site",
    "NODE_FAIL": "its node failed",
    "PREEMPTED": "it had to give way to another job",
}

#: Signals by which a process ends that made a fault itself.
CRASHES = {"SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL"}

#: Below this there is no room for a job to begin in.
SCARCE = MEGABYTE


class Endings(logging.Handler):
    """Hears what Snakemake says of each job that fails.

    Parameters
    ----------
    began : float
        When the run began, by the clock of the file system in which it works.
    """

    def __init__(self, began: float) -> None:
        super().__init__()
        self.began = began
        self.said: dict[int, str] = {}
        self.logs: dict[int, list[str]] = {}
        self.full = False
        self._last: dict[int | None, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is said of a job: its exception comes just before, in the same thread."""
        told, thread = vars(record), threading.get_ident()
        event = told.get("event")
        if event == LogEvent.ERROR:
            self._last[thread] = record.getMessage()
            self.full |= bool(SAID.search(self._last[thread]))
        elif event == LogEvent.JOB_ERROR:
            number = told["jobid"]
            parts = (self._last.pop(thread, ""), told.get("rule_msg") or "")
            self.said[number] = "\n".join(filter(None, parts))
            self.logs[number] = [str(log) for log in told.get("log") or ()]

    def tell_full(self, folder: Path) -> None:
        """At the very end: say so if Snakemake itself found no room; it calls no `onerror` then."""
        if self.full:
            print(_full(folder), file=sys.stderr)


def describe_failures(jobs: Iterable[Any], endings: Endings, slurm_logs: Path | None = None) -> str:
    """Name each failed job, how it ended, and how its logs of this run end.

    Parameters
    ----------
    jobs : iterable of Job
        Jobs of Snakemake that failed in their last attempt.
    endings : Endings
    slurm_logs : Path, optional
        Folder of SLURM's logs, if the jobs ran there.

    Returns
    -------
    str
        Several lines; empty without a job.
    """
    lines = []
    for job in sorted(jobs, key=lambda job: (job.rule.name, list(job.wildcards))):
        named = " ".join(f"{key}={value}" for key, value in job.wildcards.items())
        lines.append(f"Failed: {job.rule.name} {named}".rstrip())
        own = [log for log in map(Path, job.log) if _of_this_run(log, endings)]
        ends = [log.read_text(errors="replace").splitlines() for log in own]
        slurm = _slurm_log(job, endings, slurm_logs)
        if not any(ERROR in line for end in ends for line in end):
            lines.append(f"  {cause(job, endings, slurm)}")
        for log, end in zip(own, ends, strict=True):
            lines += [f"  log: {log}", *_last(end)]
        if slurm:
            lines += [f"  SLURM's log: {slurm}", *_of_slurm(slurm, silent=not own)]
    return "\n".join(lines)


def cause(job: Any, endings: Endings, slurm: Path | None = None) -> str:
    """How a job ended whose log tells no error, in one line.

    Parameters
    ----------
    job : Job
    endings : Endings
    slurm : Path, optional
        SLURM's log of it.
    """
    said = endings.said.get(job.jobid, "")
    outer = slurm.read_text(errors="replace") if slurm else ""
    if refused := REFUSED.search(f"{said}\n"):
        words = refused[1].removeprefix("sbatch: error: ").splitlines()
        return f"never submitted: sbatch says: {' '.join(words).strip()}"
    if SAID.search(said) or SAID.search(outer) or free_space(_place(job)) < SCARCE:
        return _full(_place(job))
    if (state := SLURM_STATE.search(said)) and state[1] in STATES:
        return STATES[state[1]].replace("RULE", job.rule.name)
    if (name := _signal(said)) in CRASHES:
        return f"crashed ({name}): a library that it uses failed; its log tells how far it was"
    if name:
        asked = job.resources.get("mem_mb")
        memory = f", or by the system for want of memory (it asks for {asked} MB)" if asked else ""
        return f"killed by {name}: by hand{memory if name == 'SIGKILL' else ''}"
    words = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in words if not line.endswith(":") and "Exception" not in line), "")
    return f"ended without a word in a log of this run: {told or 'see what is printed above'}"


def _full(path: Path) -> str:
    folder = existing(path)
    return f"disk full: {megabytes(free_space(folder))} free in {folder}: {REMEDY}"


def _signal(said: str) -> str:
    """Name of the signal that ended a job; empty if none did."""
    if died := DIED.search(said):
        return died[1]
    status = STATUS.search(said)
    number = int(status[1]) - 128 if status else 0
    return signal.Signals(number).name if number in set(signal.Signals) else ""


def _place(job: Any) -> Path:
    return Path(next(iter(job.output), "results"))


def _of_this_run(log: Path, endings: Endings) -> bool:
    """Whether a log says anything, and was written since the run began."""
    if not log.is_file():
        return False
    status = log.stat()
    return bool(status.st_size) and status.st_mtime >= endings.began


def _slurm_log(job: Any, endings: Endings, slurm_logs: Path | None) -> Path | None:
    """The log of a job's last submission in this run."""
    if not slurm_logs:
        return None
    own = {str(log) for log in job.log}
    told = [Path(log) for log in endings.logs.get(job.jobid, ()) if log not in own]
    folder = slurm_logs / f"rule_{job.rule.name}" / "_".join(job.wildcards)
    logs = [log for log in (*told, *folder.glob("*.log")) if _of_this_run(log, endings)]
    last = max(logs, key=lambda path: path.stat().st_mtime_ns, default=None)
    here = Path.cwd()
    return last.relative_to(here) if last and last.is_relative_to(here) else last


def _of_slurm(log: Path, silent: bool) -> list[str]:
    """What SLURM says in its log of a job.

    Of a job that is `silent` in its own log, also what came before Snakemake's report.
    """
    lines = log.read_text(errors="replace").splitlines()
    before = lines[: lines.index("RuleException:")] if "RuleException:" in lines else []
    said = [line for line in lines[len(before) :] if OF_SLURM.match(line)]
    return [*(_last(before) if silent else []), *_last(said)]


def _last(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines[-SHOWN:]]
