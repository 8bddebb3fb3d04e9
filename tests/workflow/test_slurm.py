"""What a run asks of a cluster and makes of its answers, on answers that SLURM gives."""

import asyncio
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_executor_plugin_slurm import Executor

from neuroloop.workflow.slurm import commands, doctor, heartbeat, queue, requests, submission
from neuroloop.workflow.slurm.commands import ClusterError, Said, in_one_line
from neuroloop.workflow.slurm.requests import Request, limit_minutes, passes, refused

COMMAND = "sbatch --parsable -A lab -p {} -t {} --mem 1000 --ntasks=1 --cpus-per-task=1"
FULL = "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job {}\n"
POLICY = "violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
UNAVAILABLE = "allocation failure: Requested node configuration is not available\n"


def slurm(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[tuple[str, ...]], Said | str]
) -> list[tuple[str, ...]]:
    """Let each command of SLURM leave what a function says, and remember what was asked."""
    asked: list[tuple[str, ...]] = []

    def say(*command: str) -> Said:
        asked.append(command)
        left = answer(command)
        return Said(0, left, "") if isinstance(left, str) else left

    for module in (commands, doctor, queue, requests):
        monkeypatch.setattr(module, "say", say)
    for module in (commands, heartbeat, queue, submission):
        monkeypatch.setattr(module, "ask", lambda *command: say(*command).out)
    monkeypatch.setattr(queue, "settings_of_cluster", commands.settings_of_cluster)
    return asked


def texts(**of: str) -> Callable[[tuple[str, ...]], str]:
    """Answers by the name of the command."""
    return lambda command: of.get(command[0], "")


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
    assert limit_minutes(text) == minutes


def test_words_of_sbatch_are_one_line() -> None:
    assert in_one_line(FULL.format(POLICY)) == f"AssocMaxSubmitJobLimit; Job {POLICY}"
    assert in_one_line(UNAVAILABLE) == "Requested node configuration is not available"


@pytest.mark.parametrize(
    ("words", "passing"),
    [
        (FULL.format(POLICY), True),
        ("sbatch: error: QOSMaxSubmitJobPerUserLimit", True),
        (f"sbatch: error: QOSMaxCpuPerJobLimit\nJob {POLICY}", False),
        (f"sbatch: error: QOSMaxWallDurationPerJobLimit\nJob {POLICY}", False),
        (f"Batch job submission failed: Job {POLICY}", True),  # SLURM below 20.11 names no limit
        ("Unable to contact slurm controller (connect failure)", True),
        ("Socket timed out on send/recv operation", True),
        (UNAVAILABLE, False),
        ("Invalid qos specification", False),
    ],
)
def test_a_limit_on_the_number_of_jobs_passes_and_one_on_their_size_does_not(
    words: str, passing: bool
) -> None:
    assert passes(words) == passing


def refuse(words: str, unless: str = "") -> Callable[[tuple[str, ...]], Said | str]:
    """A SLURM that refuses all requests but those in which something stands."""

    def answer(command: tuple[str, ...]) -> Said | str:
        if command[0] != "sbatch":
            return {"sinfo": "cpu\ngpu\n", "sacctmgr": "lab\nroot\n"}.get(command[0], "")
        fine = unless and f" {unless} " in f" {' '.join(command)} "
        return "" if fine else Said(1, "", words)

    return answer


@pytest.mark.parametrize(
    ("words", "unless", "extra", "message"),
    [
        (
            "sbatch: error: invalid partition specified: x",
            "",
            "",
            "cpu_partition: .+ one of cpu, gpu",
        ),
        (
            "Invalid account or account/partition combination",
            "",
            "",
            "account: .+ one of lab, root",
        ),
        ("Invalid qos specification", "", "", "qos: .+ null asks for none"),
        ("Invalid feature specification", "", "", "constraint: .+ null asks for none"),
        ("Requested reservation is invalid", "", "", "reservation: .+ null asks for none"),
        (UNAVAILABLE, "--mem 1", "", "largest_memory: .+ asks for 1000 MB"),
        (UNAVAILABLE, "-t 1", "", "longest_job: .+ asks for 240 minutes"),
        (
            "GRES option unsupported",
            "--gres=gpu:1",
            "--gpus=1",
            "gpu_request: .+ gpu_request: gres",
        ),
        (UNAVAILABLE, "--gpus=1", "--gpus=a100:1", "gpu_type: .+ null takes any"),
        (UNAVAILABLE, "", "--gpus=1", "gpu_partition: .+ no one option alone"),
    ],
)
def test_a_refusal_names_the_key(
    monkeypatch: pytest.MonkeyPatch, words: str, unless: str, extra: str, message: str
) -> None:
    answer = refuse(words, unless)
    monkeypatch.setattr(requests, "unavailable", lambda command: False)
    slurm(monkeypatch, answer)
    refusal = refused(Request("r", 2, f"{COMMAND.format('cpu', 240)} {extra}"))
    assert refusal
    line = refusal.line()
    assert line.startswith("profiles/slurm/config.yaml, ")
    assert "SLURM refuses jobs of rule r (attempt 2): " in line
    assert "\n" not in line
    assert re.search(message, line), line


def test_a_full_queue_says_nothing_against_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    slurm(monkeypatch, refuse(FULL.format(POLICY)))
    assert refused(Request("r", 1, COMMAND.format("cpu", 10))) is None


@pytest.mark.parametrize(
    ("partition", "limits", "message"),
    [
        ("short", "1:00:00", "240 minutes are asked for, 60 allowed"),
        ("short,long", "1:00:00\n2:00:00", "240 minutes are asked for, 120 allowed"),
        ("short,cpu", "1:00:00\ninfinite", ""),
        ("cpu", "4:00:00", ""),
    ],
)
def test_a_job_that_would_never_start_is_refused(
    monkeypatch: pytest.MonkeyPatch, partition: str, limits: str, message: str
) -> None:
    """SLURM itself queues it, unless it enforces the limits of partitions."""
    slurm(monkeypatch, texts(sinfo=limits))
    refusal = refused(Request("r", 1, COMMAND.format(partition, 240)))
    assert (
        (message in refusal.line()) if refusal and message else (refusal is None) == (not message)
    )


def test_where_nodes_are_down_a_held_job_tells_and_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`--test-only` refuses there what SLURM would queue."""

    def answer(command: tuple[str, ...]) -> Said | str:
        if "--test-only" in command:
            return Said(1, "", UNAVAILABLE)
        return {"sbatch": "17", "sinfo": "n1"}.get(command[0], "")

    asked = slurm(monkeypatch, answer)
    assert refused(Request("r", 1, COMMAND.format("cpu", 10))) is None
    assert [command for command in asked if command[0] == "scancel"] == [("scancel", "17")]
    assert any("--hold" in command for command in asked)


def settings(status: str = "sacct") -> SimpleNamespace:
    return SimpleNamespace(status_command=status, init_seconds_before_status_checks=100)


def test_accounts_are_asked_where_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    slurm(monkeypatch, texts(scontrol="AccountingStorageType = x/slurmdbd\nMinJobAge = 300 sec"))
    chosen = settings()
    assert queue.choose_status_command(chosen, pytest.fail) == 300
    assert chosen == settings()


@pytest.mark.parametrize("kept", [False, True])
def test_the_queue_is_asked_where_sacct_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """Often enough to see a job before SLURM forgets it."""

    def choose(age: int) -> tuple[SimpleNamespace, list[str]]:
        kind = "slurmdbd" if kept else "none"
        config = f"AccountingStorageType = x/{kind}\nMinJobAge = {age} sec\n"
        dead = Said(1, "", "sacct: error: a\nsacct: error: Connection refused\n")
        slurm(monkeypatch, lambda command: dead if command[0] == "sacct" else config)
        chosen, told = settings(), list[str]()
        queue.choose_status_command(chosen, told.append)
        return chosen, told

    chosen, told = choose(240)
    assert (chosen.status_command, chosen.init_seconds_before_status_checks) == ("squeue", 80)
    assert (
        told
        == ["sacct does not answer (Connection refused): the ends of jobs are read from squeue."]
        * kept
    )
    with pytest.raises(ClusterError, match="forgets a job 20 s after its end"):
        choose(20)


def test_only_jobs_of_this_folder_are_cancelled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = [
        f"7|neuroloop_1|{tmp_path}",
        f"8|neuroloop_1|{tmp_path}/other",
        f"9|mine|{tmp_path}",
    ]

    def answer(command: tuple[str, ...]) -> str:
        if command[0] == "scancel":
            rows.pop(0)
        return "\n".join(rows) if command[0] == "squeue" else ""

    asked = slurm(monkeypatch, answer)
    assert queue.cancel_own_jobs("neuroloop_", tmp_path) == ["7"]
    assert [command for command in asked if command[0] == "scancel"] == [("scancel", "7")]


def test_jobs_that_do_not_end_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slurm(monkeypatch, texts(squeue=f"7|neuroloop_1|{tmp_path}"))
    monkeypatch.setattr(queue, "END_PATIENCE", 0)
    with pytest.raises(ClusterError, match="SLURM jobs 7, left by an earlier run"):
        queue.cancel_own_jobs("neuroloop_", tmp_path)


def test_without_locks_no_job_is_cancelled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = slurm(monkeypatch, texts(squeue=f"7|neuroloop_1|{tmp_path}"))
    with pytest.raises(ClusterError, match=r"jobs 7 of another run .+ no locks .+ `scancel 7`"):
        queue.refuse_own_jobs("neuroloop_", tmp_path)
    assert not [command for command in asked if command[0] == "scancel"]


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
        commands.ask("sinfo")


class Job(SimpleNamespace):
    """As much of a job as its submission needs."""

    def __hash__(self) -> int:
        return 1


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Snakemake's executor, patient, without a cluster; `tries` holds what sbatch says."""
    made = object.__new__(Executor)
    made.tries, made.failed, made.told = [], [], []
    made.workflow = SimpleNamespace(executor_settings=settings())
    made.logger = SimpleNamespace(warning=made.told.append)
    made.slurm_logdir, made._next_seconds_between_status_checks = tmp_path, 180
    made._job_submission_executor = SimpleNamespace(shutdown=lambda wait: None)
    submission.make_patient(made, 300, 2)
    monkeypatch.setattr(submission, "PAUSE", 0)
    monkeypatch.setattr(submission, "count", lambda: "; you have 3 in the queue")
    monkeypatch.setattr(submission, "get_job_wildcards", lambda job: "d")

    def run_job(self: Any, job: Job) -> None:
        words = self.tries.pop(0)
        if words:
            message = f"SLURM sbatch failed. The error message was '{words}'.\n    sbatch call:\n"
            info = SimpleNamespace(job=job, external_jobid=None)
            self._report_job_error_threadsafe(info, message)

    def report(self: Any, info: Any, msg: str) -> None:
        self.failed.append(msg)

    monkeypatch.setattr(Executor, "run_job", run_job)
    monkeypatch.setattr(Executor, "_report_job_error_threadsafe", report)
    yield made
    made._job_submission_executor.shutdown()


def test_a_submission_waits_for_a_full_queue_and_says_so_once(executor: Any) -> None:
    job = Job(name="r", attempt=1, restart_times=2, _attempt=1)
    executor.tries = [FULL.format(POLICY)] * 4 + [""]
    executor.run_job(job)
    assert not executor.tries
    assert not executor.failed
    assert not executor.waiting
    assert job._attempt == 1
    assert executor.told == [
        "Waiting: SLURM takes no more jobs of you now (AssocMaxSubmitJobLimit; you have 3 in the "
        "queue)."
    ]


def test_a_lasting_refusal_ends_the_job_with_the_words_of_sbatch(
    executor: Any, tmp_path: Path
) -> None:
    job = Job(name="r", attempt=1, restart_times=2, _attempt=1)
    executor.tries = [FULL.format(POLICY), UNAVAILABLE]
    executor.run_job(job)
    assert executor.failed == [
        "SLURM does not take this job: Requested node configuration is not available\n"
    ]
    assert job._attempt == 3
    log = (tmp_path / "rule_r/d/refused.log").read_text()
    assert log == "sbatch: error: Requested node configuration is not available\n"


def test_a_wait_ends_when_the_run_does(executor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "PAUSE", 600)
    monkeypatch.setattr(Executor, "cancel_jobs", lambda self, jobs: None)
    executor.tries = [FULL.format(POLICY)] * 2
    thread = threading.Thread(target=executor.run_job, args=(Job(name="r", attempt=1),))
    thread.start()
    executor.cancel_jobs([])
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert not executor.failed


def test_a_query_that_fails_loses_no_job(executor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin yields no job then, and would never look at them again."""
    one, two = (SimpleNamespace(external_jobid=number) for number in ("1", "2"))
    looks = Counter[str]()

    async def look(self: Any, jobs: list[Any]) -> Any:
        looks[self.workflow.executor_settings.status_command] += 1
        for job in jobs if looks.total() > 1 else []:
            yield job

    async def left() -> list[Any]:
        return [job async for job in executor.check_active_jobs([one, two])]

    monkeypatch.setattr(Executor, "check_active_jobs", look)
    assert asyncio.run(left()) == [one, two]
    assert executor.told == [
        "sacct does not answer: the ends of jobs are read from squeue from now on."
    ]
    assert asyncio.run(left()) == [one, two]
    assert looks == {"sacct": 1, "squeue": 1}
    assert executor._next_seconds_between_status_checks == 100  # a third of what squeue remembers


SINFO = """\
cpu|up|idle|3
cpu|up|drained*|1
gpu|drain|mixed|2
old|up|down|1
"""


def test_the_heartbeat_tells_what_jobs_wait_for_and_troubles_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = (
        "cpu|RUNNING|None\ngpu|PENDING|Resources\ngpu|PENDING|Resources\ncpu|PENDING|BadConstraints"
    )
    dead = Said(1, "", "sacct: error: Connection refused\n")
    answers = {"squeue": rows, "sinfo": SINFO, "sacct": dead}
    slurm(monkeypatch, lambda command: answers[command[0]])
    chosen = settings()
    run = SimpleNamespace(
        run_uuid="neuroloop_1", waiting={1, 2}, workflow=SimpleNamespace(executor_settings=chosen)
    )
    beat = heartbeat.Heartbeat(run, 300, pytest.fail)
    line, troubles = beat.lines()
    assert line == (
        "SLURM: 1 running, 3 pending (2 Resources, 1 BadConstraints), 2 not taken into the queue "
        "yet"
    )
    assert troubles == (
        "SLURM: partition cpu: 1 drained of 4 nodes; partition gpu is drain; 1 jobs never start "
        "(BadConstraints): stop this run with Ctrl-C and change constraint in "
        "profiles/slurm/config.yaml; sacct does not answer (Connection refused): the ends of jobs "
        "are read from squeue."
    )
    assert chosen.status_command == "squeue"
    answers["sacct"] = ""
    assert beat.lines()[0] == line
    assert len(beat.lines()) == 1  # told already
