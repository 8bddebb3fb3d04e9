"""What is said of each failed job: how it ended, and nothing that another run said."""

import logging
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from neuroloop.workflow import failures
from neuroloop.workflow.failures import Endings, describe_failures

BEGAN = 1000.0


class Wildcards(list[str]):
    def items(self) -> list[tuple[str, str]]:
        return [("dataset", self[0])]


def failed(folder: Path) -> SimpleNamespace:
    return SimpleNamespace(
        rule=SimpleNamespace(name="r"),
        wildcards=Wildcards(["d"]),
        log=[str(folder / "own.log")],
        output=[str(folder / "made.tsv")],
        resources={"mem_mb": 2000},
        jobid=3,
    )


def heard(exception: str = "", message: str = "", log: tuple[str, ...] = ()) -> Endings:
    """What a run hears of job 3: Snakemake's exception, and what its executor adds."""
    endings = Endings(BEGAN)
    told: list[dict[str, Any]] = [
        {"event": LogEvent.ERROR, "msg": exception},
        {"event": LogEvent.JOB_ERROR, "msg": "", "jobid": 3, "rule_msg": message, "log": log},
    ]
    for one in told if exception else told[1:]:
        endings.emit(logging.makeLogRecord(one))
    return endings


def test_a_failed_job_shows_the_end_of_its_log(tmp_path: Path) -> None:
    ends = [*(f"line {number}" for number in range(30)), "now ERROR root: a.tif is damaged"]
    (tmp_path / "own.log").write_text("\n".join(ends))
    lines = describe_failures([failed(tmp_path)], heard()).splitlines()
    assert lines[:2] == ["Failed: r dataset=d", f"  log: {tmp_path}/own.log"]
    assert lines[2:] == [f"    {line}" for line in ends[-10:]]


CALLED = "RuleException:\nCalledProcessError in file \"fmri.smk\", line 30:\nCommand 'python x.py' "

CASES = {
    "killed": (CALLED + "died with <Signals.SIGKILL: 9>.", "", "killed by SIGKILL: .*2000 MB"),
    "terminated": (CALLED + "died with <Signals.SIGTERM: 15>.", "", "killed by SIGTERM: by hand$"),
    "shell": (CALLED + "returned non-zero exit status 137.", "", "killed by SIGKILL: "),
    "crash": (CALLED + "returned non-zero exit status 139.", "", r"crashed \(SIGSEGV\): "),
    "disk": ("OSError:\n[Errno 28] No space left on device", "", "disk full: .+ free in .+: free"),
    "unsaid": (
        CALLED + "returned non-zero exit status 1.",
        "",
        "ended without a word in a log of this run: Command 'python x.py' returned",
    ),
    "refused": (
        "",
        "SLURM sbatch failed. The error message was 'sbatch: error: Batch job submission failed: "
        "Requested node configuration is not available'.\n    sbatch call:\n        sbatch ...",
        "never submitted: sbatch says: Batch job submission failed: Requested node configuration",
    ),
    "memory": (
        "",
        "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'.",
        "out of memory: .*r:",
    ),
    "time": ("", "SLURM-job '7' failed, SLURM status is: 'TIMEOUT'.", "out of time: .* r:runtime"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_job_without_an_error_in_its_log_is_told_how_it_ended(tmp_path: Path, case: str) -> None:
    exception, message, wanted = CASES[case]
    _, line = describe_failures([failed(tmp_path)], heard(exception, message)).splitlines()
    assert re.search(wanted, line), line


def test_the_log_of_an_earlier_run_is_not_shown(tmp_path: Path) -> None:
    old = tmp_path / "own.log"
    old.write_text("now INFO root: done in 0.9 s")
    folder = tmp_path / "slurm/rule_r/d"
    folder.mkdir(parents=True)
    (folder / "6.log").write_text("slurmstepd: error: *** DUE TO TIME LIMIT\n")
    for path in (old, folder / "6.log"):
        os.utime(path, (BEGAN - 1, BEGAN - 1))
    said = describe_failures([failed(tmp_path)], heard(*CASES["refused"][:2]), tmp_path / "slurm")
    assert "done in" not in said
    assert "TIME LIMIT" not in said
    os.utime(old, (BEGAN + 1, BEGAN + 1))
    assert "done in" in describe_failures([failed(tmp_path)], heard(*CASES["refused"][:2]))


def test_a_job_that_slurm_ended_shows_what_slurm_says(tmp_path: Path) -> None:
    folder = tmp_path / "slurm/rule_r/d"
    folder.mkdir(parents=True)
    (folder / "7.log").write_text(
        "ImportError: no torch\nRuleException:\nmuch\nslurmstepd: error: *** DUE TO TIME LIMIT\n"
    )
    endings = heard("", "SLURM-job '7' failed, SLURM status is: 'TIMEOUT'.")
    assert describe_failures([failed(tmp_path)], endings, tmp_path / "slurm").splitlines() == [
        "Failed: r dataset=d",
        "  out of time: ask for more (--set-resources r:runtime=MINUTES)",
        f"  SLURM's log: {folder}/7.log",
        "    ImportError: no torch",
        "    slurmstepd: error: *** DUE TO TIME LIMIT",
    ]


def test_no_room_is_the_reason_where_nothing_else_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "free_space", lambda path: 1000)
    said = describe_failures([failed(tmp_path)], heard(CALLED + "returned exit status 1."))
    assert f"disk full: 0.0 MB free in {tmp_path}: free space and type the same" in said
