"""What every test may use."""

import os
from pathlib import Path

import pytest

from tests.project import Finished, Project, once


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of real data, named by the environment variable NEUROLOOP_DATA."""
    named = os.environ.get("NEUROLOOP_DATA")
    if not named:
        pytest.skip("real data: set NEUROLOOP_DATA to the folder that holds it")
    folder = Path(named).resolve()
    if not folder.is_dir():
        pytest.skip(f"real data: NEUROLOOP_DATA names {folder}, which is no folder")
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """All results of config/test.yaml, made once for all tests of a session."""

    def make(folder: Path) -> None:
        project = Project.make(folder / "project", "config/test.yaml")
        (folder / "printed").write_text(project.run("all", start=True).text)

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
