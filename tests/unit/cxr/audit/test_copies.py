"""Copies and near-copies are found on both sides of a fold, in two classes and in other sets."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from neuroloop.cxr.audit.copies import OtherSet, all_near_copies, copy_checks, external_checks
from tests.unit.cxr.audit.films import drawn

NONE = pd.DataFrame(columns=["file", "label", "patient", "reason", "same_as"])


@pytest.fixture(scope="module")
def clean():
    made = drawn(1, size=64)
    return made.table.assign(
        patient_fold=made.table["patient"].str[-1].astype(int) % 2
    ), made.pixels


def found(checks):
    return {check.name for check in checks if check.found}


def looked(table, pixels, dropped=NONE, files=None):
    files = table.assign(file=table["radiograph"]) if files is None else files
    return copy_checks("mine", table, pixels, files, dropped)


def spoilt(film, how):
    """The same film with other pixels."""
    if how == "brightened":
        return np.clip(film.astype(float) * 1.1 + 5, 0, 255).astype(np.uint8)
    if how == "mirrored":
        return film[:, ::-1]
    if how == "compressed":
        stored = BytesIO()
        Image.fromarray(film).save(stored, "JPEG", quality=40)
        return np.asarray(Image.open(stored))
    return np.clip(film + np.random.default_rng(0).normal(0, 2, film.shape), 0, 255).astype(
        np.uint8
    )


def test_a_clean_set_has_none(clean):
    checks = looked(*clean)
    assert len(checks) == 4
    assert not found(checks)
    assert not [check.remedy for check in checks if check.remedy]


@pytest.mark.parametrize("how", ["brightened", "mirrored", "compressed", "noisy"])
def test_near_copies_under_another_patient_are_found(clean, how):
    table, pixels = clean[0].copy(), clean[1].copy()
    row = int(np.flatnonzero(table["label"] == "virus")[0])
    own = table.loc[row, ["patient", "patient_fold"]].tolist()
    other = int(np.flatnonzero((table["label"] == "virus") & (table["patient_fold"] != own[1]))[-1])
    pixels[other] = spoilt(pixels[row], how)
    checks = looked(table, pixels)
    assert found(checks) == {
        "near-copies on both sides of a fold",
        "one patient under several names",
    }
    names = table["radiograph"][[max(row, other), min(row, other)]]
    assert any(" and ".join(names) in check.told for check in checks)
    table.loc[other, "patient_fold"] = own[1]
    assert found(looked(table, pixels)) == {"one patient under several names"}
    table.loc[other, "patient"] = own[0]
    assert not found(looked(table, pixels)), "one patient's own near-copies part nothing"
    table.loc[other, "label"] = "normal"
    assert found(looked(table, pixels)) == {"one radiograph in two classes"}


def test_copies_that_were_left_out_are_told_and_flagged_where_patients_differ(clean):
    table = clean[0]
    files = table.assign(file=table["radiograph"])
    first, second = files["file"][:2]
    twin = files.iloc[[0]].assign(file="twin", radiograph="")
    dropped = pd.DataFrame(
        [{"file": "twin", "label": "x", "patient": "p", "reason": "copy", "same_as": first}]
    )
    same = looked(*clean, dropped, pd.concat([files, twin]))
    assert not found(same)
    assert "1 file is a copy" in same[0].told
    other = twin.assign(patient=files["patient"].iloc[-1])
    assert found(looked(*clean, dropped, pd.concat([files, other]))) == {
        "copies under other patients"
    }
    conflict = dropped.assign(reason="labels conflict", same_as=second)
    assert found(looked(*clean, conflict)) == {"one radiograph in two classes"}


def test_near_copies_in_the_set_that_tests_are_found_unless_they_are_left_out(clean):
    _, pixels = clean
    other = drawn(2, size=64)
    copied = other.pixels.copy()
    copied[3] = gaussian_filter(pixels[7], 0.4)
    known = pd.DataFrame({"radiograph": [], "reason": []})
    (none,) = external_checks(
        "mine", pixels, {"theirs": OtherSet(other.table, other.pixels, known)}
    )
    assert (none.found, none.of, none.remedy) == (False, "mine, theirs", "")
    (one,) = external_checks("mine", pixels, {"theirs": OtherSet(other.table, copied, known)})
    assert one.found
    assert "1 of 45 radiographs of theirs" in one.told
    left_out = pd.DataFrame({"radiograph": [other.table["radiograph"].iloc[3]], "reason": "copy"})
    (gone,) = external_checks("mine", pixels, {"theirs": OtherSet(other.table, copied, left_out)})
    assert not gone.found


@pytest.mark.parametrize("size", [32, 64])
def test_simulated_sets_have_no_near_copies(size):
    assert not all_near_copies(drawn(9, 20, size, contrast=0.7, sites=3).pixels)
