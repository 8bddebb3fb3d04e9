"""A run that would fill the disk is refused before its first job."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from neuroloop.files.disk_space import DiskFull
from neuroloop.workflow import room
from neuroloop.workflow.room import check_room


def job(rule: str, output: Path, size: int = 0) -> SimpleNamespace:
    if size:
        output.write_bytes(bytes(size))
    return SimpleNamespace(rule=SimpleNamespace(name=rule), output=[output])


def test_jobs_need_what_others_of_their_rule_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [job("big", tmp_path / "a", 4_000_000), job("small", tmp_path / "b", 100)]
    new = [job("big", tmp_path / "c"), job("big", tmp_path / "d"), job("small", tmp_path / "e")]
    monkeypatch.setattr(room, "free_space", lambda path: 7_000_000)
    with pytest.raises(DiskFull, match=r"3 jobs need 8 MB or more, 7\.0 MB free in .+: free "):
        check_room(tmp_path / "results", [*made, *new], new)
    check_room(tmp_path / "results", [*made, *new], new[1:])
    check_room(tmp_path / "results", [*made, *new], made)  # made again in their own place
