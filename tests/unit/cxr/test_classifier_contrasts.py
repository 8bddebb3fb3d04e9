"""What is compared with what, and what each comparison is said to speak of."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.classifier_contrasts import contrasts, elsewhere
from neuroloop.cxr.classifier_summary import Run, averaged, partitions, scores_of_runs
from neuroloop.cxr.radiograph_metrics import radiograph_metrics
from neuroloop.statistics.families import corrected

CLASSES = ["bacteria", "virus"]


def predicted(skill, seed, repeats=1, patients=40):
    parts = []
    for repeat in range(repeats):
        stream = np.random.default_rng([seed, repeat])
        truth = np.arange(2 * patients) // 2 % 2
        share = 1 / (1 + np.exp(skill * (2 * truth - 1) + stream.normal(size=len(truth))))
        parts.append(
            pd.DataFrame(
                {
                    "radiograph": [f"r{number}" for number in range(len(truth))],
                    "patient": [f"p{number // 2}" for number in range(len(truth))],
                    "label": np.array(CLASSES)[truth],
                    "fold": np.arange(len(truth)) // 4 % 2,
                    "shown": "whole",
                    "repeat": repeat,
                    "p_bacteria": share,
                    "p_virus": 1 - share,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def runs():
    return {
        Run("case1", "head", "patient"): predicted(1.0, 1, 3),
        Run("case5", "head", "patient"): predicted(1.0, 2, 3),
        Run("case1", "deep", "patient"): predicted(2.0, 3),
        Run("case1", "head", "image"): predicted(1.5, 4, 3),
    }


def compared(runs, external=None, baseline=("case1", "head")):
    return contrasts(runs, external or {}, {}, CLASSES, ("bacteria", "virus"), baseline, 0, 100)


def test_heads_vary_partitions_and_deep_networks_say_that_they_do_not(runs):
    made = compared(runs).query("metric == 'accuracy'").set_index(["kind", "case", "classifier"])
    assert list(made.index) == [
        ("baseline", "case5", "head"),
        ("baseline", "case1", "deep"),
        ("leak", "case1", "head"),
    ]
    assert made["partitions"].tolist() == [3, 1, 3]
    assert made["unit"].tolist() == ["patients x partitions", "patients", "patients x partitions"]
    deep = made.loc["baseline", "case1", "deep"]
    assert np.isnan(deep[["p", "q"]].astype(float)).all()
    assert deep["family"] == ""
    assert "repeats_of" in deep["reason"]
    assert deep["ci_low"] < deep["difference"] < deep["ci_high"]
    assert made["reason"].tolist()[::2] == ["", ""]


def test_families_are_of_one_kind(runs):
    made = compared(runs)
    assert set(made["family"]) == {"", "baseline", "leak"}
    for name, rows in made[made["family"] != ""].groupby("family"):
        expected = corrected(rows["p"].tolist(), [str(name)] * len(rows))
        np.testing.assert_allclose(rows["q"], expected)


def test_another_set_is_compared_by_the_networks_as_they_are(runs):
    external = {
        ("case1", "head", "kaggle"): predicted(0.2, 7, patients=25),
        ("case1", "deep", "kaggle"): predicted(0.4, 8, patients=25),
    }
    made = compared(runs, external)
    made = made[made["split"] == "external kaggle"].query("metric == 'accuracy'")
    assert made["kind"].tolist() == ["site", "baseline", "site"]
    assert made["against"].tolist() == [
        "case1, head, patient",
        "case1, head, external kaggle",
        "case1, deep, patient",
    ]
    assert set(made["scope"]) == {"other patients; these networks and these sites alone"}
    assert set(made["family"]) == {"site kaggle", "external kaggle"}
    assert (made[made["kind"] == "site"]["ci_high"] < 0).all()


def test_the_drop_elsewhere_is_of_two_sets_of_patients():
    there, here = predicted(0.5, 1, patients=30), predicted(1.5, 2)
    made = elsewhere(there, here, CLASSES, None, 0, 4000).set_index("metric").loc["accuracy"]
    (value, low, high), (own, own_low, own_high) = (
        radiograph_metrics(rows, CLASSES, None, 5, 4000)
        .set_index("metric")
        .loc["accuracy", ["value", "ci_low", "ci_high"]]
        for rows in (there, here)
    )
    assert made["difference"] == pytest.approx(value - own)
    below, above = np.hypot(value - low, own_high - own), np.hypot(high - value, own - own_low)
    assert made["ci_low"] == pytest.approx(value - own - below, abs=0.005)
    assert made["ci_high"] == pytest.approx(value - own + above, abs=0.005)
    assert made[["n", "patients"]].tolist() == [60, 30]


def test_a_loss_that_too_few_were_named_wrong_for_has_no_p_elsewhere(runs):
    external = {("case1", "deep", "kaggle"): predicted(9.0, 8, patients=25)}
    made = compared(runs, external, None).query("split == 'external kaggle' and kind == 'site'")
    made = made.set_index("metric")
    assert np.isnan(made.loc["log_loss", ["p", "ci_low"]].astype(float)).all()
    assert "named wrong" in made.loc["log_loss", "reason"]
    assert made.loc["log_loss", "family"] == ""
    assert 0 < made.loc["accuracy", "p"] < 1
    assert (made.drop("log_loss")["reason"] == "").all()


def test_an_ensemble_has_the_partitions_that_all_members_have(runs):
    made = averaged(runs, [["head", "deep"], ["head", "head"]], CLASSES)
    mixed, heads = (Run("case1", f"head + {other}", "patient") for other in ("deep", "head"))
    assert [len(partitions(made[run])) for run in (mixed, heads)] == [1, 3]
    assert Run("case5", "head + deep", "patient") not in made  # deep was not trained in it


def test_scores_say_that_they_speak_of_other_patients_of_these_sites(runs):
    made = scores_of_runs(runs, {}, {}, CLASSES, None, 0, 100)
    assert set(made["unit"]) == {"patients"}
    assert set(made["scope"]) == {"other patients; these networks and these sites alone"}
    assert (made["n"] <= 80).all()  # of the first partition alone
