"""One run at a time in a folder, and a killed one keeps nobody out."""

import re
import subprocess
import sys
import time

import pytest

from tests.project import Project

pytestmark = pytest.mark.workflow

TARGET = "results/fmri/simulated/stimuli.tsv"

#: With the project's own profile, which switches Snakemake's locks off, and without it.
PROFILES = pytest.mark.parametrize("profile", [(), ("--workflow-profile", "none")])

#: Line of the start handler that keeps a run from its first job.
WAIT = "    __import__('time').sleep(300)\n"


def begin(project: Project, profile: tuple[str, ...]) -> subprocess.Popen[str]:
    """A run that does not end by itself, once it holds its folder."""
    project.edit("Snakefile", "    begin_run()\n", f"    begin_run()\n{WAIT}")
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", TARGET, "--cores", "1", *profile],
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


@PROFILES
def test_a_second_run_is_refused_until_the_first_is_gone_however_it_went(
    fresh: Project, profile: tuple[str, ...]
) -> None:
    first = begin(fresh, profile)
    try:
        second = fresh.call(TARGET, "--cores", "1", *profile)
        dry = fresh.call(TARGET, "-n", *profile)
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
    # As a killed run leaves them where Snakemake sets its own locks.
    lock = fresh.folder / ".snakemake/locks/0.output.lock"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(f"{TARGET}\n")
    again = fresh.call(TARGET, "--cores", "1", *profile)
    assert again.status == 0, again.text
    assert (fresh.folder / TARGET).exists()
