"""The small config, run once for all tests of a session."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project import Project, once


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
    """Results of ``all``."""

    def make(folder: Path) -> None:
        project = Project.make(folder / "project", "config/test.yaml")
        (folder / "printed").write_text(project.run("all").text)

    folder = once(tmp_path_factory, "finished", make)
    project = Project(folder / "project", "config/test.yaml")
    return Finished(project, (folder / "printed").read_text())


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Project:
    """A copy of the finished project that a test may change."""
    return finished.project.copy(tmp_path / "project")


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """The project without any result, under its embedded default."""
    return Project.make(tmp_path / "project")
