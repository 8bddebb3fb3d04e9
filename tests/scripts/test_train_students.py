"""One group of students: its teacher by id, its score, and what it writes."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from scipy.special import log_softmax

from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.students import Student, train_students
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.model_file import open_model
from neuroloop.files.formats import load_array, load_arrays, read_table, save_array, save_table
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.networks.resnet import resnet
from neuroloop.statistics.intervals import crossed_interval
from neuroloop.training.checkpoints import checkpoint_key
from neuroloop.training.loop import predict
from scripts.distill import train_students as script
from scripts.distill.train_students import score, teacher_logits

CLASSES = ["cat", "dog", "cow"]  # in the order of the brain's columns, which is not the students'
STUDENT = {
    "depth": 18,
    "width": 2,
    "stem": "small",
    "weights": None,
    "temperature": 4.0,
    "alpha": 0.5,
    "epochs": 2,
    "batch_size": 6,
    "learning_rate": 0.02,
    "momentum": 0.9,
    "crop": 8,
    "pad": 1,
    "flip": False,
    "batched_networks": 2,
}


@pytest.fixture
def images(tmp_path):
    """Paths of twelve images that teach and six that test, in mixed order."""
    generator = np.random.default_rng(0)
    order = generator.permutation(18)
    table = pd.DataFrame(
        {
            "image_id": [f"i{number}" for number in order],
            "category": [CLASSES[number % 3] for number in order],
            "split": np.where(order < 12, "train", "test"),
            "stimulus_id": [f"s{number}" for number in order],
        }
    )
    pixels = generator.integers(0, 256, size=(18, 1, 8, 8)).astype(np.uint8)
    save_images(tmp_path, pixels, table)
    return tmp_path / "images.npy", tmp_path / "images.tsv"


def save_images(folder, pixels, table):
    axes = ("image", "channel", "row", "column")
    ids = {"image": table["image_id"].tolist()}
    save_array(folder / "images.npy", pixels, axes=axes, units="1", ids=ids)
    save_table(folder / "images.tsv", table)


def save_logits(path, rows, axes=("stimulus", "class"), order=None):
    """Logits that tell their row and column: row 7 and class dog give 7.1."""
    rows = rows if order is None else [rows[place] for place in order]
    values = np.array([[int(row[1:]) + column / 10 for column in range(3)] for row in rows])
    save_array(
        path,
        values.astype(np.float32),
        axes=axes,
        units="nat",
        ids={axes[0]: rows, axes[1]: CLASSES},
    )
    return path


def expected(ids):
    """What `save_logits` says of ids, in the students' order of classes: cat, cow, dog."""
    return np.array([[int(name[1:]) + column for column in (0, 0.2, 0.1)] for name in ids])


# --------------------------------------------------------------------------------- teacher


def test_images_get_the_soft_label_of_their_stimulus_by_id(images, tmp_path):
    """Turns red where soft labels are taken in the order in which they are stored."""
    shown = load_image_set(*images)
    assert shown.classes == ["cat", "cow", "dog"]
    rows = [f"s{number}" for number in range(18)]
    taught = [
        teacher_logits(shown, save_logits(tmp_path / name, rows, order=order), "brain", 4.0, [0], 1)
        for name, order in [
            ("straight.npy", None),
            ("turned.npy", range(17, -1, -1)),
            ("mixed.npy", np.random.default_rng(3).permutation(18)),
        ]
    ]
    train = shown.table["stimulus_id"].iloc[shown.train]
    for one in taught:
        assert one.shape == (1, 12, 3)
        np.testing.assert_allclose(one[0], expected(train), rtol=1e-6)


def test_images_that_test_need_no_soft_label(images, tmp_path):
    shown = load_image_set(*images)
    train = shown.table["stimulus_id"].iloc[shown.train].tolist()
    path = save_logits(tmp_path / "logits.npy", sorted(train))
    taught = teacher_logits(shown, path, "brain", 4.0, [0], 1)
    np.testing.assert_allclose(taught[0], expected(train), rtol=1e-6)
    few = save_logits(tmp_path / "few.npy", train[:-1])
    with pytest.raises(NeuroLoopError, match="no soft label for 1 of 12 images"):
        teacher_logits(shown, few, "brain", 4.0, [0], 1)


def test_the_network_that_teaches_is_joined_by_image(images, tmp_path):
    shown = load_image_set(*images)
    rows = [f"i{number}" for number in range(12)]
    path = save_logits(tmp_path / "logits.npy", rows, ("image", "class"))
    taught = teacher_logits(shown, path, "cnn", 4.0, [0], 1)
    np.testing.assert_allclose(
        taught[0], expected(shown.table["image_id"].iloc[shown.train]), rtol=1e-6
    )


def test_images_that_were_not_shown_get_the_soft_label_of_their_category(images, tmp_path):
    pixels, _ = load_array(images[0])
    table = read_table(images[1], {})
    save_images(tmp_path, pixels, table.assign(stimulus_id=""))
    shown = load_image_set(*images)
    axes, rows = ("stimulus", "class"), ["dog", "cat", "cow"]
    values = np.arange(9, dtype=np.float32).reshape(3, 3)
    ids = {"stimulus": rows, "class": CLASSES}
    save_array(tmp_path / "logits.npy", values, axes=axes, units="nat", ids=ids)
    taught = teacher_logits(shown, tmp_path / "logits.npy", "brain", 4.0, [0], 1)
    for row, category in zip(taught[0], shown.table["category"].iloc[shown.train], strict=True):
        np.testing.assert_array_equal(row, values[rows.index(category), [0, 2, 1]])


def test_shuffles_differ_from_seed_to_seed_and_what_is_fixed_does_not(images, tmp_path):
    shown = load_image_set(*images)
    path = save_logits(tmp_path / "logits.npy", [f"s{number}" for number in range(18)])
    for teacher in ("brain", "smooth", "classmean"):
        taught = teacher_logits(shown, path, teacher, 4.0, [0, 1], 1)
        np.testing.assert_array_equal(taught[0], taught[1])
    for teacher in ("rowshuffled", "withinclass"):
        taught = teacher_logits(shown, path, teacher, 4.0, [0, 1, 2], 1)
        assert (taught[0] != taught[1]).any()
        alone = teacher_logits(shown, path, teacher, 4.0, [2], 1)
        np.testing.assert_array_equal(taught[2], alone[0])
    random = teacher_logits(shown, None, "random", 4.0, [0, 1], 1)
    assert random.shape == (2, 12, 3)
    assert (random[0] != random[1]).any()
    assert teacher_logits(shown, None, "none", 4.0, [0, 1], 1) is None


# ----------------------------------------------------------------------------------- score


def test_a_score_by_hand():
    truth = np.array([0, 1, 0, 1])
    right = np.array([[2.0, 0], [0, 2], [2, 0], [0, 2]])
    half = np.array([[2.0, 0], [0, 2], [0, 2], [2, 0]])
    facts = score(np.stack([right, half]), truth, seed=3)
    assert facts["accuracy"] == 0.75
    assert facts["chance"] == 0.5
    assert facts["n"] == 4
    assert facts["seeds"] == 2
    hits = np.array([[True] * 4, [True, True, False, False]])
    interval = crossed_interval(hits, numpy_generator(3, "interval"))
    assert (facts["ci_low"], facts["ci_high"]) == (interval.ci_low, interval.ci_high)
    assert facts["top5_accuracy"] is None
    losses = [-log_softmax(one, axis=1)[np.arange(4), truth].mean() for one in (right, half)]
    assert facts["log_loss"] == pytest.approx(np.mean(losses))
    # Of the 6 ways to place two labels of each class one gives 0.75 and one more as much or more:
    # seed 1 says 0101 and seed 2 0110; only the labels 0101 and 0110 match one of them whole.
    assert facts["p"] == pytest.approx(2 / 6, abs=0.05)
    assert facts["null"]["permutations"] == script.PERMUTATIONS
    assert facts == score(np.stack([right, half]), truth, seed=3)


def test_students_that_know_nothing_are_not_significant():
    generator = np.random.default_rng(0)
    truth = np.arange(300) % 10
    logits = generator.normal(size=(4, 300, 10)).astype(np.float32)
    facts = score(logits, truth, seed=0)
    assert facts["p"] > 0.01
    assert facts["ci_low"] < 0.1 < facts["ci_high"]
    assert facts["top5_accuracy"] == pytest.approx(0.5, abs=0.06)
    logits[:, np.arange(300), truth] += 1
    assert score(logits, truth, seed=0)["p"] == pytest.approx(1 / (1 + script.PERMUTATIONS))


# ------------------------------------------------------------------------------- the group


def train(
    images, folder, teacher="brain", logits=None, student=STUDENT, code="c", start=None, **options
):
    folder.mkdir(exist_ok=True)
    outputs = {
        "history": folder / "metrics.tsv",
        "predictions": folder / "predictions.npz",
        "weights": folder / "weights.safetensors",
        "model": folder / "model.json",
        "metrics": folder / "metrics.json",
    }
    arguments = {"n_seeds": 2, "seed": 5, "device": "cpu"} | options
    record = script.train_students(
        images=images[0],
        table=images[1],
        logits=logits,
        start=start,
        teacher=teacher,
        student=student,
        outputs=outputs,
        checkpoints=folder.parent / "checkpoints",
        code=code,
        **arguments,
    )
    return outputs, record


@pytest.fixture
def logits(tmp_path):
    return save_logits(tmp_path / "logits.npy", [f"s{number}" for number in range(18)])


def test_what_a_group_writes(images, logits, tmp_path):
    outputs, record = train(images, tmp_path / "out", logits=logits)
    shown = load_image_set(*images)
    assert record == {"device": "cpu"}
    history = read_table(outputs["history"], {"seed": int, "epoch": int, "loss": float})
    assert history[["seed", "epoch"]].to_numpy().tolist() == [[0, 1], [1, 1], [0, 2], [1, 2]]
    assert {"cross_entropy", "divergence", "learning_rate"} <= set(history)
    arrays = load_arrays(outputs["predictions"])
    assert arrays["logits"].shape == (2, 6, 3)
    assert arrays["image"].tolist() == shown.table["image_id"].iloc[shown.test].tolist()
    assert arrays["truth"].tolist() == shown.labels[shown.test].tolist()
    assert arrays["seed"].tolist() == [0, 1]
    sidecar = json.loads(outputs["predictions"].with_suffix(".json").read_text())
    assert sidecar["classes"] == ["cat", "cow", "dog"]
    assert sidecar["teacher"] == "brain"
    facts = json.loads(outputs["metrics"].read_text())
    assert {"accuracy", "chance", "n", "ci_low", "ci_high", "p"} <= set(facts)
    assert facts["accuracy"] == (arrays["logits"].argmax(axis=2) == arrays["truth"]).mean()
    assert facts["student"] == STUDENT
    assert "flag" not in facts
    opened = open_model(outputs["model"])
    assert opened.classes == ("cat", "cow", "dog")
    # The first seed's student, and test images as it takes them.
    rows = [arrays["image"].tolist().index(image) for image in opened.images.ids]
    again = predict(opened.network, opened.images.images)[:, 0]
    np.testing.assert_allclose(again, arrays["logits"][0, rows], rtol=1e-4, atol=1e-5)
    # What is written makes of the images' pixels what the student learned from.
    pixels = shown.pixels[shown.test][rows]
    np.testing.assert_array_equal(opened.preparation.apply(pixels), opened.images.images)
    with safe_open(outputs["weights"], framework="pt") as stream:
        assert json.loads(stream.metadata()["facts"])["classes"] == '["cat", "cow", "dog"]'
        assert stream.get_tensor("fc.weight").shape == (3, 16)
    assert not list((tmp_path / "checkpoints").iterdir())


def test_the_same_settings_give_the_same_bytes_and_another_seed_does_not(images, logits, tmp_path):
    one, _ = train(images, tmp_path / "one", logits=logits)
    two, _ = train(images, tmp_path / "two", logits=logits)
    other, _ = train(images, tmp_path / "other", logits=logits, seed=6)
    for name, path in one.items():
        if name != "model":  # named after its folder
            assert path.read_bytes() == two[name].read_bytes()
        assert path.read_bytes() != other[name].read_bytes()


def test_seeds_do_not_depend_on_how_many_there_are(images, logits, tmp_path):
    alone = {**STUDENT, "batched_networks": 1}
    one, _ = train(images, tmp_path / "one", "rowshuffled", logits, alone, n_seeds=1)
    two, _ = train(images, tmp_path / "two", "rowshuffled", logits, alone, n_seeds=2)
    np.testing.assert_array_equal(
        load_arrays(one["predictions"])["logits"][0], load_arrays(two["predictions"])["logits"][0]
    )


def test_students_that_start_from_a_checkpoint_say_so(images, tmp_path):
    network = resnet(18, in_channels=1, classes=5, width=2, stem="small")
    torch.save(network.state_dict(), tmp_path / "elsewhere.pth")
    outputs, _ = train(images, tmp_path / "out", "none", start=tmp_path / "elsewhere.pth")
    flag = "pretrained on elsewhere.pth: stimuli may be among its images"
    assert json.loads(outputs["metrics"].read_text())["flag"] == flag
    assert json.loads((tmp_path / "out" / "predictions.json").read_text())["flag"] == flag


def test_a_training_state_is_named_by_all_that_it_follows_from(
    images, logits, tmp_path, monkeypatch
):
    network = resnet(18, in_channels=1, classes=5, width=2, stem="small")
    weights = tmp_path / "net.pth"
    names = []

    def watching(*args, checkpoint, **options):
        names.append(checkpoint("part").key)
        return train_students(*args, **options)

    monkeypatch.setattr(script.students, "train_students", watching)

    def named(**options):
        train(images, tmp_path / "out", **{"logits": logits, **options})
        return names[-1]

    torch.save(network.state_dict(), weights)
    keys = [named(), named(code="d"), named(teacher="smooth"), named(seed=6)]
    keys += [named(student={**STUDENT, "alpha": 0.4}), named(start=weights)]
    with torch.no_grad():
        network.fc.bias += 1
        network.conv1.weight += 1
    torch.save(network.state_dict(), weights)
    keys.append(named(start=weights))
    rows = [f"s{number}" for number in range(18)]
    save_logits(logits, rows, order=range(17, -1, -1))
    keys.append(named())
    assert len(set(keys)) == len(keys)
    assert keys[0].startswith(
        checkpoint_key(
            "c",
            json.dumps(["brain", STUDENT, 2, 5]),
            *images,
            save_logits(tmp_path / "again.npy", rows),
        )
    )


def test_a_student_of_the_script_is_that_of_the_library(images, logits, tmp_path):
    """Nothing of the images that test reaches the training; the rest is passed on by id."""
    outputs, _ = train(images, tmp_path / "out", logits=logits)
    shown = load_image_set(*images)
    trained = train_students(
        shown.pixels[shown.train],
        shown.labels[shown.train],
        np.stack([expected(shown.table["stimulus_id"].iloc[shown.train]).astype(np.float32)] * 2),
        shown.pixels[shown.test],
        3,
        Student.from_block(STUDENT),
        [derive_seed(5, "student", number) for number in (0, 1)],
        torch.device("cpu"),
    )
    np.testing.assert_array_equal(load_arrays(outputs["predictions"])["logits"], trained.logits)
