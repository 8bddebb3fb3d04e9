"""How far a run is, in one line: jobs done, running, left, and about how long they take.

It listens to what Snakemake logs. On a terminal the line is drawn over and over in its place where
Snakemake is quiet about its own progress; elsewhere a plain line comes every so often.
"""

import logging
import shutil
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TextIO

from snakemake.logging import LogEvent

from neuroloop.jobs.progress import about, duration

#: Seconds between two looks at whether the line changed, on a terminal and elsewhere.
TICK = {True: 0.5, False: 2.0}

#: Seconds between two plain lines: the least, the most, and between these a share of the time that
#: the run has taken.
LEAST, MOST, SHARE = 30.0, 600.0, 0.05

#: Jobs that must be done, and seconds passed, before the time left is told.
TELLING_JOBS, TELLING_SECONDS = 5, 10.0

#: What goes to the start of the line and empties it.
ERASE = "\r\x1b[K"

#: What Snakemake says of each choice of jobs, although it is quiet about progress.
SELECTING = "Select jobs to execute..."


class Planned(NamedTuple):
    """A job that a run has to do: its rule, and the minutes that the rule states."""

    rule: str
    minutes: float


class Tally:
    """Which jobs of a run are done, running, failed and waiting.

    Parameters
    ----------
    jobs : mapping of int to Planned
        All jobs that the run has to do, by Snakemake's number.
    now : float
        Seconds on any clock; the same clock for every method.
    """

    def __init__(self, jobs: Mapping[int, Planned], now: float) -> None:
        self.jobs = dict(jobs)
        self.began = now
        self.running: dict[int, float] = {}
        self.done: set[int] = set()
        self.failed: set[int] = set()
        self.waiting = Counter(job.rule for job in jobs.values())
        self.minutes = {job.rule: job.minutes for job in jobs.values()}
        self.took: defaultdict[str, list[float]] = defaultdict(list)

    def start(self, number: int, now: float) -> None:
        """A job starts, perhaps again after it failed."""
        if number in self.jobs and number not in self.running:
            self.failed.discard(number)
            self.running[number] = now
            self.waiting[self.jobs[number].rule] -= 1

    def finish(self, number: int, now: float) -> None:
        """A job is done."""
        if number in self.jobs and number not in self.done:
            self.start(number, now)  # of a group of jobs no single start is told
            self.took[self.jobs[number].rule].append(now - self.running.pop(number))
            self.done.add(number)

    def fail(self, number: int) -> None:
        """A job failed: it waits for another try, if it has one."""
        if self.running.pop(number, None) is not None:
            self.failed.add(number)
            self.waiting[self.jobs[number].rule] += 1

    def seconds_left(self, now: float) -> float | None:
        """Seconds until all is done, or None while too little is known.

        A job takes as long as others of its rule did; of a rule that has not run yet, what it
        states, scaled as the rules that ran did. As many jobs run side by side as so far.
        """
        passed = now - self.began
        if len(self.done) < TELLING_JOBS or passed < TELLING_SECONDS:
            return None
        spent = sum(map(sum, self.took.values()))
        stated = sum(self.minutes[rule] * len(took) for rule, took in self.took.items())
        expected = {
            rule: statistics.fmean(self.took[rule])
            if self.took[rule]
            else minutes * spent / max(stated, 1e-9)
            for rule, minutes in self.minutes.items()
        }
        left = sum(count * expected[rule] for rule, count in self.waiting.items())
        for number, since in self.running.items():
            left += max(expected[self.jobs[number].rule] - (now - since), 0)
            spent += now - since
        return left / max(spent / passed, 1e-9)

    def line(self, now: float) -> str:
        """How far the run is."""
        left = len(self.jobs) - len(self.done) - len(self.running)
        parts = [
            f"{len(self.done)} of {len(self.jobs)} jobs done",
            f"{len(self.running)} running",
            f"{left} left",
        ]
        if self.failed:
            parts.insert(1, f"{len(self.failed)} FAILED")
        seconds = self.seconds_left(now)
        if seconds is not None:
            parts.append(about(seconds))
        rules = Counter(self.jobs[number].rule for number in self.running)
        named = ", ".join(rule for rule, _ in rules.most_common(2)) + (
            ", …" if len(rules) > 2 else ""
        )
        return ", ".join(parts) + (f": {named}" if rules else "")

    def end(self, now: float) -> str:
        """What was done."""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        some = f"{len(self.done)} of " if len(self.done) < len(self.jobs) else ""
        return f"{some}{len(self.jobs)} jobs done in {duration(now - self.began)}{failed}."


class RunProgress(logging.Handler):
    """Hears what Snakemake logs, and keeps the line.

    Parameters
    ----------
    jobs : mapping of int to Planned
        All jobs that the run has to do, by Snakemake's number.
    beside : logging.Handler
        The handler that writes Snakemake's messages to the same stream.
    quiet : bool
        Whether Snakemake is quiet about jobs, so that a failure has to be told here.
    live : bool
        Whether the line is drawn in its place.
    stream : TextIO, optional
        Standard error if it is not given.
    clock : callable, optional
    """

    def __init__(
        self,
        jobs: Mapping[int, Planned],
        beside: logging.Handler,
        *,
        quiet: bool,
        live: bool,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.tally = Tally(jobs, clock())
        self.beside, self.quiet, self.live, self.clock = beside, quiet, live, clock
        self.stream = stream or sys.stderr
        self.drawn, self.told = "", clock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def begin(self, logger: logging.Logger) -> None:
        """Hear the logger before any other handler does, and draw from now on."""
        logger.handlers.insert(0, self)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Count what a record tells, and make room for it."""
        event, now = getattr(record, "event", None), self.clock()
        told: dict[str, Any] = vars(record)
        if event == LogEvent.JOB_STARTED:
            for number in told["jobs"]:
                self.tally.start(number, now)
        elif event == LogEvent.JOB_FINISHED:
            self.tally.finish(told["job_id"], now)
        elif event == LogEvent.JOB_ERROR:
            self.tally.fail(told["jobid"])
            if self.quiet:
                logs = ", ".join(told["log"]) or "no log"
                self._write(f"Failed: {told['rule_name']}, job {told['jobid']} ({logs})\n")
        if self.drawn and self.beside.filter(record):
            self._write("")

    def end(self) -> None:
        """Say what was done, and be silent from now on."""
        if not self._over.is_set():
            self._over.set()
            self.acquire()
            try:
                self._write(self.tally.end(self.clock()) + "\n")
            finally:
                self.release()

    def look(self) -> None:
        """Draw the line if it has changed, or tell it if it is time."""
        now = self.clock()
        if self.live:
            # What a job itself writes comes behind the line: nothing of it is drawn over.
            text = self.tally.line(now)[: shutil.get_terminal_size().columns - 3] + "  "
            if text != self.drawn:
                self._write(text)
                self.drawn = text
        elif now - self.told >= min(max(LEAST, SHARE * (now - self.tally.began)), MOST):
            self.told = now
            self._write(self.tally.line(now) + "\n")

    def _keep(self) -> None:
        while not self._over.wait(TICK[self.live]):
            self.acquire()  # as while `emit` runs
            try:
                if not self._over.is_set():
                    self.look()
            finally:  # else the next record would wait for ever
                self.release()

    def _write(self, text: str) -> None:
        """Write in place of the line."""
        try:
            self.stream.write((ERASE if self.drawn else "") + text)
            self.stream.flush()
        except (OSError, ValueError):  # the terminal is gone: the run goes on
            self._over.set()
        self.drawn = ""


def hide_selecting(record: logging.LogRecord) -> bool:
    """Whether a message is none of those that tell of every choice of jobs."""
    return getattr(record, "event", None) != LogEvent.JOB_STARTED and record.msg != SELECTING
