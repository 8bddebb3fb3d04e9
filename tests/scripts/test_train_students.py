"""One group of students: what it writes, and what it follows from."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from scipy.special import softmax
from scipy.stats import entropy

from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.kept_student import load_every
from neuroloop.distill.students import Student, train_students
from neuroloop.explain.models.model_file import open_model
from neuroloop.files.formats import load_arrays, load_weights, read_table, save_array
from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.resnet import resnet
from neuroloop.training.checkpoints import checkpoint_key
from neuroloop.training.loop import predict
from scripts.distill import train_students as script
from tests.unit.distill.taught_images import expected, images, save_logits

__all__ = ["images"]

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


def train(
    images,
    folder,
    teacher="brain",
    logits=None,
    student=STUDENT,
    code="c",
    start=None,
    **options,
):
    folder.mkdir(exist_ok=True)
    outputs = {
        "history": folder / "metrics.tsv",
        "predictions": folder / "predictions.npz",
        "weights": folder / "weights.safetensors",
        "model": folder / "model.json",
        "metrics": folder / "metrics.json",
        "teacher": folder / "teacher.json",
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


def told(outputs):
    return json.loads(outputs["teacher"].read_text())


def test_how_accurate_and_certain_a_teacher_is_is_told(images, logits, tmp_path):
    shown = load_image_set(*images)
    labels = shown.labels[shown.train]
    given = expected(shown.table["stimulus_id"].iloc[shown.train])
    soft = softmax(given / 4.0, axis=1)
    of_brain = {
        "accuracy": (given.argmax(axis=1) == labels).mean(),
        "true_class_probability": soft[np.arange(12), labels].mean(),
        "entropy": entropy(soft, axis=1).mean(),
    }
    brain, _ = train(images, tmp_path / "brain", logits=logits)
    found = told(brain)
    assert (found["teacher"], found["images"], found["temperature"]) == ("brain", 12, 4.0)
    assert found["made_of"] == pytest.approx(of_brain, rel=1e-5)
    assert found["taught"] == [pytest.approx(of_brain, rel=1e-5)] * 2
    assert (found["beside"], found["chosen"]) == (None, [])
    noise, _ = train(images, tmp_path / "noise", "matchednoise", logits)
    assert told(noise)["taught"] == [pytest.approx(of_brain, rel=1e-5)] * 2
    none, _ = train(images, tmp_path / "none", "none")
    assert told(none)["temperature"] is told(none)["made_of"] is None
    assert told(none)["taught"] == []


def test_what_stands_beside_a_teacher_is_joined_by_image(images, tmp_path):
    """The network is right of all images but one, the brain of eight; both in an own order."""
    shown = load_image_set(*images)
    labels = shown.labels[shown.train]
    paths = {}
    for seed, (axis, column, right) in enumerate(
        [("stimulus", "stimulus_id", 8), ("image", "image_id", 11)]
    ):
        ids = shown.table[column].iloc[shown.train].tolist()
        known = 9 * np.eye(3)[labels].astype(np.float32)
        known[right:] = 0
        order = np.random.default_rng(seed).permutation(12)
        rows = {axis: [ids[row] for row in order], "class": shown.classes}
        paths[axis] = tmp_path / f"{axis}.npy"
        save_array(paths[axis], known[order], axes=(axis, "class"), units="nat", ids=rows)
    outputs, _ = train(
        images, tmp_path / "out", "cnnmatched", paths["stimulus"], beside=paths["image"]
    )
    found = told(outputs)
    assert found["beside"]["accuracy"] == pytest.approx(11 / 12), "ties are wrong"
    assert found["made_of"]["accuracy"] == pytest.approx(8 / 12)
    for seed, chosen in zip(found["taught"], found["chosen"], strict=True):
        assert chosen["right"] == chosen["wanted"] == 8
        assert seed["accuracy"] == pytest.approx(chosen["right"] / 12)
        assert seed["entropy"] == pytest.approx(found["made_of"]["entropy"], rel=1e-4)


def test_the_same_settings_give_the_same_bytes_and_another_seed_does_not(images, logits, tmp_path):
    one, _ = train(images, tmp_path / "one", logits=logits)
    two, _ = train(images, tmp_path / "two", logits=logits)
    other, _ = train(images, tmp_path / "other", logits=logits, seed=6)
    for name, path in one.items():
        if name != "model":  # named after its folder
            assert path.read_bytes() == two[name].read_bytes()
        assert path.read_bytes() != other[name].read_bytes()


def test_what_is_asked_of_networks_besides_is_kept_for_every_seed(images, logits, tmp_path):
    plain, _ = train(images, tmp_path / "plain", logits=logits)
    asked = ("corruptions", "adversarial")
    outputs, _ = train(images, tmp_path / "asked", logits=logits, outcomes=asked)
    arrays, before = load_arrays(outputs["predictions"]), load_arrays(plain["predictions"])
    assert arrays["corrupted"].shape == (2, 3, 5, 6)
    assert arrays["attacked"].shape == (2, 2, 3, 6)
    assert arrays["corruption"].tolist() == ["noise", "blur", "contrast"]
    assert arrays["strength"].shape == (3, 5)
    sidecar = json.loads(outputs["predictions"].with_suffix(".json").read_text())
    assert sidecar["arrays"]["corrupted"]["axes"] == ["seed", "corruption", "strength", "image"]
    # Nothing else knows of it.
    for name, values in before.items():
        np.testing.assert_array_equal(arrays[name], values)
    for name in ("history", "weights", "metrics", "teacher"):
        assert outputs[name].read_bytes() == plain[name].read_bytes()
    again, _ = train(images, tmp_path / "again", logits=logits, outcomes=asked)
    assert again["predictions"].read_bytes() == outputs["predictions"].read_bytes()


def test_all_students_are_asked_on_the_same_images(images, logits, tmp_path):
    """What hardly blurs or fades leaves answers as they are, whoever taught."""
    one, _ = train(images, tmp_path / "one", logits=logits, outcomes=["corruptions"])
    other, _ = train(images, tmp_path / "other", "none", outcomes=["corruptions"])
    for outputs in (one, other):
        arrays = load_arrays(outputs["predictions"])
        right = arrays["logits"].argmax(axis=2) == arrays["truth"]
        # A standard deviation of 0.16 pixels changes no level by more than one.
        np.testing.assert_array_equal(arrays["corrupted"][:, 1, 0], right)
        assert "attacked" not in arrays


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


def test_weights_of_every_seed_are_kept_where_they_are_asked_for(images, logits, tmp_path):
    """Whether they train as one network or one after the other; nothing else changes."""
    plain, _ = train(images, tmp_path / "plain", logits=logits)
    for at_once in (1, 2):
        student = STUDENT | {"batched_networks": at_once}
        outputs, _ = train(
            images, tmp_path / f"kept{at_once}", logits=logits, student=student, keep_every=True
        )
        first, second = load_every(outputs["model"].with_name("every.safetensors"))
        own = load_weights(outputs["weights"])
        assert own.keys() == first.keys() == second.keys()
        for name, values in own.items():
            torch.testing.assert_close(first[name], values, rtol=0, atol=0)
        assert (first["conv1.weight"] != second["conv1.weight"]).any()
        if at_once == STUDENT["batched_networks"]:
            assert outputs["weights"].read_bytes() == plain["weights"].read_bytes()
            assert outputs["history"].read_bytes() == plain["history"].read_bytes()
    assert not plain["model"].with_name("every.safetensors").exists()
