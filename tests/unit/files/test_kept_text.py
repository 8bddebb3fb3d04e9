"""Texts that only save time."""

from pathlib import Path

import pytest

from neuroloop.files.kept_text import keep_text


def test_replaces_a_file_and_makes_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.json"
    keep_text(path, "older")
    keep_text(path, "µ")
    assert path.read_bytes() == "µ".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_is_full_leaves_the_old_text_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    keep_text(path, "older")

    def half(self: Path, text: str, encoding: str) -> None:
        self.write_bytes(text[: len(text) // 2].encode(encoding))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    keep_text(path, "newer")
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    keep_text(tmp_path / "file" / "kept.json", "text")
