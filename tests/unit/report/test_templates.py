"""What a page is made of: figures, tables, numbers."""

import base64

import numpy as np
import pandas as pd
import pytest
from jinja2 import UndefinedError
from markupsafe import escape

from neuroloop.errors import NeuroLoopError
from neuroloop.report.figures import grid, save
from neuroloop.report.templates import asset, extent, render
from tests.unit.report.outline import Outline

NASTY = "<script>alert('x')</script> & \"quotes\""

#: A template as a section has one.
TEMPLATE = (
    '{% from "neuroloop.report/parts.html.j2" import figure, table %}'
    "<p>{{ said }}</p>{{ figure(path, said) }}{{ table(rows) }}"
)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "figure.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    return path


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "own.html.j2"
    path.write_text(TEMPLATE)
    return str(path)


@pytest.fixture
def cells(template, picture):
    def made(table):
        return Outline(render(template, {"said": "", "path": picture, "rows": table})).of("td")

    return made


def test_text_is_text_and_no_markup(template, picture):
    rows = pd.DataFrame({NASTY: [NASTY]})
    text = render(template, {"said": NASTY, "path": picture, "rows": rows})
    assert "<script" not in text
    outline = Outline(text)
    for tag in ("p", "th", "td"):
        assert outline.of(tag) == [NASTY]
    assert outline.of("b") == [f"{NASTY}."]
    (image,) = outline.attributes("img")
    assert image["alt"] == NASTY
    assert set(image) == {"alt", "height", "loading", "src", "width"}
    assert str(escape(NASTY)) in text


def test_a_figure_has_the_same_extent_in_both_formats(tmp_path):
    figure, _ = grid(1, 1, width=9, height=2.5)
    files = [tmp_path / f"figure.{kind}" for kind in ("png", "svg")]
    save(figure, *files)
    assert [extent(file) for file in files] == [(864, 240)] * 2
    files[0].write_bytes(b"\x89PNG")
    assert extent(files[0]) is None
    with pytest.raises(NeuroLoopError, match=r"none\.svg is missing: run the job that draws it"):
        extent(tmp_path / "none.svg")


@pytest.mark.parametrize(("width", "wide"), [(9, False), (12, True)])
def test_a_figure_that_takes_the_page_has_its_caption_below(template, tmp_path, width, wide):
    figure, _ = grid(1, 1, width=width, height=2)
    save(figure, tmp_path / "figure.svg")
    rows = pd.DataFrame({"a": [1]})
    text = render(template, {"said": "", "path": tmp_path / "figure.svg", "rows": rows})
    (found,) = Outline(text).attributes("figure")
    assert (found.get("class") == "wide") == wide


def test_a_figure_is_embedded_whole(template, picture):
    text = render(template, {"said": "", "path": picture, "rows": pd.DataFrame()})
    (image,) = Outline(text).attributes("img")
    kind, data = image["src"].split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == picture.read_bytes()


def test_a_figure_says_more_and_where_it_and_its_data_lie(tmp_path):
    figure = tmp_path / "own.svg"
    figure.write_text("<svg/>")
    path = tmp_path / "own.html.j2"
    path.write_text(
        '{% from "neuroloop.report/parts.html.j2" import figure %}'
        '{{ figure(path, "What", more="Bars: 95 %.", data="results/a/b.tsv") }}'
    )
    outline = Outline(render(str(path), {"path": figure}))
    (image,) = outline.attributes("img")
    kind, data = image["src"].split(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data) == b"<svg/>"
    assert outline.of("figcaption") == ["What. Bars: 95 %. figure, data"]
    assert [one["href"] for one in outline.attributes("a")] == [f"../{figure}", "../a/b.tsv"]


@pytest.mark.parametrize(
    ("simulated", "title", "paragraphs"), [("", "What", []), ("No.", "What (simulated)", ["No."])]
)
def test_headings_and_figures_say_what_is_simulated(
    tmp_path, picture, simulated, title, paragraphs
):
    path = tmp_path / "own.html.j2"
    path.write_text(
        '{% from "neuroloop.report/parts.html.j2" import figure, heading %}'
        '{{ heading(chapter) }}{{ figure(path, "What", chapter) }}'
    )
    chapter = {"id": "own-1", "title": "Own", "simulated": simulated}
    outline = Outline(render(str(path), {"path": picture, "chapter": chapter}))
    assert outline.of("p") == paragraphs
    assert outline.of("b") == [f"{title}."]
    assert outline.attributes("img")[0]["alt"] == title


def test_a_missing_figure_and_a_missing_name_are_refused(template, tmp_path):
    context = {"said": "", "path": tmp_path / "none.png", "rows": pd.DataFrame()}
    with pytest.raises(NeuroLoopError, match=r"none\.png is missing: run the job that draws it"):
        render(template, context)
    del context["said"]
    with pytest.raises(UndefinedError, match="'said' is undefined"):
        render(template, context)


def test_assets_are_read_as_they_are():
    assert "> *" in asset("neuroloop.explain.gallery/gallery.css")


def test_numbers_are_rounded_to_four_digits(cells):
    values = [0.123456, -0.5, 12.0, 1234567.0, 1e-7, -2.5e-300, 3.0]
    shown = ["0.1235", "-0.5", "12", "1.235e+06", "1e-07", "-2.5e-300", "3"]
    assert cells(pd.DataFrame({"p": values})) == shown
    assert cells(pd.DataFrame({"p": [repr(value) for value in values]})) == shown
    assert cells(pd.DataFrame({"p": [np.float32(0.25)]}, dtype=object)) == ["0.25"]


def test_counts_and_names_are_shown_in_full(cells):
    """A subject called 01 or 10001 stays so, and of 12345 samples none is rounded away."""
    for value in ("01", "10001", "12345", "-12345", "V1", "1e5", "inf", "sub-01", "1518878.x"):
        assert cells(pd.DataFrame({"name": [value]})) == [value]
    assert cells(pd.DataFrame({"n": [12345]})) == ["12345"]
    mixed = pd.DataFrame({"n": [12345], "p": [0.5], "name": ["a"]})
    assert cells(mixed) == ["12345", "0.5", "a"]


def test_what_is_missing_is_a_dash(cells):
    table = pd.DataFrame({"p": ["n/a", np.nan, None, "nan"]}, dtype=object)
    assert cells(table) == ["–"] * 4


def test_long_tables_and_cells_are_not_cut(cells):
    assert cells(pd.DataFrame({"name": ["x" * 200] * 100})) == ["x" * 200] * 100
