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
from neuroloop.report.audit_page import COUNTS, FLAGS, found_by_audit, terminal_line
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
    assert (tmp_path / "counts.tsv").read_text().splitlines()[1].split("\t")[-2] == "1"


def drawn(folder: Path, values: list[float], significant: list[int], kinds: int = 2) -> str:
    """Text of the page of surrogates of some kinds."""
    rows = [
        {
            **{"headline": "decoding", "of": "S1, V1, ridge", "kind": f"kind {n % kinds}"},
            **{"surrogate": n, "value": value, "chance": 0.25, "p": 0.05 if hit else 0.5},
            "significant": hit,
        }
        for n, (value, hit) in enumerate(zip(values, significant, strict=True))
    ]
    save_checks(folder / "flags.json", [SOUND])
    save_surrogates(folder / "surrogates.tsv", rows)
    one, other = [folder / "flags.json"], [folder / "surrogates.tsv"]
    write_audit(
        checks=one,
        checks_of=["faces"],
        surrogates=other,
        surrogates_of=["faces"],
        flags=folder / "all_flags.tsv",
        counts=folder / "counts.tsv",
        page=folder / "index.html",
    )
    return (folder / "index.html").read_text()


def test_two_kinds_of_surrogates_are_judged_together_and_told_once(tmp_path: Path) -> None:
    """Two of five of each kind may be chance; four of ten are not."""
    text = drawn(tmp_path, [0.2, 0.3] * 5, [1] * 4 + [0] * 6)
    assert "4 of 10" in text
    assert "all kinds together" in text
    assert "Found: 1 claim that" in text


def test_few_surrogates_are_not_called_chance(tmp_path: Path) -> None:
    text = drawn(tmp_path, [0.2, 0.3] * 3, [1] + [0] * 5, kinds=1)
    assert "1 of 6" in text
    assert "too few to tell" in text
    assert "as often as chance" not in text
    assert "Nothing was found: 1 check, 6 surrogates." in text


def test_surrogates_that_lie_above_chance_are_told(tmp_path: Path) -> None:
    text = drawn(tmp_path, [0.36, 0.38, 0.35, 0.37, 0.36, 0.38, 0.4, 0.39, 0.34, 0.36], [0] * 10)
    assert "Found: 1 claim that" in text
    assert "above chance on the mean" in text


def test_the_terminal_names_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    others = [Check(f"flag {n}", "S1", True, "Told.", "Do.") for n in range(3)]
    written(tmp_path, [TIME, *others, SOUND], 12)
    Path(FLAGS).parent.mkdir(parents=True)
    (tmp_path / "all_flags.tsv").rename(FLAGS)
    (tmp_path / "counts.tsv").rename(COUNTS)
    told = terminal_line()
    assert "faces: labels from time in the run, S1; faces: flag 0, S1; faces: flag 1, S1; " in told
    assert "and 2 more" in told


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
        ("faces", "labels from time in the run, S1: Accuracy 0.9, chance 0.25.", "leak"),
        (
            "faces",
            "decoding, S1, V1, ridge: surrogates without effect are significant 12 times of 20, "
            "and their mean is 0.300 (chance 0.250).",
            "control",
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
