"""A share of `make fuzz`, the same files each time: no fault in any reader, and faults are seen."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neuroloop.errors import NeuroLoopError
from tests.fuzz import trial
from tests.project import ROOT

#: Files of each part; a minute of CPU in all.
FILES = {"brain": 280, "movies": 156, "images": 162, "networks": 80, "results": 160}


@pytest.mark.parametrize(("part", "files"), FILES.items())
def test_no_spoilt_file_ends_in_a_fault(part, files):
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--part", part, "--files", str(files), "--jobs", "1"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.splitlines()[-1].split()[1]) == files


def _raise(error: BaseException):
    def read(folder: Path) -> None:
        raise error

    return read


def _take(folder: Path) -> None:
    taken = [bytearray(b"1" * 2**26) for _ in range(40)]
    time.sleep(len(taken))


def _crash(folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (lambda folder: 1, "read"),
        (_raise(NeuroLoopError("a.tsv is empty: fill it")), "refused"),
        (_raise(NeuroLoopError("re-run with weights_only False")), "foreign"),
        (_raise(KeyError("a")), "foreign"),
        (_raise(SystemExit(0)), "foreign"),
        (_crash, "crashed"),
        (_take, "memory"),
        (lambda folder: time.sleep(60), "hung"),
    ],
)
def test_every_way_to_end_is_told_apart(tmp_path, read, kind):
    assert trial.attempt(read, tmp_path, clock=3 if kind == "hung" else 60).kind == kind
