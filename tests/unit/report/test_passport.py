"""Passports: what they keep, their lines on the terminal, and the page of all of them."""

import json

import numpy as np
import pandas as pd
import pytest

from neuroloop.files.intake import Intake
from neuroloop.report.check_page import FILES, check_page
from neuroloop.report.figures import grid
from neuroloop.report.passport import PAGE, Passport, counted, read_passport, terminal_lines
from neuroloop.report.picture_grid import SHOWN, draw_images, drawn_rows
from neuroloop.report.templates import picture, size
from tests.unit.report.outline import Outline


def passport(tmp_path, name="faces", kind="datasets", warnings=()):
    """A passport with one of everything, saved beside its figure."""
    (tmp_path / "data.nii").write_bytes(b"data")
    intake = Intake()
    intake.read(tmp_path / "data.nii")
    intake.recognise("TR 2 s, from the header.")
    intake.drop("rows <n/a>", "the config drops them", 1200)
    for sentence in warnings:
        intake.warn(sentence)
    made = Passport(name, kind, "1 subject, 2 runs", intake)
    figure, axes = grid(1, 1, width=2, height=2)
    axes[0, 0].plot([0, 1])
    made.draw(figure, tmp_path / f"{name}.figures", "design", "Runs and classes", "What is seen.")
    made.tabulate("Subjects", pd.DataFrame({"subject": ["S1"], "share": [0.123456]}))
    made.save(tmp_path / f"{name}.json", subjects={"S1": {"runs": 2}})
    return made


def test_a_passport_comes_back_and_keeps_further_facts(tmp_path):
    made = passport(tmp_path, warnings=["labels may be shifted"])
    assert read_passport(tmp_path / "faces.json") == made
    facts = json.loads((tmp_path / "faces.json").read_text())
    assert facts["subjects"] == {"S1": {"runs": 2}}
    assert facts["warnings"] == ["labels may be shifted"]
    assert facts["figures"][0]["file"] == "faces.figures/design.png"
    assert facts["files"][0]["bytes"] == 4


def test_a_line_a_data_set_with_its_warnings(tmp_path):
    passport(tmp_path, "faces", warnings=["a", "b"])
    passport(tmp_path, "films", "radiographs", warnings=["c"])
    passport(tmp_path, "sound")
    paths = [tmp_path / f"{name}.json" for name in ("faces", "films", "sound", "missing")]
    assert terminal_lines(paths) == [
        f"faces: 1 subject, 2 runs; 2 warnings, see {PAGE}",
        f"films: 1 subject, 2 runs; 1 warning, see {PAGE}",
        "sound: 1 subject, 2 runs",
    ]


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 category"), (0, "0 categories"), (1200, "1,200 categories")]
)
def test_what_is_counted_is_singular_or_plural(count, text):
    assert counted(count, "category", "categories") == text


def test_the_page_shows_all_and_warns_at_its_head(tmp_path):
    passport(tmp_path, "films", "radiographs", warnings=["a <hot> pixel"])
    passport(tmp_path, "faces")
    paths = [tmp_path / f"{name}.json" for name in ("films", "faces")]
    text = check_page({path: read_passport(path) for path in paths})
    page = Outline(text)
    assert page.of("h2") == ["Brain data", "Chest X-rays"]
    assert page.of("h3") == ["faces", "films"]
    links = [each["href"] for each in page.attributes("a")]
    assert links == ["#datasets-faces", "#radiographs-films", "#radiographs-films"]
    head, own = page.of("div", "warnings")
    assert "films: a <hot> pixel" in head
    assert "a <hot> pixel" in own
    assert text.count(picture(tmp_path / "faces.figures/design.png")) == 2  # equal figures of both
    assert "What is seen." in page.of("figcaption")
    cells = page.of("td")
    assert {"0.1235", "1,200", "rows <n/a>", "the config drops them"} <= set(cells)
    summary, _ = page.of("summary")
    assert summary == "1 file was read whole, 4 bytes: sizes and SHA-256"
    digest = "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"
    assert cells.count(digest) == 2
    assert not [each for each in page.attributes("img") if not each["src"].startswith("data:")]


def test_what_is_simulated_says_so_and_that_alone(tmp_path):
    passport(tmp_path, "films", "radiographs")
    passport(tmp_path, "faces")
    paths = [tmp_path / f"{name}.json" for name in ("films", "faces")]
    text = check_page({path: read_passport(path) for path in paths}, ["films"])
    faces, films = Outline(text).of("p", "line")
    assert films.startswith("SIMULATED")
    assert "SIMULATED" not in faces


def test_without_a_warning_the_page_says_so(tmp_path):
    passport(tmp_path)
    text = check_page({tmp_path / "faces.json": read_passport(tmp_path / "faces.json")})
    assert "No warnings." in Outline(text).of("p", "sound")
    assert not Outline(text).of("div", "warnings")


def test_of_very_many_files_the_page_shows_some_and_the_json_all(tmp_path):
    made = passport(tmp_path)
    made.intake.files *= FILES + 5
    text = check_page({tmp_path / "faces.json": made})
    assert text.count("3a6eb0790f39ac87") == FILES
    assert "5 more stand in" in text


def test_sizes_are_read_easily():
    assert [size(each) for each in (4, 1234, 5_000_000)] == ["4 bytes", "1.23 kB", "5 MB"]


def test_drawn_rows_are_balanced_and_the_same_for_a_seed():
    labels = ["b"] * 50 + ["a"] * 3 + ["c"] * 50
    first, second = (drawn_rows(labels, np.random.default_rng(0)) for _ in range(2))
    assert first.tolist() == second.tolist()
    assert len(set(first)) == len(first) == SHOWN
    drawn = [labels[row] for row in first]
    assert drawn == sorted(drawn)
    assert {name: drawn.count(name) for name in "abc"} == {"a": 3, "b": 9, "c": 8}
    many = [f"class{number}" for number in range(70)]
    assert len(drawn_rows(many, np.random.default_rng(0))) == SHOWN


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_drawn_each_with_its_title(channels):
    images = np.zeros((11, channels, 4, 4), dtype=np.uint8)
    figure = draw_images(images, [f"a class of a long name {number}" for number in range(11)])
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 11
    assert shown[0].get_title() == "a class of a …"
