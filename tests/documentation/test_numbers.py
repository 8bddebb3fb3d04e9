"""Numbers of README and docs are those that are kept, and a finished demo agrees with them."""

import json
from pathlib import Path

import pytest

from tests.documentation import blocks, numbers
from tests.documentation.numbers import Number, Numbers
from tests.documentation.pages import pages
from tests.project import ROOT

PAGES = pages()


@pytest.mark.parametrize(
    "name", [name for name in PAGES if "<!-- make numbers:" in PAGES[name].text]
)
def test_pages_say_what_is_kept(name: str) -> None:
    text = PAGES[name].text
    assert text.count("<!-- make numbers:") == 2 * len(blocks.MARKED.findall(text))
    assert blocks.written(text, numbers.kept()) == text, "run `make numbers`"


def test_every_text_stands_on_a_page() -> None:
    shown = {found[2] for page in PAGES.values() for found in blocks.MARKED.findall(page.text)}
    assert shown == set(blocks.BLOCKS)


def test_a_finished_demo_agrees() -> None:
    results = ROOT / "results"
    if not (results / "report/summary.json").exists():
        pytest.skip("a finished demo: `make demo` makes one")
    data = json.loads((results / "report/summary.json").read_text())["data"]
    if [one["name"] for one in data] != ["simulated", "neurons", "chests"]:
        pytest.skip("the results are of another config")
    assert numbers.apart(numbers.kept(), numbers.read(results)) == []


def test_a_number_that_drifted_is_told() -> None:
    first = {"a": Number(0.2, 0.1, 0.3), "auc": Number(0.9)}
    kept = Numbers((6, 16), [first, {"a": Number(0.3, 0.2, 0.4), "auc": Number(0.9)}])
    assert numbers.apart(kept, {"a": Number(0.39), "auc": Number(0.94)}) == []
    far = numbers.apart(kept, {"a": Number(0.41), "auc": Number(0.8)})
    assert [line.split(":")[0] for line in far] == ["a", "auc"]


def test_a_range_over_runs_has_the_widest_interval() -> None:
    runs = [Number(0.0164, 0.002, 0.031), Number(0.0179, -0.0004, 0.03)]
    assert blocks.said(runs) == "1.6 to 1.8 [0.0, 3.1]"
    assert blocks.said(runs[:1]) == "1.6 [0.2, 3.1]"
    assert blocks.said([Number(0.0251), Number(0.0249)], 1, 3) == "0.025"


def test_a_text_is_written_between_its_marks_and_keeps_their_place() -> None:
    page = "a\n  <!-- make numbers: time -->\nold\n  <!-- make numbers: end -->\nb\n"
    made = blocks.written(page, Numbers((7, 9), []))
    assert made.splitlines() == [
        "a",
        "  <!-- make numbers: time -->",
        "",
        "  It takes 7 to 9 minutes on two cores, as these are fast and free.",
        "",
        "  <!-- make numbers: end -->",
        "b",
    ]
    assert blocks.written(made, Numbers((7, 9), [])) == made


def test_a_run_takes_the_place_of_others_or_stands_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "explain").mkdir()
    for name, start, seconds in (
        ("run", "00:00:00", 9),
        ("b.run", "00:16:40", 21),
        ("explain/run", "05:00:00", 9),
    ):
        job = {"started": f"2026-01-01T{start}+0000", "seconds": seconds}
        (tmp_path / f"{name}.json").write_text(json.dumps(job))
    monkeypatch.setattr(numbers, "read", lambda results: {"a": Number(2.0)})
    kept = Numbers((6, 16), [{"a": Number(1.0, 0.0, 2.0)}])
    assert numbers.with_run(kept, tmp_path, False) == ((6, 18), [{"a": Number(2.0)}])
    both = numbers.with_run(kept, tmp_path, True)
    assert both.of("a") == [Number(1.0, 0.0, 2.0), Number(2.0)]
    numbers.keep(both, tmp_path / "kept.json")
    assert numbers.kept(tmp_path / "kept.json") == both
