"""The page of an audit, read back."""

from pathlib import Path

import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.report.audit import (
    CLAIM,
    Check,
    Missing,
    Tally,
    read_checks,
    read_surrogates,
    save_checks,
    save_surrogates,
)
from neuroloop.report.audit_gathered import RECORD, gather, save_audit, save_unfinished_audit
from neuroloop.report.audit_page import (
    COUNTS,
    FLAGS,
    PAGE,
    found_by_audit,
    summary,
    terminal_line,
)
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
            "allowed": 0.05,
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
    assert (tmp_path / "counts.tsv").read_text().splitlines()[1].split("\t")[-4] == "1"


def surrogates_of(
    headline: str, hits: int, count: int, allowed: float, refused: int = 0
) -> list[dict[str, object]]:
    """Rows of surrogates of a claim, some of which the analysis refused."""
    tally = Tally()
    claim = (headline, "S1, V1, ridge", "labels shifted")
    for number in range(count + refused):
        with tally.surrogate(*claim, number):
            if number >= count:
                raise NeuroLoopError("fold 2 has no row of class cat.")
            row = dict(zip(CLAIM, (*claim, number), strict=True))
            judged = {"value": 0.0, "chance": 0.0, "p": 0.5}
            hit = int(number < hits)
            tally.rows.append({**row, **judged, "significant": hit, "allowed": allowed})
    assert len(tally.refused()) == (refused > 0)
    return tally.rows


def gathered(folder: Path, rows: list[dict[str, object]]) -> tuple[pd.DataFrame, str]:
    """The summary of surrogates of a data set, and the text of the page."""
    save_checks(folder / "flags.json", [SOUND])
    save_surrogates(folder / "surrogates.tsv", rows)
    one = [("faces", folder / "flags.json")], [("faces", folder / "surrogates.tsv")]
    audited = gather(*one, {})
    save_audit(audited, folder / "flags.tsv", folder / "counts.tsv", folder / "index.html")
    return summary(audited), (folder / "index.html").read_text()


@pytest.mark.parametrize(
    ("allowed", "p", "found"),
    [(0.025, 0.001373, True), (0.05, 0.015902, False)],  # sum of C(20, k) a^k (1 - a)^(20 - k)
)
def test_a_claim_is_compared_with_the_rate_that_its_test_allows_itself(
    tmp_path: Path, allowed: float, p: float, found: bool
) -> None:
    """Four of twenty gains are too many of a two-sided p of 5 %; of a one-sided one they may be."""
    counts, text = gathered(tmp_path, surrogates_of("teaching", 4, 20, allowed))
    (row,) = counts.to_dict("records")
    assert row["p"] == pytest.approx(p, abs=1e-6)
    assert row["found"] == found
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.0573, 0.4366), abs=1e-4)
    assert f'<td class="number">{100 * allowed:g}</td>' in text
    assert ("too often" in text.split("<tbody>")[1]) == found


def test_surrogates_that_were_refused_are_counted_and_void_no_other(tmp_path: Path) -> None:
    counts, text = gathered(tmp_path, surrogates_of("decoding", 1, 12, 0.05, refused=3))
    (row,) = counts.to_dict("records")
    assert (row["surrogates"], row["significant"], row["refused"]) == (12, 1, 3)
    assert "1 of 12 (3 refused)" in text
    assert "12 surrogates (3 more refused)" in text


def test_where_all_were_refused_nothing_is_known(tmp_path: Path) -> None:
    counts, text = gathered(tmp_path, surrogates_of("decoding", 0, 0, 0.05, refused=2))
    assert counts["found"].tolist() == [0]
    assert "0 of 0 (2 refused)" in text
    assert "all refused: nothing is known" in text


def test_a_refusal_is_told_once_for_each_kind() -> None:
    tally = Tally()
    for number, reason in enumerate(("fold 2 has no row.", "another reason")):
        with tally.surrogate("decoding", "S1, V1, ridge", "labels shifted", number):
            raise NeuroLoopError(reason)
    assert tally.refused() == [
        "S1, V1, ridge, labels shifted: 2 of the surrogates were refused and count nowhere, the "
        "first one as fold 2 has no row."
    ]
    with pytest.raises(ZeroDivisionError), tally.surrogate("decoding", "S1", "kind", 0):
        raise ZeroDivisionError  # no refusal, but a fault of the program


def test_the_page_of_a_run_that_stopped_shows_what_could_be_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies there of a data set that is refused now is of an earlier run, and is not shown."""
    monkeypatch.chdir(tmp_path)
    save_checks("sound.json", [SOUND])
    save_checks("stale.json", [TIME])
    save_surrogates("rows.tsv", surrogates_of("decoding", 1, 20, 0.05))
    Path(RECORD).parent.mkdir(parents=True)
    Path(RECORD).write_text("{}")
    refused = Missing("import_subject dataset=spoilt", "bad.h5: no data", "logs/import.log")
    told = save_unfinished_audit(
        [("faces", "sound.json"), ("spoilt", "stale.json")],
        [("faces", "rows.tsv"), ("spoilt", "none.tsv"), ("late", "later.tsv")],
        {"stale.json": refused, "none.tsv": refused, "later.tsv": Missing("", "no turn", "")},
    )
    assert told == (
        "Audit: Not all was audited, of spoilt, late: see there. In the rest nothing was found: "
        f"1 check, 20 surrogates. See {PAGE}"
    )
    text = Path(PAGE).read_text()
    assert text.count("bad.h5: no data. Read <code>logs/import.log</code>.") == 1
    assert "no turn." in text
    assert 'class="warnings"><strong>Not all was audited' in text
    assert TIME.told not in text
    assert pd.read_csv(FLAGS, sep="\t")["data"].tolist() == ["faces"]
    assert not Path(RECORD).exists()  # the next run makes the page of all data sets


def drawn(folder: Path, values: list[float], significant: list[int], kinds: int = 2) -> str:
    """Text of the page of surrogates of some kinds."""
    rows = [
        {
            **{"headline": "decoding", "of": "S1, V1, ridge", "kind": f"kind {n % kinds}"},
            **{"surrogate": n, "value": value, "chance": 0.25, "p": 0.05 if hit else 0.5},
            "significant": hit,
            "allowed": 0.05,
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
