"""`make bench` and the page of what it measured."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.bench import figure, page
from tests.bench.__main__ import BUDGET, PAGE, _arguments, benches, run
from tests.bench.goals import GOALS, Goal
from tests.bench.measured import COLUMNS, Bench, Seconds
from tests.bench.tables import Row, read_tables

GOAL = Goal("quick work against a loop", "quick", 2, "quick", "a loop")
MEASURES = (("quick work", "a loop"), ("alone", ""))


def seconds(cpu: float) -> Seconds:
    """So many CPU seconds."""
    return Seconds(cpu, cpu, 0.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with the table of a bench: ratios of 2 and 3 to a loop, and a row without a peer."""
    monkeypatch.setattr("tests.bench.measured.FOLDER", tmp_path)
    monkeypatch.setattr("tests.bench.goals.GOALS", (GOAL,))
    bench = Bench("quick", MEASURES)
    bench.row("quick work", "a loop", 20, seconds(2), seconds(6))
    bench.row("quick work", "a loop", 10, seconds(1), seconds(2))
    bench.row("alone", "", 10, seconds(1))
    assert bench.close() == 0
    return tmp_path


# ------------------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("open('{table}', 'w').write('x'); print('a row')", ""),
        ("open('{table}', 'w').write('x')", "printed nothing"),
        ("open('{table}', 'w').write('x'); print(' ')", "printed nothing"),
        ("print('a row')", "left no table"),
        ("open('{table}', 'w').write('x'); print('a row'); exit(1)", "missed a goal, or failed"),
        ("import time; print('a row', flush=True); time.sleep(60)", "ended: there was no time"),
    ],
)
def test_a_bench_that_says_or_leaves_nothing_fails(tmp_path: Path, code: str, wrong: str) -> None:
    said: list[str] = []
    code = code.replace("{table}", str(tmp_path / "quick.tsv"))
    limit = 2 if "sleep" in code else 60
    found = run([sys.executable, "-S", "-c", code], tmp_path, limit, said.append)
    assert found.startswith(wrong)
    assert bool(found) == bool(wrong)


def test_a_table_of_an_earlier_run_is_none_of_this_one(folder: Path) -> None:
    command = [sys.executable, "-S", "-c", "print('a row')"]
    assert run(command, folder, 60, lambda _: None) == "left no table"


def test_no_bench_begins_without_time(folder: Path) -> None:
    assert run(["false"], folder, 0).startswith("not run")


def test_benches_fit_into_the_time_that_all_of_them_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(BUDGET) == benches()
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert sum(BUDGET.values()) <= _arguments().minutes == 40


# -------------------------------------------------------------------------------------- goals


@pytest.mark.parametrize("name", benches())
def test_goals_are_of_rows(name: str) -> None:
    measures = import_module(f"tests.bench.bench_{name}").MEASURES
    assert measures
    for goal in GOALS:
        if goal.bench == name:
            assert any(goal.is_of(*one) for one in measures), goal


def test_goals_are_of_benches_and_of_no_row_twice() -> None:
    assert {goal.bench for goal in GOALS} <= set(benches())
    for name in benches():
        for one in import_module(f"tests.bench.bench_{name}").MEASURES:
            assert sum(goal.bench == name and goal.is_of(*one) for goal in GOALS) <= 1, one


def test_a_row_below_its_goal_is_told(folder: Path) -> None:
    bench = Bench("quick", MEASURES)
    assert bench.row("quick work", "a loop", 10, seconds(2), seconds(3)) == 1.5
    assert bench.close() == 1
    assert bench.missed == ["quick work, a loop, 10: 1.50 of 2"]


def test_a_bench_has_no_row_that_it_does_not_name() -> None:
    with pytest.raises(ValueError, match="its MEASURES lack 'quick work' beside 'another loop'"):
        Bench("quick", MEASURES).row("quick work", "another loop", 1, seconds(1), seconds(1))


# ----------------------------------------------------------------------- tables and the page


def test_tables_are_read_as_they_were_written(folder: Path) -> None:
    rows = read_tables(folder)["quick"]
    assert rows[0] == Row("quick work", "a loop", 20, 2, 3, "")
    assert rows[2] == Row("alone", "", 10, 1, None, "")
    assert len((folder / "quick.tsv").read_text().splitlines()[0].split("\t")) == len(COLUMNS)


def test_a_goal_stands_beside_the_ratios_of_its_rows(folder: Path) -> None:
    rows = read_tables(folder)["quick"]
    assert page.against(GOAL, rows)[1:] == ("2 x faster", "2.00 to 3.00 x faster", "10, 20", "yes")
    higher = Goal("", "quick", 2.5, "quick")
    assert page.against(higher, rows)[-1] == "not at all sizes"
    assert page.against(Goal("", "quick", 4, "quick"), rows)[-1] == "no"
    assert page.against(Goal("", "quick", 4, "slow"), rows)[2] == "not measured"
    assert page.against(Goal("", "quick", 4, "quick", "loop"), rows)[2] == "not measured"


def test_a_ratio_below_one_is_told_by_the_time_that_ours_takes() -> None:
    # Half and a quarter of the peer's speed: twice and four times its time.
    assert page.spread([0.5, 0.25]) == "2.00 to 4.00 x the time"
    assert page.factor(1 / 1.3) == "at most 1.3 x the time"


def test_the_page_is_written_between_its_marks(folder: Path) -> None:
    file = folder / "page.md"
    file.write_text(f"before\n\n{page.BEGIN}\n\nold\n\n{page.END}\n\nafter\n")
    page.write(file, folder)
    text = file.read_text()
    assert text.startswith(f"before\n\n{page.BEGIN}\n\nMeasured ")
    assert text.endswith(f"\n\n{page.END}\n\nafter\n")
    assert "| quick | quick work | a loop | 20 | 2 | 3.00 |  |" in text
    assert "old" not in text
    page.write(file, folder)
    assert file.read_text() == text


def test_the_page_has_all_goals() -> None:
    text = PAGE.read_text().split(page.BEGIN)[1].split(page.END)[0]
    for goal in GOALS:
        assert f"| {goal.title} | {page.factor(goal.least)} | " in text


def test_the_figure_is_drawn(folder: Path) -> None:
    figure.draw(read_tables(folder), folder / "bench.png")
    assert (folder / "bench.png").stat().st_size > 5000
