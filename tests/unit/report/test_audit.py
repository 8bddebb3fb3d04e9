"""The page of an audit, read back."""

from pathlib import Path

import pytest

from neuroloop.report.audit import (
    Check,
    read_checks,
    read_surrogates,
    save_checks,
    save_surrogates,
)
from neuroloop.report.audit_page import COUNTS, FLAGS, found_by_audit
from scripts.report.write_audit import write_audit

TIME = Check("labels from time in the run", "S1", True, "Accuracy 0.9, chance 0.25.", "Mix them.")
SOUND = Check("duplicates", "S1", False, "None of 40 rows.")


def written(folder: Path, checks: list[Check], hits: int) -> str:
    """Text of the page of one data set."""
    save_checks(folder / "flags.json", checks, ["No motion is known."])
    rows = [
        {
            **{"headline": "decoding", "of": "S1, V1, ridge", "kind": "labels shifted"},
            **{"surrogate": n, "value": 0.3, "chance": 0.25, "p": 0.05 if n < hits else 0.5},
            "significant": int(n < hits),
        }
        for n in range(20)
    ]
    save_surrogates(folder / "surrogates.tsv", rows)
    write_audit(
        checks=[folder / "flags.json"],
        checks_of=["faces"],
        surrogates=[folder / "surrogates.tsv"],
        surrogates_of=["faces"],
        flags=folder / "all_flags.tsv",
        counts=folder / "counts.tsv",
        page=folder / "index.html",
    )
    return (folder / "index.html").read_text()


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    written(tmp_path, [TIME, SOUND], 0)
    assert read_checks(tmp_path / "flags.json") == ([TIME, SOUND], ["No motion is known."])
    assert len(read_surrogates(tmp_path / "surrogates.tsv")) == 20


def test_clean_data_are_called_clean(tmp_path: Path) -> None:
    text = written(tmp_path, [SOUND], 1)
    assert "Nothing was found: 1 check, 20 surrogates." in text
    assert "1 of 20" in text
    assert "No motion is known." in text


def test_a_flag_is_told_with_its_remedy(tmp_path: Path) -> None:
    text = written(tmp_path, [TIME, SOUND], 0)
    assert "Found: 1 flag. Explain" in text
    assert "Accuracy 0.9, chance 0.25. Mix them." in text


def test_surrogates_that_are_significant_too_often_are_told(tmp_path: Path) -> None:
    text = written(tmp_path, [SOUND], 12)
    assert "Found: 1 claim that surrogates reach too often." in text
    assert (tmp_path / "counts.tsv").read_text().splitlines()[1].endswith("\t1")


def test_the_report_gets_what_the_last_audit_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert found_by_audit() == []
    written(tmp_path, [TIME, SOUND], 12)
    Path(FLAGS).parent.mkdir(parents=True)
    (tmp_path / "all_flags.tsv").rename(FLAGS)
    assert found_by_audit() == []  # the audit is not done
    (tmp_path / "counts.tsv").rename(COUNTS)
    assert found_by_audit() == [
        ("faces", "labels from time in the run, S1: Accuracy 0.9, chance 0.25."),
        (
            "faces",
            "decoding, S1, V1, ridge: surrogates without effect are significant 12 times of 20.",
        ),
    ]


def test_a_clean_audit_tells_the_report_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, [SOUND], 1)
    Path(FLAGS).parent.mkdir(parents=True)
    (tmp_path / "all_flags.tsv").rename(FLAGS)
    (tmp_path / "counts.tsv").rename(COUNTS)
    assert found_by_audit() == []
