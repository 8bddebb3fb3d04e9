"""Photographs that simulated subjects look at: pools, ids, and what regions answer to."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.photographs import (
    categories_in,
    category_evidence,
    draw_photographs,
    encode_photographs,
    photograph_paths,
    stimulus_id,
    unseen_features,
)
from neuroloop.fmri.simulate import Region, simulate_subject

POOLS = {"train_per_category": 3, "test_images": 5, "lifetime_per_category": 6}
SYNSETS = ("n01443537", "n01629819", "n01641577", "n02056570")


def fill(folder: Path, categories: tuple[str, ...], images: int = 12) -> Path:
    """Folders of coloured noise, a level a category."""
    for level, category in enumerate(categories):
        (folder / category).mkdir(parents=True)
        for number in range(images):
            drawn = np.random.default_rng((level, number))
            pixels = drawn.integers(0, 60 + 30 * level, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / category / f"{category}_{number}.png")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("photographs") / "train", SYNSETS)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("photographs") / "other", ("cat", "dog", "emu"))


def test_a_category_is_a_folder_of_images(folder: Path, tmp_path: Path) -> None:
    found = categories_in(folder)
    assert tuple(found) == SYNSETS
    assert found["n01443537"][2] == "n01443537/n01443537_2.png"  # in natural order, 10 behind 9
    assert found["n01443537"][10] == "n01443537/n01443537_10.png"
    with pytest.raises(NeuroLoopError, match="holds no images"):
        categories_in(tmp_path)
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(NeuroLoopError, match=r"a\.png is of no category: put it into a folder"):
        categories_in(tmp_path)


def test_images_of_imagenet_have_the_ids_of_generic_object_decoding() -> None:
    assert stimulus_id("n01518878/n01518878_8432.JPEG") == "1518878.008432"
    assert stimulus_id("birds/emu 3.png") == "birds/emu 3.png"


def test_pools_are_disjoint_and_as_large_as_asked(folder: Path) -> None:
    drawn = draw_photographs(1, [folder], categories=3, **POOLS)
    assert drawn["stimulus_id"].is_unique
    counts = drawn.groupby(["category", "session"], sort=False).size().unstack()
    assert len(counts) == 3
    assert (counts["training"] == 3).all()
    assert (counts["lifetime"] == 6).all()
    assert (counts["perception"] == 1).all()  # no other categories: those that teach
    assert sorted(counts["held_out"]) == [1, 2, 2]
    assert (drawn["held_out"] == (drawn["session"] == "held_out")).all()
    pd.testing.assert_frame_equal(drawn, draw_photographs(1, [folder], categories=3, **POOLS))
    again = draw_photographs(2, [folder], categories=3, **POOLS)
    assert list(again["image"]) != list(drawn["image"])


def test_perception_shows_other_categories_of_a_second_folder(folder: Path, others: Path) -> None:
    drawn = draw_photographs(1, [folder, others], perception_categories=2, **POOLS)
    tested = drawn[drawn["session"] == "perception"]
    assert len(set(tested["category"])) == len(tested) == 2
    assert set(tested["category"]) <= {"cat", "dog", "emu"}
    known = drawn[drawn["session"] == "lifetime"].groupby("category").size()
    assert set(known.index) == {*SYNSETS, *tested["category"]}
    paths = photograph_paths(drawn, [folder, others])
    assert all(path.is_file() for path in paths)
    assert photograph_paths(tested, [folder, others]) == [others / one for one in tested["image"]]


def test_one_folder_may_hold_both_and_gives_none_twice(folder: Path) -> None:
    drawn = draw_photographs(1, [folder, folder], categories=2, perception_categories=2, **POOLS)
    taught = set(drawn.loc[drawn["session"] == "training", "category"])
    tested = set(drawn.loc[drawn["session"] == "perception", "category"])
    assert taught | tested == set(SYNSETS)
    assert not taught & tested
    with pytest.raises(NeuroLoopError, match=r"has 2 folders of images beside .* and 3 are asked"):
        draw_photographs(1, [folder, folder], categories=2, perception_categories=3, **POOLS)


def test_more_than_there_is_is_refused(folder: Path) -> None:
    with pytest.raises(NeuroLoopError, match=r"has 4 folders of images, and 5 are asked for"):
        draw_photographs(1, [folder], categories=5, **POOLS)
    with pytest.raises(NeuroLoopError, match=r"13 images of n01443537 are requested .* holds 12"):
        draw_photographs(1, [folder], **(POOLS | {"lifetime_per_category": 8, "test_images": 4}))


def test_two_images_of_one_name_are_refused(tmp_path: Path) -> None:
    fill(tmp_path / "a", ("n01443537",))
    (tmp_path / "a/n01443537").rename(tmp_path / "a/fish")
    fill(tmp_path / "a", ("n01443537",))
    with pytest.raises(NeuroLoopError, match="has the name of another one"):
        draw_photographs(1, [tmp_path / "a"], train_per_category=5, lifetime_per_category=3,
                         test_images=4)  # fmt: skip


def test_features_alone_have_no_image(folder: Path) -> None:
    drawn = draw_photographs(1, [folder], perception_categories=5, **POOLS)
    alone = drawn[drawn["image"] == ""]
    assert alone.groupby("session").size().to_dict() == {"perception": 5, "lifetime": 30}
    assert alone["category"].nunique() == 5
    with pytest.raises(NeuroLoopError, match="unseen1-1 is features alone and has no image"):
        photograph_paths(alone, [folder])
    encoded = encode_photographs(1, drawn, [folder], 3.0)
    assert {len(group.features) for group in encoded.values()} == {len(drawn)}
    assert all(np.isfinite(group.features).all() for group in encoded.values())


def test_features_of_unseen_categories_vary_as_an_analysis_of_variance_says() -> None:
    """One feature of variance 4 between categories and 1 within, and one of 0 and 1."""
    drawn = np.random.default_rng(0)
    categories = np.repeat([f"c{number}" for number in range(200)], 4)
    spread = np.array([2.0, 0.0])
    known = np.repeat(drawn.standard_normal((200, 2)), 4, axis=0) * spread
    known = 5 + known + drawn.standard_normal((800, 2))
    wanted = np.repeat([f"u{number}" for number in range(1500)], 4)
    made = unseen_features(known, categories, wanted, np.random.default_rng(1))
    means = made.reshape(1500, 4, 2).mean(axis=1)
    within = made.reshape(1500, 4, 2).var(axis=1, ddof=1).mean(axis=0)
    between = means.var(axis=0, ddof=1) - within / 4
    np.testing.assert_allclose(means.mean(axis=0), known.mean(axis=0), atol=0.15)
    assert between[0] == pytest.approx(4, rel=0.15)
    assert between[1] == pytest.approx(0, abs=0.25)
    assert made.var(axis=0).sum() == pytest.approx(known.var(axis=0).sum(), rel=0.1)


def test_where_means_differ_by_chance_alone_unseen_categories_share_nothing() -> None:
    """By hand: deviations of 1 around equal means, so that all of the variance is within."""
    known = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    categories = np.array(["a", "a", "b", "b"])
    wanted = np.repeat([f"u{number}" for number in range(2)], 3000)
    made = unseen_features(known, categories, wanted, np.random.default_rng(0))[:, 0]
    assert made.std() == pytest.approx(1, abs=0.03)
    assert abs(made[:3000].mean() - made[3000:].mean()) < 0.1


def test_an_images_own_category_stands_out_by_d_prime() -> None:
    drawn = np.random.default_rng(0)
    energy = drawn.standard_normal((60, 5))
    categories, known = np.repeat(["b", "a", "c"], 20), np.tile([True, False], 30)
    without = category_evidence(energy, categories, known, 0.0)
    np.testing.assert_allclose(without[known].std(axis=0), 1)
    more = category_evidence(energy, categories, known, 2.5) - without
    own = categories[:, None] == np.array(["a", "b", "c"])
    np.testing.assert_allclose(more, 2.5 * own)


def test_what_subjects_see_has_the_sessions_of_the_study(folder: Path) -> None:
    stimuli = draw_photographs(1, [folder], perception_categories=5, **POOLS)
    features = encode_photographs(1, stimuli, [folder], 8.0)
    regions = {"HVC": Region("category", 40, 30.0), "Noise": Region("none", 40)}
    times = {"runs": 4, "perception_repeats": 3, "imagery_repeats": 2, "imagery_parts": 2}
    brain = simulate_subject(1, "S1", 1.0, regions, stimuli, features, **times)
    rows = brain.rows
    assert rows.groupby("session").size().to_dict() == {
        **{"training": 12, "perception": 15, "imagery": 10}
    }
    assert rows[rows["session"] == "imagery"].groupby("run").size().tolist() == [3, 2, 3, 2]
    imagined = set(rows.loc[rows["session"] == "imagery", "category"])
    assert imagined == {f"unseen{number}" for number in range(1, 6)}
    voxels = brain.voxels[:, brain.rois["HVC"]]
    same = np.equal.outer(rows["category"].to_numpy(), rows["category"].to_numpy())
    alike = np.corrcoef(voxels)
    assert alike[same].mean() > alike[~same].mean() + 0.3
