"""The package built as others get it, and environments to install it in, without a network."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.project import Project, once


def build_wheel(factory: pytest.TempPathFactory) -> Path:
    """Wheel of the package, built once for all tests, from a copy of the project."""

    def make(folder: Path) -> None:
        project = Project.make(folder / "project")
        pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), str(project.folder))

    (wheel,) = once(factory, "wheel", make).glob("*.whl")
    return wheel


def pip(command: str, *arguments: str, python: Path | None = None) -> None:
    """Call pip for an environment, by default the one that runs the tests."""
    target = ["--python", str(python)] if python else []
    common = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *target, command, *common, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def environment(folder: Path, wheel: Path | None = None) -> Path:
    """New environment that also sees the packages of this one, after its own.

    Parameters
    ----------
    folder : Path
        Where it is made.
    wheel : Path, optional
        What is installed in it.

    Returns
    -------
    Path
        Its Python.
    """
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    (site,) = folder.glob("lib/python*/site-packages")
    others = [path for path in sys.path if Path(path).name == "site-packages"]
    (site / "others.pth").write_text("\n".join(others))
    if wheel:
        pip("install", str(wheel), python=python)
    return python


def plant_older_copy(python: Path) -> Path:
    """Put a neuroloop of version 0.0.1, which fails when a job uses it, into an environment."""
    (site,) = python.parents[1].glob("lib/python*/site-packages")
    package = site / "neuroloop"
    for name in ("", "jobs", "files", "workflow"):
        (package / name).mkdir(exist_ok=True)
        (package / name / "__init__.py").write_text("")
    (package / "__init__.py").write_text('__version__ = "0.0.1"\n')
    for name in ("errors", "registry", "jobs/job", "files/formats"):
        (package / f"{name}.py").write_text('raise RuntimeError("the older copy was imported")\n')
    return package


def names_in(wheel: Path) -> set[str]:
    """Paths of the files that a wheel holds."""
    return set(zipfile.ZipFile(wheel).namelist())
