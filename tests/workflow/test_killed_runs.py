"""Runs on one machine that are killed: the same command again, and nothing else, mends them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from neuroloop.workflow.folder_lock import FolderInUse
from neuroloop.workflow.orphans import MARK, end_orphans, orphans, refuse_orphans
from tests.project import Finished, Project

#: What each of these processes does.
SLEEP = (sys.executable, "-c", "import time; time.sleep(300)")


def start(*command: str, folder: Path | None = None) -> subprocess.Popen[bytes]:
    """A process, marked as started by a run in a folder if one is given."""
    environment = dict(os.environ) | ({MARK: str(folder)} if folder else {})
    return subprocess.Popen(command, env=environment)


def test_what_a_run_in_the_folder_started_is_ended_and_nothing_else(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    nested = ("sh", "-c", '"$@" & wait', "sh", *SLEEP)
    others = [start(*SLEEP), start(*SLEEP, folder=there)]
    left = [start(*SLEEP, folder=here), start(*nested, folder=here)]
    try:
        for _ in range(100):
            if len(orphans(here)) == 3:
                break
            time.sleep(0.1)
        with pytest.raises(FolderInUse, match=f"processes .*{left[0].pid}.*: wait for their end"):
            refuse_orphans(here)
        ended = end_orphans(here)
        assert len(ended) == 3
        assert {process.pid for process in left} < set(ended)
        assert not any(process.poll() is None for process in left)
        assert all(process.poll() is None for process in others)
        assert end_orphans(here) == []
        refuse_orphans(here)
    finally:
        for process in (*left, *others):
            process.kill()
            process.wait()


def students(run: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Processes of a run that train students."""
    found = []
    for process in psutil.Process(run.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # another job may just have ended
            if "train_students.py" in " ".join(process.cmdline()):
                found.append(process)
    return found


def begin(project: Project) -> subprocess.Popen[bytes]:
    """A run of `all` that is in the midst of training students."""
    command = (sys.executable, "-m", "snakemake", "all", "--cores", "2", "--configfile")
    run = subprocess.Popen(
        (*command, project.configfile),
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Whoever started these tests may ignore the signal (nohup), and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    for _ in range(1200):
        if students(run):
            return run
        assert run.poll() is None, "the run ended before students were trained"
        time.sleep(0.1)
    raise AssertionError("no student is trained")


@pytest.mark.workflow
def test_the_same_command_goes_on_after_a_kill(finished: Finished, copied: Project) -> None:
    """Also where jobs outlived their run; they never work beside those of the next."""
    shutil.rmtree(copied.folder / "results/distill/tiny/reference")
    (copied.folder / "results/distill/tiny/ablation.tsv").unlink()
    for number in (signal.SIGKILL, signal.SIGHUP):
        going = begin(copied)
        left = students(going)
        for job in left:
            job.suspend()  # it would end by itself while this test waits
        second = copied.call("all", "--cores", "2") if number == signal.SIGKILL else None
        going.send_signal(number)
        assert going.wait(30) == -number
        assert all(job.is_running() for job in left)
        if second:
            assert second.status != 0
            assert f"another run works in this folder (process {going.pid} on " in second.text
    said = copied.run("all")
    assert re.search(r"Ended processes \d+.*, left by a killed run in this folder", said.text)
    assert "LockException" not in said.text
    assert not orphans(copied.folder)
    assert copied.results() == finished.project.results()
    assert copied.waiting() == set()
