"""Runs of the workflow on a cluster, as a user types them."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.project import Project, Said, preset

#: What a user types in the project's folder.
COMMAND = ("snakemake", "--profile", "slurm")

#: Seconds after which a run on the cluster is taken to hang.
PATIENCE = 600


@dataclass
class Run:
    """A call of Snakemake that goes on beside the test.

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
        return self.printed.read_text()

    def kill(self) -> None:
        """End the main process at once; its jobs on the cluster go on."""
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> Said:
        """Press Ctrl-C and wait for the end."""
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self, patience: float = PATIENCE) -> Said:
        """Wait for the end."""
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end after {patience:g} s:\n{self.text}") from None
        return Said(status, self.text, "")


def make(folder: Path, config: Mapping[str, Any], status_seconds: int = 2) -> Project:
    """A copy of the project whose embedded default is the default with this config in it."""
    project = Project.make(folder)
    whole = preset("config")
    for key, block in config.items():
        whole[key] = {**whole[key], **block} if isinstance(block, dict) else block
    (folder / "config/config.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
    status = f"status_seconds: {status_seconds}"
    project.edit("profiles/slurm/config.yaml", "status_seconds: 20", status)
    return project


def start(project: Project, *arguments: str) -> Run:
    """Type the command; what it prints goes to a file beside the project's folder."""
    printed = project.folder.with_name(f"{project.folder.name}.printed")
    environment = {key: text for key, text in os.environ.items() if key != "NEUROLOOP_DATA"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with printed.open("wb") as stream:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=project.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            preexec_fn=hear_interrupts,
        )
    return Run(process, printed)


def hear_interrupts() -> None:
    """Undo what a shell does to the processes that it puts into the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(project: Project, *arguments: str) -> Said:
    """Type the command, which must succeed."""
    said = start(project, *arguments).end()
    assert said.status == 0, said.text
    return said
