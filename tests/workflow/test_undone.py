"""Files that a run was to make and did not, and the job that stands in the way."""

from pathlib import Path
from types import SimpleNamespace

from neuroloop.report.audit import Missing
from neuroloop.workflow.undone import NOT_REACHED, error_in, undone

ERROR = "2026-01-01 10:00:00,123 ERROR root: chests/x.png is no radiograph: take it away\n"


class Dag:
    """What `undone` asks of Snakemake's: jobs that are still to run, and what each waits for."""

    def __init__(self, waiting, needs):
        self.needrun_jobs = lambda: waiting
        self.dependencies = needs


def job(rule, output, log=None, **wildcards):
    named = SimpleNamespace(name=rule)
    made = {"rule": named, "output": [output], "log": [log] if log else [], "wildcards": wildcards}
    return SimpleNamespaceThatHashes(**made)


class SimpleNamespaceThatHashes(SimpleNamespace):
    __hash__ = object.__hash__
    __eq__ = object.__eq__


def test_the_job_in_the_way_is_found_through_others_and_its_error_told(tmp_path: Path) -> None:
    log = tmp_path / "list.log"
    log.write_text("2026-01-01 10:00:00,003 INFO root: reading\n" + ERROR)
    first = job("list_radiographs", "chests.npy", log, dataset="chests")
    between, last = job("split_radiographs", "folds.tsv"), job("audit_radiographs", "flags.json")
    alone = job("audit_brain", "brain.json")
    dag = Dag(
        [first, between, last, alone], {last: [between], between: [first], first: [], alone: []}
    )
    found = undone(dag, [first], ["done.json", "flags.json", "brain.json"])
    reason = "chests/x.png is no radiograph: take it away"
    assert found == {
        "flags.json": Missing("list_radiographs dataset=chests", reason, str(log)),
        "brain.json": Missing("", NOT_REACHED, ""),
    }


def test_a_job_that_was_killed_has_a_reason_too(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert error_in(log) == "it ended before its work began"
    log.write_text("2026-01-01 10:00:00,003 INFO root: reading\n")
    assert error_in(log).startswith("it ended after the line: 2026")
    log.write_text(ERROR + "Traceback (most recent call last):\n")
    assert error_in(log) == "chests/x.png is no radiograph: take it away"
