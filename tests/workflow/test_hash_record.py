"""What hashes of code were made of is remembered between processes, and compared."""

from pathlib import Path

import pytest

from neuroloop.workflow import hash_record
from neuroloop.workflow.code_version import code_version
from neuroloop.workflow.content_digest import digest_files
from neuroloop.workflow.hash_record import HashRecord, changes
from tests.workflow.test_code_version import FILES


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project whose hashes are remembered."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(hash_record, "_KEPT", [HashRecord(tmp_path / "kept/record.json")])
    return tmp_path


@pytest.mark.parametrize(
    ("script", "name", "old", "new", "told"),
    [
        (
            "first",
            "neuroloop/middle.py",
            "deep.VALUE",
            "-deep.VALUE",
            "neuroloop/middle.py (number)",
        ),
        (
            "first",
            "neuroloop/middle.py",
            "import json",
            "import csv",
            "neuroloop/middle.py (top of the file)",
        ),
        ("second", "neuroloop/other.html.j2", "<p>", "<b>", "neuroloop/other.py (other.html.j2)"),
        ("first", "envs/requirements.lock", "numpy==2.0", "numpy==2.1", "numpy 2.0 → 2.1"),
    ],
)
def test_the_part_that_changed_is_named(
    project: Path, script: str, name: str, old: str, new: str, told: str
) -> None:
    before = code_version(f"branch/{script}.py", project)
    (project / name).write_text(FILES[name].replace(old, new, 1) + " ")
    assert changes([before], code_version(f"branch/{script}.py", project)) == [told]


def test_modules_that_come_and_go_are_named(project: Path) -> None:
    before = code_version("branch/second.py", project)
    (project / "scripts/branch/second.py").write_text("import neuroloop.deep\n")
    assert changes([before], code_version("branch/second.py", project)) == [
        "neuroloop/deep.py (imported now)",
        "neuroloop/other.py (no longer imported)",
        "scripts/branch/second.py (top of the file)",
    ]


def test_files_of_the_user_that_changed_are_named(project: Path) -> None:
    folder = project / "data"
    folder.mkdir()
    for name in "abc":
        (folder / name).write_text(name)
    before = digest_files(folder, ["a", "b", "c"], None)
    (folder / "a").write_text("another")
    (folder / "b").rename(folder / "d")
    assert changes([before], digest_files(folder, ["a", "c", "d"], None)) == [
        "a holds other bytes",
        "d is new",
        "b is gone",
    ]


def test_another_process_knows_what_one_kept_and_adds_to_it(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "record.json"
    first, second = HashRecord(file), HashRecord(file)
    first.add("a", {"x.py": {"f": "1"}})
    second.add("b", {"x.py": {"f": "2"}})
    first.save()
    second.save()
    third = HashRecord(file)
    assert third.known("a") == {"x.py": {"f": "1"}}
    assert third.known("b") == {"x.py": {"f": "2"}}
    assert third.known("c") is None
    file.write_text("[]")
    assert HashRecord(file).known("a") is None
