"""The report: answers first, every section with its own files, nothing from outside, plugins."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from neuroloop import registry
from neuroloop.files.formats import save_table
from neuroloop.report.chapters import SIMULATED, Chapter, chapters, located
from neuroloop.report.columns import Column, shown
from neuroloop.report.page import Flag, Provenance, report_page
from neuroloop.report.templates import picture
from tests.unit.report.outline import Outline
from tests.unit.report.study import (
    CONFIG,
    DATASET,
    DECODED,
    PROVENANCE,
    TEACHING,
    filled,
    passports,
    rows,
)

NASTY = "<script>alert('x')</script> & \"quotes\""

PLUGIN = '''"""How many subjects there are."""

KIND = "section"
ORDER = 0
TITLE = "Subjects"
BLOCKS = "datasets"
ASSETS = ("subjects.html.j2",)


def chapters(name, block):
    return {name: {"list": f"{name}.txt"}}


def context(files):
    from pathlib import Path

    return {"count": len(Path(files["list"]).read_text().split())}
'''

ANSWERS = """

def cards(of, files, block):
    from neuroloop.report.cards import Card

    return [
        Card("How many?", of, "yes", f"{context(files)['count']} of them.", "Of this list."),
        Card("Enough?", of, "no", "No.", "Of any list.", against=("The list is <short>.",)),
    ]


def methods(of, block, config):
    return f"Subjects of {of} were counted."
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Chapters of everything, below a run's folder."""
    monkeypatch.chdir(tmp_path)
    return filled()


@pytest.fixture
def made(told):
    """Text and summary of everything."""
    return report_page("NeuroLoop", told, passports(), PROVENANCE)


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Write a section of one's own, and return its chapter."""

    def write(text: str) -> Chapter:
        monkeypatch.setattr(registry, "_PLUGINS", {})
        (tmp_path / "subjects.py").write_text(text)
        (tmp_path / "subjects.html.j2").write_text(
            "{% for one in chapters %}<p>{{ one.title }} has {{ one.count }}.</p>{% endfor %}"
        )
        (tmp_path / "faces.txt").write_text("S1 S2 S3")
        assert registry.add_plugin(tmp_path / "subjects.py") == ("section", "subjects")
        chapter = next(one for one in chapters(CONFIG) if one.section == "subjects")
        files = {"list": "faces.txt"}
        assert chapter == Chapter("subjects", "faces", "faces", files, SIMULATED["simulated"])
        return chapter._replace(files={"list": tmp_path / "faces.txt"})

    return write


def test_what_is_run_is_told_section_by_section():
    made = [(chapter.section, chapter.of, chapter.title) for chapter in chapters(CONFIG)]
    assert made == [
        ("decoding", "faces", "faces"),
        ("decoding", "plain", "plain"),
        ("distillation", "faces", "faces"),
        ("reading", "cells", "cells, its cells"),
        ("reading", "cells", "cells, reader cnn"),
        ("reading", "cells", "cells, reader wide"),
        *[
            ("coupling", "cells", f"cells, {session}, reader {reader}")
            for session in ("before", "after")
            for reader in ("cnn", "wide")
        ],
        ("changes", "cells", "cells, before to after, reader cnn"),
        ("changes", "cells", "cells, before to after, reader wide"),
        ("radiographs", "chests", "chests"),
        ("radiograph_maps", "chests", "chests, case1, fine"),
        ("radiograph_maps", "chests", "chests, case5, fine"),
    ]
    assert not chapters({**CONFIG, "run": []})


def test_every_file_of_every_section_is_shown_or_linked(told, made):
    page, _ = made
    outline = Outline(page)
    in_tables = [
        *outline.of("td"),
        *(text.rpartition(" over ")[2] for text in outline.of("summary")),
    ]
    links = [one["href"] for one in outline.attributes("a")]
    for chapter in told:
        for name, file in chapter.files.items():
            if (chapter.section, name) == ("distillation", "students"):
                continue  # only its flags and its count are
            linked = links.count(f"../{file.relative_to('results')}")
            if file.suffix == ".svg":
                assert page.count(picture(file)) == 1, file
                assert linked == 1
            elif file.suffix == ".json":
                assert page.count(f"{file} is at chance") == 1 + (
                    file.name == "maps.json"
                )  # a flag
                assert linked == 1
            else:
                assert sum(f"units of {file}" in text for text in in_tables) == 1, file
                assert linked >= 1, file
    assert "Students at chance." in page
    assert "Only 400 images" not in page


@pytest.mark.parametrize(
    ("file", "caption"),
    [
        ("results/fmri/plain/decoding.svg", "Accuracy by region"),
        ("results/fmri/plain/matrix.svg", "Accuracy, region by subject"),
        ("results/fmri/plain/confusion.svg", "What samples of each class"),
        ("results/fmri/plain/calibration.svg", "Are soft labels right"),
        ("results/distill/faces/ablation.svg", "Gain of each teacher"),
        ("results/calcium/cells/after/responses.svg", "Session after: its cells"),
        ("results/distill/faces/forest.svg", "Brain-taught students less each control"),
        ("results/distill/faces/matrix.svg", "The same, region by subject"),
        ("results/calcium/cells/reading/wide.svg", "Accuracy by kind of pattern"),
        ("results/calcium/cells/compare/before__after/cnn/change.svg", "Change of coupling"),
        ("results/calcium/cells/after/cnn/zncc.svg", "Zero-mean normalised"),
        ("results/calcium/cells/after/cnn/zncc_nulls.svg", "ZNCC beside untrained"),
        ("results/calcium/cells/after/cnn/coupling.svg", "Response of each cell"),
        ("results/calcium/cells/after/cnn/distance.svg", "Coupling by distance"),
        ("results/calcium/cells/compare/before__after/cnn/comparison.svg", "Change by route"),
        ("results/cxr/chests/scores.svg", "Macro-F1"),
        ("results/cxr/chests/differences.svg", "Differences on the same patients"),
        ("results/cxr/chests/sweep.svg", "Cases and classifiers less the baseline"),
        ("results/cxr/chests/sites.svg", "New sites"),
        ("results/cxr/chests/confusion.svg", "Which classes are taken for which"),
        ("results/cxr/chests/roc.svg", "Sensitivity and specificity"),
        ("results/cxr/chests/shortcuts.svg", "Whole radiographs"),
        ("results/cxr/chests/calibration.svg", "Calibration"),
        ("results/cxr/chests/learning.svg", "Loss"),
        ("results/cxr/chests/case5/fine/maps/maps.svg", "Evidence for the predicted class"),
    ],
)
def test_every_figure_stands_above_its_own_caption(made, file, caption):
    outline = Outline(made[0])
    (alt,) = [one["alt"] for one in outline.attributes("img") if one["src"] == picture(file)]
    assert alt.startswith(caption)
    (shown,) = [text for text in made[0].split("<figure>") if picture(file) in text]
    told = Outline(f"<figure>{shown.split('</figure>')[0]}</figure>")
    assert told.of("b") == [alt if alt.endswith("?") else f"{alt}."]
    assert told.attributes("a")[0]["href"] == f"../{file.removeprefix('results/')}"
    assert told.of("a")[0] == "figure"


def test_every_answer_stands_before_every_section_and_leads_to_its_chapter(told, made):
    text, summary = made
    outline = Outline(text)
    titles = outline.of("h2")
    asked = [answer["question"] for answer in summary["answers"]]
    assert asked == [
        *["What can be read from the brain?"] * 2,
        "Does the brain teach?",
        *["What is read from neurons?"] * 2,
        *["What changed between the sessions?"] * 2,
        "Are X-rays told apart, and by what?",
    ]
    for title, question in zip(titles, asked, strict=False):
        assert question in title
    shown = {chapter.section for chapter in told}
    sections = [
        registry.entry("section", name).TITLE for name in registry.names("section") if name in shown
    ]
    assert titles[len(asked) :] == [*sections, "Methods", "Config, inputs and versions"]
    more = [one["href"] for one in outline.attributes("a") if one["href"] in _anchors(told)]
    flags = [flag for flag in summary["flags"] if flag["link"] in _anchors(told)]
    assert more[: len(flags)] == [flag["link"] for flag in flags]
    assert more[len(flags) :][: len(asked)] == [
        *("#decoding-1", "#decoding-2", "#distillation-1", "#reading-2", "#reading-3"),
        *("#changes-1", "#changes-2", "#radiographs-1"),
    ]


def test_cards_are_told_apart_by_what_they_are_of(made):
    asked = [(answer["question"], answer["data"]) for answer in made[1]["answers"]]
    assert len(set(asked)) == len(asked)
    assert ("What changed between the sessions?", "cells, wide, before to after") in asked
    assert ("What is read from neurons?", "cells, wide") in asked


def _titled(chapter):
    return chapter.title + (", simulated" if chapter.simulated else "")


def _anchors(told):
    count: Counter[str] = Counter()
    for chapter in told:
        count[chapter.section] += 1
        yield f"#{chapter.section}-{count[chapter.section]}"


def test_every_chapter_is_linked_by_its_title(told, made):
    outline = Outline(made[0])
    titles = [_titled(chapter) for chapter in told]
    assert outline.of("title")[0] == "NeuroLoop"  # others are of marks in plots
    assert outline.of("h1") == ["NeuroLoop"]
    assert outline.of("h3") == titles
    anchors = [one["id"] for one in outline.attributes("h3")]
    assert [f"#{one}" for one in anchors] == list(_anchors(told))
    by_title = [
        (attributes["href"], "".join(text))
        for name, attributes, text in outline.elements
        if name == "a" and "".join(text) in titles
    ]
    sections = Counter(chapter.section for chapter in told)
    linked = [
        (f"#{anchor}", _titled(chapter))
        for anchor, chapter in zip(anchors, told, strict=True)
        if sections[chapter.section] > 1
    ]
    assert by_title == linked
    hrefs = [one["href"] for one in outline.attributes("a")]
    for name in (*dict.fromkeys(one.section for one in told), "methods", "provenance"):
        assert f"#{name}" in hrefs


def test_ids_are_unique_and_every_reference_has_its_target(made):
    elements = Outline(made[0]).elements
    ids = [one["id"] for _, one, _ in elements if "id" in one]
    assert not [name for name, count in Counter(ids).items() if count > 1]
    wanted = {
        str(one[key]).removeprefix("#")
        for _, one, _ in elements
        for key in ("aria-labelledby", "aria-describedby", "for", "data-of", "href")
        if one.get(key) and (key != "href" or str(one[key]).startswith("#"))
    }
    assert wanted <= set(ids)
    assert len(wanted) > 20


def test_every_button_has_a_name_and_every_image_a_text(made):
    elements = Outline(made[0]).elements
    for name, attributes, text in elements:
        if name == "button":
            assert "".join(text).strip() or attributes["aria-label"]
        if name == "img":
            assert attributes["alt"]
        if name == "svg" and attributes.get("aria-hidden") != "true":
            assert attributes["role"] == "img"
            assert attributes["aria-label"]


def test_titles_are_text_and_no_markup(told):
    chapter = told[0]._replace(title=NASTY, simulated=NASTY)
    flags = [Flag(NASTY, NASTY)]
    provenance = Provenance(NASTY, CONFIG, NASTY, [], [(NASTY, "gallery.html")])
    text, _ = report_page(NASTY, [chapter, chapter], [], provenance, flags)
    assert "<script>alert" not in text
    outline = Outline(text)
    assert [outline.of("title")[0]] == outline.of("h1") == [NASTY]
    assert outline.of("h3") == [f"{NASTY}, simulated"] * 2
    assert outline.of("p").count(NASTY) == 4  # both chapters, and the versions twice
    assert outline.of("pre") == [NASTY]
    assert f"{NASTY}: {NASTY}" in outline.of("li")
    assert outline.of("a").count(f"{NASTY}, simulated") == 2  # both chapters
    assert outline.of("a").count(NASTY) == 1  # the gallery


def test_no_request_leaves_the_page(made):
    """What it shows, styles and runs stands in it; its links are to files beside it."""
    text, _ = made
    text = re.sub(r"(svg\+xml|png);base64,[A-Za-z0-9+/=]+", "embedded", text)
    assert not re.search(
        r"https?:|//\w|@import|url\((?!data:)|fetch\(|XMLHttp|WebSocket|import\(", text
    )
    assert not re.search(r"<(link|iframe|object|embed|base|form)\b", text)
    for name, attributes, _ in Outline(text).elements:
        for key, value in attributes.items():
            if key in ("src", "srcset", "data", "poster", "action", "xlink:href"):
                assert (name, value) == ("img", "data:image/embedded")
            if name == "image":  # a map that one leafs through
                assert key != "href" or value == "data:image/embedded"
            elif key == "href" and not str(value).startswith("#"):
                assert not re.match(r"[a-z]+:", str(value))
            assert not key.startswith("on")
    assert len(Outline(text).of("script")) == 2  # of all pages, and of the report


def test_the_same_page_twice_is_the_same_bytes(told, made):
    assert report_page("NeuroLoop", told, passports(), PROVENANCE) == made


def test_the_summary_holds_the_numbers_of_the_cards(made):
    text, summary = made
    assert list(summary) == [
        *("title", "software", "seed", "data", "flags", "answers", "methods"),
        *("skipped", "cite"),
    ]
    assert (summary["title"], summary["software"]) == ("NeuroLoop", "NeuroLoop 1.2.3; numpy 9.9")
    assert summary["seed"] == 7
    outline = Outline(text)
    assert [answer["answer"] for answer in summary["answers"]] == outline.of("p", "answer")
    assert outline.of("div", "methods") == [summary["methods"]]
    films = summary["answers"][-1]
    assert films["data"] == "chests"
    assert not films["simulated"]
    assert films["verdict"] == "shown"
    assert films["values"] == [
        {
            "label": "fine, case1",
            "kind": "claim",
            "value": 0.611,
            "ci_low": 0.528,
            "ci_high": 0.689,
            "chance": 0.331,
        }
    ]
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_what_is_simulated_says_so_at_the_head(made):
    text, summary = made
    simulated = {one["name"]: one["simulated"] for one in summary["data"]}
    assert simulated == {"faces": True, "plain": False, "cells": True, "chests": False}
    head = Outline(text).of("div", "band")[0]
    assert head.count("SIMULATED") == 2
    for name in simulated:
        assert f"{name}: line of {name}" in head
    assert "SIMULATED cells" in head


def _real(config):
    """The same blocks, of sources that do not simulate."""
    sources = {"datasets": "nifti", "areas": "tiff", "radiographs": "files"}
    blocks = {
        kind: {name: {**block, "source": source} for name, block in config[kind].items()}
        for kind, source in sources.items()
    }
    return {**config, **blocks}


def test_what_is_simulated_says_so_wherever_a_result_stands(told):
    provenance = replace(PROVENANCE, config=_real(CONFIG))
    plain = [chapter._replace(simulated="") for chapter in told]
    page, _ = report_page("NeuroLoop", plain, passports(), provenance)
    assert "simulated" not in page.split("</style>")[1].lower()
    marked = [chapter._replace(simulated="All of it is made up.") for chapter in told]
    outline = Outline(report_page("NeuroLoop", marked, passports(), PROVENANCE)[0])
    assert outline.of("h3") == [f"{one.title}, simulated" for one in told]
    assert all(one["alt"].endswith(" (simulated)") for one in outline.attributes("img"))
    captions = outline.of("figcaption")
    assert len(captions) == len(outline.attributes("img"))
    assert all(" (simulated). " in one for one in captions)
    assert outline.of("p").count("All of it is made up.") == len(told)


def test_data_called_simulated_are_not_said_to_be_so_twice(told):
    """`simulated` is what the demo calls its brains."""
    chapter = told[0]._replace(title="simulated", simulated="All of it is made up.")
    page, _ = report_page("R", [chapter], [], PROVENANCE)
    assert Outline(page).of("h3") == ["simulated"]


def test_what_is_simulated_says_so_and_that_alone(told, made):
    text, summary = made
    outline = Outline(text)
    alts = {one["src"]: one["alt"] for one in outline.attributes("img")}
    for chapter in told:
        assert bool(chapter.simulated) == (chapter.of in ("faces", "cells"))
        for file in chapter.files.values():
            if file.suffix == ".svg":
                assert alts[picture(file)].endswith(" (simulated)") == bool(chapter.simulated)
    asked = summary["answers"]
    for title, answer in zip(outline.of("h2"), asked, strict=False):
        of_simulated = answer["data"].split(",")[0] in ("faces", "cells")
        assert answer["simulated"] == title.lower().endswith("simulated") == of_simulated


def test_sources_that_simulate_say_what():
    rois = {"V1": {"encoding": "energy"}, "HVC": {"encoding": "category"}}
    changed = {
        "faces": {**DATASET, "teaching": TEACHING, "rois": rois},
        "plain": CONFIG["datasets"]["plain"],
    }
    chests = {**CONFIG["radiographs"]["chests"], "source": "simulated"}
    config = {
        **CONFIG,
        "datasets": changed,
        "areas": {"cells": {**CONFIG["areas"]["cells"], "source": "hybrid"}},
        "radiographs": {"chests": chests},
    }
    told = {(one.section, one.of): one.simulated for one in chapters(config)}
    assert told["decoding", "faces"] == SIMULATED["simulated"]
    assert told["distillation", "faces"] == (
        f"{SIMULATED['simulated']} What HVC adds comes from 90 other labelled digits of each "
        "category that it knows, and that no student sees."
    )
    assert told["decoding", "plain"] == ""
    of_cells = {told[one, "cells"] for one in ("reading", "coupling", "changes")}
    assert of_cells == {SIMULATED["hybrid"]}
    assert {told[one, "chests"] for one in ("radiographs", "radiograph_maps")} == {
        SIMULATED["simulated"]
    }
    rois["HVC"]["encoding"] = "none"
    told = {(one.section, one.of): one.simulated for one in chapters(config)}
    assert told["distillation", "faces"] == SIMULATED["simulated"]


def test_simulated_responses_in_a_real_movie_are_simulated(told):
    cells = {**CONFIG["areas"]["cells"], "source": "hybrid"}
    provenance = replace(PROVENANCE, config={**CONFIG, "areas": {"cells": cells}})
    page, summary = report_page("NeuroLoop", told, passports(), provenance)
    assert "SIMULATED cells" in Outline(page).of("div", "band")[0]
    asked = [one for one in summary["answers"] if one["data"].startswith("cells")]
    assert [one["simulated"] for one in asked] == [True] * 4
    assert "Calcium imaging cells (simulated)" in summary["methods"]


def test_methods_tell_of_each_block_once_and_of_the_versions(made):
    *told, last = made[1]["methods"].split("\n\n")
    assert [one.split(":")[0].split(" were")[0] for one in told] == [
        "Brain data faces (simulated)",
        "Brain data plain",
        "Students of faces (small, 3 seeds each)",
        "Calcium imaging cells (simulated), sessions before and after",
        "Chest radiographs chests",
    ]
    assert last == "All analyses were run with NeuroLoop 1.2.3; numpy 9.9."


def test_files_come_back_to_their_names():
    found = chapters(CONFIG)
    files = [f"elsewhere/{file}" for chapter in found for file in chapter.files.values()]
    moved = located([chapter.outline for chapter in found], files)
    for old, new in zip(found, moved, strict=True):
        assert new.outline == old.outline
        assert new.files == {name: f"elsewhere/{file}" for name, file in old.files.items()}
    for wrong in (files[1:], [*files, "more"]):
        with pytest.raises(ValueError, match="zip"):
            located([chapter.outline for chapter in found], wrong)


def test_a_plugin_adds_a_section(plugin):
    page, summary = report_page("R", [plugin(PLUGIN)], [], PROVENANCE)
    outline = Outline(page)
    assert "faces, simulated has 3." in outline.of("p")
    assert outline.of("h2") == ["Subjects", "Methods", "Config, inputs and versions"]
    assert not summary["answers"]
    assert summary["methods"] == "All analyses were run with NeuroLoop 1.2.3; numpy 9.9."


def test_a_plugin_answers_as_often_as_it_likes(plugin):
    page, summary = report_page("R", [plugin(PLUGIN + ANSWERS)], [], PROVENANCE)
    outline = Outline(page)
    assert outline.of("p", "answer") == ["3 of them.", "No."]
    assert [answer["verdict"] for answer in summary["answers"]] == ["shown", "not shown"]
    targets = [one["aria-labelledby"] for one in outline.attributes("section")[:2]]
    ids = [one["id"] for one in outline.attributes("h2") if "id" in one]
    assert targets == ids[:2]
    assert len(set(ids)) == len(ids)
    assert summary["methods"].startswith("Subjects of faces were counted.\n\n")
    assert "faces, Enough?: The list is <short>." in outline.of("li")


def test_what_to_know_stands_at_the_head_with_where_it_comes_from():
    known = passports({"faces": ["labels may be <shifted>"], "chests": ["a hot pixel"]})
    flag = Flag("cells", "labels from time.", "../audit/index.html#cells", "leak")
    text, summary = report_page("Report", [], known, PROVENANCE, [flag])
    page = Outline(text)
    (told,) = page.of("details", "beware")
    assert "3 things to know before you believe these results: 1 leak and 2 warnings of" in told
    assert page.of("li") == [
        "cells: labels from time.",
        "faces: labels may be <shifted>",
        "chests: a hot pixel",
    ]
    links = [one["href"] for one in page.attributes("a")][:3]
    assert links == [
        "../audit/index.html#cells",
        "../check/index.html#datasets-faces",
        "../check/index.html#radiographs-chests",
    ]
    assert [one["of"] for one in summary["flags"]] == ["cells", "faces", "chests"]
    one, _ = report_page("Report", [], passports(), PROVENANCE, [flag])
    assert "1 thing to know" in one
    none, _ = report_page("Report", [], passports(), PROVENANCE)
    assert not Outline(none).of("details", "beware")


def test_what_speaks_against_an_answer_is_a_flag(told):
    """The region that answers to nothing is read above chance in this made-up study."""
    decoding = [chapter for chapter in told if chapter.section == "decoding"][:1]
    save_table(decoding[0].files["accuracies"], rows(DECODED, {"roi": "V1"}, {"roi": "Noise"}))
    text, summary = report_page("R", decoding, [], PROVENANCE)
    (flag,) = [one for one in summary["flags"] if one["kind"] == "control"]
    assert flag == {
        "of": "faces, What can be read from the brain?",
        "told": "Noise answers to nothing, and is read above chance: 41.0 [31.0, 52.0] % of 100 "
        "samples named right, chance 10.0 % (q 0.02).",
        "link": "#decoding-1",
        "kind": "control",
    }
    assert Outline(text).of("ul", "against")[0].strip() == flag["told"]


def test_config_inputs_and_galleries_are_shown():
    inputs = [shown("Files of faces", rows({"file": "bold.nii"}), {"file": Column("File")}, "")]
    galleries = [("reader", "../explain/reader/gallery.html")]
    page, _ = report_page(
        "R", [], [], Provenance("V", CONFIG, "seed: 7\nrun: [faces]\n", inputs, galleries)
    )
    outline = Outline(page)
    assert outline.of("pre", "config") == ["seed: 7\nrun: [faces]\n"]
    assert "bold.nii" in outline.of("th")
    assert galleries[0][1] in [one["href"] for one in outline.attributes("a")]
    assert "seed 7 · faces, plain, cells, chests" in outline.of("p", "made")
    assert {"summary.json", "run.html"} <= {one["href"] for one in outline.attributes("a")}


def test_what_scrolls_can_be_scrolled_by_keyboard(made):
    elements = Outline(made[0]).elements
    scrolled = [
        one
        for name, one, _ in elements
        if one.get("class") == "table" or (name == "pre" and one.get("class") == "config")
    ]
    assert len(scrolled) > 10
    assert {one.get("tabindex") for one in scrolled} == {"0"}


def test_assets_that_the_page_names_are_there():
    from neuroloop.report import audit_page, check_page, page, run_page

    for module in (page, run_page, check_page, audit_page):
        folder = Path(module.__file__).parent
        assert all((folder / name).is_file() for name in module.ASSETS)
