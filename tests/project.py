"""A copy of the project in which tests run Snakemake for real."""

import copy
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.utils import update_config

from neuroloop.config.study import NAMED
from neuroloop.workflow.configuration import settle
from tests.snakemake_server import TIMEOUT, snakemake_server

ROOT = Path(__file__).parents[1]

#: Configs that come with the project; whoever uses it may put others beside them.
PRESETS = (
    *("area3", "config", "cxr", "digits69", "god", "god-simulated", "haxby", "hybrid", "loop"),
    *("study", "test"),
)

#: What a copy leaves behind: results, tests, and whatever is hidden.
LEFT = shutil.ignore_patterns(
    ".*", "__pycache__", "results", "logs", "benchmarks", "tests", "_build"
)


@dataclass(frozen=True)
class Said:
    """What a call of Snakemake left.

    Attributes
    ----------
    status : int
    out, err : str
        Standard output and standard error.
    """

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, for messages."""
        return self.out + self.err


@dataclass(frozen=True)
class Project:
    """A folder with the workflow and whatever it has made.

    Attributes
    ----------
    folder : Path
    configfile : str
        Config file of all calls, relative to `folder`; empty for the embedded default.
    data : Path or None
        What NEUROLOOP_DATA names; None leaves it unset.
    """

    folder: Path
    configfile: str = ""
    data: Path | None = None

    @classmethod
    def make(cls, folder: Path, configfile: str = "", data: Path | None = None) -> "Project":
        """Copy the project, without any result, to a folder that does not exist."""
        shutil.copytree(ROOT, folder, symlinks=True, ignore=LEFT)
        return cls(folder, configfile, data)

    def copy(self, folder: Path) -> "Project":
        """Copy this project with its results, their times and Snakemake's memory of them."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder, self.configfile, self.data)

    def call(self, *arguments: str, start: bool = False) -> Said:
        """Call Snakemake; targets come first.

        Parameters
        ----------
        arguments : str
        start : bool
            Start a process as a user does, in place of a fork that has Snakemake's imports.
        """
        if self.configfile:
            arguments = (*arguments, "--configfile", self.configfile)
        environment = {key: text for key, text in os.environ.items() if key != "NEUROLOOP_DATA"}
        if self.data:
            environment["NEUROLOOP_DATA"] = str(self.data)
        if not start:
            return Said(*snakemake_server().call(arguments, self.folder, environment))
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def run(self, *targets: str, cores: int = 2, start: bool = False) -> Said:
        """Make targets, which must succeed."""
        said = self.call(*targets, "--cores", str(cores), start=start)
        assert said.status == 0, said.text
        return said

    def plan(self, *targets: str) -> dict[str, bool]:
        """Jobs that these targets consist of, and whether a run would do them.

        Returns
        -------
        dict of str to bool
            Each job is named by its rule and the folder of its results:
            ``decode_linear fmri/tiny/S1/V1/ridge``.
        """
        said = self.call(*targets, "--summary", "--nolock")
        assert said.status == 0, said.text
        header, *lines = said.out.splitlines()
        columns = header.split("\t")
        found = {}
        for line in lines:
            row = dict(zip(columns, line.split("\t"), strict=True))
            folder = Path(row["output_file"]).parent.relative_to("results")
            found[f"{row['rule']} {folder}"] = row["plan"] != "no update"
        return found

    def waiting(self, *targets: str) -> set[str]:
        """Jobs that a run of these targets would do."""
        return {job for job, pending in self.plan(*targets).items() if pending}

    def write_config(self, name: str, config: Mapping[str, Any]) -> "Project":
        """Write a config file, and return the project as it is with it."""
        (self.folder / name).write_text(yaml.safe_dump(dict(config), sort_keys=False))
        return Project(self.folder, name, self.data)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that occurs in a file."""
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} has no {old!r}"
        file.write_text(text.replace(old, new, 1))

    def results(self) -> dict[str, bytes]:
        """Content of every result, but of the records that differ from run to run."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted((self.folder / "results").rglob("*"))
            if path.is_file() and not re.fullmatch(r"(.+\.)?run\.json|run\.html", path.name)
        }


@dataclass(frozen=True)
class Finished:
    """A project with all results of config/test.yaml.

    Attributes
    ----------
    project : Project
        For looking only: other tests share it. Tests that change something take a copy.
    text : str
        What Snakemake printed.
    """

    project: Project
    text: str


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Folder that `make` fills, one of the processes of pytest-xdist for all of them.

    Parameters
    ----------
    factory : TempPathFactory
    name : str
        Name of the folder, unique in the test suite.
    make : callable
        Gets the path of the empty folder; if it fails, so does everyone who asks for it.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # each worker has a folder of its own in the session's
    folder, outcome = base / name, base / f"{name}.outcome"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not outcome.exists():
            folder.mkdir()
            outcome.write_text("it failed where it was made first")
            make(folder)
            outcome.write_text("")
    assert not outcome.read_text(), f"{name}: {outcome.read_text()}"
    return folder


def stated(name: str) -> dict[str, Any]:
    """One of the config files that come with the project, as it is written."""
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


def preset(name: str) -> dict[str, Any]:
    """One of the config files that come with the project, its blocks complete."""
    given = {} if name == "config" else stated(name)
    config = stated("config")
    update_config(config, copy.deepcopy(given))
    settle(config, given)
    if name == "config":
        return config
    return {
        key: {block: config[key][block] for block in value} if key in NAMED else config[key]
        for key, value in given.items()
    }
