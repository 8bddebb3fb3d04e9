"""Metrics of radiographs: by hand, by scikit-learn, and over resampled patients."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, bootstrap
from sklearn import metrics as sklearn_metrics

from neuroloop.cxr.patient_bootstrap import patient_weights
from neuroloop.cxr.patient_intervals import (
    loss_interval,
    share_interval,
    widened_percentiles,
)
from neuroloop.cxr.predictions_table import predictions_table
from neuroloop.cxr.radiograph_metrics import radiograph_metrics, scores
from neuroloop.errors import NeuroLoopError
from neuroloop.statistics import metrics

CLASSES = ["bacteria", "normal", "virus"]
CONTRAST = ("bacteria", "virus")


def predictions(labels, probabilities, patients=None, classes=CLASSES):
    radiographs = [f"radiograph{number}" for number in range(len(labels))]
    shares = np.asarray(probabilities, dtype=float)
    return pd.DataFrame(
        {
            "radiograph": radiographs,
            "patient": radiographs if patients is None else list(map(str, patients)),
            "label": list(labels),
            "fold": 0,
            "shown": "whole",
            **{f"p_{name}": shares[:, number] for number, name in enumerate(classes)},
        }
    )


def cohort(n=300, n_patients=120, seed=0, decimals=2):
    """Radiographs with ties, patients with several radiographs, classes of unlike sizes."""
    stream = np.random.default_rng(seed)
    truth = stream.choice(3, n, p=[0.5, 0.3, 0.2])
    logits = stream.normal(size=(n, 3))
    logits[np.arange(n), truth] += 1.2
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shares = np.round(shares, decimals)
    shares[:, 2] = np.maximum(0, 1 - shares[:, 0] - shares[:, 1])
    patients = stream.integers(n_patients, size=n)
    return predictions(np.array(CLASSES)[truth], shares, patients)


def table(radiographs, contrast=CONTRAST, n_boot=50, classes=CLASSES):
    scored = radiograph_metrics(radiographs, classes, contrast, 0, n_boot)
    return scored.set_index(["metric", "class"])


def by_scikit_learn(radiographs, contrast=CONTRAST):
    """All metrics of radiographs, of which some may stand there several times."""
    truth = radiographs["label"].map({name: k for k, name in enumerate(CLASSES)}).to_numpy()
    shares = radiographs[[f"p_{name}" for name in CLASSES]].to_numpy()
    named = shares.argmax(axis=1)
    a, b = (CLASSES.index(name) for name in contrast)
    among = np.isin(truth, [a, b])
    score = shares[among, a] / (shares[among, a] + shares[among, b])
    each = {"labels": range(3), "average": None, "zero_division": np.nan}
    precision = sklearn_metrics.precision_score(truth, named, **each)
    recall = sklearn_metrics.recall_score(truth, named, **each)
    return {
        ("accuracy", ""): sklearn_metrics.accuracy_score(truth, named),
        ("balanced_accuracy", ""): sklearn_metrics.balanced_accuracy_score(truth, named),
        ("macro_f1", ""): sklearn_metrics.f1_score(truth, named, average="macro"),
        ("auc", ""): sklearn_metrics.roc_auc_score(truth[among] == a, score),
        ("auc_ovr", ""): sklearn_metrics.roc_auc_score(
            truth, shares, multi_class="ovr", average="macro"
        ),
        ("calibration_error", ""): metrics.calibration_error(np.log(shares + 1e-300), truth),
        ("log_loss", ""): sklearn_metrics.log_loss(truth, shares),
        ("brier", ""): sklearn_metrics.brier_score_loss(truth, shares, scale_by_half=False),
        **{("precision", name): precision[k] for k, name in enumerate(CLASSES)},
        **{("recall", name): recall[k] for k, name in enumerate(CLASSES)},
    }


def test_values_by_hand():
    radiographs = predictions(
        ["bacteria", "bacteria", "virus", "virus", "normal"],
        [[0.6, 0.1, 0.3], [0.2, 0.2, 0.6], [0.1, 0, 0.9], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1]],
        patients=[1, 1, 2, 3, 3],
    )
    scored = table(radiographs)
    expected = {
        ("accuracy", ""): 3 / 5,
        ("balanced_accuracy", ""): (1 / 2 + 1 + 1 / 2) / 3,
        ("macro_f1", ""): (2 / 4 + 2 / 2 + 2 / 4) / 3,
        # Bacteria 2/3 and 1/4 against virus 1/10 and 5/7: 2/3 and 1/4 beat 1/10 alone.
        ("auc", ""): 2 / 4,
        # 0.6 and 0.2 against 0.1, 0.5, 0.1: 3 + 2 of 6; 0.8 above all; 0.9 and 0.2 against 0.3,
        # 0.6, 0.1: 3 + 1 of 6.
        ("auc_ovr", ""): (5 / 6 + 1 + 4 / 6) / 3,
        # Each in a bin of its own but for the two of 0.6.
        ("calibration_error", ""): (abs(1 - 1.2) + 0.1 + 0.5 + 0.2) / 5,
        ("log_loss", ""): -np.log(0.6 * 0.2 * 0.9 * 0.2 * 0.8) / 5,
        ("brier", ""): (0.26 + 1.04 + 0.02 + (0.25 + 0.09 + 0.64) + 0.06) / 5,
        ("precision", "bacteria"): 1 / 2,
        ("precision", "normal"): 1,
        ("precision", "virus"): 1 / 2,
        ("recall", "bacteria"): 1 / 2,
        ("recall", "normal"): 1,
        ("recall", "virus"): 1 / 2,
    }
    assert scored["value"].to_dict() == pytest.approx(expected)
    counts = list(zip(scored["n"], scored["patients"], strict=True))
    assert counts == [(5, 3)] * 3 + [(4, 3)] + [(5, 3)] * 4 + [
        *[(2, 2), (1, 1), (2, 2)],  # named bacteria: of patients 1 and 3
        *[(2, 1), (1, 1), (2, 2)],
    ]


def test_values_against_scikit_learn():
    radiographs = cohort()
    assert table(radiographs)["value"].to_dict() == pytest.approx(by_scikit_learn(radiographs))


def test_resamples_against_scikit_learn():
    """Weighing radiographs by their patient is the same as repeating them."""
    radiographs = cohort(n=80, n_patients=30)
    ready = predictions_table(radiographs, CLASSES)
    sorted_radiographs = radiographs.sort_values("radiograph").reset_index(drop=True)
    (weights,) = patient_weights(ready.n_patients, 12, seed=0)
    made = scores(ready, weights, CLASSES, CONTRAST)
    for number, often in enumerate(weights[:, ready.patients].astype(int)):
        repeated = sorted_radiographs.loc[sorted_radiographs.index.repeat(often)]
        got = {key: draws[number] for key, draws in made.items()}
        assert got == pytest.approx(by_scikit_learn(repeated))


def test_intervals_are_of_the_resamples_variance():
    radiographs = cohort(n=80, n_patients=30)
    ready = predictions_table(radiographs, CLASSES)
    weights = np.concatenate(list(patient_weights(ready.n_patients, 300, seed=0)))
    scored = table(radiographs, n_boot=300)
    for key, draws in scores(ready, weights, CLASSES, CONTRAST).items():
        value, n, patients = scored.loc[key, ["value", "n", "patients"]].tolist()
        if key[0] == "calibration_error":
            assert draws.mean() > value + 0.01  # noise adds to it
            draws = np.maximum(0, draws - draws.mean() + value)
            expected = widened_percentiles(value, draws, patients)
        elif key[0] in ("log_loss", "brier"):
            expected = loss_interval(value, draws, patients)
        else:
            expected = share_interval(value, draws, n, patients)
        assert scored.loc[key, ["ci_low", "ci_high"]].tolist() == pytest.approx(expected)
        assert scored.loc[key, "left_out"] == np.isnan(draws).sum()
    assert (scored["ci_low"] <= scored["value"]).all()
    assert (scored["ci_high"] >= scored["value"]).all()


def test_all_right_is_no_certainty():
    """Twelve patients who are all named right: the binomial's interval, by scipy."""
    radiographs = predictions(
        [*["bacteria"] * 4, *["normal"] * 4, *["virus"] * 4], np.repeat(np.eye(3), 4, axis=0)
    )
    scored = table(radiographs)
    expected = binomtest(12, 12).proportion_ci(method="exact")
    assert scored.loc[("accuracy", ""), ["ci_low", "ci_high"]].tolist() == pytest.approx(
        [expected.low, 1]
    )
    four = binomtest(4, 4).proportion_ci(method="exact")
    assert scored.loc[("recall", "virus"), "ci_low"] == pytest.approx(four.low)
    assert scored.loc[("auc", ""), "ci_low"] == pytest.approx(
        share_interval(1.0, np.ones(5), 8, 8, 4)[0]
    )
    losses = ["calibration_error", "log_loss", "brier"]
    assert scored.loc[losses, ["ci_low", "ci_high"]].isna().all(axis=None)


def test_auc_is_inside_folds():
    """Each fold ranks its own radiographs right, on a scale of its own: 1, and pooled 3/4."""
    radiographs = predictions(
        ["bacteria", "virus", "bacteria", "virus"],
        [[0.9, 0, 0.1], [0.8, 0, 0.2], [0.3, 0, 0.7], [0.2, 0, 0.8]],
    )
    assert table(radiographs).loc[("auc", ""), "value"] == 3 / 4
    apart = radiographs.assign(fold=[0, 0, 1, 1])
    assert table(apart).loc[("auc", ""), "value"] == 1
    assert table(apart).loc[("auc_ovr", ""), "value"] == 1
    lone = radiographs.assign(fold=[0, 0, 1, 0])  # a fold of one class ranks nothing
    assert table(lone).loc[("auc", ""), "value"] == 1


def test_patients_of_one_radiograph_each_are_a_plain_bootstrap():
    radiographs = cohort(n=200).assign(patient=lambda rows: rows["radiograph"])
    hits = predictions_table(radiographs, CLASSES)
    right = (hits.named == hits.truth).astype(float)
    plain = bootstrap(
        (right,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    scored = table(radiographs, n_boot=4000).loc[("accuracy", "")]
    assert scored["ci_low"] == pytest.approx(plain.low, abs=0.01)
    assert scored["ci_high"] == pytest.approx(plain.high, abs=0.01)


def test_radiographs_of_a_patient_count_together():
    """A patient's 9 like radiographs say no more than one: the interval keeps its width."""
    single = cohort(n=60).assign(patient=lambda rows: rows["radiograph"])
    ninefold = pd.concat(
        [single.assign(radiograph=single["radiograph"] + f"-{copy}") for copy in range(9)],
        ignore_index=True,
    )
    # Patients have the same order, so that the same ones are drawn.
    one, nine = table(single, n_boot=200), table(ninefold, n_boot=200)
    pd.testing.assert_frame_equal(
        one[["value", "chance", "patients"]], nine[["value", "chance", "patients"]]
    )
    widths = [scored["ci_high"] - scored["ci_low"] for scored in (one, nine)]
    np.testing.assert_allclose(widths[0], widths[1], rtol=0.4)  # sqrt(9) were they independent
    assert nine.loc[("accuracy", ""), "n"].item() == 9 * 60


def test_intervals_cover_the_truth():
    """Patients whose radiographs are all right or all wrong, half of them: 95 of 100 intervals."""
    stream = np.random.default_rng(1)
    covered = 0
    for trial in range(150):
        right = np.repeat(stream.random(40) < 0.6, 4)
        shares = np.where(right[:, None], [0.9, 0.1], [0.2, 0.8])
        radiographs = predictions(
            ["a"] * 160, shares, np.repeat(np.arange(40), 4), classes=["a", "b"]
        )
        low, high = radiograph_metrics(radiographs, ["a", "b"], None, trial, 200).loc[
            0, ["ci_low", "ci_high"]
        ]
        covered += low <= 0.6 <= high
    assert 0.90 * 150 < covered <= 150  # over radiographs as such: two in three


def test_chance_is_the_mean_over_all_permutations():
    radiographs = predictions(
        ["bacteria", "bacteria", "bacteria", "normal", "virus"],
        [[0.6, 0.3, 0.1], [0.5, 0.2, 0.3], [0.1, 0.2, 0.7], [0.2, 0.7, 0.1], [0.1, 0.3, 0.6]],
    )
    scored = table(radiographs)
    named = np.array(["bacteria", "bacteria", "virus", "normal", "virus"])
    drawn = []
    for order in permutations(range(5)):
        precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
            radiographs["label"], named[list(order)], labels=CLASSES
        )
        drawn.append([f1.mean(), *precision, *recall])
    keys = [("macro_f1", ""), *[(m, c) for m in ("precision", "recall") for c in CLASSES]]
    assert scored.loc[keys, "chance"].tolist() == pytest.approx(np.mean(drawn, axis=0))
    share = radiographs["label"].value_counts(normalize=True)
    assert scored.loc[("accuracy", ""), "chance"] == pytest.approx(share.max())
    assert scored.loc[("balanced_accuracy", ""), "chance"] == pytest.approx(1 / 3)
    assert scored.loc[("auc", ""), "chance"] == scored.loc[("auc_ovr", ""), "chance"] == 0.5
    assert scored.loc[["calibration_error", "log_loss", "brier"], "chance"].isna().all()


def test_resamples_without_a_class_are_counted():
    # The first is named virus, so that a resample may name a class that it lacks.
    shares = [[0.3, 0.1, 0.6], [0.5, 0.3, 0.2], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7]]
    radiographs = predictions(["bacteria", "bacteria", "normal", "virus"], shares, [1, 2, 2, 3])
    scored = table(radiographs, n_boot=1000)
    # A single patient says nothing of others, and three who are right nothing of losses.
    missing = scored.index[scored["ci_low"].isna()]
    assert set(missing) == {
        *((metric, "") for metric in ("calibration_error", "log_loss", "brier")),
        *(("recall", name) for name in ("normal", "virus")),
        *(("precision", name) for name in ("bacteria", "normal")),
    }
    # A patient of three is not drawn in (2/3)^3 of resamples; neither of two in (1/3)^3.
    for name, share in [("virus", 8 / 27), ("normal", 8 / 27), ("bacteria", 1 / 27)]:
        assert scored.loc[("recall", name), "left_out"] / 1000 == pytest.approx(share, abs=0.05)
    assert scored.loc[("auc", ""), "left_out"] / 1000 == pytest.approx(9 / 27, abs=0.05)
    # All three classes: patient 2 and patient 3.
    for metric in ("macro_f1", "balanced_accuracy", "auc_ovr"):
        assert scored.loc[(metric, ""), "left_out"] / 1000 == pytest.approx(15 / 27, abs=0.05)
    assert scored.loc[("accuracy", ""), "left_out"] == 0


def test_classes_that_do_not_occur():
    """Another folder's radiographs may be of fewer classes than the network knows."""
    radiographs = predictions(
        ["bacteria", "bacteria", "virus"], [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7]]
    )
    scored = table(radiographs)
    assert scored.loc[("balanced_accuracy", ""), "value"] == pytest.approx((0.5 + 1) / 2)
    assert scored.loc[("macro_f1", ""), "value"] == pytest.approx((2 / 3 + 1) / 2)
    assert np.isnan(scored.loc[("recall", "normal"), "value"])
    assert scored.loc[("recall", "normal"), ["n", "left_out"]].tolist() == [0, 50]
    assert scored.loc[("precision", "normal"), "value"] == 0
    assert "auc" not in table(radiographs, contrast=None).index.get_level_values(0)


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_rows():
    radiographs = cohort(n=60)
    shuffled = radiographs.sample(frac=1, random_state=1)
    one, other = (
        radiograph_metrics(rows, CLASSES, CONTRAST, 3, 100) for rows in (radiographs, shuffled)
    )
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    third = radiograph_metrics(radiographs, CLASSES, CONTRAST, 4, 100)
    assert (one["value"] == third["value"]).all()
    assert (one["ci_low"] != third["ci_low"]).any()


def test_a_radiograph_of_neither_class_is_between_them():
    """Its p_a / (p_a + p_b) is 0 / 0."""
    radiographs = predictions(
        ["bacteria", "virus", "virus", "virus"],
        [[0, 1, 0], [0, 0.9, 0.1], [0.4, 0.2, 0.4], [0.5, 0.1, 0.4]],
    )
    assert table(radiographs).loc[("auc", ""), "value"] == pytest.approx((1 + 0.5 + 0) / 3)


def test_a_probability_of_zero_costs_much_but_not_everything():
    radiographs = predictions(["bacteria", "normal"], [[0, 1, 0], [0, 1, 0]])
    loss = table(radiographs, contrast=None).loc[("log_loss", ""), "value"]
    truth, shares = [0, 1], [[0, 1, 0], [0, 1, 0]]
    assert loss == pytest.approx(sklearn_metrics.log_loss(truth, shares, labels=[0, 1, 2]))
    assert loss == pytest.approx(52 * np.log(2) / 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda radiographs: radiographs.iloc[:0], "no radiograph"),
        (
            lambda radiographs: pd.concat([radiographs, radiographs]),
            "radiograph0 is predicted more than once",
        ),
        (
            lambda radiographs: radiographs.assign(label="tuberculosis"),
            "tuberculosis is none of the classes",
        ),
        (
            lambda radiographs: radiographs.assign(p_virus=np.nan),
            "2 of 2 radiographs have probabilities",
        ),
        (
            lambda radiographs: radiographs.assign(p_virus=0.9),
            "2 of 2 radiographs have probabilities",
        ),
        (
            lambda radiographs: radiographs.assign(p_virus=-0.25, p_normal=[0.75, 1]),
            "2 of 2 radiographs have",
        ),
        (
            lambda radiographs: radiographs.assign(patient="1"),
            "radiographs of 1 patient give no interval",
        ),
    ],
)
def test_what_cannot_be_scored_is_told(change, said):
    radiographs = predictions(["bacteria", "normal"], [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
    with pytest.raises(NeuroLoopError, match=said):
        table(change(radiographs), contrast=None)


def test_a_contrast_of_other_classes_is_told():
    with pytest.raises(NeuroLoopError, match="contrast names viral"):
        table(cohort(n=20), contrast=("bacteria", "viral"))
