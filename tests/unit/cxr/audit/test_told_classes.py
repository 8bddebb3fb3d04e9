"""What columns tell of classes: all of it, nothing, and no more than patients allow."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.audit import told_classes as module
from neuroloop.cxr.audit.class_checks import LEVEL, class_checks
from neuroloop.cxr.audit.told_classes import deal, told_classes


def patients_of(count, films=2):
    return np.repeat([f"p{number}" for number in range(count)], films)


@pytest.fixture(scope="module")
def deals():
    return deal(np.repeat(["a", "b", "c"], 30), patients_of(45), np.random.default_rng(0))


def test_deals_begin_with_the_truth_and_keep_patients_in_one_fold(deals):
    assert len(deals) == module.DEALS + 1
    assert deals[0].labels.tolist() == [0] * 30 + [1] * 30 + [2] * 30
    for one in deals:
        of_patient = pd.Series(one.folds).groupby(patients_of(45))
        assert of_patient.nunique().max() == 1
    assert not any((one.labels == deals[0].labels).all() for one in deals[1:])


def test_a_column_that_orders_three_classes_names_all(deals):
    """The middle class has no largest and no smallest value: intervals of the column know it."""
    cues = pd.DataFrame({"noise": np.arange(90) % 7, "size": np.repeat([300.0, 400.0, 500.0], 30)})
    told = told_classes(cues, deals)
    assert told.accuracy == pytest.approx(1)
    assert told.chance == pytest.approx(1 / 3, abs=0.05)
    assert told.effect == pytest.approx(1)
    assert told.p < 1e-6
    assert told.telling[0] == "size"


def test_noise_and_constants_tell_nothing(deals):
    noise = np.random.default_rng(1).normal(size=(90, 20))
    assert told_classes(pd.DataFrame(noise), deals).p > 0.01
    assert told_classes(pd.DataFrame({"constant": np.ones(90)}), deals) is None


def test_a_column_of_the_patient_is_no_evidence_of_the_class(deals):
    """Radiographs of a patient are alike in it: p speaks of patients and is not small."""
    each = np.random.default_rng(2).normal(size=(45, 6))
    assert told_classes(pd.DataFrame(np.repeat(each, 2, axis=0)), deals).p > 0.01


def test_p_is_uniform_where_classes_are_dealt(deals):
    """Of 120 columns of noise 5 % have a p of 0.05, within three standard errors."""
    generator = np.random.default_rng(3)
    p = [
        told_classes(pd.DataFrame(generator.normal(size=(90, 2))), deals[:40]).p for _ in range(120)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


def test_too_few_patients_give_no_deals():
    labels, patients = ["a"] * 6 + ["b"] * 2, patients_of(4)
    assert deal(labels, patients, np.random.default_rng(0)) == []
    assert told_classes(pd.DataFrame({"x": range(8)}), []) is None


def test_lungs_tell_classes_without_a_flag_up_to_a_limit(deals):
    classes = np.repeat([0.0, 1.0, 2.0], 30)
    nearly = np.where(np.arange(90) % 9 == 0, (classes + 1) % 3, classes)
    cues = {"spectrum": pd.DataFrame({"band": nearly}), "grain": pd.DataFrame({"band": nearly})}
    spectrum, grain = class_checks("mine", cues, deals)
    assert (spectrum.found, grain.found) == (False, True)
    assert spectrum.p == grain.p < LEVEL
    assert "flag from" in spectrum.told
    (all_of_it,) = class_checks("mine", {"spectrum": pd.DataFrame({"band": classes})}, deals)
    assert all_of_it.found
    assert all_of_it.remedy
