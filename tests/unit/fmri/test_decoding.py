"""A region's problem: rows joined by id, what each fold may learn from, and what is written."""

import dataclasses
import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_array, load_arrays, save_arrays, save_table
from neuroloop.fmri import decoding, linear
from neuroloop.fmri.decoding import load_problem, pose, save_decoding
from neuroloop.fmri.soft_labels import OutOfFold, out_of_fold
from neuroloop.statistics.folds import check_training

CATEGORIES = ("c2", "c10", "c1")
PER_CATEGORY, RUNS, VOXELS = 8, 4, 12


def table(held_out=1):
    """Stimuli of three categories, the last ones held out, and a perception test."""
    rows = [
        (f"{category}-{image}", category, "training", int(image >= PER_CATEGORY - held_out))
        for category in CATEGORIES
        for image in range(PER_CATEGORY)
    ]
    rows += [(f"test-{category}", category, "perception", 0) for category in CATEGORIES]
    return pd.DataFrame(rows, columns=["stimulus_id", "category", "session", "held_out"])


def brain(stimuli, seed=0, repeats=1):
    """Voxels of every training stimulus, shown in another order than they are listed in."""
    generator = np.random.default_rng(seed)
    shown = stimuli[stimuli["session"] == "training"].index.repeat(repeats)
    shown = generator.permutation(shown)
    patterns = dict(zip(CATEGORIES, generator.normal(size=(3, VOXELS)), strict=True))
    folds = stimuli.loc[shown, ["stimulus_id", "category"]].reset_index(drop=True)
    folds.insert(0, "sample", [f"s{number:06d}" for number in range(len(folds))])
    run = np.arange(len(folds)) * RUNS // len(folds)
    folds["run"] = [f"training-{number + 1}" for number in run]
    folds["block"] = [f"{name}-{place}" for place, name in enumerate(folds["run"])]
    folds["fold"] = run // 2
    folds["unit"] = "trial"
    x = np.stack([patterns[name] for name in folds["category"]])
    x += generator.normal(size=x.shape)
    return x.astype(np.float32), folds["sample"].to_numpy(dtype=str), folds


@pytest.fixture
def stimuli():
    return table()


FIT = partial(linear.fit_linear, "ridge", n_voxels=8, alphas=[1.0])


def decode(problem) -> OutOfFold:
    runs = problem.rows["run"].to_numpy(dtype=str)
    return out_of_fold(
        problem.x, problem.y, runs, problem.stimuli, problem.splits, 3, FIT, calibration_folds=2
    )


def same(one, other):
    """Whether two problems are the same in everything."""
    np.testing.assert_array_equal(one.x, other.x)
    np.testing.assert_array_equal(one.y, other.y)
    np.testing.assert_array_equal(one.stimuli, other.stimuli)
    assert one.classes == other.classes
    assert one.rows.equals(other.rows)
    assert len(one.splits) == len(other.splits)
    for a, b in zip(one.splits, other.splits, strict=True):
        np.testing.assert_array_equal(a.train, b.train)
        np.testing.assert_array_equal(a.test, b.test)


# ------------------------------------------------------------- invariant 1: rows by id


def test_voxels_are_joined_to_labels_by_sample_and_not_by_place(stimuli):
    """Turns red where voxels are taken in the order in which they are stored."""
    x, samples, folds = brain(stimuli)
    order = np.random.default_rng(1).permutation(len(samples))
    straight = pose(x, samples, folds, stimuli)
    np.testing.assert_array_equal(straight.x, x)
    same(pose(x[order], samples[order], folds, stimuli), straight)


def test_labels_are_joined_to_stimuli_by_id_and_not_by_place(stimuli):
    """Turns red where held-out stimuli are looked up by the place of their row."""
    x, samples, folds = brain(stimuli)
    straight = pose(x, samples, folds, stimuli)
    other = stimuli.sample(frac=1, random_state=3)
    assert other["stimulus_id"].tolist() != stimuli["stimulus_id"].tolist()
    for turned in (other, other.reset_index(drop=True)):
        found = pose(x, samples, folds, turned)
        same(found, straight)
        assert sorted(found.stimulus_ids) == sorted(straight.stimulus_ids)
        assert found.stimulus_ids == [
            name for name in other["stimulus_id"] if not name.startswith("test-")
        ]


def test_soft_labels_do_not_change_with_the_order_of_any_table(stimuli):
    """From voxels to soft labels: pairing by place anywhere would change them."""
    x, samples, folds = brain(stimuli)
    order = np.random.default_rng(1).permutation(len(samples))
    turned = stimuli.iloc[::-1].reset_index(drop=True)
    labels = []
    for args in [(x, samples, folds, stimuli), (x[order], samples[order], folds, turned)]:
        problem = pose(*args)
        logits = pd.DataFrame(decode(problem).logits, index=problem.rows["stimulus_id"])
        labels.append(logits.loc[sorted(problem.stimulus_ids)].to_numpy())
    np.testing.assert_array_equal(*labels)
    truth = [name.rsplit("-")[0] for name in sorted(problem.stimulus_ids)]
    named = [problem.classes[index] for index in labels[0].argmax(axis=1)]
    assert np.mean(np.array(named) == truth) > 0.6


def test_more_voxels_than_labels_is_fine_and_fewer_is_one_line(stimuli):
    x, samples, folds = brain(stimuli)
    problem = pose(x, samples, folds.iloc[5:].reset_index(drop=True), stimuli)
    np.testing.assert_array_equal(problem.x, x[5:])
    with pytest.raises(NeuroLoopError, match=r"sample 's000003' of folds.tsv has no voxels"):
        pose(np.delete(x, 3, axis=0), np.delete(samples, 3), folds, stimuli)


def test_a_stimulus_that_no_table_lists_is_one_line(stimuli):
    x, samples, folds = brain(stimuli)
    rest = stimuli[stimuli["stimulus_id"] != "c2-0"]
    with pytest.raises(NeuroLoopError, match=r"'c2-0' was shown .* not in stimuli.tsv") as error:
        pose(x, samples, folds, rest)
    assert "\n" not in str(error.value)


def test_another_category_than_that_of_the_stimulus_is_one_line(stimuli):
    x, samples, folds = brain(stimuli)
    name = folds["stimulus_id"].iloc[4]
    folds.loc[4, "category"] = "c99"
    expected = name.rsplit("-")[0]
    with pytest.raises(
        NeuroLoopError, match=f"'s000004' has category 'c99'.*'{expected}'"
    ) as error:
        pose(x, samples, folds, stimuli)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_classes_are_the_categories_in_natural_order(stimuli):
    problem = pose(*brain(stimuli), stimuli)
    assert problem.classes == ["c1", "c2", "c10"]
    assert [problem.classes[index] for index in problem.y] == problem.rows["category"].tolist()


# ------------------------------------------------ invariant 2: what a fold may learn from


def test_no_fold_learns_from_images_that_test_students(stimuli):
    problem = pose(*brain(stimuli), stimuli)
    held_out = set(stimuli.loc[stimuli["held_out"] == 1, "stimulus_id"])
    assert len(held_out) == 3
    shown = problem.rows["stimulus_id"].to_numpy()
    for split in problem.splits:
        assert len(split.train)
        assert not held_out & set(shown[split.train])
    tested = np.concatenate([split.test for split in problem.splits])
    assert sorted(tested) == list(range(len(shown))), "they are predicted all the same"
    assert held_out <= set(problem.stimulus_ids)


def test_no_image_is_on_both_sides_of_a_fold(stimuli):
    problem = pose(*brain(stimuli, repeats=3), stimuli)
    shown = problem.rows["stimulus_id"].to_numpy()
    runs = problem.rows["run"].to_numpy()
    spread = pd.Series(problem.rows["fold"].to_numpy()).groupby(shown).nunique()
    assert (spread > 1).any(), "images are shown in several folds"
    for split in problem.splits:
        assert not set(shown[split.train]) & set(shown[split.test])
        assert not set(runs[split.train]) & set(runs[split.test])


def test_where_only_categories_are_known_they_are_no_images():
    """Blocks of a category, as in Haxby et al. 2001: every run shows every category."""
    names = ["cat", "shoe", "face"]
    stimuli = pd.DataFrame(
        {"stimulus_id": names, "category": names, "session": "training", "held_out": 0}
    )
    folds = pd.DataFrame(
        [(f"r{run}", name, run) for run in range(4) for name in names],
        columns=["run", "category", "fold"],
    )
    folds["stimulus_id"] = folds["category"]
    folds["sample"] = folds["block"] = [f"s{number}" for number in range(12)]
    x = np.zeros((12, 2), dtype=np.float32)
    problem = pose(x, folds["sample"].to_numpy(dtype=str), folds, stimuli)
    assert set(problem.stimuli) == {""}
    assert [len(split.train) for split in problem.splits] == [9] * 4
    check_training(problem.splits, folds["category"])
    assert problem.stimulus_ids == names


def test_a_fold_that_splits_a_block_is_refused(stimuli):
    x, samples, folds = brain(stimuli)
    folds["block"] = folds["category"] + folds["run"]
    folds["fold"] = np.arange(len(folds)) % 2
    with pytest.raises(NeuroLoopError, match=r"split block .*fold_by: run, or unit: block"):
        pose(x, samples, folds, stimuli)


def test_a_fold_that_cannot_learn_a_category_is_refused(stimuli):
    x, samples, folds = brain(stimuli)
    folds["fold"] = (folds["category"] == "c2").astype(int)
    with pytest.raises(
        NeuroLoopError, match=r"fold 0 .* \(c2\): its images in other folds|no other"
    ):
        pose(x, samples, folds, stimuli)


def test_images_held_out_in_all_other_folds_are_named_as_the_cause():
    stimuli = table(held_out=PER_CATEGORY - 1)
    with pytest.raises(NeuroLoopError, match="held out: hold out fewer images"):
        pose(*brain(stimuli), stimuli)


# --------------------------------------------------------------------------- what is written


@pytest.fixture
def solved(stimuli):
    problem = pose(*brain(stimuli), stimuli)
    return problem, decode(problem)


def test_a_problem_is_decoded_with_its_own_runs_stimuli_and_splits(solved):
    problem, decoded = solved
    made = decoding.decode(problem, FIT, 2)
    for field in dataclasses.fields(made):
        np.testing.assert_array_equal(getattr(made, field.name), getattr(decoded, field.name))
    assert problem.runs.tolist() == problem.rows["run"].tolist()
    assert problem.blocks.tolist() == problem.rows["block"].tolist()


def test_few_voxels_are_all_taken_and_told(stimuli, caplog):
    problem = pose(*brain(stimuli), stimuli)
    assert decoding.used_voxels(problem, 5) == {"voxels": 5, "voxels_asked": 5}
    assert decoding.used_voxels(problem, None) == {"voxels": VOXELS, "voxels_asked": None}
    assert not caplog.messages
    assert decoding.used_voxels(problem, 500) == {"voxels": VOXELS, "voxels_asked": 500}
    assert caplog.messages == ["500 voxels asked for, the region has 12: all are taken"]


def test_what_each_fold_learned_is_recorded(solved, tmp_path):
    problem, decoded = solved
    paths = {name: tmp_path / f"{name}.npy" for name in ("logits", "soft_labels")}
    paths["samples"] = tmp_path / "samples.npz"
    save_decoding(problem, decoded, paths, {"voxels": 9})
    folds = json.loads((tmp_path / "samples.json").read_text())["folds"]
    assert [fold["fold"] for fold in folds] == list(range(len(problem.splits)))
    for fold, split in zip(folds, problem.splits, strict=True):
        assert fold["training_samples"] == len(split.train)
        assert fold["test_samples"] == len(split.test)
        assert fold["left_out"] == len(problem.y) - len(split.train) - len(split.test)
        assert fold["classes"] == problem.classes
        assert fold["voxels"] == 9


@pytest.fixture
def written(solved, tmp_path):
    problem, decoded = solved
    paths = {
        "logits": tmp_path / "logits.npy",
        "soft_labels": tmp_path / "soft_labels.npy",
        "samples": tmp_path / "samples.npz",
    }
    save_decoding(problem, decoded, paths, {"decoder": "ridge", "seed": 7})
    return paths


def test_soft_labels_say_whose_rows_and_columns_they_are(solved, written):
    problem, decoded = solved
    logits, of_logits = load_array(written["logits"])
    soft, of_soft = load_array(written["soft_labels"])
    for array, facts in ((logits, of_logits), (soft, of_soft)):
        assert array.dtype == np.float32
        assert array.shape == (24, 3)
        assert facts["axes"] == ["stimulus", "class"]
        assert facts["ids"] == {"stimulus": problem.stimulus_ids, "class": ["c1", "c2", "c10"]}
        assert (facts["decoder"], facts["seed"]) == ("ridge", 7)
        assert facts["versions"]["numpy"] == np.__version__
    np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(soft, softmax(logits.astype(float), axis=1), rtol=1e-5)
    for row, name in enumerate(of_logits["ids"]["stimulus"]):
        own = (problem.rows["stimulus_id"] == name).to_numpy()
        assert own.sum() == 1
        np.testing.assert_allclose(logits[row], decoded.logits[own][0], rtol=1e-5)


def test_samples_are_those_of_the_decoder(solved, written):
    problem, decoded = solved
    arrays = load_arrays(written["samples"])
    assert arrays["sample"].tolist() == problem.rows["sample"].tolist()
    assert arrays["run"].tolist() == problem.rows["run"].tolist()
    np.testing.assert_array_equal(arrays["fold"], problem.rows["fold"])
    np.testing.assert_array_equal(arrays["truth"], problem.y)
    np.testing.assert_array_equal(arrays["logits"], decoded.logits)
    np.testing.assert_array_equal(arrays["temperature"], decoded.temperatures)
    assert arrays["confusion"].sum() == 24
    assert arrays["confusion"].diagonal().sum() == (decoded.logits.argmax(1) == problem.y).sum()
    sidecar = json.loads(written["samples"].with_suffix(".json").read_text())
    assert sidecar["classes"] == ["c1", "c2", "c10"]
    assert (sidecar["decoder"], sidecar["seed"]) == ("ridge", 7)


def test_a_problem_is_read_from_files_as_it_is_posed(stimuli, tmp_path):
    x, samples, folds = brain(stimuli)
    axes = {"x": ("sample", "voxel"), "sample": ("sample",)}
    save_arrays(tmp_path / "voxels.npz", {"x": x, "sample": samples}, axes=axes)
    save_table(tmp_path / "folds.tsv", folds)
    save_table(tmp_path / "stimuli.tsv", stimuli)
    read = load_problem(*(tmp_path / name for name in ("voxels.npz", "folds.tsv", "stimuli.tsv")))
    posed = pose(x, samples, folds, stimuli)
    np.testing.assert_array_equal(read.x, posed.x)
    np.testing.assert_array_equal(read.y, posed.y)
    assert read.stimulus_ids == posed.stimulus_ids
    for one, other in zip(read.splits, posed.splits, strict=True):
        np.testing.assert_array_equal(one.train, other.train)


def test_a_table_that_lacks_a_column_is_named(stimuli, tmp_path):
    x, samples, folds = brain(stimuli)
    axes = {"x": ("sample", "voxel"), "sample": ("sample",)}
    save_arrays(tmp_path / "voxels.npz", {"x": x, "sample": samples}, axes=axes)
    save_table(tmp_path / "folds.tsv", folds.drop(columns="fold"))
    save_table(tmp_path / "stimuli.tsv", stimuli)
    with pytest.raises(NeuroLoopError, match=r"folds.tsv lacks the column fold"):
        load_problem(*(tmp_path / name for name in ("voxels.npz", "folds.tsv", "stimuli.tsv")))
