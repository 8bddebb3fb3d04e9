"""The report's page: nothing from outside, nothing that the page's content can break."""

import base64
import html
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from neuroloop.report.page import Page

NASTY = "<script>alert('x')</script> & \"quotes\""

#: Elements without an end.
VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """Elements, their attributes and the text of a page; fails on what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and data.strip():
            self.texts.append((self.open[-1], data))

    def of(self, tag):
        return [text for where, text in self.texts if where == tag]


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "figure.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    return path


def cells(table):
    page = Page("t")
    page.table(table)
    return Outline(page.html()).of("td")


def test_a_whole_page(picture):
    page = Page("Title")
    page.section("First")
    page.text("Some words.")
    page.figure(picture, "A caption")
    page.section("Second")
    page.table(pd.DataFrame({"roi": ["V1"], "accuracy": [0.25]}))
    outline = Outline(page.html())
    assert outline.of("title") == outline.of("h1") == ["Title"]
    assert outline.of("h2") == outline.of("a") == ["First", "Second"]
    assert outline.of("p") == ["Some words."]
    assert outline.of("figcaption") == ["A caption"]
    assert (outline.of("th"), outline.of("td")) == (["roi", "accuracy"], ["V1", "0.25"])
    links = [attributes["href"] for tag, attributes in outline.elements if tag == "a"]
    anchors = [attributes.get("id") for tag, attributes in outline.elements if tag == "h2"]
    assert links == [f"#{anchor}" for anchor in anchors]


def test_whatever_is_said_is_text_and_no_markup(picture):
    page = Page(NASTY)
    page.section(NASTY)
    page.text(NASTY)
    page.figure(picture, NASTY)
    page.table(pd.DataFrame({NASTY: [NASTY]}))
    text = page.html()
    assert "<script" not in text
    outline = Outline(text)
    for tag in ("title", "h1", "h2", "a", "p", "figcaption", "th", "td"):
        assert "".join(outline.of(tag)) == NASTY
    (image,) = [attributes for tag, attributes in outline.elements if tag == "img"]
    assert image["alt"] == NASTY
    assert set(image) == {"alt", "src"}
    assert html.escape(NASTY) in text


def test_nothing_comes_from_outside(picture):
    page = Page("Title")
    page.figure(picture, "A caption")
    text = page.html()
    assert "http" not in text
    assert "//" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert not re.search(r"<(script|link|iframe)|url\(|@import", text)
    (image,) = [attributes for tag, attributes in Outline(text).elements if tag == "img"]
    kind, data = image["src"].split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == picture.read_bytes()


def test_the_same_page_twice_is_the_same_bytes(picture):
    def made():
        page = Page("Title")
        page.section("One")
        page.figure(picture, "A caption")
        page.table(pd.DataFrame({"a": [0.1, 2.0]}))
        return page.html()

    assert made() == made()


def test_numbers_are_rounded_to_four_digits():
    values = [0.123456, -0.5, 12.0, 1234567.0, 1e-7, -2.5e-300, 3.0]
    shown = ["0.1235", "-0.5", "12", "1.235e+06", "1e-07", "-2.5e-300", "3"]
    assert cells(pd.DataFrame({"p": values})) == shown
    assert cells(pd.DataFrame({"p": [repr(value) for value in values]})) == shown
    assert cells(pd.DataFrame({"p": [np.float32(0.25)]}, dtype=object)) == ["0.25"]


def test_counts_and_names_are_told_in_full():
    """A subject called 01 or 10001 stays so, and of 12345 samples none is rounded away."""
    for value in ("01", "10001", "12345", "-12345", "V1", "1e5", "inf", "sub-01", "1518878.x"):
        assert cells(pd.DataFrame({"name": [value]})) == [value]
    assert cells(pd.DataFrame({"n": [12345]})) == ["12345"]


def test_what_is_missing_is_a_dash():
    table = pd.DataFrame({"p": ["n/a", np.nan, None, "nan"]}, dtype=object)
    assert cells(table) == ["–"] * 4


def test_long_tables_and_cells_are_not_cut():
    table = pd.DataFrame({"name": ["x" * 200] * 100})
    assert cells(table) == ["x" * 200] * 100
