"""One run at a time in a folder, and a killed one keeps nobody out."""

import re
import subprocess
import sys
import time

import pytest

from tests.project import Project

pytestmark = pytest.mark.workflow

TARGET = "results/fmri/simulated/stimuli.tsv"

#: Line of the start handler that keeps a run from its first job.
WAIT = "    __import__('time').sleep(300)\n"


def begin(project: Project) -> subprocess.Popen[str]:
    """A run that does not end by itself, once it holds its folder."""
    project.edit("Snakefile", "    begin_run()\n", f"    begin_run()\n{WAIT}")
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", TARGET, "--cores", "1"],
        cwd=project.folder,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    lock = project.folder / ".neuroloop/lock"
    for _ in range(600):
        if lock.exists() and lock.read_text():
            break
        time.sleep(0.1)
    project.edit("Snakefile", WAIT, "")
    return process


def test_a_second_run_is_refused_until_the_first_is_gone_however_it_went(fresh: Project) -> None:
    first = begin(fresh)
    try:
        second = fresh.call(TARGET, "--cores", "1")
        dry = fresh.call(TARGET, "-n")
    finally:
        first.kill()
        first.wait()
    assert second.status != 0
    assert re.search(
        rf"another run works in this folder \(process {first.pid} on .+\): wait for its end",
        second.text,
    )
    assert "Traceback" not in second.text
    assert dry.status == 0
    assert fresh.call(TARGET, "--cores", "1").status == 0
    assert (fresh.folder / TARGET).exists()
