"""What is told of finished, stale, missing, running and failed jobs."""

import fcntl
import os
import re
from base64 import b64encode
from pathlib import Path

import pytest

from neuroloop.workflow.folder_lock import hold_folder, holder
from neuroloop.workflow.run_status import JobState, status_lines, why_lines
from tests.project import Project


def state(rule: str, kind: str, why: str = "", log: str = "", **wildcards: str) -> JobState:
    return JobState(rule, tuple(wildcards.items()), kind, why, log)


def test_a_rule_has_a_line_and_what_is_not_finished_is_grouped_by_its_reason() -> None:
    jobs = [state("decode", "finished", subject="S1", roi="V1")]
    jobs += [state("decode", "stale", "code changed: a.py", subject="S1", roi="V4")]
    jobs += [state("decode", "stale", "code changed: a.py", subject="S2", roi="V4")]
    jobs += [state("train", "failed", "no memory", "logs/train.log")]
    assert status_lines(jobs, "", []) == [
        "4 jobs: 1 finished, 2 stale, 1 failed",
        "To do: no time is known, as none of their rules ran here",
        "",
        "rule    finished   running     stale   missing    failed",
        "decode         1         ·         2         ·         ·",
        "  stale: subject S1, S2; roi V4: code changed: a.py",
        "train          ·         ·         ·         ·         1",
        "  failed: no memory",
        "      logs/train.log",
    ]


def test_jobs_that_are_not_all_combinations_are_named_each() -> None:
    stale = [("S1", "V1"), ("S1", "V4"), ("S2", "V4")]
    jobs = [state("decode", "stale", "code changed", subject=s, roi=r) for s, r in stale]
    jobs += [state("decode", "missing", "not made yet", subject="S2", roi="V1")]
    assert status_lines(jobs, "", [])[-2:] == [
        "  stale: subject/roi S1/V1, S1/V4, S2/V4: code changed",
        "  missing: subject S2; roi V1: not made yet",
    ]


def test_many_values_and_logs_are_counted() -> None:
    jobs = [state("train", "failed", "no", f"logs/{n}.log", fold=str(n)) for n in range(9)]
    lines = status_lines(jobs, "process 7 on here", ["x.h5 is missing"])
    assert lines[2:4] == [
        "A run works in this folder (process 7 on here).",
        "Missing input: x.h5 is missing",
    ]
    assert lines[-5] == "  failed: fold 0, 1, 2, 3, 4, 5 and 3 more: no"
    assert lines[-1] == "      and 6 more logs"


def test_why_tells_what_has_to_run_and_how_long_it_takes() -> None:
    jobs = [state("decode", "finished", subject="S1")]
    jobs += [
        state("decode", "stale", "code changed: a.py (f)", subject="S2")._replace(seconds=61.0)
    ]
    jobs += [state("train", "missing", "follows from decode", subject="S1")]
    assert why_lines(jobs, ["x.h5 is missing"]) == [
        "2 of 3 jobs have to run: about 1 min 1 s of work by the times of their last runs, without "
        "1 whose rules never ran here",
        "Missing input: x.h5 is missing",
        "",
        "decode (about 1 min 1 s of work by the times of their last runs)",
        "  stale: subject S2: code changed: a.py (f)",
        "",
        "train (no time is known, as none of their rules ran here)",
        "  missing: subject S1: follows from decode",
    ]
    assert why_lines(jobs[:1], []) == ["Nothing has to run: all 1 jobs are finished."]


def test_the_run_that_holds_a_folder_is_named_and_not_disturbed(tmp_path: Path) -> None:
    assert holder(tmp_path) == ""
    (tmp_path / ".neuroloop").mkdir()
    with (tmp_path / ".neuroloop/lock").open("w") as stream:
        stream.write("process 7 on here\n")
        stream.flush()
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert holder(tmp_path) == "process 7 on here"
    assert holder(tmp_path) == ""
    assert hold_folder(tmp_path) == ""


def files(project: Project) -> dict[str, tuple[int, int]]:
    """Size and time of every file but the logs of Snakemake's calls and what is kept for speed."""
    skipped = re.compile(r"\.snakemake/log|__pycache__|parsed_code|hash_record")
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in project.folder.rglob("*")
        if path.is_file() and not skipped.search(str(path))
    }


def told(project: Project, text: str, status: int = 0) -> dict[str, list[str]]:
    """What the target says of each rule that is not finished, and the line of counts."""
    said = project.call("status", "--cores", "1", "--quiet", "all")
    assert said.status == status, said.text
    assert text in said.out.splitlines()[0]
    found: dict[str, list[str]] = {}
    rule = ""
    for line in said.out.splitlines()[2:]:
        if line.startswith("  "):
            found.setdefault(rule, []).append(line.strip())
        elif line and not line.startswith("To do"):
            rule = line.split()[0]
    return found


@pytest.mark.workflow
def test_status_tells_why_and_changes_nothing(copied: Project) -> None:
    assert told(copied, " finished") == {}
    results = copied.folder / "results"
    copied.edit("config/test.yaml", "permutations: 10", "permutations: 12")
    copied.edit(
        "neuroloop/fmri/dealing.py",
        "def deal(",
        "def _added() -> int:\n    return 1\n\n\ndef deal(",
    )
    (results / "distill/tiny/ablation.tsv").unlink()
    (results / "distill/tiny/S1/HVC/ridge/brain/tiny_student/metrics.json").unlink()
    log = copied.folder / "logs/distill/tiny/S1/HVC/ridge/brain/tiny_student/train_students.log"
    log.write_text("2026 INFO root: begins\n2026 ERROR root: no memory is left: give it more\n")
    before = files(copied)
    found = told(copied, " 1 failed", status=1)
    assert files(copied) == before
    why, where = found["train_students"][:2]
    assert why == (
        "failed: dataset tiny; subject S1; roi HVC; decoder ridge; teacher brain; student "
        "tiny_student: no memory is left: give it more"
    )
    assert re.fullmatch(
        rf"{log.relative_to(copied.folder)} \(of \d{{4}}-\d\d-\d\d \d\d:\d\d\)", where
    )
    assert "ablation.tsv is gone" in found["summarise_ablation"][0]
    assert "code changed: neuroloop/fmri/dealing.py (_added)" in found["assign_folds"][0]
    assert any("changed: permutations: 10 → 12; f" in line for line in found["assess_decoding"])
    assert found["write_report"] == [
        "stale: changed: config.datasets.tiny.permutations: 10 → 12; follows from check_dataset, "
        "summarise_ablation, summarise_decoding, watch_teaching"
    ]


@pytest.mark.workflow
def test_why_names_the_function_and_the_setting_of_its_targets_alone(copied: Project) -> None:
    table = "results/fmri/tiny/decoding.tsv"
    said = copied.call("why", table, "--cores", "1", "--quiet", "all")
    assert said.out.startswith("Nothing has to run")
    copied.edit("config/test.yaml", "permutations: 10", "permutations: 12")
    copied.edit("neuroloop/fmri/summary.py", "def _single_row(one", "def _single_row(of")
    before = files(copied)
    said = copied.call("why", table, "--cores", "1", "--quiet", "all")
    assert said.status == 0, said.text
    assert files(copied) == before
    lines = said.out.splitlines()
    assert re.match(r"5 of \d+ jobs have to run: about \d+ s of work by the times", lines[0])
    assert "code changed: neuroloop/fmri/summary.py (_single_row)" in said.out
    assert re.search("; roi .*; decoder ridge: changed: permutations: 10 → 12", said.out)
    assert "write_report" not in said.out


@pytest.mark.workflow
def test_status_beside_a_run_tells_what_it_does(copied: Project) -> None:
    gone = "results/fmri/tiny/S1/HVC/ridge/metrics.json"
    (copied.folder / gone).unlink()
    marks = copied.folder / ".snakemake/incomplete"
    marks.mkdir(exist_ok=True)
    (marks / b64encode(gone.encode()).decode()).touch()
    assert told(copied, "missing")["assess_decoding"][0].endswith("cut off when its run ended")
    with (copied.folder / ".neuroloop/lock").open("w") as stream:
        stream.write(f"process {os.getpid()}\n")
        stream.flush()
        fcntl.flock(stream, fcntl.LOCK_EX)
        found = told(copied, "1 running")
        assert found["assess_decoding"][0].startswith("running: dataset tiny; subject S1; roi HVC")
