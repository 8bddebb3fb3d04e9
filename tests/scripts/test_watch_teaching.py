"""Watching brains teach: which images, whose answers, and what is held out from whom."""

import json

import pytest
from scipy.special import softmax

from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.watched import DRAWN, FELL, LEARNED, ROSE
from neuroloop.explain.models.model_file import open_model
from neuroloop.files.formats import load_arrays
from neuroloop.training.loop import predict
from scripts.distill.watch_teaching import watch_teaching
from tests.scripts.test_train_students import train
from tests.unit.distill.taught_images import expected, images, save_logits

__all__ = ["images"]


@pytest.fixture
def watched(images, tmp_path):
    """What is written of a brain that saw the training images alone, or all, and its files."""

    def made(seen, seed=3):
        place = tmp_path / "S1" / "V1" / "ridge"
        place.mkdir(parents=True, exist_ok=True)
        logits = save_logits(place / "logits.npy", [f"s{number}" for number in range(seen)])
        (tmp_path / "small").mkdir(exist_ok=True)
        none, _ = train(images, tmp_path / "small", teacher="none")
        brain, _ = train(images, tmp_path / "brain", logits=logits)
        watch_teaching(
            images=images[0],
            table=images[1],
            predictions=[none["predictions"], brain["predictions"]],
            models=[none["model"], brain["model"]],
            logits=[logits],
            watched=tmp_path / "watched.json",
            seed=seed,
        )
        return json.loads((tmp_path / "watched.json").read_text()), none, brain

    return made


def of_why(slides, why):
    return [slide for slide in slides if slide["why"] == why]


def test_answers_are_those_of_the_files_and_say_who_learned_from_the_image(images, watched):
    found, none, brain = watched(12)
    shown = load_image_set(*images)
    (one,) = found["brains"]
    assert (one["name"], one["decoder"], found["student"]) == ("S1 V1", "ridge", "small")
    assert (found["seeds"], found["training_images"], found["test_images"]) == (2, 12, 6)
    row_of = {name: row for row, name in enumerate(shown.table["image_id"])}
    for slide in one["slides"]:
        row = row_of[slide["image"]]
        assert slide["classes"] == shown.classes == ["cat", "cow", "dog"]
        assert slide["truth"] == shown.table["category"].iloc[row]
        assert slide["held_out"] == (shown.table["split"].iloc[row] == "test")
        for name, files in (("untaught", none), ("taught", brain)):
            if slide["held_out"]:
                arrays = load_arrays(files["predictions"])
                place = arrays["image"].tolist().index(slide["image"])
                each = softmax(arrays["logits"][:, place], axis=1)
            else:  # of the first seed, the one that is kept
                opened = open_model(files["model"])
                inputs = opened.preparation.apply(shown.pixels[[row]])
                each = softmax(predict(opened.network, inputs)[0], axis=1)
            assert slide[name]["mean"] == pytest.approx(each.mean(axis=0), abs=6e-5)
            assert slide[name]["low"] == pytest.approx(each.min(axis=0), abs=6e-5)
            assert slide[name]["high"] == pytest.approx(each.max(axis=0), abs=6e-5)
            assert slide[name]["map"]["source"].startswith("data:image/png;base64,")
        assert found["pictures"][slide["image"]].startswith("data:image/png;base64,")


def test_images_are_drawn_at_random_and_those_that_changed_most_say_so(images, watched):
    found, none, brain = watched(12)
    slides = found["brains"][0]["slides"]
    for why, held_out in ((LEARNED, False), (DRAWN, True)):
        chosen = of_why(slides, why)
        assert len({slide["image"] for slide in chosen}) == len(chosen) == 4
        assert all(slide["held_out"] == held_out for slide in chosen)
    change = {}
    for files, sign in ((none, -1), (brain, 1)):
        arrays = load_arrays(files["predictions"])
        mean = softmax(arrays["logits"], axis=2).mean(axis=0)
        for image, truth, row in zip(arrays["image"], arrays["truth"], mean, strict=True):
            change[str(image)] = change.get(str(image), 0) + sign * row[truth]
    order = sorted(change, key=lambda name: -change[name])
    assert [one["image"] for one in of_why(slides, ROSE)] == [
        name for name in order[:4] if change[name] > 0
    ]
    assert [one["image"] for one in of_why(slides, FELL)] == [
        name for name in order[::-1][:4] if change[name] < 0
    ]
    again, *_ = watched(12)
    assert again == found
    other, *_ = watched(12, seed=4)
    drawn = [
        [slide["image"] for slide in of_why(one["brains"][0]["slides"], DRAWN)]
        for one in (found, other)
    ]
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("seen", [12, 18])
def test_what_the_brain_said_is_out_of_fold_or_of_the_class(images, watched, seen):
    found, *_ = watched(seen)
    shown = load_image_set(*images)
    stimulus = shown.table.set_index("image_id")["stimulus_id"]
    soft = softmax(expected(shown.table["stimulus_id"].iloc[shown.train]), axis=1)
    for slide in found["brains"][0]["slides"]:
        own = softmax(expected([stimulus[slide["image"]]]), axis=1)[0]
        if not slide["held_out"]:
            assert slide["told"] == "of this image, out of fold"
        elif seen == 18:
            assert slide["told"] == "of this image, out of fold; no student learned from it"
        else:
            alike = shown.table["category"].iloc[shown.train] == slide["truth"]
            own = soft[alike.to_numpy()].mean(axis=0)
            assert slide["told"].startswith("mean of the 4 images of this class that taught")
        assert slide["brain"] == pytest.approx(own, abs=6e-5)
