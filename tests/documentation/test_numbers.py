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
        ("run", "00:00:00", 990),
        ("b.run", "00:16:40", 21),
        ("explain/run", "05:00:00", 9),
    ):
        job = {"started": f"2026-01-01T{start}+0000", "seconds": seconds}
        (tmp_path / f"{name}.json").write_text(json.dumps(job))
    monkeypatch.setattr(numbers, "read", lambda results: {"a": Number(2.0)})
    kept = Numbers((6, 16), [{"a": Number(1.0, 0.0, 2.0)}])
    assert numbers.with_run(kept, tmp_path, False) == ((6, 18), [{"a": Number(2.0)}])
    late = {"started": "2026-01-01T03:00:00+0000", "seconds": 1}
    (tmp_path / "late.run.json").write_text(json.dumps(late))
    assert numbers.with_run(kept, tmp_path, False).minutes == (6, 16), "it ran in parts"
    both = numbers.with_run(kept, tmp_path, True)
    assert both.of("a") == [Number(1.0, 0.0, 2.0), Number(2.0)]
    numbers.keep(both, tmp_path / "kept.json")
    assert numbers.kept(tmp_path / "kept.json") == both


#: Tables of a demo, cut down to what is read.
TABLES = {
    "fmri/simulated/decoding.tsv": """\
subject roi decoder accuracy ci_low ci_high
S1 V1 ridge 0.85 0.8 0.9
S1 V1 svm 0.86 0.8 0.9
mean V1 ridge 0.5 0.4 0.6""",
    "distill/simulated/comparisons.tsv": """\
subject roi teacher control difference ci_low ci_high p
S1 HVC brain none 0.0173 0.005424897 0.03 0.003
S1 HVC brain cnn 0.03 0.01 0.05 0.003
S1 HVC brain withinclass 0.02 0.001 0.04 0.025
S1 V1 brain withinclass 0.015 n/a n/a n/a
S1 HVC smooth none 0.003 -0.01 0.02 0.7""",
    "calcium/neurons/before/small/reading.tsv": """\
subset measure value ci_low ci_high frames_of
stimulated exact_top 0.2 0.1 0.3 stimulated
stimulated exact_top 0.05 0.03 0.08 control
all exact_top 0.25 0.2 0.3 stimulated""",
    "calcium/neurons/compare/before__after/small/routes.tsv": """\
panel route change ci_low ci_high
all influence 0.1 0.06 0.14
g1 influence 0.3 0.2 0.4""",
    "calcium/neurons/before/small/coupling.tsv": "route auc\nmaps 0.99",
    "calcium/neurons/before/small/zncc_nulls.tsv": """\
group kind statistic value ci_low ci_high null null_mean null_low null_high p
all zncc sum 169 152 185 untrained 304 205 548 1.0
all split_half sum 125 115 135 untrained 297 199 542 1.0""",
    "cxr/chests/metrics.tsv": """\
case classifier split shown metric value ci_low ci_high
case1 fine patient whole macro_f1 0.6 0.5 0.7
case1 fine image whole macro_f1 0.8 0.7 0.9
case1 fine patient lungs macro_f1 0.4 0.3 0.5""",
    "cxr/chests/comparisons.tsv": """\
kind metric difference ci_low ci_high
leak macro_f1 0.16 0.08 0.24
leak accuracy 0.17 0.08 0.24""",
}


def test_a_demos_tables_are_read(tmp_path: Path) -> None:
    for name, text in TABLES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(" ", "\t"))
        if "before/small/reading" in name:
            other = tmp_path / name.replace("before", "after")
            other.parent.mkdir(parents=True)
            other.write_text(text.split("\n")[0].replace(" ", "\t") + "\n")
    assert numbers.read(tmp_path) == {
        "decoding S1 V1": (0.85, 0.8, 0.9),
        "brain S1 HVC - none": (0.0173, 0.005425, 0.03),
        "brain S1 HVC - withinclass": (0.02, 0.001, 0.04),
        "p of brain S1 HVC - withinclass": (0.025, None, None),
        "brain S1 V1 - withinclass": (0.015, None, None),
        "named before frames": (0.2, 0.1, 0.3),
        "named before frames before": (0.05, 0.03, 0.08),
        "change influence": (0.1, 0.06, 0.14),
        "auc maps": (0.99, None, None),
        "zncc sum": (169, 152, 185),
        "zncc sum, untrained": (304, 205, 548),
        "p of zncc sum, untrained": (1.0, None, None),
        "macro_f1 case1 fine": (0.6, 0.5, 0.7),
        "leak": (0.16, 0.08, 0.24),
    }
