"""The page's script in a browser: it runs to its end, and opens what a link leads to."""

import shutil
import subprocess

import pytest

from neuroloop.report.page import report_page
from tests.unit.report.outline import Outline
from tests.unit.report.study import PROVENANCE, filled, passports

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="the page's script: install chromium")
def test_the_script_runs_to_its_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, _ = report_page("R", filled(), passports(), PROVENANCE)
    page = tmp_path / "index.html"
    page.write_text(text)
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/own"]
    shown = subprocess.run(
        [BROWSER, *options, "--dump-dom", f"{page.as_uri()}#decoding-1-table"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    outline = Outline(shown.stdout)
    (theme,) = outline.of("button", "theme")
    assert theme in ("Dark", "Light")
    hidden = {one.get("class"): "hidden" in one for one in outline.attributes("button")}
    assert not hidden["theme"]
    assert not hidden["copy"]  # made ready behind all tables
    opened = [one.get("id") for one in outline.attributes("details") if "open" in one]
    assert opened == ["decoding-1-table", "distillation-1-watch-1"]
    leaves = [one for one in outline.attributes("section") if one.get("class") == "leaf-page"]
    assert ["hidden" in one for one in leaves] == [False, True]
    assert "1 of 2" in outline.of("span", "leaf-count")
