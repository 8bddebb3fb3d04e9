"""The recipe of a section: its two files add a chapter, as they stand on the page."""

import re

import pandas as pd

from neuroloop import registry
from neuroloop.files.formats import save_table
from neuroloop.report.chapters import chapters
from neuroloop.report.page import report_page
from tests.project import ROOT
from tests.unit.report.outline import Outline


def write_recipe(folder):
    page = (ROOT / "docs/recipes/section.md").read_text()
    for language, name in (("python", "stimuli.py"), ("html", "stimuli.html.j2")):
        (text,) = re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        (folder / name).write_text(text)
    return folder / "stimuli.py"


def test_the_files_of_the_recipe_add_a_section(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_PLUGINS", {})
    assert registry.add_plugin(write_recipe(tmp_path)) == ("section", "stimuli")
    config = {"run": ["faces"], "datasets": {"faces": {}}, "areas": {}, "radiographs": {}}
    *_, last = chapters(config)
    assert last.outline == ("stimuli", "faces", ["stimuli"], "")
    table = tmp_path / last.files["stimuli"]
    rows = {"stimulus_id": ["a", "b", "c"], "category": ["cat", "dog", "cat"]}
    save_table(table, pd.DataFrame(rows))
    outline = Outline(report_page("R", [last._replace(files={"stimuli": table})]))
    assert outline.of("h2") == ["Stimuli"]
    assert "3 images." in outline.of("p")
    assert outline.of("td") == ["cat", "2", "dog", "1"]
