"""Sections of the report where tables are empty or numbers have no interval."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.classifier_contrasts import contrasts
from neuroloop.distill.ablation import KEYS, REFERENCE, Group, accuracies, compare_teachers
from neuroloop.files.formats import read_table, save_table
from neuroloop.report.chapters import Chapter
from neuroloop.report.page import report_page
from neuroloop.report.sections import radiographs


def students(*place, teacher, seed=0):
    keys = dict(zip(KEYS, (*place, teacher, "small"), strict=True))
    hits = np.random.default_rng(seed).random((2, 30)) < 0.5
    return Group(keys, hits, [f"i{number}" for number in range(30)], [0, 1], chance=0.5)


def ablation_page(folder, groups) -> str:
    save_table(folder / "ablation.tsv", accuracies(groups))
    save_table(folder / "comparisons.tsv", compare_teachers(groups, seed=0, n_boot=20))
    (folder / "ablation.png").write_bytes(b"")
    files = {
        "students": folder / "ablation.tsv",
        "comparisons": folder / "comparisons.tsv",
        "figure": folder / "ablation.png",
    }
    return report_page("NeuroLoop", [Chapter("distillation", "faces", files)])


@pytest.fixture
def none():
    return students(*[REFERENCE] * 3, teacher="none")


def test_a_group_of_two_subjects_is_shown_with_the_reason_for_its_missing_interval(tmp_path, none):
    brains = [students(f"S{n}", "V1", "ridge", teacher="brain", seed=n) for n in (1, 2)]
    html = ablation_page(tmp_path, [none, *brains])
    (group,) = (line for line in html.split("<tr") if "<td>group</td>" in line)
    assert group.count("<td>–</td>") == 5  # ci_low, ci_high, p, q and smallest_effect
    assert "2 subjects do not tell how subjects differ: 3 are needed" in group


def test_a_page_says_below_what_nothing_could_be_seen(tmp_path, none):
    assert "could not be seen" not in ablation_page(tmp_path, [none])
    three = [
        replace(one, hits=np.concatenate([one.hits, one.hits[:1] ^ (np.arange(30) % 3 == 0)]))
        for one in (none, students("S1", "V1", "ridge", teacher="brain", seed=1))
    ]
    html = ablation_page(tmp_path, [replace(one, seeds=[0, 1, 2]) for one in three])
    rows = read_table(tmp_path / "comparisons.tsv", {"smallest_effect": float})
    (least,) = rows["smallest_effect"]
    assert f"students below {100 * least:.1f} points could not be seen" in html
    assert "these brains and this assignment of soft labels alone" in html


def test_labels_alone_make_a_page_without_a_table(tmp_path, none):
    assert "<table" not in ablation_page(tmp_path, [none])


def test_radiographs_with_nothing_to_compare_make_a_page_without_a_table(tmp_path):
    (files,) = radiographs.chapters("chests", {}).values()
    files = {name: tmp_path / file for name, file in files.items()}
    files["scores"].parent.mkdir(parents=True)
    for file in files.values():
        file.write_bytes(b"")
    save_table(files["comparisons"], contrasts({}, {}, {}, ["a", "b"], None, None, 0, 100))
    page = report_page("NeuroLoop", [Chapter("radiographs", "chests", files)])
    assert "<table" not in page
    assert page.count("<img") == 5


def test_radiographs_say_what_was_seen_of_whom(tmp_path):
    (files,) = radiographs.chapters("chests", {}).values()
    files = {name: tmp_path / file for name, file in files.items()}
    files["scores"].parent.mkdir(parents=True)
    for file in files.values():
        file.write_bytes(b"")
    whom = {
        "unit": "patients",
        "scope": "other patients",
        "family": "leak",
        "smallest_effect": 0.0421,
    }
    rows = [
        {"difference": 0.1, "ci_low": 0.05, "ci_high": 0.15, "p": 0.001, "q": 0.002, "reason": ""},
        {"difference": 0.01, "ci_low": -0.02, "ci_high": 0.04, "p": 0.4, "q": 0.4, "reason": ""},
        {"difference": 0.1, "ci_low": 0.05, "ci_high": 0.15, "reason": "one partition"},
    ]
    save_table(files["comparisons"], pd.DataFrame([whom | row for row in rows]))
    page = report_page("NeuroLoop", [Chapter("radiographs", "chests", files)])
    assert "Over patients: these speak of other patients." in page
    first, second, third = page.split("<tbody>")[1].split("</tr>")[:3]
    assert "<td>a difference</td>" in first
    assert "no difference seen; of 5 studies like this 4 would see one of 0.042" in second
    assert "no test: one partition" in third
