"""Simulated subjects: sessions and ids as in Generic Object Decoding, and known truth."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri import god
from neuroloop.fmri.bdata import read_bdata, write_bdata
from neuroloop.fmri.simulate import (
    Region,
    draw_stimuli,
    encode_stimuli,
    simulate_subject,
    stimulus_images,
)

SEED = 7
REGIONS = {
    "V1": Region("energy", 60),
    "LOC": Region("mixed", 60),
    "HVC": Region("category", 60),
    "Noise": Region("none", 60),
}


@pytest.fixture(scope="module")
def stimuli():
    return draw_stimuli(SEED, train_per_category=12, test_images=40, perception_per_category=2)


@pytest.fixture(scope="module")
def features(stimuli):
    return encode_stimuli(stimuli)


@pytest.fixture(scope="module")
def brain(stimuli, features):
    return simulate_subject(SEED, "S1", 0.8, REGIONS, stimuli, features, runs=6)


def decode(voxels: np.ndarray, labels: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Hits of a linear decoder, leaving one run out."""
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

    model = RidgeClassifier(alpha=100)
    return cross_val_predict(model, voxels, labels, groups=runs, cv=LeaveOneGroupOut()) == labels


def training(brain, roi):
    rows = brain.rows[brain.rows["session"] == "training"]
    x = brain.voxels[rows.index][:, brain.rois[roi]]
    return x, rows["category"].to_numpy(str), rows["run"].to_numpy(str)


def within_chance(hits: np.ndarray) -> bool:
    low, high = binom.interval(0.999, len(hits), 0.1)
    return low <= hits.sum() <= high


def test_pools_are_disjoint_and_as_large_as_asked(stimuli):
    assert stimuli["stimulus_id"].is_unique
    assert stimuli["image"].is_unique
    counts = stimuli.groupby(["session", "category"]).size()
    assert set(counts["training"]) == {12}
    assert set(counts["perception"]) == {2}
    assert set(counts["held_out"]) == {4}
    assert set(counts["lifetime"]) == {60}
    assert (stimuli["held_out"] == (stimuli["session"] == "held_out")).all()


def test_test_images_are_spread_over_categories():
    drawn = draw_stimuli(SEED, test_images=13, lifetime_per_category=2)
    held_out = drawn[drawn["held_out"] == 1]["category"].value_counts()
    assert held_out.sum() == 13
    assert set(held_out) == {1, 2}


def test_stimulus_id_is_category_and_image(stimuli):
    from sklearn.datasets import load_digits

    target = load_digits().target
    value = stimuli["stimulus_id"].astype(float)
    np.testing.assert_array_equal(target[stimuli["image"]], value.astype(int))
    np.testing.assert_array_equal((value % 1 * 1e6).round().astype(int), stimuli["image"])
    assert stimuli["stimulus_id"].map(lambda name: god.stimulus_name(float(name)) == name).all()
    assert (stimuli["category"] == "digit" + value.astype(int).astype(str)).all()


def test_images_are_enlarged_digits(stimuli):
    from sklearn.datasets import load_digits

    images = stimulus_images(stimuli[:5])
    assert images.shape == (5, 16, 16)
    assert images.dtype == np.uint8
    small = images.reshape(5, 8, 2, 8, 2).mean(axis=(2, 4)) / 255 * 16
    original = load_digits().images[stimuli["image"][:5]]
    assert np.corrcoef(small.ravel(), original.ravel())[0, 1] > 0.97


def test_too_many_images_are_refused():
    with pytest.raises(NeuroLoopError, match="images of the digit 0 are requested"):
        draw_stimuli(SEED, train_per_category=200)


def test_unknown_encoding_is_refused():
    with pytest.raises(NeuroLoopError, match="encoding smell"):
        Region("smell", 3)


def test_sessions_are_those_of_generic_object_decoding(brain, stimuli):
    rows = brain.rows
    by_session = dict(list(rows.groupby("session")))
    known = {name: set(part["stimulus_id"]) for name, part in stimuli.groupby("session")}
    assert set(by_session["training"]["stimulus_id"]) == known["training"]
    assert by_session["training"]["stimulus_id"].is_unique
    assert set(by_session["perception"]["stimulus_id"]) == known["perception"]
    assert set(by_session["perception"]["stimulus_id"].value_counts()) == {5}
    assert set(by_session["imagery"]["stimulus_id"]) < known["perception"]
    assert set(by_session["imagery"]["category"].value_counts()) == {5}
    assert rows["block"].is_unique
    assert rows.groupby("session")["run"].nunique().to_dict() == {
        "imagery": 5,
        "perception": 5,
        "training": 6,
    }


def test_every_run_has_every_category_equally_often(brain):
    rows = brain.rows[brain.rows["session"] == "training"]
    counts = rows.groupby(["run", "category"]).size()
    assert len(counts) == 60
    assert set(counts) == {2}


def test_the_file_is_read_back(brain, tmp_path):
    write_bdata(tmp_path / "b.h5", brain, "trial")
    again = read_bdata(tmp_path / "b.h5")
    pd.testing.assert_frame_equal(again.rows, brain.rows)
    np.testing.assert_array_equal(again.voxels, brain.voxels)


def test_same_seed_same_bytes(brain, stimuli, features):
    pd.testing.assert_frame_equal(
        draw_stimuli(SEED, train_per_category=12, test_images=40, perception_per_category=2),
        stimuli,
    )
    again = simulate_subject(SEED, "S1", 0.8, REGIONS, stimuli, encode_stimuli(stimuli), runs=6)
    assert again.voxels.tobytes() == brain.voxels.tobytes()
    pd.testing.assert_frame_equal(again.rows, brain.rows)
    other = simulate_subject(SEED + 1, "S1", 0.8, REGIONS, stimuli, features, runs=6)
    assert other.voxels.tobytes() != brain.voxels.tobytes()


def test_subjects_differ_in_order_weights_and_noise(brain, stimuli, features):
    other = simulate_subject(SEED, "S2", 0.8, REGIONS, stimuli, features, runs=6)
    assert (other.rows["stimulus_id"] != brain.rows["stimulus_id"]).mean() > 0.5
    first = [set(b.rows.loc[b.rows["run"] == "training-1", "stimulus_id"]) for b in (brain, other)]
    assert len(first[0] & first[1]) < len(first[0]) / 2
    assert abs(np.corrcoef(other.voxels.ravel(), brain.voxels.ravel())[0, 1]) < 0.05


def test_signal_to_noise_is_a_ratio_of_standard_deviations(brain, stimuli, features):
    """The noise is the same at any ratio, so the difference of two recordings is signal alone."""
    silent = simulate_subject(SEED, "S1", 0.0, REGIONS, stimuli, features, runs=6)
    assert silent.voxels.var() == pytest.approx(1, abs=0.1)
    signal = brain.voxels - silent.voxels
    train = (brain.rows["session"] == "training").to_numpy()
    for name, ratio in {"V1": 0.8, "LOC": 0.8, "HVC": 0.8, "Noise": 0}.items():
        spread = signal[train][:, brain.rois[name]].std(axis=0).mean()
        assert spread == pytest.approx(ratio, abs=0.12)


def test_one_region_does_not_change_another(brain, stimuli, features):
    louder = {**REGIONS, "V1": Region("energy", 80, snr=3.0)}
    other = simulate_subject(SEED, "S1", 0.8, louder, stimuli, features, runs=6)
    for name in ("LOC", "HVC", "Noise"):
        np.testing.assert_array_equal(
            other.voxels[:, other.rois[name]], brain.voxels[:, brain.rois[name]]
        )


def test_regions_of_one_encoding_have_weights_of_their_own(stimuli, features):
    twins = {"one": Region("category", 30), "two": Region("category", 30)}
    b = simulate_subject(SEED, "S1", 100.0, twins, stimuli, features)
    one, two = (b.voxels[:, b.rois[name]] for name in twins)
    assert np.abs(one - two).mean() > 10


def test_regions_carry_labels_but_the_empty_one(brain):
    hits = {name: decode(*training(brain, name)) for name in REGIONS}
    assert within_chance(hits.pop("Noise"))
    for name, hit in hits.items():
        assert hit.mean() > 0.4, name
    assert hits["HVC"].mean() > hits["V1"].mean()


def test_more_signal_is_decoded_better(brain, stimuli, features):
    weak = simulate_subject(SEED, "S1", 0.3, REGIONS, stimuli, features, runs=6)
    strong = simulate_subject(SEED, "S1", 2.0, REGIONS, stimuli, features, runs=6)
    scores = [decode(*training(b, "HVC")).mean() for b in (weak, brain, strong)]
    assert scores[0] < scores[1] < scores[2]
    assert scores[2] > 0.9


def test_pairing_rows_with_images_by_position_decodes_nothing(brain, stimuli):
    """Rows are in order of presentation, which no order of the images is."""
    x, labels, runs = training(brain, "HVC")
    images = stimuli[stimuli["session"] == "training"]
    # First images of all categories, second images, ...: every run still holds every category.
    turn = images.groupby("category").cumcount()
    by_position = images["category"].to_numpy(str)[np.argsort(turn, kind="stable")]
    assert decode(x, labels, runs).mean() > 0.7
    assert within_chance(decode(x, by_position, runs))


def test_early_and_higher_regions_see_images_differently(brain, stimuli, features):
    """Two images of one category are more alike in the category region than in the early one."""
    train = stimuli["session"] == "training"
    same = (
        stimuli.loc[train, "category"].to_numpy()[:, None]
        == stimuli.loc[train, "category"].to_numpy()
    )
    off = ~np.eye(train.sum(), dtype=bool)
    contrast = {}
    for name in ("energy", "category"):
        alike = np.corrcoef(features[name].features[train])
        contrast[name] = alike[same & off].mean() - alike[~same].mean()
    assert contrast["category"] > contrast["energy"] + 0.2


def test_imagery_is_the_category_at_reduced_signal(stimuli, features):
    quiet = {"HVC": Region("category", 40)}
    options = {"runs": 6, "imagery_gain": 0.5}
    on = simulate_subject(SEED, "S1", 100.0, quiet, stimuli, features, **options)
    off = simulate_subject(SEED, "S1", 0.0, quiet, stimuli, features, **options)
    signal = pd.DataFrame(on.voxels - off.voxels)
    imagery = signal[on.rows["session"] == "imagery"]
    category = on.rows.loc[imagery.index, "category"]
    assert imagery.groupby(category).std().to_numpy().max() < 1e-3
    perception = signal[on.rows["session"] == "perception"]
    assert imagery.to_numpy().std() == pytest.approx(0.5 * perception.to_numpy().std(), rel=0.35)


def test_runs_must_be_possible(stimuli, features):
    with pytest.raises(NeuroLoopError, match="1 runs"):
        simulate_subject(SEED, "S1", 1.0, REGIONS, stimuli, features, runs=1)


def test_with_more_runs_than_images_of_a_category_runs_share_categories(stimuli, features):
    """24 runs of 5 of 12 images of 10 categories: two runs in a row show each category once."""
    regions = {"V1": Region("none", 2)}
    brain = simulate_subject(SEED, "S1", 1.0, regions, stimuli, features, runs=24)
    rows = brain.rows[brain.rows["session"] == "training"]
    shown = [set(run["category"]) for _, run in rows.groupby("run", sort=False)]
    assert [len(categories) for categories in shown] == [5] * 24
    assert all(len(one | two) == 10 for one, two in zip(shown[::2], shown[1::2], strict=True))
    assert rows["stimulus_id"].is_unique


def test_imagery_may_be_spread_over_runs(stimuli, features):
    regions, times = {"V1": Region("none", 2)}, {"imagery_repeats": 3, "imagery_parts": 4}
    brain = simulate_subject(SEED, "S1", 1.0, regions, stimuli, features, **times)
    rows = brain.rows[brain.rows["session"] == "imagery"]
    sizes = rows.groupby("run", sort=False).size()
    assert sizes.tolist() == [3, 3, 2, 2] * 3
    assert sizes.index.tolist() == [f"imagery-{run}" for run in range(1, 13)]
    assert [rows["category"].iloc[10 * time :][:10].nunique() for time in range(3)] == [10] * 3
    with pytest.raises(NeuroLoopError, match=r"11 runs .* for 10 categories to imagine"):
        simulate_subject(SEED, "S1", 1.0, regions, stimuli, features, imagery_parts=11)


def test_subjects_of_own_tuning_tell_other_images_apart(stimuli, features):
    """Of shared tuning, what images one subject takes for alike another does too."""

    def likeness(subject, tuning):
        regions = {"HVC": Region("category", 300)}
        brain = simulate_subject(SEED, subject, 5, regions, stimuli, features, tuning=tuning)
        training = brain.rows["session"] == "training"
        means = brain.rows[training].sort_values("stimulus_id").index
        return np.corrcoef(brain.voxels[means])[np.triu_indices(len(means), 1)]

    shared, own = (
        np.corrcoef(likeness("S1", tuning), likeness("S2", tuning))[0, 1]
        for tuning in ("shared", "own")
    )
    assert shared > 0.9
    assert own < shared - 0.2


def test_shared_tuning_is_what_subjects_have_unless_it_is_asked_for(brain, stimuli, features):
    again = simulate_subject(SEED, "S1", 0.8, REGIONS, stimuli, features, runs=6, tuning="shared")
    np.testing.assert_array_equal(again.voxels, brain.voxels)
    with pytest.raises(NeuroLoopError, match="tuning none"):
        simulate_subject(SEED, "S1", 0.8, REGIONS, stimuli, features, tuning="none")
