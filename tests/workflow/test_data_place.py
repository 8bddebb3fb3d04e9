"""Which data folder jobs read: one, as long as a run lives."""

import subprocess
import sys
from pathlib import Path

import pytest

from neuroloop.files.data_link import LINK, target
from neuroloop.workflow.data_place import place_data
from neuroloop.workflow.folder_lock import FolderInUse
from tests.project import ROOT

#: Holds a folder until its input ends.
HOLD = (
    "import sys; from pathlib import Path; from neuroloop.workflow.folder_lock import hold_folder; "
    "hold_folder(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def test_the_link_follows_the_data_folder_but_not_while_a_run_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert place_data(tmp_path / "one", tmp_path) == LINK
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as run:
        assert run.stdout
        assert run.stdout.readline()
        assert place_data(tmp_path / "one", tmp_path) == LINK
        with pytest.raises(FolderInUse, match=r"reads its data from .+one: wait"):
            place_data(tmp_path / "other", tmp_path)
        assert target() == str(tmp_path / "one")
        run.communicate()
    assert place_data(tmp_path / "other", tmp_path) == LINK
    assert target() == str(tmp_path / "other")
