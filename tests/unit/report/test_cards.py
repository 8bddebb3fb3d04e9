"""Cards: numbers as they are read, and a forest plot laid out by hand."""

import math

import pytest

from neuroloop.report.cards import (
    LABELS,
    WIDTH,
    Bar,
    Card,
    Forest,
    drawn,
    ends,
    fitted,
    flat,
    interval,
    listed,
    number,
    probability,
    said,
)
from neuroloop.report.page import Provenance, report_page
from neuroloop.report.templates import render
from tests.unit.report.outline import Outline
from tests.unit.report.study import CONFIG

NAN = float("nan")

#: Two rows on a scale from 0 to 2.
PLOT = Forest(
    (Bar("V1", 1.0, 0.0, 2.0, "claim", 0.5), Bar("HVC", 1.5, None, None, "open")), "C.", 0.0
)


@pytest.mark.parametrize(
    ("value", "factor", "text"),
    [
        (0.0, 1, "0.00"),
        (1.754, 1, "1.75"),
        (-0.5, 1, "−0.50"),
        (-0.001, 1, "0.00"),
        (12.34, 1, "12.3"),
        (0.1234, 100, "12.3"),
        (-123.4, 1, "−123"),
        (1234.0, 1, "1234"),
        (NAN, 1, "–"),
        (math.inf, 1, "–"),
        (None, 1, "–"),
    ],
)
def test_numbers_have_as_many_digits_as_are_read(value, factor, text):
    assert number(value, factor) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.816, 2.694, "1.75 [0.82, 2.69]"),
        (-0.1, 3.0, "1.75 [−0.10, 3.00]"),
        (None, 2.0, "1.75"),
        (NAN, 2.0, "1.75"),
        (0.0, math.inf, "1.75"),
    ],
)
def test_an_interval_stands_behind_its_value(low, high, text):
    assert interval(1.754, low, high) == text


def test_bounds_are_both_there_or_none():
    assert ends(0.1, 0.2) == (0.1, 0.2)
    for low, high in ((None, 0.2), (0.1, NAN), (-math.inf, 0.2)):
        assert ends(low, high) == (None, None)


@pytest.mark.parametrize(
    ("p", "least", "text"),
    [
        (0.1634, None, "p 0.16"),
        (0.0099, None, "p 0.0099"),
        (0.0009999, None, "p < 0.001"),
        (0.001, None, "p 0.001"),
        (1 / 101, 1 / 101, "p ≤ 0.0099"),
        (2 / 101, 1 / 101, "p 0.02"),
        (1.0, None, "p 1"),
        (NAN, None, "no p"),
    ],
)
def test_a_p_is_said_at_its_floor_and_never_as_zero(p, least, text):
    assert probability(p, least) == text


@pytest.mark.parametrize(
    ("names", "last", "text"),
    [
        (["V1"], "and", "V1"),
        (["V1", "V4"], "or", "V1 or V4"),
        (["V1", "V4", "HVC"], "and", "V1, V4 and HVC"),
        ([], "and", ""),
    ],
)
def test_names_are_listed_as_in_a_sentence(names, last, text):
    assert listed(names, last) == text


def test_a_bar_is_said_in_words():
    bar = Bar("S1 V1", 0.41, 0.31, 0.52, "claim", 0.1)
    assert said(bar, 100, " %") == "S1 V1: 41.0 [31.0, 52.0] %; chance 10.0 %"
    assert said(Bar("HVC", -0.012), 100, "") == "HVC: −1.20"


def test_a_forest_plot_is_laid_out_on_one_scale():
    """The scale runs from 180 (8 right of the labels) over 258 units; rows are 22 high."""
    plot = drawn(PLOT)
    assert plot.height == 2 * 22 + 24
    assert plot.ticks == [
        (180.0, "0"),
        (244.5, "0.5"),
        (309.0, "1"),
        (373.5, "1.5"),
        (438.0, "2"),
    ]
    assert plot.reference == 180.0
    first, second = plot.rows
    assert (first["y"], first["low"], first["x"], first["high"]) == (12, 180.0, 309.0, 438.0)
    assert (first["chance"], first["kind"], first["label"]) == (244.5, "claim", "V1")
    assert (second["y"], second["x"]) == (34, 373.5)
    assert second["low"] is second["high"] is second["chance"] is None


def test_the_scale_holds_the_reference():
    plot = drawn(Forest((Bar("V1", 1.0), Bar("V4", 2.0)), "", 0.0))
    assert (plot.reference, plot.ticks[0]) == (180.0, (180.0, "0"))


def test_percent_are_laid_out_as_they_are_shown():
    bars = (Bar("V1", 0.25, 0.0, 0.5),)
    plot = drawn(Forest(bars, "", None, 100, " %"))
    assert [text for _, text in plot.ticks] == ["0 %", "15 %", "30 %", "45 %", "60 %"]
    assert plot.reference is None
    assert plot.rows[0]["x"] == 180 + round(258 * 25 / 60, 1)


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("logistic_regression, case1", "logistic_regression, case1"),
        ("logistic_regression, case1, background", "logistic_reg…1, background"),
    ],
)
def test_a_long_label_loses_its_middle_and_is_said_whole(label, shown):
    (row,) = drawn(Forest((Bar(label, 1.0),), "")).rows
    assert row["label"] == fitted(label) == shown
    assert row["told"] == f"{label}: 1.00"


def test_a_scale_has_signs_as_numbers_have():
    plot = drawn(Forest((Bar("a", -0.5), Bar("b", 0.5)), ""))
    assert [text for _, text in plot.ticks] == ["−0.5", "−0.25", "0", "0.25", "0.5"]


@pytest.mark.parametrize("value", [0.0, 1.0, -3e-5, 1e6])
def test_everything_drawn_lies_inside_the_plot(value):
    bars = (Bar("a", value), Bar("b", value, value - 1, value + 2, "control", value + 3))
    for bars_drawn in (bars, bars[:1]):
        plot = drawn(Forest(bars_drawn, ""))
        places = [row[key] for row in plot.rows for key in ("x", "low", "high", "chance")]
        places += [x for x, _ in plot.ticks]
        assert all(LABELS < place < WIDTH for place in places if place is not None)
        assert len(plot.ticks) > 1


def test_what_is_not_known_is_not_drawn():
    plot = drawn(Forest((Bar("a", NAN, NAN, 1.0, "open", NAN), Bar("b", 0.5)), ""))
    row = plot.rows[0]
    assert row["x"] is row["low"] is row["chance"] is None
    assert row["told"] == "a: –; chance –"


def _plotted(card, monkeypatch):
    """Outline of a page that has one card."""
    from neuroloop.report import page

    monkeypatch.setattr(page, "_cards", lambda chapters, config: [(card, "there")])
    return Outline(report_page("R", [], [], Provenance("V", CONFIG))[0])


def test_a_card_shows_all_that_it_knows(monkeypatch):
    card = Card("How?", "faces", "beware", "So.", "Of these.", PLOT, ("But <this>.",), True)
    page = _plotted(card, monkeypatch)
    (shown,) = page.of("section", "card")
    for text in ("!beware: How? faces SIMULATED", "So.", "C. Of these.", "But <this>."):
        assert text in shown
    (svg,) = page.attributes("svg")
    assert svg["aria-label"] == "How?: V1: 1.00 [0.00, 2.00]; chance 0.50; HVC: 1.50"
    assert [one["class"] for one in page.attributes("g")] == ["claim", "open"]
    lines = [one["class"] for one in page.attributes("line")]
    assert lines == [*["grid"] * 5, "reference", "bar", "chance"]
    assert [one["cx"] for one in page.attributes("circle")] == ["309.0", "373.5"]
    assert "#there" in [one["href"] for one in page.attributes("a")]


def test_a_card_without_a_plot_and_objections_has_neither(monkeypatch):
    page = _plotted(Card("How?", "faces", "void", "No test.", "Of these."), monkeypatch)
    assert not page.attributes("svg")
    assert not page.of("ul", "against")
    assert "×no test: How? faces" in page.of("h2")


def test_a_card_is_flat_in_the_summary():
    card = Card("How?", "faces", "void", "No test.", "Of these.", PLOT, ("But.",))
    told = flat(card)
    assert told["verdict"] == "no test"
    assert told["against"] == ["But."]
    assert told["values"][1] == {
        "label": "HVC",
        "kind": "open",
        "value": 1.5,
        "ci_low": None,
        "ci_high": None,
        "chance": None,
    }
    assert flat(Card("How?", "faces", "yes", "A", "B"))["values"] == []


def test_labels_of_a_plot_are_text_and_no_markup(tmp_path):
    template = tmp_path / "own.html.j2"
    template.write_text(
        '{% from "neuroloop.report/cards.html.j2" import forest_plot with context %}'
        "{{ forest_plot(plot, title) }}"
    )
    nasty = '<b>x</b> & "y"'
    context = {
        "plot": drawn(Forest((Bar(nasty, 1.0),), "")),
        "title": nasty,
        "plot_width": WIDTH,
        "plot_labels": LABELS,
    }
    page = Outline(render(str(template), context))
    assert nasty in page.of("text")
    assert page.of("title") == [f"{nasty}: 1.00"]
    assert not page.attributes("b")
