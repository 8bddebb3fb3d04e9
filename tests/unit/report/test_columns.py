"""Tables as a page shows them: what is written, and by what it is sorted."""

import math

import pandas as pd
import pytest

from neuroloop.report.columns import COUNT, NUMBER, PERCENT, Cell, Column, P, shown
from neuroloop.report.templates import linked, render
from tests.unit.report.outline import Outline

NAN = float("nan")


def cells(values, column, **others):
    """Cells of a column of these values."""
    table = pd.DataFrame({"row": range(len(values)), "value": values, **others})
    made = shown("T", table, {"row": Column("Row"), "value": column})
    return [row[1] for row in made.rows]


def test_numbers_are_read_short_and_sorted_in_full():
    found = cells([0.123456, -2.0, 345.6], NUMBER.named("Value"))
    assert [cell.text for cell in found] == ["0.12", "−2.00", "346"]
    assert [cell.value for cell in found] == [0.123456, -2.0, 345.6]
    assert {cell.kind for cell in found} == {"number"}


def test_percent_are_multiplied_where_they_are_read():
    assert cells([0.4567], PERCENT.named("Share, %")) == [Cell("45.7", "number", 0.4567)]


@pytest.mark.parametrize("column", [NUMBER, PERCENT, COUNT, P])
@pytest.mark.parametrize("missing", [NAN, None, math.inf])
def test_what_is_missing_is_a_dash_and_sorts_as_nothing(column, missing):
    assert cells([missing], column.named("Value")) == [Cell("–", "number", "")]


@pytest.mark.parametrize(
    ("p", "text"), [(0.0009, "< 0.001"), (0.001, "0.001"), (0.0436, "0.044"), (1.0, "1")]
)
def test_a_p_is_never_zero(p, text):
    assert cells([p], P) == [Cell(text, "number", p)]


def test_a_p_at_the_floor_of_its_permutations_says_so():
    column = P._replace(permutations="made")
    found = cells([1 / 101, 2 / 101, 1 / 101, 0.0005], column, made=[100, 100, NAN, 10_000])
    assert [cell.text for cell in found] == ["≤ 0.0099", "0.02", "0.0099", "< 0.001"]
    assert cells([1 / 10_001], column, made=[10_000])[0].text == "≤ 0.0001"


def test_counts_have_their_thousands_apart():
    assert cells([12345.0, 7], COUNT.named("n")) == [
        Cell("12,345", "number", 12345.0),
        Cell("7", "number", 7.0),
    ]


def test_an_interval_stands_behind_its_number_where_there_is_one():
    column = PERCENT.named("Gain", "With its interval.", True)
    found = cells([0.05, 0.05], column, ci_low=[0.01, NAN], ci_high=[0.09, 0.09])
    assert [cell.text for cell in found] == ["5.00 [1.00, 9.00]", "5.00"]
    assert [cell.value for cell in found] == [0.05, 0.05]
    assert [cell.text for cell in cells([0.05], column)] == ["5.00"]


def test_text_is_as_it_is_and_nothing_where_there_is_none():
    found = cells(["01", None, NAN, "1e5"], Column("Name"))
    assert [cell.text for cell in found] == ["01", "", "", "1e5"]
    assert {cell.value for cell in found} == {None}
    assert cells(["a reason"], Column("Why", kind="words")) == [Cell("a reason", "words")]


def test_columns_that_a_table_lacks_are_passed_over():
    columns = {"a": Column("A", "First."), "b": NUMBER.named("B"), "c": P}
    made = shown("T", pd.DataFrame({"c": [0.5], "a": ["x"], "more": [1]}), columns)
    assert made.columns == [
        {"title": "A", "meaning": "First.", "number": False},
        {"title": "p", "meaning": P.meaning, "number": True},
    ]
    assert [[cell.text for cell in row] for row in made.rows] == [["x", "0.5"]]


def test_a_title_explains_itself_where_nothing_else_does():
    assert shown("T", pd.DataFrame({"a": ["x"]}), {"a": Column("A")}).columns[0]["meaning"] == "A"


@pytest.mark.parametrize(
    ("file", "link"),
    [("results/fmri/faces/decoding.tsv", "../fmri/faces/decoding.tsv"), ("", "")],
)
def test_links_go_from_the_page_to_the_file(file, link):
    assert linked(file) == link


@pytest.fixture
def page_of(tmp_path):
    template = tmp_path / "own.html.j2"
    template.write_text(
        '{% from "neuroloop.report/parts.html.j2" import data %}{{ data(table, "t") }}'
    )
    return lambda table: Outline(render(str(template), {"table": table}))


def test_a_table_can_be_sorted_searched_and_scrolled(page_of):
    table = pd.DataFrame({"name": [f"n{row}" for row in range(9)], "value": [0.5] * 9})
    columns = {"name": Column("Name"), "value": NUMBER.named("Value", "How much.")}
    page = page_of(shown("All", table, columns, "results/a/b.tsv"))
    assert page.of("summary") == ["All 9 rows"]
    assert page.of("a") == ["b.tsv, all columns"]
    assert page.of("label") == ["Search "]
    assert [one["title"] for one in page.attributes("button")] == ["Name", "How much."]
    head = [one for one in page.attributes("th") if one["scope"] == "col"]
    assert head == [
        {"scope": "col", "aria-sort": "none"},
        {"scope": "col", "aria-sort": "none", "class": "number"},
    ]
    assert len([one for one in page.attributes("th") if one["scope"] == "row"]) == 9
    (scrolled,) = [one for one in page.attributes("div") if one.get("class") == "table"]
    assert scrolled == {"class": "table", "tabindex": "0", "role": "group", "aria-label": "All"}
    assert page.attributes("td")[0] == {"class": "number", "data-value": "0.5"}


def test_a_short_table_is_not_searched_and_one_of_no_file_not_linked(page_of):
    page = page_of(shown("One", pd.DataFrame({"name": ["<x>"]}), {"name": Column("Name")}))
    assert page.of("summary") == ["One 1 row"]
    assert not page.of("label")
    assert not page.of("a")
    assert page.of("th") == ["Name", "<x>"]
