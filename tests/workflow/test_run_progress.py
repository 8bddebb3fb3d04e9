"""The line that says how far a run is."""

import io
import logging
from typing import Any

import pytest
from snakemake.logging import LogEvent

from neuroloop.workflow.run_progress import ERASE, Planned, RunProgress, Tally, hide_selecting


class Clock:
    """Seconds as a test sets them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def planned(short: int, long: int) -> dict[int, Planned]:
    """Jobs of a rule that states ten minutes, and of one that states an hour."""
    rules = [Planned("extract", 10)] * short + [Planned("train", 60)] * long
    return dict(enumerate(rules))


def record(event: LogEvent | None, message: str = "", **told: Any) -> logging.LogRecord:
    made = logging.LogRecord("snakemake", logging.INFO, "", 0, message, None, None)
    vars(made).update(told, **({"event": event} if event else {}))
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


def progress(clock: Clock, live: bool, quiet: bool = True) -> tuple[RunProgress, io.StringIO]:
    stream = io.StringIO()
    beside = logging.NullHandler()
    beside.addFilter(hide_selecting)
    made = RunProgress(planned(8, 2), beside, quiet=quiet, live=live, stream=stream, clock=clock)
    return made, stream


def test_the_line_counts_done_running_left_and_failed():
    tally = Tally(planned(8, 2), 0)
    for number in (0, 1, 8):
        tally.start(number, 0)
    tally.finish(0, 1)
    assert tally.line(1) == "1 of 10 jobs done, 2 running, 7 left: extract, train"
    tally.fail(8)
    assert tally.line(1) == "1 of 10 jobs done, 1 FAILED, 1 running, 8 left: extract"
    tally.start(8, 2)
    assert tally.line(2) == "1 of 10 jobs done, 2 running, 7 left: extract, train"


def test_the_time_left_weighs_rules_that_have_not_run_by_what_they_state():
    tally = Tally(planned(8, 2), 0)
    for number in range(8):
        tally.start(number, 10 * number)
        tally.finish(number, 10 * number + 10)
    # Ten seconds for ten stated minutes, one job at a time: a minute for each of the two others.
    assert tally.seconds_left(80) == pytest.approx(120)
    tally.start(8, 80)
    assert tally.seconds_left(100) == pytest.approx(100)
    assert tally.line(100).endswith("1 running, 1 left, about 2 min left: train")


def test_the_time_left_shrinks_by_the_jobs_side_by_side():
    tally = Tally(planned(12, 0), 0)
    for pair in range(3):
        for number in (2 * pair, 2 * pair + 1):
            tally.start(number, 10 * pair)
            tally.finish(number, 10 * pair + 10)
    assert tally.seconds_left(30) == pytest.approx(30)


def test_no_time_is_told_of_a_few_jobs():
    tally = Tally(planned(8, 2), 0)
    for number in range(4):
        tally.finish(number, 20)
    assert tally.seconds_left(20) is None


def test_jobs_of_a_group_are_told_at_their_end_alone():
    tally = Tally(planned(2, 0), 0)
    tally.finish(0, 5)
    tally.finish(0, 6)
    tally.finish(77, 6)  # of another workflow
    assert tally.line(6) == "1 of 2 jobs done, 0 running, 1 left"


def test_a_terminal_has_one_line_that_makes_room_for_messages(clock):
    shown, stream = progress(clock, live=True)
    shown.look()
    shown.look()
    assert stream.getvalue() == "0 of 10 jobs done, 0 running, 10 left  "
    shown.handle(record(None, "Select jobs to execute..."))
    assert ERASE not in stream.getvalue()  # it is not shown, so that it needs no room
    shown.handle(record(None, "A warning"))
    assert stream.getvalue().endswith(ERASE)
    shown.handle(record(LogEvent.JOB_STARTED, jobs=[3]))
    shown.look()
    assert stream.getvalue().endswith("0 of 10 jobs done, 1 running, 9 left: extract  ")


def test_a_failure_is_told_when_it_happens(clock):
    shown, stream = progress(clock, live=True)
    shown.handle(record(LogEvent.JOB_STARTED, jobs=[8]))
    shown.look()
    failed = {"jobid": 8, "rule_name": "train", "log": ["logs/train.log"]}
    shown.handle(record(LogEvent.JOB_ERROR, **failed))
    assert f"{ERASE}Failed: train, job 8 (logs/train.log)\n" in stream.getvalue()
    loud, stream = progress(clock, live=False, quiet=False)
    loud.handle(record(LogEvent.JOB_ERROR, **failed))
    assert stream.getvalue() == ""  # Snakemake tells it


def test_without_a_terminal_a_plain_line_comes_ever_more_rarely(clock):
    shown, stream = progress(clock, live=False)
    times = []
    for second in range(0, 3600, 2):
        clock.now = float(second)
        before = stream.tell()
        shown.look()
        if stream.tell() > before:
            times.append(second)
    assert times[:3] == [30, 60, 90]
    assert times[-1] - times[-2] > 150
    assert ERASE not in stream.getvalue()
    assert stream.getvalue().count("\n") == len(times)


def test_the_end_says_what_was_done(clock):
    shown, stream = progress(clock, live=True)
    shown.look()
    shown.handle(record(LogEvent.JOB_STARTED, jobs=list(range(10))))
    for number in range(9):
        shown.handle(record(LogEvent.JOB_FINISHED, job_id=number))
    shown.handle(record(LogEvent.JOB_ERROR, jobid=9, rule_name="train", log=[]))
    clock.now = 372.0
    shown.end()
    shown.end()
    assert stream.getvalue().endswith("(no log)\n9 of 10 jobs done in 6 min 12 s, 1 failed.\n")


def test_a_terminal_that_is_gone_ends_no_run(clock):
    shown, stream = progress(clock, live=True)
    stream.close()
    shown.look()
    shown.handle(record(LogEvent.JOB_STARTED, jobs=[3]))
    shown.end()
