"""Images of every source end as pixels and a table whose rows belong together."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neuroloop.distill.image_set import load_image_set
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_table
from neuroloop.files.intake import Intake, read_intake
from neuroloop.fmri.simulate import draw_stimuli, stimulus_images
from neuroloop.registry import entry
from scripts.distill.prepare_images import prepare_images


def colour(name: str) -> int:
    """A grey level that belongs to a name."""
    return sum(7**place * ord(letter) for place, letter in enumerate(name)) % 200 + 20


def paint(path: Path, level: int, shape=(6, 9)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*shape, 3), level, dtype=np.uint8)).save(path)


@pytest.fixture
def stimuli(tmp_path):
    """Stimuli in an order that is not theirs, with a perception test."""
    rows = [
        (f"{category}{image}", category, session, held_out)
        for category in ("dog", "cat")
        for image, session, held_out in [
            (3, "training", 1),
            (1, "training", 0),
            (2, "training", 0),
            (9, "perception", 0),
        ]
    ]
    table = pd.DataFrame(rows, columns=["stimulus_id", "category", "session", "held_out"])
    save_table(tmp_path / "stimuli.tsv", table)
    return table


def prepare(folder, source, images, paired=None):
    outputs = folder / "images.npy", folder / "images.tsv"
    prepare_images(
        stimuli=folder / "stimuli.tsv",
        files=source,
        images=outputs[0],
        table=outputs[1],
        intake=folder / "intake.json",
        source=images["source"],
        size=images["size"],
        options=entry("image_source", images["source"]).options(
            {"teaching": {"images": images}, "paired": paired}
        ),
    )
    return load_image_set(*outputs)


def test_a_folder_of_stimuli(stimuli, tmp_path):
    for name, category in zip(stimuli["stimulus_id"], stimuli["category"], strict=True):
        if not name.endswith("9"):  # those of the perception test are not needed
            paint(tmp_path / "shown" / category / f"{name}.png", colour(name))
    images = {
        "source": "stimulus_folder",
        "size": 4,
        "folder": "shown",
        "pattern": "{category}/{stimulus_id}.png",
    }
    shown = prepare(tmp_path, [tmp_path / "shown"], images)
    assert shown.pixels.shape == (6, 3, 4, 4)
    assert shown.table["image_id"].tolist() == ["dog3", "dog1", "dog2", "cat3", "cat1", "cat2"]
    assert shown.table["stimulus_id"].tolist() == shown.table["image_id"].tolist()
    assert shown.table["split"].tolist() == ["test", "train", "train"] * 2
    read = read_intake(tmp_path / "intake.json").files
    assert [Path(each.file).stem for each in read] == shown.table["image_id"].tolist()
    assert shown.pixels[:, 0, 0, 0].tolist() == [colour(name) for name in shown.table["image_id"]]
    sidecar = json.loads((tmp_path / "images.json").read_text())
    assert sidecar["axes"] == ["image", "channel", "row", "column"]
    assert sidecar["ids"]["image"] == shown.table["image_id"].tolist()


def test_one_file_for_several_stimuli_is_refused(stimuli, tmp_path):
    """A pattern without the stimulus would teach and test with the same picture."""
    paint(tmp_path / "shown" / "dog.png", 7)
    paint(tmp_path / "shown" / "cat.png", 8)
    images = {"source": "stimulus_folder", "size": 4, "pattern": "{category}.png"}
    with pytest.raises(NeuroLoopError, match=r"dog\.png is listed twice"):
        prepare(tmp_path, [tmp_path / "shown"], images)
    assert not (tmp_path / "images.tsv").exists()


def test_folders_of_classes(stimuli, tmp_path):
    for side, count in (("learn", 2), ("judge", 1)):
        for name in ("n1", "n2", "n3"):
            for number in range(count):
                level = colour(f"{side}{name}{number}")
                paint(tmp_path / side / name / f"{number}.png", level)
    classes = {"shoe": ["n3", "n1"], "cat": ["n2"]}
    images = {"source": "class_folders", "size": 5, "classes": classes}
    shown = prepare(tmp_path, [tmp_path / "learn", tmp_path / "judge"], images)
    assert shown.classes == ["cat", "shoe"]
    assert len(shown.train) == 6
    assert len(shown.test) == 3
    assert set(shown.table["stimulus_id"]) == {""}
    for place, row in shown.table.iterrows():
        split, folder, file = row["image_id"].split("/")
        side = {"train": "learn", "test": "judge"}[split]
        assert split == row["split"]
        assert folder in classes[row["category"]]
        assert (shown.pixels[place] == colour(f"{side}{folder}{file[0]}")).all()


def test_the_same_folder_to_teach_and_to_test_is_refused(stimuli, tmp_path):
    for name in ("n1", "n2"):
        for number in range(2):
            paint(tmp_path / "all" / name / f"{number}.png", 9)
    images = {"source": "class_folders", "size": 5, "classes": {"a": ["n1"], "b": ["n2"]}}
    with pytest.raises(NeuroLoopError, match="to teach and to test"):
        prepare(tmp_path, [tmp_path / "all", tmp_path / "all"], images)


def test_images_that_are_paired_with_voxels_are_joined_by_trial(tmp_path):
    grey = np.random.default_rng(0).integers(2, 256, size=(6, 4, 4)).astype(np.uint8)
    labels = np.array(["six", "nine", "six", "nine", "six", "nine"])
    np.savez(tmp_path / "data.npz", x=np.zeros((6, 3)), i=grey, l=labels)
    order = [4, 1, 0, 5, 2, 3]
    held_out = {"trial005", "trial002"}
    names = [f"trial{trial + 1:03d}" for trial in order]
    table = pd.DataFrame({"stimulus_id": names, "category": labels[order], "session": "training"})
    save_table(
        tmp_path / "stimuli.tsv",
        table.assign(held_out=[int(name in held_out) for name in names]),
    )
    paired = {"voxels": ["x"], "images": ["i"], "labels": ["l"], "image_shape": [4, 4]}
    source = [tmp_path / "data.npz"]
    shown = prepare(tmp_path, source, {"source": "paired", "size": 4}, paired)
    np.testing.assert_array_equal(shown.pixels[:, 0], grey[order])
    assert shown.table["category"].tolist() == labels[order].tolist()
    assert set(shown.table["image_id"].iloc[shown.test]) == held_out


@pytest.mark.parametrize(("side", "name"), [("judge", "a"), ("judge", "b"), ("learn", "b")])
def test_a_test_image_that_equals_a_training_image_is_refused(stimuli, tmp_path, side, name):
    """Under another name, as another kind of file, and in another class too."""
    levels = {
        ("learn", "a"): [10, 20, 30],
        ("learn", "b"): [40, 50],
        ("judge", "a"): [60, 65],
        ("judge", "b"): [70],
    }
    for (part, of), shades in levels.items():
        for number, level in enumerate(shades):
            paint(tmp_path / part / of / f"{part}{number}.png", level)
    images = {"source": "class_folders", "size": 5, "classes": {"a": ["a"], "b": ["b"]}}
    folders = [tmp_path / "learn", tmp_path / "judge"]
    assert len(prepare(tmp_path, folders, images).test) == 3
    paint(tmp_path / side / name / "again.bmp", 60 if side == "learn" else 20)
    one, other = (
        ("test/a/judge0.png", f"train/{name}/again.bmp")
        if side == "learn"
        else (f"test/{name}/again.bmp", "train/a/learn1.png")
    )
    said = f"test image {one!r} has the pixels of training image {other!r} \\(1 of "
    with pytest.raises(NeuroLoopError, match=said):
        prepare(tmp_path, folders, images)


def test_a_held_out_stimulus_that_equals_a_training_stimulus_is_refused(stimuli, tmp_path):
    pattern = "{category}/{stimulus_id}.png"
    images = {"source": "stimulus_folder", "size": 5, "pattern": pattern}
    for number, row in enumerate(stimuli.itertuples()):
        paint(tmp_path / row.category / f"{row.stimulus_id}.png", 20 + number)
    prepare(tmp_path, [tmp_path], images)
    paint(tmp_path / "cat" / "cat3.png", 21)
    with pytest.raises(NeuroLoopError, match="'cat3' has the pixels of training image 'dog1'"):
        prepare(tmp_path, [tmp_path], images)


def test_images_with_the_same_pixels_on_one_side_are_told(stimuli, tmp_path):
    levels = {
        ("learn", "a"): [10, 20, 20],
        ("learn", "b"): [10, 50],
        ("judge", "a"): [60],
        ("judge", "b"): [70],
    }
    for (part, of), shades in levels.items():
        for number, level in enumerate(shades):
            paint(tmp_path / part / of / f"{number}.png", level)
    images = {"source": "class_folders", "size": 5, "classes": {"a": ["a"], "b": ["b"]}}
    prepare(tmp_path, [tmp_path / "learn", tmp_path / "judge"], images)
    torn, twins = read_intake(tmp_path / "intake.json").warnings
    assert torn.startswith("1 of 7 students' images have the pixels of images of another class")
    assert torn.endswith("the first is train/b/0.png as train/a/0.png.")
    assert twins.endswith("count twice, the first is train/a/2.png as train/a/1.png.")


def test_black_images_are_told_and_classes_of_them_refused(stimuli, tmp_path):
    for side, name, shades in (
        ("learn", "a", [0, 20, 30]),
        ("learn", "b", [40, 50]),
        ("judge", "a", [60]),
        ("judge", "b", [70]),
    ):
        for number, level in enumerate(shades):
            paint(tmp_path / side / name / f"{number}.png", level)
    images = {"source": "class_folders", "size": 5, "classes": {"a": ["a"], "b": ["b"]}}
    folders = [tmp_path / "learn", tmp_path / "judge"]
    prepare(tmp_path, folders, images)
    (told,) = read_intake(tmp_path / "intake.json").warnings
    assert told.startswith("1 of 7 students' images are black all over")
    for path in (tmp_path / "learn/b").glob("*.png"):
        paint(path, 0)
    paint(tmp_path / "judge/b/0.png", 0)
    with pytest.raises(NeuroLoopError, match="all images of class 'b' are black"):
        prepare(tmp_path, folders, images)


def test_subjects_must_have_seen_the_same_image_in_a_trial(tmp_path):
    grey = np.random.default_rng(0).integers(2, 256, size=(6, 4, 4)).astype(np.uint8)
    labels = np.array(["six", "nine"] * 3)
    for name, order in (("a", range(6)), ("b", [2, 1, 0, 3, 4, 5]), ("c", range(2))):
        order = list(order)
        rows = {"x": np.zeros((len(order), 3)), "i": grey[order], "l": labels[order]}
        np.savez(tmp_path / f"{name}.npz", **rows)
    names = [f"trial{trial:03d}" for trial in range(1, 7)]
    table = pd.DataFrame({"stimulus_id": names, "category": labels, "session": "training"})
    save_table(tmp_path / "stimuli.tsv", table.assign(held_out=[0, 0, 0, 0, 1, 1]))
    paired = {"voxels": ["x"], "images": ["i"], "labels": ["l"], "image_shape": [4, 4]}
    images = {"source": "paired", "size": 4}
    with pytest.raises(NeuroLoopError, match=r"b\.npz shows another image as trial001"):
        prepare(tmp_path, [tmp_path / "a.npz", tmp_path / "b.npz"], images, paired)
    # What one subject did not see comes from another.
    shown = prepare(tmp_path, [tmp_path / "c.npz", tmp_path / "a.npz"], images, paired)
    np.testing.assert_array_equal(shown.pixels[:, 0], grey)


def test_digits_that_were_simulated(tmp_path):
    drawn = draw_stimuli(
        1, categories=3, train_per_category=2, test_images=6, lifetime_per_category=4
    )
    save_table(tmp_path / "stimuli.tsv", drawn)
    shown = prepare(tmp_path, [], {"source": "simulated", "size": 16})
    assert read_intake(tmp_path / "intake.json") == Intake()
    assert shown.pixels.shape == (12, 1, 16, 16)
    assert len(shown.train) == len(shown.test) == 6
    of_stimulus = drawn.set_index("stimulus_id")
    sessions = of_stimulus.loc[shown.table["stimulus_id"], "session"]
    assert set(sessions.iloc[shown.train]) == {"training"}
    assert set(sessions.iloc[shown.test]) == {"held_out"}
    rows = of_stimulus.loc[shown.table["image_id"]]
    np.testing.assert_array_equal(shown.pixels[:, 0], stimulus_images(rows))


def test_files_that_are_no_images_are_counted(stimuli, tmp_path):
    for side, level in (("learn", 10), ("judge", 50)):
        for name in ("a", "b"):
            for number in (1, 2):
                level += 10
                paint(tmp_path / side / name / f"{number}.png", level + (name == "b"))
    (tmp_path / "learn/a/film.gif").write_bytes(b"GIF89a")
    (tmp_path / "learn/a/.hidden").write_text("x")
    images = {"source": "class_folders", "size": 5, "classes": {"a": ["a"], "b": ["b"]}}
    prepare(tmp_path, [tmp_path / "learn", tmp_path / "judge"], images)
    (left,) = read_intake(tmp_path / "intake.json").dropped
    assert (left.what, left.count) == ("files with the ending .gif", 1)
