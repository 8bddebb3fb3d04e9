"""The link by which jobs name the data folder, and what is told of files below it."""

from pathlib import Path

import pytest

from neuroloop.files.data_link import LINK, as_configured, as_it_lies, lasting, lead_to, target
from neuroloop.files.intake import Intake


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "other"):
        (tmp_path / name / "scans").mkdir(parents=True)
        (tmp_path / name / "scans/a.nii").write_text("a")
    return tmp_path


def test_results_name_files_as_the_config_and_messages_as_they_lie(here: Path) -> None:
    assert target() == ""
    assert as_it_lies(f"{LINK}/scans/a.nii is damaged") == f"{LINK}/scans/a.nii is damaged"
    lead_to(here / "one")
    assert target() == str(here / "one")
    assert as_configured(f"{LINK}/scans/a.nii is odd") == "scans/a.nii is odd"
    assert as_it_lies(f"{LINK}/scans/a.nii is odd") == f"{here}/one/scans/a.nii is odd"
    assert lasting(LINK / "scans/a.nii") == "scans/a.nii"
    assert lasting(here / "other") == str(here / "other")


def test_what_was_read_is_the_same_wherever_the_data_lie(here: Path) -> None:
    saved = []
    for name in ("one", "other"):
        lead_to(here / name)
        intake = Intake()
        intake.read(LINK / "scans/a.nii", LINK / "scans/a.nii")
        intake.recognise(f"TR 2 s, from {LINK}/scans/a.nii")
        intake.warn(f"{LINK}/scans is odd")
        intake.drop(f"rows of {LINK}/scans/a.nii", "the config drops them")
        intake.save(here / f"{name}.json")
        saved.append((here / f"{name}.json").read_text())
    assert saved[0] == saved[1]
    assert str(LINK) not in saved[0]
    assert '"scans/a.nii"' in saved[0]
