"""Kermany et al. 2018, 1,900 chest X-rays of children: listed and split, nothing is trained."""

import numpy as np
import pytest

from neuroloop.cxr.lungs import lung_template
from neuroloop.cxr.radiograph_splits import (
    check_patients_apart,
    fold_balance,
    holdout,
    image_folds,
    nested_validation,
    patient_folds,
)
from neuroloop.cxr.radiographs import radiographs_table
from neuroloop.images.grey_levels import read_radiograph
from neuroloop.jobs.seeds import numpy_generator


@pytest.fixture(scope="module")
def found(data_folder):
    manifest = data_folder / "cxr" / "index.csv"
    if not manifest.is_file():
        pytest.skip(f"real data: {manifest} is missing")
    return radiographs_table(manifest)


@pytest.fixture(scope="module")
def radiographs(found):
    return found.table


def apart(sides, radiographs):
    """Whether all radiographs of each patient are on one side."""
    found = radiographs.assign(side=sides)[["patient", "side"]].drop_duplicates()
    return not found["patient"].duplicated().any()


def test_copies_are_dropped_and_every_other_radiograph_is_kept(found):
    assert len(found.table) == 1888
    assert found.table["radiograph"].is_unique
    assert found.table["label"].value_counts().to_dict() == {
        "bacteria": 892,
        "normal": 519,
        "virus": 477,
    }
    assert found.dropped["reason"].value_counts().to_dict() == {"copy": 12}


def test_a_number_in_two_classes_is_one_patient(radiographs):
    assert radiographs["patient"].nunique() == 1221
    classes = radiographs[["patient", "label"]].drop_duplicates()["patient"].value_counts()
    assert (classes > 1).sum() == 99


def test_folders_tell_the_same_patients_as_the_manifest(data_folder, radiographs):
    """By file names alone, a folder for each class."""
    listed = radiographs_table(data_folder / "cxr" / "images").table
    assert listed[["radiograph", "label", "patient"]].equals(
        radiographs[["radiograph", "label", "patient"]]
    )


@pytest.mark.parametrize("seed", [0, 2001])
def test_no_patient_is_on_two_sides_and_classes_are_spread_evenly(radiographs, seed):
    labels, patients = radiographs["label"], radiographs["patient"]
    folds = patient_folds(labels, patients, 5, numpy_generator(seed, "person folds"))
    assert apart(folds, radiographs)
    assert fold_balance(folds, labels, patients)["share"].between(0.19, 0.21).all()
    for fold in range(5):
        rows = np.flatnonzero(folds != fold)
        generator = numpy_generator(seed, "validation", fold)
        learn, validation = nested_validation(rows, labels, patients, generator, 0.1)
        assert not set(patients.iloc[learn]) & set(patients.iloc[validation])
        assert len(learn) + len(validation) == len(rows)
    sides = holdout(labels, patients, numpy_generator(seed, "hold-out"))
    assert apart(sides, radiographs)
    share = fold_balance(sides, labels, patients).set_index("fold")["share"]
    assert share["train"].between(0.78, 0.82).all()
    assert share[["validation", "test"]].between(0.08, 0.12).all()


def test_a_split_by_image_puts_most_radiographs_beside_their_patients_others(radiographs):
    """What a leak may come from: how many tested images show a patient that was learned from."""
    folds = image_folds(radiographs["label"], 5, numpy_generator(0, "image folds"))
    assert not apart(folds, radiographs)
    with pytest.raises(Exception, match="patients have radiographs on two sides"):
        check_patients_apart(folds, radiographs["patient"])
    known = [
        radiographs["patient"][folds == fold].isin(radiographs["patient"][folds != fold])
        for fold in range(5)
    ]
    assert 0.3 < np.concatenate(known).mean() < 0.8


def test_lungs_are_darker_than_what_lies_between_and_around_them(found):
    """In the mean radiograph of healthy children, inside the template and in the body beside it."""
    healthy = found.table[found.table["label"] == "normal"]["file"].iloc[:60]
    mean = np.mean([read_radiograph(found.folder / file, 64) for file in healthy], axis=0)
    lungs, body = lung_template(64), np.zeros((64, 64), dtype=bool)
    body[10:52, 7:57] = True
    assert mean[lungs].mean() < mean[body & ~lungs].mean() - 0.08
