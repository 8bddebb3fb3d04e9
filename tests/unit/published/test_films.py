"""Flaws of classifiers of radiographs, each by hand; without one, the product's own functions."""

import numpy as np
import pandas as pd

from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.classifier_folds import make_folds, train_folds
from neuroloop.cxr.features import Features
from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.cxr.radiograph_splits import deal_folds
from neuroloop.cxr.transfer import Fold
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.published import films
from neuroloop.published.films import BLOCK, FOLDS, classified, predicted
from neuroloop.published.protocol import Protocol

DRAWN = films.films(np.random.default_rng(0), signal=0.5)


def test_the_strict_protocol_is_the_products_own():
    table = DRAWN.table.assign(patient_fold=deal_folds(DRAWN.table, "patient", FOLDS, 3))
    nothing = np.zeros((len(table), 1, 1), dtype=np.uint8)
    shown = RadiographSet(table, nothing, nothing.astype(bool), None)
    classifier = Classifier.from_block(BLOCK.model_dump(), None)
    # The product scores parts of radiographs as well: here these are the whole again.
    stored = Features(np.repeat(DRAWN.features[:, None], 3, 1), ["whole", "lungs", "background"])
    folds = make_folds(shown, "case1", "patient", FOLDS, 0, classifier.validation_share, 3)
    own = train_folds(
        shown, stored, classifier, folds, [0], 3, "cpu", lambda name: None, lambda *given: None
    ).predictions
    own = own[own["shown"] == "whole"].drop(columns="shown").reset_index(drop=True)
    pd.testing.assert_frame_equal(predicted(DRAWN, Protocol(), 3), own, check_exact=True)


def test_each_radiograph_a_person_of_its_own():
    table = pd.DataFrame({"radiograph": ["r0", "r1"], "patient": ["p0", "p0"]})
    assert Protocol().persons(table)["patient"].tolist() == ["p0", "p0"]
    assert Protocol(("image_split",)).persons(table)["patient"].tolist() == ["r0", "r1"]


def test_by_image_persons_stand_on_both_sides():
    person = DRAWN.table["patient"].to_numpy()
    folds_of_person = {}
    for on in ((), ("image_split",)):
        made = predicted(DRAWN, Protocol(on), 0).set_index("radiograph")["fold"]
        fold = made.loc[DRAWN.table["radiograph"]].to_numpy()
        folds_of_person[on] = np.array([len(set(fold[person == one])) for one in set(person)])
    assert (folds_of_person[()] == 1).all()
    assert (folds_of_person["image_split",] > 1).mean() > 0.9


def test_the_test_radiographs_choose_the_epoch():
    fold = Fold(pd.DataFrame({"row": [0], "view": [0]}), np.array([1]), np.array([2, 3]))
    assert Protocol().watched(fold).validation.tolist() == [1]
    spoilt = Protocol(("watched_test",)).watched(fold)
    assert spoilt.validation.tolist() == spoilt.test.tolist() == [2, 3]
    assert spoilt.learn is fold.learn


def test_what_each_makes_of_radiographs_that_tell_the_person_alone():
    made = {}
    for on in ((), ("image_split",), ("watched_test",)):
        made[on] = []
        for number in range(6):
            seed = derive_seed(0, "published", "films", "noise", number)
            drawn = films.films(numpy_generator(seed, "films"))
            made[on].append(classified(drawn, Protocol(on), seed).points)
    points = {on: np.array(each) for on, each in made.items()}
    error = {on: each.std(ddof=1) / np.sqrt(len(each)) for on, each in points.items()}
    assert abs(points[()].mean()) < 4 * error[()]
    assert points["image_split",].mean() > 3 * error["image_split",] + 5
    assert (points["watched_test",] - points[()]).mean() > 0
