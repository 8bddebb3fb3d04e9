"""Snakemake's executor for SLURM, with patience: a full queue is waited for.

By itself the plugin takes a submission that SLURM refuses for a job that failed, and loses sight of
all jobs when a query of their states fails.
"""

import re
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from snakemake_executor_plugin_slurm import Executor
from snakemake_executor_plugin_slurm.utils import get_job_wildcards
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from neuroloop.workflow.slurm.commands import ClusterError, ask, in_one_line, user
from neuroloop.workflow.slurm.queue import use_queue
from neuroloop.workflow.slurm.requests import LIMIT, passes

#: Seconds between two submissions of a job that SLURM does not take now.
PAUSE = 15.0

#: Submissions at a time.
AT_ONCE = 2

#: Where the plugin's message has sbatch's own words.
WORDS = re.compile(r"The error message was '(.*)'\.\n", re.DOTALL)


class PatientExecutor(Executor):  # type: ignore[misc]
    """Snakemake's executor for SLURM after `make_patient`.

    Attributes
    ----------
    waiting : set of Job
        Jobs that SLURM does not take now.
    """

    waiting: set[Any]

    def run_job(self, job: Any) -> None:
        """Submit a job, again and again while SLURM takes no more."""
        while not self._over.is_set():
            with self._at_once:
                self._submitting.add(job)
                super().run_job(job)
                self._submitting.discard(job)
            words = self._refused.pop(job, None)
            if words is None or not passes(words):
                break
            self._wait(job, words)
        self.waiting.discard(job)
        if words and not self._over.is_set():
            self._give_up(job, words)

    def _report_job_error_threadsafe(self, job_info: SubmittedJobInfo, msg: str) -> None:
        """Keep back what the plugin says of a job that is being submitted."""
        if job_info.job in self._submitting:
            found = WORDS.search(msg)
            self._refused[job_info.job] = found[1] if found else msg
        else:
            super()._report_job_error_threadsafe(job_info, msg)

    def _wait(self, job: Any, words: str) -> None:
        """Wait a while, and say so if no job waited before."""
        with self._one_speaks:
            first = not self.waiting
            self.waiting.add(job)
        if first:
            named = LIMIT.search(words)
            why = (named[0] if named else in_one_line(words)) + count()
            self.logger.warning(f"Waiting: SLURM takes no more jobs of you now ({why}).")
        self._over.wait(PAUSE)

    def _give_up(self, job: Any, words: str) -> None:
        """Let a job fail for good with sbatch's words, which also go to where SLURM's logs lie."""
        job._attempt = max(job.attempt, job.restart_times + 1)  # no other attempt fares better
        log = Path(self.slurm_logdir) / f"rule_{job.name}" / get_job_wildcards(job) / "refused.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"sbatch: error: {in_one_line(words)}\n")
        message = f"SLURM does not take this job: {in_one_line(words)}\n"
        super()._report_job_error_threadsafe(SubmittedJobInfo(job), message)

    async def check_active_jobs(self, active_jobs: list[Any]) -> AsyncIterator[Any]:
        """Keep every job of which no end was seen; ask squeue once sacct has not answered."""
        self._ended.clear()
        left = [info async for info in super().check_active_jobs(active_jobs)]
        told = {info.external_jobid for info in left} | self._ended
        unseen = [info for info in active_jobs if info.external_jobid not in told]
        if unseen:
            self._tell_silence()
        else:
            self._silent = False
        if self.workflow.executor_settings.status_command == "squeue" and self._remembers:
            longest = max(self._remembers // 3, 1)  # a job forgotten is a job never seen to end
            wait = min(self.next_seconds_between_status_checks, longest)
            self.next_seconds_between_status_checks: int = wait
        for info in [*left, *unseen]:
            yield info

    def _tell_silence(self) -> None:
        """Say once that no state of a job is to be had, and what is done."""
        settings = self.workflow.executor_settings
        if settings.status_command == "sacct":
            use_queue(settings, self._remembers)
            self.logger.warning(
                "sacct does not answer: the ends of jobs are read from squeue from now on."
            )
        elif not self._silent:
            self._silent = True
            self.logger.warning(
                "SLURM's controller does not answer: jobs go on, and so does this run."
            )

    def report_job_success(self, job_info: SubmittedJobInfo) -> None:
        """Remember that its end was seen."""
        self._ended.add(job_info.external_jobid)
        super().report_job_success(job_info)

    def report_job_error(self, job_info: SubmittedJobInfo, msg: Any = None, **kwargs: Any) -> None:
        """Remember that its end was seen."""
        self._ended.add(job_info.external_jobid)
        super().report_job_error(job_info, msg=msg, **kwargs)

    def cancel_jobs(self, active_jobs: list[Any]) -> None:
        """Wait for no job any more."""
        self._over.set()
        super().cancel_jobs(active_jobs)

    def shutdown(self) -> None:
        """Wait for no job any more."""
        self._over.set()
        super().shutdown()


def make_patient(executor: Any, remembers: int, jobs: int) -> None:
    """Turn Snakemake's executor, which it has made by now, into a patient one.

    Parameters
    ----------
    executor : Executor
        Of the plugin; changed in place. It has submitted nothing yet.
    remembers : int
        Seconds that squeue remembers a job after its end.
    jobs : int
        Jobs in the queue at a time.
    """
    executor.__class__ = PatientExecutor
    executor.waiting = set()
    executor._over = threading.Event()
    executor._one_speaks = threading.Lock()
    executor._at_once = threading.Semaphore(AT_ONCE)
    executor._submitting, executor._refused, executor._ended = set(), {}, set()
    executor._remembers, executor._silent = remembers, False
    # SLURM knows the user's own account; the plugin's guess is that of the last job.
    executor._fallback_account_arg = ""
    # One place for each job: those that wait for one partition hold up none of another.
    executor._job_submission_executor.shutdown(wait=False)
    executor._job_submission_executor = ThreadPoolExecutor(jobs, "slurm_job_submit")


def count() -> str:
    """How many jobs the user has in the queue."""
    try:
        return f"; you have {len(ask('squeue', '-h', '-u', user()).splitlines())} in the queue"
    except ClusterError:
        return ""
