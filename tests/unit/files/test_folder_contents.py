"""A folder of results stands for its files."""

from pathlib import Path

import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.folder_contents import STAMP, files_in, read_contents, save_contents
from neuroloop.workflow.content_digest import digest_files, whole_digest
from neuroloop.workflow.lost_results import first_lost


def test_contents_are_of_all_files_and_of_nothing_else(tmp_path: Path) -> None:
    folder, contents = tmp_path / "movies", tmp_path / "movies.json"
    (folder / "more").mkdir(parents=True)
    for name in ("b.tif", "more/a.tif", STAMP):
        (folder / name).write_text(name)
    save_contents(folder, contents)
    found = read_contents(contents)
    assert list(found) == files_in(folder) == ["b.tif", "more/a.tif"]
    assert whole_digest(found) == digest_files(folder, files_in(folder), None)
    (folder / "b.tif").write_text("other")
    assert whole_digest(found) != digest_files(folder, files_in(folder), None)


def test_a_folder_that_lacks_a_file_is_lost(tmp_path: Path) -> None:
    folder, contents = tmp_path / "files", tmp_path / "files.json"
    folder.mkdir()
    (folder / "1").write_text("1")
    save_contents(folder, contents)
    job = [str(folder), str(contents)]
    (folder / "2").write_text("more is no loss")
    assert first_lost([job]) == []
    (folder / "1").unlink()
    assert first_lost([job]) == [str(folder)]
    contents.write_text("{}")
    assert first_lost([job]) == [str(folder)]
    with pytest.raises(NeuroLoopError, match=r"files\.json"):
        read_contents(contents)
