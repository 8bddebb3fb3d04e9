"""The recipe of a section: its two files add a chapter, and its two functions a card."""

import re

import pandas as pd
import pytest

from neuroloop import registry
from neuroloop.files.formats import save_table
from neuroloop.report.chapters import SIMULATED, chapters
from neuroloop.report.page import Provenance, report_page
from tests.project import ROOT
from tests.unit.report.outline import Outline

CONFIG = {
    "run": ["faces"],
    "seed": 1,
    "datasets": {"faces": {"source": "simulated", "rois": {}}},
    "areas": {},
    "radiographs": {},
}


def write_recipe(folder, with_card=False):
    """Write the recipe's file, with its card or not, and its template; return the file."""
    page = (ROOT / "docs/recipes/section.md").read_text()
    section, card = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (template,) = re.findall(r"^```html\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (folder / "stimuli.html.j2").write_text(template)
    (folder / "stimuli.py").write_text(section + ("\n\n" + card if with_card else ""))
    return folder / "stimuli.py"


@pytest.fixture
def page_of(tmp_path, monkeypatch):
    """The page of the recipe's section for the categories of images, with its card or not."""
    monkeypatch.setattr(registry, "_PLUGINS", {})

    def made(categories, with_card=False):
        assert registry.add_plugin(write_recipe(tmp_path, with_card)) == ("section", "stimuli")
        *_, last = chapters(CONFIG)
        simulated = SIMULATED["simulated"]
        assert last.outline == ("stimuli", "faces", "faces", ["stimuli"], simulated)
        table = tmp_path / last.files["stimuli"]
        ids = [f"image{number}" for number in range(len(categories))]
        save_table(table, pd.DataFrame({"stimulus_id": ids, "category": categories}))
        chapter = last._replace(files={"stimuli": table})
        return report_page("R", [chapter], [], Provenance("V", CONFIG))

    return made


def test_the_files_of_the_recipe_add_a_section(page_of):
    page, summary = page_of(["cat", "dog", "cat"])
    outline = Outline(page)
    assert outline.of("h2")[0] == "Stimuli"
    assert "3 images." in outline.of("p")
    assert outline.of("h3") == ["faces, simulated"]
    assert SIMULATED["simulated"] in outline.of("p")
    assert outline.of("td") == ["cat", "2", "dog", "1"]
    assert not summary["answers"]


@pytest.mark.parametrize(
    ("categories", "verdict", "answer"),
    [
        (["cat", "dog", "cat", "dog"], "shown", "Yes: 2 of each."),
        (["cat", "dog", "cat", "owl"], "not shown", "Fewer of dog and owl."),
    ],
)
def test_its_functions_add_a_card_and_a_paragraph(page_of, categories, verdict, answer):
    page, summary = page_of(categories, with_card=True)
    assert Outline(page).of("p", "answer") == [answer]
    (card,) = summary["answers"]
    assert (card["verdict"], card["data"], card["simulated"]) == (verdict, "faces", True)
    assert summary["methods"].startswith("Images of faces were counted by category.\n")
    assert {one["label"]: one["value"] for one in card["values"]} == {
        name: categories.count(name) for name in categories
    }
