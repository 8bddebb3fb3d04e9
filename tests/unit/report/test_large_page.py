"""A page of the largest published grid: 400 rows of decoding, 3,200 of teachers."""

import copy
import time
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.page import Provenance, report_page
from tests.unit.report.outline import Outline
from tests.unit.report.study import COMPARED, CONFIG, DECODED, STUDENT, TEACHING, filled, rows

SUBJECTS = [f"Subject{number}" for number in range(1, 6)]
ROIS = ["V1", "V2", "V3", "V4", "LOC", "FFA", "PPA", "LVC", "HVC", "VC"]
DECODERS = ["ridge", "himalaya", "logistic", "svm", "mlp", "resnet1d18", "knn", "lda"]
TEACHERS = ["none", "random", "smooth", "classmean", "rowshuffled", "withinclass", "cnn"]
#: What students are compared with, which makes 3,200 rows.
CONTROLS = [*TEACHERS, "shuffled"]

#: Most bytes of the page, and of a row of a table that is sorted and searched.
MOST, OF_A_ROW = 30e6, 1200


class Made(NamedTuple):
    """A page."""

    text: str
    seconds: float


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page, and the seconds of processor time that it took."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("grid"))
        made = copy.deepcopy(CONFIG)
        made["decoders"] = {key: {"method": "ridge"} for key in DECODERS}
        teaching = {**TEACHING, "teachers": [*TEACHERS, "brain"], "decoders": DECODERS}
        made["datasets"]["faces"] |= {
            "subjects": {key: {} for key in SUBJECTS},
            "rois": {roi: {"encoding": "energy"} for roi in ROIS},
            "decoders": DECODERS,
            "teaching": teaching,
        }
        chapters = filled()
        generator = np.random.default_rng(1)
        for chapter in chapters:
            if chapter.of == "faces":
                fill(chapter.files, generator)
        began = time.process_time()
        text, _ = report_page("NeuroLoop", chapters, [], Provenance("NeuroLoop", made))
        return Made(text, time.process_time() - began)


def fill(files, generator):
    """Write tables of all subjects, regions, decoders and teachers."""
    grid = list(product(SUBJECTS, ROIS, DECODERS))
    named = [dict(zip(("subject", "roi", "decoder"), one, strict=True)) for one in grid]
    if "accuracies" in files:
        numbers = generator.random(len(named)).round(16)
        changes = [one | {"accuracy": n} for one, n in zip(named, numbers, strict=True)]
        save_table(files["accuracies"], rows(DECODED, *changes))
    if "comparisons" in files:
        numbers = generator.normal(size=(len(named), len(CONTROLS)))
        changes = [
            one | {"control": control, "difference": numbers[i, j]}
            for i, one in enumerate(named)
            for j, control in enumerate(CONTROLS)
        ]
        save_table(files["comparisons"], rows(COMPARED, *changes))
        save_table(files["students"], rows(STUDENT, *({"n": 1000} for _ in range(10))))


def test_every_row_is_there_once_and_the_page_stays_small(page):
    counts = [
        int(text.replace(",", "").split()[-2])
        for text in Outline(page.text).of("summary")
        if text.endswith("rows")
    ]
    assert {400, 3200} <= set(counts)
    assert len(page.text.encode()) < min(MOST, 2e6 + OF_A_ROW * sum(counts))


def test_large_tables_are_folded_and_draw_their_first_rows(page):
    outline = Outline(page.text)
    assert not [
        one for one in outline.attributes("details") if "open" in one and one["class"] != "watched"
    ]
    assert "Show all 3,200 rows" in outline.of("button", "all")
    assert "Show all 400 rows" in outline.of("button", "all")
    assert len(outline.of("button", "all")) == 2  # short tables have none
    _, script = outline.of("script")
    assert "const FIRST = 200;" in script  # from which on the template has that button


def test_the_page_is_made_in_seconds_of_processor_time(page):
    assert page.seconds < 30  # 0.8 when this was written
