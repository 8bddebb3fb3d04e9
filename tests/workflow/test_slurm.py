"""What a run asks of a cluster before its first job, on answers that SLURM gives."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from neuroloop.workflow import slurm
from neuroloop.workflow.slurm import ClusterError, Partition, Request, check_requests

SINFO = """\
cpu|1-00:00:00|(null)
gpu|4:00:00|gpu:h100:4(S:0-1)
gpu|4:00:00|gpu:a100:2,nvme:1
long|infinite|gpu:2
"""


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("infinite", 0),
        ("30:00", 30),
        ("4:00:00", 240),
        ("1-00:00:00", 1440),
        ("2-12:30:00", 3630),
        ("n/a", 0),
    ],
)
def test_time_limits(text: str, minutes: int) -> None:
    assert slurm.limit_minutes(text) == minutes


def test_partitions_gather_their_kinds_of_node() -> None:
    assert slurm.partitions(SINFO) == {
        "cpu": Partition(frozenset(), 1440),
        "gpu": Partition(frozenset({"h100", "a100"}), 240),
        "long": Partition(frozenset({"any"}), 0),
    }


def answer(monkeypatch: pytest.MonkeyPatch, **texts: str) -> list[tuple[str, ...]]:
    """Let each command of SLURM print a text, and remember what was asked."""
    asked: list[tuple[str, ...]] = []

    def ask(*command: str) -> str:
        asked.append(command)
        return texts.get(command[0], "")

    monkeypatch.setattr(slurm, "ask", ask)
    return asked


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Request("r", "gpus", "", 10), "gpu_partition: this cluster has no partition gpus"),
        (Request("r", "cpus", None, 10), "cpu_partition: this cluster has no partition cpus"),
        (Request("r", "cpu", "", 10), "no node of partition cpu has a GPU"),
        (Request("r", "gpu", "v100", 10), "gpu_type: .+ set one of a100, h100"),
        (Request("r", "gpu", "", 480), "longest_job: rule r asks for 480 .+ gpu allows 240"),
    ],
)
def test_what_the_cluster_has_not_is_said(
    monkeypatch: pytest.MonkeyPatch, wanted: Request, message: str
) -> None:
    answer(monkeypatch, sinfo=SINFO)
    with pytest.raises(ClusterError, match=message):
        check_requests([wanted])


def test_what_the_cluster_has_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, sinfo=SINFO)
    check_requests(
        [Request("a", "gpu", "h100", 240), Request("b", "", None, 10), Request("c", "cpu", None, 0)]
    )


def settings() -> SimpleNamespace:
    return SimpleNamespace(status_command="sacct", init_seconds_before_status_checks=100)


def test_accounts_are_asked_where_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, scontrol="AccountingStorageType   = accounting_storage/slurmdbd\n")
    chosen = settings()
    slurm.choose_status_command(chosen)
    assert chosen == settings()


def test_the_queue_is_asked_where_there_are_no_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Often enough to see a job before SLURM forgets it."""
    none = "AccountingStorageType = accounting_storage/none\nMinJobAge = {} sec\n"
    answer(monkeypatch, scontrol=none.format(240))
    chosen = settings()
    slurm.choose_status_command(chosen)
    assert (chosen.status_command, chosen.init_seconds_before_status_checks) == ("squeue", 80)
    answer(monkeypatch, scontrol=none.format(60))
    with pytest.raises(ClusterError, match="forgets a job 60 s after its end"):
        slurm.choose_status_command(settings())


def test_only_jobs_of_this_folder_are_cancelled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    queue = [
        f"7|neuroloop_1|{tmp_path}",
        f"8|neuroloop_1|{tmp_path}/other",
        f"9|mine|{tmp_path}",
    ]
    asked = []

    def ask(*command: str) -> str:
        asked.append(command)
        if command[0] == "scancel":
            queue.pop(0)
        return "\n".join(queue) if command[0] == "squeue" else ""

    monkeypatch.setattr(slurm, "ask", ask)
    assert slurm.cancel_own_jobs("neuroloop", tmp_path) == ["7"]
    assert [command for command in asked if command[0] == "scancel"] == [("scancel", "7")]


def test_jobs_that_do_not_end_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answer(monkeypatch, squeue=f"7|neuroloop_1|{tmp_path}")
    monkeypatch.setattr(slurm, "END_PATIENCE", 0)
    with pytest.raises(ClusterError, match="SLURM jobs 7, left by an earlier run"):
        slurm.cancel_own_jobs("neuroloop", tmp_path)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (FileNotFoundError(), "sinfo is not here: type this on a login node"),
        (subprocess.TimeoutExpired("sinfo", 30), r"cannot be reached \(sinfo: no answer in 30 s\)"),
    ],
)
def test_a_silent_cluster_is_one_line(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, message: str
) -> None:
    def run(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ClusterError, match=message):
        slurm.ask("sinfo")
