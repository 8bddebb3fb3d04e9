"""The small config, run once for all tests of a session."""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project import Project


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


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Results of ``all``, made by the first process that needs them (pytest-xdist has several)."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # each worker has a folder of its own in the session's
    project = Project(base / "finished", "config/test.yaml")
    record = base / "finished.json"
    with (base / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not record.exists():
            Project.make(project.folder)
            said = project.call("all", "--cores", "2")
            record.write_text(json.dumps([said.status, said.text]))
    status, text = json.loads(record.read_text())
    assert status == 0, text
    return Finished(project, text)


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Project:
    """A copy of the finished project that a test may change."""
    return finished.project.copy(tmp_path / "project")


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """The project without any result, under its embedded default."""
    return Project.make(tmp_path / "project")
