"""The recipes' own files keep their contracts, as the recipes' command tells."""

import subprocess
import sys
from pathlib import Path

import pytest

from neuroloop import registry
from neuroloop.contracts.__main__ import main
from tests.project import ROOT
from tests.recipes import RECIPES, written


@pytest.mark.parametrize("kind", RECIPES)
def test_the_file_of_a_recipe_keeps_its_contract(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(registry, "_PLUGINS", {})
    file = written(kind, tmp_path)
    assert main([str(file)]) == 0
    assert capsys.readouterr().out == f"{kind} {file.stem}: keeps its contract\n"


@pytest.mark.parametrize("kind", RECIPES)
def test_the_file_of_a_recipe_is_clean(kind: str, tmp_path: Path) -> None:
    file = written(kind, tmp_path)
    for options in (["format", "--check"], ["check"]):
        command = [sys.executable, "-m", "ruff", *options, "--config", "pyproject.toml", str(file)]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout


def test_a_file_that_breaks_its_contract_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(registry, "_PLUGINS", {})
    file = written("decoder", tmp_path)
    file.write_text(file.read_text().replace("return all_classes(", "return np.nan * all_classes("))
    assert main([str(file)]) == 1
    assert capsys.readouterr().err.startswith("Error: decoder 'lda': 36 of 36 scores are NaN")
