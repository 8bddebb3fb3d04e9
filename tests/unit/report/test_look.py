"""What all pages share: a theme, its button, and figures to enlarge."""

import re

import pytest

from neuroloop.report.audit_page import audit_page
from neuroloop.report.check_page import check_page
from neuroloop.report.look import look
from neuroloop.report.page import report_page
from neuroloop.report.templates import asset
from tests.unit.report.outline import Outline
from tests.unit.report.study import PROVENANCE, filled, passports

SHEETS = (
    "neuroloop.report/page.css",
    "neuroloop.report/report.css",
    "neuroloop.report/check.css",
    "neuroloop.explain.gallery/gallery.css",
)


@pytest.fixture
def pages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report, _ = report_page("R", filled(), passports(), PROVENANCE)
    return {"report": report, "check": check_page({}), "audit": audit_page([])}


def test_every_page_has_the_theme_and_its_button(pages):
    for text in pages.values():
        outline = Outline(text)
        assert outline.of("button", "theme") == [""]  # the script names it
        assert outline.of("script")[0].strip() == look()["script"].strip()
        assert text.index("<script>") < text.index("<style>"), "no page flashes in the other theme"
        assert len(outline.of("main")) == 1


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_colour_of_a_sheet_is_used_in_a_theme(sheet):
    """A variable that no theme sets leaves text without its colour."""
    known = set(re.findall(r"(--[\w-]+):", asset("neuroloop.report/page.css")))
    text = asset(sheet)
    own = set(re.findall(r"(--[\w-]+):", text))
    by_template = {"--ratio", "--pixels", "--picture", "--seen", "--own"}
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= known | own | by_template
