"""What a page shows of images that brains and students were asked about."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.distill.image_set import ImageSet
from neuroloop.distill.watched import (
    FELL,
    LONGEST,
    MOST_CLASSES,
    ROSE,
    Watched,
    answers,
    drawn,
    extremes,
    maps,
    slides,
    soft_labels,
    thumbnail,
)
from neuroloop.networks.resnet import resnet


def image_set(n_train=6, n_test=6, k=3, side=32):
    """Images whose class is the remainder of their row."""
    n = n_train + n_test
    table = pd.DataFrame({"image_id": [f"i{row}" for row in range(n)], "stimulus_id": ""})
    pixels = np.random.default_rng(0).integers(0, 256, (n, 1, side, side)).astype(np.uint8)
    labels = np.arange(n) % k
    classes = [f"c{label}" for label in range(k)]
    return ImageSet(pixels, table, classes, labels, np.arange(n_train), np.arange(n_train, n))


def kept(k=3, side=32):
    """A network that was never trained, as it is opened."""
    torch.manual_seed(0)
    network = resnet(depth=18, classes=k, in_channels=1, width=2, stem="small").eval()
    preparation = SimpleNamespace(apply=lambda pixels: pixels.astype(np.float32) / 255)
    return SimpleNamespace(network=network, preparation=preparation)


def test_answers_by_hand():
    logits = np.log([[[0.2, 0.8]], [[0.6, 0.4]]])
    found = answers(logits)
    np.testing.assert_allclose(found.mean, [[0.4, 0.6]])
    np.testing.assert_allclose(found.low, [[0.2, 0.4]])
    np.testing.assert_allclose(found.high, [[0.6, 0.8]])


def test_few_images_are_all_drawn():
    shown = image_set(2, 3)
    picks = drawn(shown, np.random.default_rng(0))
    assert sorted(pick.row for pick in picks) == [0, 1, 2, 3, 4]


def test_what_did_not_change_is_no_extreme():
    shown = image_set(3, 3, k=2)
    before = answers(np.log([[[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]]))
    after = answers(np.log([[[0.1, 0.9], [0.5, 0.5], [0.3, 0.7]]]))
    assert shown.labels[3:].tolist() == [1, 0, 1]
    picks = extremes(shown, before, after)
    assert picks == [(3, ROSE), (5, ROSE)]
    assert extremes(shown, after, before) == [(3, FELL), (5, FELL)]


def test_soft_labels_of_a_class_say_so():
    shown = image_set(3, 3)
    values, told = soft_labels(
        shown, drawn(shown, np.random.default_rng(0))[:1], np.zeros((3, 3)), np.zeros((3, 3)), False
    )
    assert told == ["of its class, out of fold"]
    np.testing.assert_allclose(values, 1 / 3)


@pytest.mark.parametrize(("side", "method"), [(8, "Occlusion"), (64, "Grad-CAM")])
def test_maps_that_would_be_coarse_are_made_by_covering(side, method):
    shown = image_set(side=side)
    found = maps(shown, np.array([0, 7]), kept())
    assert found.told.startswith(method)
    assert found.signed == (method == "Occlusion")
    assert found.evidence.shape == (2, 8, 8)
    assert np.isfinite(found.evidence).all()


def test_of_many_classes_the_true_one_and_the_likeliest_are_shown():
    k = 30
    shown = image_set(40, 40, k=k)
    logits = np.zeros((1, 40, k))
    logits[..., 20:] = 5
    of = Watched(answers(logits), kept(k))
    picks = [pick for pick in drawn(shown, np.random.default_rng(1)) if pick.row >= 40]
    said = soft_labels(shown, picks, np.zeros((40, k)), np.zeros((40, k)), np.zeros(40, dtype=bool))
    for slide in slides(shown, picks, said, of, of):
        assert slide["truth"] in slide["classes"]
        assert len(slide["classes"]) == len(slide["brain"]) == MOST_CLASSES
        likely = {f"c{label}" for label in range(20, k)}
        assert len(likely & set(slide["classes"])) >= MOST_CLASSES - 1
        numbers = [int(name[1:]) for name in slide["classes"]]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 300, 200)])
def test_a_thumbnail_is_small(shape):
    import base64
    from io import BytesIO

    from PIL import Image

    address = thumbnail(np.full(shape, 128, dtype=np.uint8))
    picture = Image.open(BytesIO(base64.b64decode(address.split(",")[1])))
    assert max(picture.size) <= LONGEST
    assert picture.size[0] / picture.size[1] == pytest.approx(shape[2] / shape[1], abs=0.03)
