"""Parsed files are kept by content; damage and loss cost time and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from neuroloop.workflow import parsed_code
from neuroloop.workflow.parsed_code import ParsedFiles, parse
from tests.project import ROOT

CODE = b'"""A module."""\n\nfrom neuroloop import errors\n\nASSETS = ("page.css",)\n'


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was parsed and not remembered."""
    contents: list[bytes] = []

    def counting(content: bytes) -> parsed_code.ParsedFile:
        contents.append(content)
        return parse(content)

    monkeypatch.setattr(parsed_code, "parse", counting)
    return contents


def test_another_start_parses_only_what_is_new(tmp_path: Path, counted: list[bytes]) -> None:
    file = tmp_path / "kept" / "parsed_code.json"
    first = ParsedFiles(file)
    parsed = first.parse(CODE)
    assert parsed == first.parse(CODE)
    first.save()
    second = ParsedFiles(file)
    assert second.parse(CODE) == parsed
    assert counted == [CODE]
    assert second.parse(CODE + b"X = 1\n").meaning != parsed.meaning
    assert counted == [CODE, CODE + b"X = 1\n"]
    assert [path.name for path in file.parent.iterdir()] == ["parsed_code.json"]


@pytest.mark.parametrize("damage", [b"", b"no checksum", b"\xff\xfe", None])
def test_a_damaged_file_is_ignored(
    tmp_path: Path, counted: list[bytes], damage: bytes | None
) -> None:
    file = tmp_path / "parsed_code.json"
    first = ParsedFiles(file)
    parsed = first.parse(CODE)
    first.save()
    good = file.read_bytes()
    at = good.index(parsed.meaning.encode())
    flipped = good[:at] + (b"0" if good[at : at + 1] != b"0" else b"1") + good[at + 1 :]
    file.write_bytes(flipped if damage is None else damage)
    second = ParsedFiles(file)
    assert second.parse(CODE) == parsed
    assert len(counted) == 2
    second.save()
    assert file.read_bytes() == good


def test_a_folder_that_cannot_be_written_to_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where a folder should be")
    files = ParsedFiles(tmp_path / "kept" / "parsed_code.json")
    assert files.parse(CODE).assets == ("page.css",)
    files.save()


def test_the_version_and_explanations_are_no_meaning() -> None:
    assert parse(b'__version__ = "1"\nX = 1').meaning == parse(b'__version__ = "2"\nX = 1').meaning
    first, second = (parse(b"X = setting('%s', 3)\nORDER = 1" % text) for text in (b"a", b"b"))
    assert first.hidden == second.hidden
    assert first.meaning != second.meaning


def test_a_start_imports_nothing_heavy() -> None:
    """Rules import these modules and every entry at each start."""
    code = (
        "import pkgutil, sys, importlib, neuroloop.workflow as rooms\n"
        "from neuroloop import registry\n"
        "for found in pkgutil.iter_modules(rooms.__path__):\n"
        "    importlib.import_module('neuroloop.workflow.' + found.name)\n"
        "for kind in ('decoder', 'teacher', 'method', 'backbone', 'fmri_source'):\n"
        "    registry.names(kind)\n"
        "print(*{'torch', 'scipy', 'sklearn', 'matplotlib'} & sys.modules.keys())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
