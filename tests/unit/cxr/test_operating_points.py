"""ROC curves and operating points: against scikit-learn, and on scores worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from neuroloop.cxr.operating_points import (
    LIKELIEST,
    SENSITIVE,
    SPECIFIC,
    asked,
    named_at,
    operating_points,
    roc,
)
from neuroloop.cxr.predictions_table import predictions_table
from neuroloop.cxr.radiograph_metrics import radiograph_metrics
from neuroloop.statistics.intervals import cluster_interval

CLASSES = ["bacteria", "normal", "virus"]


def predicted(n=300, folds=3, seed=0, digits=2, classes=CLASSES):
    """Radiographs of patients who are each in one fold; rounded scores have ties."""
    stream = np.random.default_rng(seed)
    k = len(classes)
    patients = stream.integers(90, size=n)
    truth = stream.integers(k, size=n)
    logits = stream.normal(size=(n, k)) + 1.2 * np.eye(k)[truth]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shares = np.floor(shares * 10**digits) / 10**digits
    shares[:, -1] = np.maximum(0, 1 - shares[:, :-1].sum(axis=1))
    return pd.DataFrame(
        {
            "radiograph": [f"radiograph{number:03}" for number in range(n)],
            "patient": [f"person{number}" for number in patients],
            "label": np.array(classes)[truth],
            "fold": patients % folds,
            **{f"p_{name}": shares[:, number] for number, name in enumerate(classes)},
        }
    )


def test_the_curve_of_one_fold_is_scikit_learns():
    table = predicted(folds=1)
    curve = roc(predictions_table(table, CLASSES), 0)
    false, true, _ = roc_curve(
        table["label"] == "bacteria", table["p_bacteria"], drop_intermediate=False
    )
    drawn = set(zip(curve.false.round(12), curve.true.round(12), strict=True))
    known = set(zip(false.round(12), true.round(12), strict=True))
    # Between steps of one place the curve is a vertical line, of which it keeps the ends.
    ends = {(x, end([y for at, y in known if at == x])) for x, _ in known for end in (min, max)}
    assert drawn == ends
    expected = roc_auc_score(table["label"] == "bacteria", table["p_bacteria"])
    assert curve.area == pytest.approx(expected)


def test_the_curve_is_the_mean_of_the_folds_and_so_is_its_area():
    table = predicted()
    curve = roc(predictions_table(table, CLASSES), 2)
    of_fold = []
    for _, rows in table.groupby("fold"):
        false, true, _ = roc_curve(rows["label"] == "virus", rows["p_virus"])
        of_fold.append((false, true))
    for place in np.linspace(0.013, 0.987, 57):  # no step of any fold
        assert not any(np.isclose(false, place).any() for false, _ in of_fold)
        expected = np.mean([np.interp(place, *one) for one in of_fold])
        assert np.interp(place, curve.false, curve.true) == pytest.approx(expected)
    areas = [
        roc_auc_score(rows["label"] == "virus", rows["p_virus"])
        for _, rows in table.groupby("fold")
    ]
    assert curve.area == pytest.approx(np.mean(areas))


def test_areas_are_those_of_the_table_of_metrics():
    table = predicted()
    points = operating_points({("case1", "plain"): table}, CLASSES, None)
    metrics = radiograph_metrics(table, CLASSES, None, seed=0, n_boot=20).set_index("metric")
    areas = points.drop_duplicates("class")["auc"]
    assert areas.mean() == pytest.approx(metrics.loc["auc_ovr", "value"])


def test_thresholds_are_found_on_the_other_folds():
    table = predicted()
    radiographs = predictions_table(table, CLASSES)
    named, threshold = named_at(radiographs, 0, SENSITIVE)
    expected = []
    for fold in range(3):
        other = table[table["fold"] != fold]
        _, true, cuts = roc_curve(
            other["label"] == "bacteria", other["p_bacteria"], drop_intermediate=False
        )
        cut = cuts[np.flatnonzero(true >= 0.95)[0]]
        expected.append(cut)
        own = (table["fold"] == fold).to_numpy()
        np.testing.assert_array_equal(named[own], table["p_bacteria"][own] >= cut)
    assert threshold == pytest.approx(np.mean(expected))
    # What the fold's own radiographs hold has no say.
    changed = table.assign(label=np.where(table["fold"] == 0, "normal", table["label"]))
    again, _ = named_at(predictions_table(changed, CLASSES), 0, SENSITIVE)
    own = (table["fold"] == 0).to_numpy()
    np.testing.assert_array_equal(again[own], named[own])


def test_a_specificity_is_reached_on_the_other_folds():
    table = predicted(folds=2)
    radiographs = predictions_table(table, CLASSES)
    named, _ = named_at(radiographs, 1, SPECIFIC)
    for fold in range(2):
        other = table[table["fold"] != fold]
        rest = np.sort(other["p_normal"][other["label"] != "normal"])
        own = (table["fold"] == fold).to_numpy()
        cut = table["p_normal"][own][named[own]].min()
        assert (rest < cut).mean() >= 0.95
        below = table["p_normal"][own][~named[own]].max()
        assert (rest < below).mean() < 0.95


def test_intervals_are_over_patients():
    table = predicted()
    points = operating_points({("case1", "plain"): table}, CLASSES, None)
    row = points[(points["class"] == "virus") & (points["point"] == LIKELIEST)].iloc[0]
    named = table[[f"p_{name}" for name in CLASSES]].to_numpy().argmax(axis=1) == 2
    own = (table["label"] == "virus").to_numpy()
    sensitivity = cluster_interval(named[own], table["patient"][own])
    specificity = cluster_interval(~named[~own], table["patient"][~own])
    for measure, expected in (("sensitivity", sensitivity), ("specificity", specificity)):
        found = row[[measure, f"{measure}_low", f"{measure}_high"]].to_numpy(dtype=float)
        assert found == pytest.approx(list(expected))
    assert (row["n_class"], row["n_others"]) == (own.sum(), (~own).sum())
    assert row["unit"] == "patients"
    assert np.isnan(row["threshold"])


def test_of_two_classes_one_is_looked_for_and_a_single_fold_has_no_thresholds():
    assert asked(["normal", "sick"], None) == ["sick"]
    assert asked(["normal", "sick"], ("normal", "sick")) == ["normal"]
    table = predicted(folds=1, classes=["normal", "sick"])
    points = operating_points({("case1", "plain"): table}, ["normal", "sick"], None)
    assert points[["class", "against", "point"]].to_numpy().tolist() == [
        ["sick", "normal", LIKELIEST]
    ]


def test_a_class_without_radiographs_has_no_numbers():
    table = predicted()
    table = table[table["label"] != "virus"]
    points = operating_points({("case1", "plain"): table}, CLASSES, None)
    rows = points[points["class"] == "virus"]
    assert rows[["auc", "sensitivity", "sensitivity_low"]].isna().all(axis=None)
    assert (rows["n_class"] == 0).all()
