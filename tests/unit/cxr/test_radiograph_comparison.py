"""Two predictions of the same radiographs: paired by radiograph and by patient."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from neuroloop.cxr.patient_bootstrap import patient_weights
from neuroloop.cxr.predictions_table import predictions_table
from neuroloop.cxr.radiograph_comparison import COMPARED, compare
from neuroloop.cxr.radiograph_metrics import radiograph_metrics, scores
from neuroloop.errors import NeuroLoopError

CLASSES = ["bacteria", "normal", "virus"]
CONTRAST = ("bacteria", "virus")
NAMED = ["p_bacteria", "p_normal", "p_virus"]


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
    a, b = ([one] if isinstance(one, pd.DataFrame) else one for one in (a, b))
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
        patients, value = made.loc[name, "patients"], made.loc[name, "difference"]
        error = np.sqrt(draws.var() * patients / (patients - 1))
        bounds = made.loc[name, ["ci_low", "ci_high"]].tolist()
        assert bounds == pytest.approx(t.interval(0.95, patients - 1, value, error))
        assert made.loc[name, "p"] == pytest.approx(2 * t.sf(abs(value) / error, patients - 1))
        power = t.sf(
            t.ppf(0.975, patients - 1), patients - 1, made.loc[name, "smallest_effect"] / error
        )
        assert power == pytest.approx(0.8, abs=0.01)


def test_partitions_are_averaged_and_their_luck_counts():
    """By hand: the mean, and the variance of the mean beside that over patients."""
    a, b = [predicted(1.5, 1), predicted(1.5, 3)], [predicted(1.0, 2), predicted(1.0, 4)]
    each = [compared(*pair)["difference"]["accuracy"] for pair in zip(a, b, strict=True)]
    one, both = compared(a[:1], b[:1]), compared(a, b, tested_per_learned=0.5)
    assert one.loc["accuracy", "partitions"] == 1
    made = both.loc["accuracy"]
    assert made["partitions"] == 2
    assert made["difference"] == pytest.approx(np.mean(each))
    tables = [[predictions_table(rows, CLASSES) for rows in side] for side in (a, b)]
    weights = np.concatenate(list(patient_weights(57, 200, seed=0)))
    draws = np.mean(
        [
            scores(x, weights, CLASSES, None)["accuracy", ""]
            - scores(y, weights, CLASSES, None)["accuracy", ""]
            for x, y in zip(*tables, strict=True)
        ],
        axis=0,
    )
    parts = [draws.var() * 57 / 56 * 1.5, np.var(each, ddof=1) / 2]
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 56 + parts[1] ** 2)
    expected = t.interval(0.95, freedom, made["difference"], np.sqrt(sum(parts)))
    assert made[["ci_low", "ci_high"]].tolist() == pytest.approx(expected)
    pd.testing.assert_frame_equal(compared(a, b[:1]), compared(a[:1], b[:1]))


def test_shared_folds_widen_the_interval_where_they_differ_more():
    """Folds in which one side or the other is far better: patients alone do not tell."""
    folds = np.arange(150) % 3

    def lucky(skills, seed):
        parts = [predicted(skill, seed).assign(fold=folds) for skill in skills]
        return pd.concat([part[folds == k] for k, part in enumerate(parts)], ignore_index=True)

    a = [lucky((3, 0, 1), 1), lucky((0, 3, 1), 3)]
    b = [lucky((0, 3, 1), 2), lucky((3, 0, 1), 4)]
    made = compared(a, b, tested_per_learned=0.5).loc["accuracy"]
    gaps = [
        (x["label"] == x[NAMED].idxmax(axis=1).str[2:])[x["fold"] == fold].mean()
        - (y["label"] == y[NAMED].idxmax(axis=1).str[2:])[y["fold"] == fold].mean()
        for x, y in zip(a, b, strict=True)
        for fold in range(3)
    ]
    error = np.sqrt((1 / 6 + 1 / 2) * np.var(gaps, ddof=1))
    expected = t.interval(0.95, 5, made["difference"], error)
    assert made[["ci_low", "ci_high"]].tolist() == pytest.approx(expected)
    apart = [rows.assign(fold=(folds + 1) % 3 if n else folds) for n, rows in enumerate(b)]
    other = compared(a, apart, tested_per_learned=0.5).loc["accuracy"]
    assert other["ci_high"] - other["ci_low"] < made["ci_high"] - made["ci_low"]


def test_a_prediction_differs_not_from_itself():
    made = compared(predicted(1.5, 1), predicted(1.5, 1))
    assert (made[["difference", "ci_low", "ci_high", "smallest_effect"]] == 0).all(axis=None)
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
    assert (clear["p"] < 1e-4).all()
    none = compared(predicted(1.0, 1), predicted(1.0, 2))
    assert ((none["ci_low"] < 0) & (none["ci_high"] > 0)).all()


def test_p_is_small_as_often_as_it_says():
    """Two predictions of equal skill: p below 0.1 in about one of ten."""
    small = sum(
        compare(
            [predicted(1.0, seed, 90)], [predicted(1.0, 1000 + seed, 90)], CLASSES, None, seed, 100
        )
        .set_index("metric")
        .loc["accuracy", "p"]
        < 0.1
        for seed in range(120)
    )
    assert 2 <= small <= 25


def test_without_a_contrast_there_is_no_auc_of_it():
    made = compare([predicted(1.5, 1)], [predicted(1.0, 2)], CLASSES, None, 0, 20)
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
