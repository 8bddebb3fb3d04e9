"""Surrogates go through the training and the judgement of the headline, and are rarely believed."""

from pathlib import Path

import numpy as np
import pytest
import torch

from neuroloop.cxr.audit.surrogate_classes import (
    HEADLINES,
    dealt_folds,
    surrogate_rows,
    with_dealt_classes,
)
from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.features import Features, view_names
from neuroloop.cxr.radiograph_splits import check_patients_apart
from neuroloop.report.audit import SURROGATES
from neuroloop.training.checkpoints import Checkpoint
from tests.project import preset
from tests.unit.cxr.audit.films import drawn

CLASSES = ["bacteria", "normal", "virus"]


@pytest.fixture(scope="module")
def shown():
    return drawn(3, radiographs_per_class=24, shared=0.3)


def linear(shown, noise):
    """A logistic regression of 16 features that tell the class, less well the more noise."""
    generator = np.random.default_rng(5)
    values = noise * generator.normal(size=(len(shown.table), len(view_names(0)), 32))
    values[np.arange(len(values)), :, shown.labels] += 3.0
    block = preset("config")["classifiers"]["logistic"] | {
        "backbone": "resnet18",
        "weights": None,
        "width": 4,
        "stem": "small",
    }
    return Features(values.astype(np.float32), view_names(0)), Classifier.from_block(block, None)


def rows(shown, folder: Path, folds: int | str = 3, surrogates=4):
    stored, classifier = linear(shown, 0.3)
    return [
        row
        for number in range(surrogates)
        for row in surrogate_rows(
            shown,
            stored,
            classifier,
            of="case1, linear",
            case="case1",
            folds=folds,
            max_view=0,
            views=range(1),
            contrast=("bacteria", "virus"),
            bootstraps=200,
            number=number,
            seed=0,
            device=torch.device("cpu"),
            checkpoint=lambda part: Checkpoint(folder, part),
        )
    ]


def test_features_that_tell_the_class_tell_nothing_of_dealt_ones(shown, tmp_path):
    made = rows(shown, tmp_path)
    assert [set(row) for row in made] == [set(SURROGATES)] * 8
    assert {row["allowed"] for row in made} == {0.025}
    assert {row["headline"] for row in made} == {
        "classifying",
        "classifying, bacteria against virus",
    }
    assert [row["surrogate"] for row in made] == [number for number in range(4) for _ in HEADLINES]
    values = {
        name: np.mean([row["value"] for row in made if row["headline"] == name])
        for name in ("classifying", "classifying, bacteria against virus")
    }
    assert values["classifying"] == pytest.approx(1 / 3, abs=0.15)
    assert values["classifying, bacteria against virus"] == pytest.approx(0.5, abs=0.15)
    assert sum(row["significant"] for row in made) <= 2


def test_classes_that_are_not_dealt_are_found(shown, tmp_path, monkeypatch):
    """The same judgement on true classes: a surrogate that kept them would be counted."""
    monkeypatch.setattr(
        "neuroloop.cxr.audit.surrogate_classes.deal_classes",
        lambda labels, patients, parts, generator: np.array(labels, dtype=str),
    )
    made = rows(shown, tmp_path, surrogates=1)
    assert [row["significant"] for row in made] == [1, 1]


def test_folds_are_dealt_by_the_dealt_classes(shown):
    dealt = with_dealt_classes(shown, 3, 4)
    assert (dealt.table["label"] != shown.table["label"]).any()
    assert dealt.pixels is shown.pixels
    folds = dealt_folds(dealt, 3, 4)
    check_patients_apart(folds, dealt.table["patient"])
    for fold in range(3):
        assert set(dealt.table["label"][folds == fold]) == set(CLASSES)
    sides = dealt_folds(with_dealt_classes(drawn(1, 40), "holdout", 4), "holdout", 4)
    assert set(sides) == {0, 1, 2}
