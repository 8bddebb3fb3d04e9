"""What is explained: images spread over classes, and the class that the network names."""

from dataclasses import replace

import numpy as np
import torch

from neuroloop.explain.models.explained import even_order, explained_images, true_names
from neuroloop.explain.models.model_images import ModelImages
from tests.unit.explain.explained_models import reader, student


def given(truth):
    n = 10 if truth is None else len(truth)
    return ModelImages(np.zeros((n, 1, 2, 2), np.float32), np.arange(n).astype(str), truth)


def test_any_first_images_are_spread_over_the_classes():
    truth = np.repeat([0, 1, 2], [8, 4, 2])
    order = even_order(given(truth), seed=0)
    assert sorted(order) == list(range(14))
    for count, expected in ((3, [1, 1, 1]), (6, [2, 2, 2]), (8, [3, 3, 2])):
        assert np.bincount(truth[order[:count]]).tolist() == expected
    assert [place for place in order if truth[place] == 0] == list(range(8))
    assert even_order(given(None), seed=0).tolist() == list(range(10))


def test_each_set_of_labels_is_a_class():
    truth = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [1, 1], [1, 1]], dtype=bool)
    order = even_order(given(truth), seed=0)
    assert len(np.unique(truth[order[:3]], axis=0)) == 3


def test_the_named_class_and_whether_it_is_true():
    model = student()
    made = explained_images(model, 7, seed=0)
    logits = model.network(torch.from_numpy(model.images.images[made.rows]))[:, 0].detach()
    assert made.classes.tolist() == logits.argmax(1).tolist()
    np.testing.assert_allclose(made.probabilities, logits.softmax(1).amax(1), rtol=1e-5)
    truth = model.images.truth[made.rows]
    assert made.right.tolist() == (truth == logits.argmax(1).numpy()).tolist()
    assert made.ids.tolist() == [f"i{row}" for row in made.rows]
    few = made.first(3)
    assert len(few) == 3
    assert few.masks is None
    np.testing.assert_array_equal(few.images, made.images[:3])


def test_of_several_labels_the_named_one_may_be_any_true_one():
    model = reader()
    made = explained_images(model, 12, seed=0)
    logits = model.network(torch.from_numpy(model.images.images[made.rows]))[:, 0].detach()
    np.testing.assert_allclose(made.probabilities, logits.sigmoid().amax(1), rtol=1e-5)
    truth = model.images.truth[made.rows]
    assert made.right.tolist() == [
        bool(row[k]) for row, k in zip(truth, made.classes.tolist(), strict=True)
    ]
    assert made.masks.shape == (12, 16, 16)


def test_names_of_true_classes():
    one, several = explained_images(student(), 3, seed=0), explained_images(reader(), 4, seed=0)
    assert true_names(one, ["cat", "cow", "dog"]) == [
        ["cat", "cow", "dog"][row % 3] for row in one.rows
    ]
    names = true_names(
        replace(several, truth=np.eye(4, 3, dtype=bool) | [True, False, False]), "abc"
    )
    assert names == ["a", "a+b", "a+c", "a"]
    assert (
        true_names(replace(several, truth=np.zeros((4, 3), dtype=bool)), "abc")
        == ["none of them"] * 4
    )
    assert true_names(replace(one, truth=None), "abc") is None
