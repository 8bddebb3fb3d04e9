"""Two predictions of the same radiographs: paired by radiograph and by patient."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.patient_bootstrap import patient_weights
from neuroloop.cxr.predictions_table import predictions_table
from neuroloop.cxr.radiograph_comparison import COMPARED, compare
from neuroloop.cxr.radiograph_metrics import radiograph_metrics, scores
from neuroloop.errors import NeuroLoopError

CLASSES = ["bacteria", "normal", "virus"]
CONTRAST = ("bacteria", "virus")


def predicted(skill, seed, n=150):
    """Radiographs of 60 patients, the same for every seed, named with some skill."""
    cohort, stream = np.random.default_rng(7), np.random.default_rng(seed)
    truth, patients = cohort.integers(3, size=n), cohort.integers(60, size=n)
    logits = stream.normal(size=(n, 3))
    logits[np.arange(n), truth] += skill
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "radiograph": [f"radiograph{number}" for number in range(n)],
            "patient": patients.astype(str),
            "label": np.array(CLASSES)[truth],
            "fold": 0,
            **{f"p_{name}": shares[:, number] for number, name in enumerate(CLASSES)},
        }
    )


def compared(a, b, n_boot=200, **options):
    return compare(a, b, CLASSES, CONTRAST, 0, n_boot, **options).set_index("metric")


def test_differences_are_those_of_the_metrics_whatever_the_order_of_rows():
    a, b = predicted(1.5, 1), predicted(1.0, 2)
    values = [
        radiograph_metrics(rows, CLASSES, CONTRAST, 0, 2).set_index(["metric", "class"])["value"]
        for rows in (a, b)
    ]
    made = compared(a, b.sample(frac=1, random_state=0))
    assert list(made.index) == list(COMPARED)
    for name in COMPARED:
        expected = values[0][name, ""] - values[1][name, ""]
        assert made.loc[name, "difference"] == pytest.approx(expected, abs=1e-14)
    assert made.loc["accuracy", ["n", "patients", "left_out"]].tolist() == [150, 57, 0]
    of_two = a[a["label"] != "normal"]
    counts = [len(of_two), of_two["patient"].nunique()]
    assert made.loc["auc", ["n", "patients"]].tolist() == counts


def test_both_are_scored_over_the_same_patients():
    a, b = predicted(1.5, 1), predicted(1.0, 2)
    first, second = predictions_table(a, CLASSES), predictions_table(b, CLASSES)
    weights = np.concatenate(list(patient_weights(first.n_patients, 200, seed=0)))
    made = compared(a, b)
    one, other = (
        scores(radiographs, weights, CLASSES, CONTRAST) for radiographs in (first, second)
    )
    for name in COMPARED:
        draws = one[name, ""] - other[name, ""]
        bounds = made.loc[name, ["ci_low", "ci_high"]].tolist()
        assert bounds == pytest.approx(np.quantile(draws, [0.025, 0.975]))
        rarer = min((draws <= 0).sum(), (draws >= 0).sum())
        assert made.loc[name, "p"] == pytest.approx(min(1, 2 * (1 + rarer) / 201))


def test_a_prediction_differs_not_from_itself():
    made = compared(predicted(1.5, 1), predicted(1.5, 1))
    assert (made[["difference", "ci_low", "ci_high"]] == 0).all(axis=None)
    assert (made["p"] == 1).all()


def test_exchanging_the_two_turns_the_sign():
    a, b = predicted(1.5, 1), predicted(1.0, 2)
    one, other = compared(a, b), compared(b, a)
    for column, mirrored in [
        ("difference", "difference"),
        ("ci_low", "ci_high"),
        ("ci_high", "ci_low"),
    ]:
        np.testing.assert_allclose(one[column], -other[mirrored], atol=1e-14)
    np.testing.assert_array_equal(one["p"], other["p"])


def test_a_clear_difference_is_found_and_none_is_not():
    clear = compared(predicted(2.5, 1), predicted(0.5, 2))
    assert (clear.drop("log_loss")["ci_low"] > 0).all()
    assert clear.loc["log_loss", "ci_high"] < 0  # less is better
    assert clear["p"].tolist() == pytest.approx([2 / 201] * 5)
    none = compared(predicted(1.0, 1), predicted(1.0, 2))
    assert ((none["ci_low"] < 0) & (none["ci_high"] > 0)).all()


def test_p_is_small_as_often_as_it_says():
    """Two predictions of equal skill: p below 0.1 in about one of ten."""
    small = sum(
        compare(predicted(1.0, seed, 90), predicted(1.0, 1000 + seed, 90), CLASSES, None, seed, 100)
        .set_index("metric")
        .loc["accuracy", "p"]
        < 0.1
        for seed in range(120)
    )
    assert 2 <= small <= 25


def test_without_a_contrast_there_is_no_auc_of_it():
    made = compare(predicted(1.5, 1), predicted(1.0, 2), CLASSES, None, 0, 20)
    assert "auc" not in set(made["metric"])


def test_radiographs_must_be_the_same():
    a = predicted(1.5, 1)
    with pytest.raises(NeuroLoopError, match=r"1 radiographs are in one .* first radiograph149"):
        compared(a, a.iloc[:-1])
    relabelled = a.assign(label=a["label"].replace("normal", "virus"))
    with pytest.raises(NeuroLoopError, match="has another label"):
        compared(a, relabelled)
    with pytest.raises(NeuroLoopError, match="has another patient"):
        compared(a, a.assign(patient=a["patient"].to_numpy()[::-1]))
