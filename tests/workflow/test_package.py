"""The package: what it needs, what it holds, and that what others install works."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import neuroloop
from tests.installed import build_wheel, environment, names_in
from tests.project import ROOT
from tests.workflow.test_environment import lock, normal, whole_lock


def requirements() -> dict[str, Requirement]:
    """What the package and its workflow need, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["workflow"]
    found = {normal(Requirement(line).name): Requirement(line) for line in lines}
    assert len(found) == len(lines)
    return found


def test_the_lock_lies_within_the_ranges() -> None:
    pins = whole_lock()
    ranges = requirements()
    outside = {n: str(r) for n, r in ranges.items() if not r.specifier.contains(pins[n])}
    assert not outside
    assert ranges.keys() == lock()["workflow"].keys()
    assert all(r.specifier for r in ranges.values())


def test_one_version() -> None:
    stated = re.search(r'^VERSION = "(.+)"', (ROOT / "rules/library.smk").read_text(), re.M)
    assert stated is not None
    assert stated[1] == neuroloop.__version__
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == neuroloop.__version__


def test_the_wheel_holds_every_file_of_the_library(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "neuroloop").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in names_in(build_wheel(tmp_path_factory)) if ".dist-info/" not in name}
    assert held == files
    assert "neuroloop/files/datasets.tsv" in held


def test_the_examples_run_on_what_is_installed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    python = environment(tmp_path / "venv", build_wheel(tmp_path_factory))
    shutil.copytree(ROOT / "tests/examples", tmp_path / "examples")
    (tmp_path / "examples/test_place.py").write_text(
        "import neuroloop\n\n\ndef test_place():\n"
        f"    assert neuroloop.__file__.startswith({str(tmp_path / 'venv')!r})\n"
    )
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "."],
        cwd=tmp_path / "examples",
        env={**os.environ, "PYTHONPATH": ""},  # a Snakefile read by a test before has set it
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
