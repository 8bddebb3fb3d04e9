"""Calls of the workflow that go on beside whoever disturbs them."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.project import Project

#: Seconds after which a run is taken to hang.
PATIENCE = 1200.0

#: By which a job of a run on one machine is known: its script, as Snakemake calls it.
SCRIPT = ".snakemake/scripts/"


@dataclass
class Going:
    """A call of Snakemake in a process group of its own, as a shell starts it.

    Attributes
    ----------
    process : Popen
    printed : Path
        File of what it prints.
    """

    process: subprocess.Popen[bytes]
    printed: Path

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return self.printed.read_text(errors="replace")

    def jobs(self) -> list[psutil.Process]:
        """Scripts of jobs that run on this machine."""
        found = []
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if SCRIPT in " ".join(process.cmdline()):
                        found.append(process)
        return found

    def wait(self, seconds: float = PATIENCE) -> int | None:
        """Exit status, or None if the run has not ended until then."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """End it with its whole group, where a trial is given up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def begin(project: Project, printed: Path, *arguments: str) -> Going:
    """Type the command: `snakemake all` and what else stands in it."""
    environment = {key: text for key, text in os.environ.items() if key != "NEUROLOOP_DATA"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    configured = ("--configfile", project.configfile) if project.configfile else ()
    with printed.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "all", *arguments, *configured],
            cwd=project.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_hear_signals,
        )
    return Going(process, printed)


def _hear_signals() -> None:
    """Undo what a shell does to processes in the background, and nohup."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
