"""Numbers of a decoder beside their n, chance, interval and null."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score

from neuroloop.files.formats import load_array, read_json, save_arrays, save_table
from neuroloop.fmri import decoding
from neuroloop.fmri.assessment import null_of, score
from neuroloop.fmri.decoding import pose, save_decoding
from neuroloop.fmri.permutation import label_null, retrained_null
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics import metrics
from neuroloop.statistics.intervals import cluster_interval, permutation_p
from scripts.fmri.assess_decoding import assess_decoding
from tests.unit.fmri.test_decoding import RUNS, brain, decode, table

RIDGE = {"method": "ridge", "alphas": [1.0]}


@pytest.fixture
def stimuli():
    return table()


@pytest.fixture
def solved(stimuli):
    problem = pose(*brain(stimuli), stimuli)
    return problem, decode(problem).logits, np.linspace(0.1, 0.5, 99)


def test_numbers_stand_beside_their_n_chance_interval_and_null(solved):
    problem, logits, null = solved
    facts = score(problem, logits, null, "made by hand")
    hits = logits.argmax(axis=1) == problem.y
    interval = cluster_interval(hits, problem.rows["run"], crossed=problem.rows["block"])
    assert facts["accuracy"] == hits.mean()
    assert facts["chance"] == 1 / 3
    assert facts["n"] == 24
    assert (facts["ci_low"], facts["ci_high"]) == (interval.ci_low, interval.ci_high)
    assert facts["p"] == permutation_p(hits.mean(), null)
    assert facts["interval"] == "95 %, over runs"
    assert (facts["unit"], facts["scope"]) == ("runs", "other runs; these people alone")
    assert facts["runs"] == RUNS
    expected = metrics.pairwise_by_chance(logits, problem.y, problem.rows["fold"].to_numpy())
    assert facts["pairwise_chance"] == expected
    assert facts["null"]["smallest_effect"] == pytest.approx(np.quantile(null, 0.95) - 0.3)
    assert facts["null"]["method"] == "made by hand"
    assert facts["null"]["permutations"] == 99
    assert facts["null"]["mean"] == pytest.approx(0.3)
    assert facts["null"]["quantile_95"] == pytest.approx(np.quantile(null, 0.95))
    assert set(facts) >= set(metrics.classification_metrics(logits, problem.y))
    assert facts["top5_accuracy"] is None


def test_a_single_run_gives_an_interval_over_samples_and_says_so(solved):
    problem, logits, null = solved
    one = dataclasses.replace(problem, rows=problem.rows.assign(run="training-1"))
    facts = score(one, logits, null, "none")
    assert facts["interval"] == "95 %, over samples and folds"
    assert facts["ci_low"] < facts["accuracy"] < facts["ci_high"]


@pytest.mark.parametrize("runs", [1, RUNS])
def test_folds_that_cut_through_runs_say_nothing_of_other_runs(solved, runs):
    problem, logits, null = solved
    cut = problem.rows["fold"].to_numpy()
    runs_of = [f"training-{(row + fold) % runs}" for row, fold in enumerate(cut)]
    facts = score(
        dataclasses.replace(problem, rows=problem.rows.assign(run=runs_of)), logits, null, "none"
    )
    shared = "folds" if runs == 1 else "runs"
    assert facts["interval"] == f"95 %, over samples and {shared}"
    assert facts["unit"] == "samples"
    assert facts["scope"] == "other samples; these runs and these people alone"


def test_unequal_classes_have_the_chance_of_their_namings(stimuli):
    x, samples, folds = brain(stimuli)
    kept = (folds["category"] != "c2") | (folds.groupby("category").cumcount() % 2 == 0)
    problem = pose(x, samples, folds[kept].reset_index(drop=True), stimuli)
    logits, null = decode(problem).logits, np.linspace(0.1, 0.5, 99)
    facts = score(problem, logits, null, "by hand")
    predicted = logits.argmax(axis=1)
    accuracy, kappa = facts["accuracy"], cohen_kappa_score(problem.y, predicted)
    assert facts["chance"] == pytest.approx((accuracy - kappa) / (1 - kappa))
    balanced = balanced_accuracy_score(problem.y, predicted)
    assert facts["null"]["statistic"] == "balanced accuracy"
    assert facts["p"] == permutation_p(balanced, null)


def test_always_naming_the_largest_class_is_chance():
    """Four rows in five are of one class; of its blocks some are longer than the other's."""
    y = np.tile(np.repeat([0, 1], [4, 16]), 2)
    length = [2, 2, *[2, 2, 6, 6]] * 2
    blocks = np.repeat(np.arange(12), length).astype(str)
    rows = pd.DataFrame({"run": np.repeat([*"12"], 20), "block": blocks, "fold": 0})
    logits = np.tile([0.0, 1.0], (40, 1))
    problem = decoding.Problem(logits, rows, ["a", "b"], y, np.full(40, ""), [], [])
    generator = np.random.default_rng(0)
    null = label_null(np.ones(40, int), y, problem.blocks, problem.runs, generator, 99)
    facts = score(problem, logits, null, "by hand")
    assert facts["accuracy"] == facts["chance"] == pytest.approx(0.8)
    assert facts["p"] == 1


def crossed(images, runs, y=None):
    """A solved problem of one row an image and run."""
    n = len(images)
    y = np.arange(n) % 2 if y is None else y
    rows = pd.DataFrame({"run": [*runs], "block": [f"b{row}" for row in range(n)], "fold": 0})
    problem = decoding.Problem(
        np.zeros((n, 1)), rows, ["a", "b"], y, np.array(images), [], sorted(set(images))
    )
    logits = np.eye(2)[np.random.default_rng(0).integers(0, 2, n)]
    return problem, logits


@pytest.mark.parametrize(
    ("images", "runs", "over", "unit"),
    [
        ("abcdefgh", "11112222", "runs", "runs"),
        ("ababcdcd", "11112222", "runs", "runs"),
        ("abcdabcd", "11112222", "runs and images", "runs x stimuli"),
        ("abcdabcd", "11111111", "blocks or images and folds", "stimuli"),
        ("abcdefgh", "11111111", "samples and folds", "samples"),
    ],
)
def test_the_interval_is_over_what_is_alike(images, runs, over, unit):
    problem, logits = crossed([*images], runs)
    facts = score(problem, logits, np.empty(0), "none")
    assert (facts["interval"], facts["unit"]) == (f"95 %, over {over}", unit)


def test_without_exchangeable_images_there_is_no_p_and_a_reason(stimuli):
    """Each category is one image: nothing tells the category from it."""
    x, samples, folds = brain(stimuli)
    problem = pose(x, samples, folds, stimuli)
    logits = decode(problem).logits
    problem = dataclasses.replace(problem, stimuli=(folds["category"] + "-0").to_numpy(str))
    assert problem.permutable.impossible
    null, method = null_of(problem, logits, RIDGE, 8, 20, 0)
    facts = score(problem, logits, null, method)
    assert facts["p"] is facts["null"]["mean"] is facts["null"]["quantile_95"] is None
    assert facts["null"]["smallest_effect"] is None
    assert facts["null"]["permutations"] == 0
    assert facts["null"]["method"] == f"none: {problem.permutable.impossible}"
    assert "single image or chain of blocks" in method
    assert facts["accuracy"] > 0.5


def test_linear_decoders_are_trained_again_on_permuted_labels(solved):
    problem, logits, _ = solved
    null, method = null_of(problem, logits, RIDGE, 8, 20, 3)
    rows = (problem.x, problem.y, problem.blocks, problem.runs, problem.splits, 3)
    generator = numpy_generator(3, "permutation")
    expected = retrained_null(
        "ridge", *rows, generator, 20, n_voxels=8, stimuli=problem.stimuli, alphas=[1.0]
    )
    np.testing.assert_array_equal(null, expected)
    assert method == "retrained on permuted labels"


def test_networks_are_not_trained_again(solved):
    problem, logits, _ = solved
    null, method = null_of(problem, logits, {"method": "resnet1d18"}, 8, 20, 3)
    rows = (problem.y, problem.blocks, problem.runs)
    generator, folds = numpy_generator(3, "permutation"), problem.rows["fold"].to_numpy()
    expected = label_null(logits.argmax(axis=1), *rows, generator, 20, problem.stimuli, folds)
    np.testing.assert_array_equal(null, expected)
    assert method == "held-out labels permuted, not retrained; spread widened by sqrt(2)"


def test_a_decoding_is_assessed_from_what_it_left(stimuli, tmp_path):
    """Its samples in full precision, and its settings from their sidecar."""
    x, samples, folds = brain(stimuli)
    paths = {name: tmp_path / name for name in ("logits", "soft_labels", "samples")}
    paths = {name: path.with_suffix(".npy") for name, path in paths.items()}
    paths["samples"] = tmp_path / "samples.npz"
    problem = pose(x, samples, folds, stimuli)
    decoded = decode(problem)
    facts = {"decoder": RIDGE, "voxels": 8, "voxels_asked": 9, "seed": 3}
    save_decoding(problem, decoded, paths, facts)
    axes = {"x": ("sample", "voxel"), "sample": ("sample",)}
    save_arrays(tmp_path / "voxels.npz", {"x": x, "sample": samples}, axes=axes)
    save_table(tmp_path / "folds.tsv", folds)
    save_table(tmp_path / "stimuli.tsv", stimuli)

    def assess(permutations, code="code"):
        assess_decoding(
            voxels=tmp_path / "voxels.npz",
            folds=tmp_path / "folds.tsv",
            stimuli=tmp_path / "stimuli.tsv",
            samples=paths["samples"],
            sidecar=tmp_path / "samples.json",
            null=tmp_path / "null.npy",
            metrics=tmp_path / "metrics.json",
            permutations=permutations,
            kept=tmp_path / "nulls",
            code=code,
        )

    assess(20)
    expected, method = null_of(problem, decoded.logits, RIDGE, 8, 20, 3)
    null, said = load_array(tmp_path / "null.npy")
    np.testing.assert_array_equal(null, expected)
    assert (said["statistic"], said["method"]) == ("balanced accuracy", method)
    found = read_json(tmp_path / "metrics.json")
    scored = score(problem, decoded.logits, expected, method)
    assert found == scored | {"temperatures": decoded.temperatures.tolist()} | facts

    # Twenty more go on from these, of the same code alone.
    (kept,) = (tmp_path / "nulls").iterdir()
    np.savez(kept, null=np.full(20, 0.25))
    assess(40)
    more, _ = load_array(tmp_path / "null.npy")
    np.testing.assert_array_equal(more[:20], np.full(20, 0.25))
    assert len(more) == 40
    assess(40, code="other")
    anew, _ = load_array(tmp_path / "null.npy")
    np.testing.assert_array_equal(anew[:20], expected)
    np.testing.assert_array_equal(anew[20:], more[20:])
