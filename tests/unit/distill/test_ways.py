"""Ways to teach beside soft labels: each loss by hand and against SciPy, and what it leaves out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist
from scipy.special import log_softmax, softmax

from neuroloop.distill.distance_loss import DistanceLearning, correlations, distance_loss
from neuroloop.distill.students import WAYS, Student, train_students
from neuroloop.distill.weighted_loss import WeightedLabels, image_weights, weighted_entropy
from tests.unit.distill.test_students import (
    BLOCK,
    CLASSES,
    CPU,
    IMAGES,
    LABELS,
    SEEDS,
    STUDENT,
    TESTS,
    same,
    teacher,
    views_of,
)


def train(name: str, how: str, alpha: float = 0.5, scale: float = 1.0) -> dict[str, torch.Tensor]:
    """Weights of a student that is so taught."""
    taught = teacher(name, SEEDS[:1])
    student = replace(STUDENT, how=how, alpha=alpha)
    given = None if taught is None else scale * taught
    rest = (TESTS, CLASSES, student, SEEDS[:1], CPU)
    return train_students(IMAGES, LABELS, given, *rest).weights


# ---------------------------------------------------------------------------------- weights


def test_weights_by_hand():
    """Odds 3 : 1 for the class and 1 : 3 against it: 1.75 and 1.25 around 1.5."""
    logits = np.log([[[3.0, 1.0], [3.0, 1.0]]])
    np.testing.assert_allclose(image_weights(logits, np.array([0, 1])), [[1.75 / 1.5, 1.25 / 1.5]])


def test_weights_have_mean_one_and_grow_with_what_is_read():
    logits = np.random.default_rng(0).normal(scale=3, size=(2, 30, 4)).astype(np.float32)
    labels = np.arange(30) % 4
    weights = image_weights(logits, labels)
    right = softmax(logits.astype(float), axis=2)[:, np.arange(30), labels]
    np.testing.assert_allclose(weights.mean(axis=1), 1, rtol=1e-6)
    for one, chances in zip(weights, right, strict=True):
        assert (np.argsort(one) == np.argsort(chances)).all()
        np.testing.assert_allclose(one, (1 + chances) / (1 + chances).mean(), rtol=1e-6)
    assert np.isfinite(image_weights(1000 * logits, labels)).all()


def test_weighted_entropy_against_scipy():
    drawn = np.random.default_rng(1)
    logits, weights = drawn.normal(size=(6, 2, 3)), drawn.uniform(0.5, 2, size=(6, 2))
    labels = drawn.integers(0, 3, size=(6, 2))
    batch, members = np.indices(labels.shape)
    expected = (-weights * log_softmax(logits, axis=2)[batch, members, labels]).mean(axis=0)
    found = weighted_entropy(*map(torch.from_numpy, (logits, labels, weights)))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_each_image_has_the_weight_of_its_seeds_teacher():
    views, taught = views_of(IMAGES, STUDENT, SEEDS), teacher("rowshuffled")
    rows = torch.tensor([[3, 1], [7, 0], [2, 2]])
    said = torch.randn(2, 3, CLASSES, generator=torch.Generator().manual_seed(0))
    loss = WeightedLabels(views, LABELS, taught, 4.0, 0.25)
    value, terms = loss.score(lambda _: said, *next(loss.batches(0, rows[None].numpy())))
    weights, entropies = image_weights(taught, LABELS), -said.log_softmax(dim=2)
    for member in range(3):
        own = [entropies[step, member, LABELS[row]] for step, row in enumerate(rows[member])]
        expected = np.mean([weights[member, row] for row in rows[member]] * np.array(own))
        assert terms["weighted"][member].item() == pytest.approx(expected, rel=1e-5)
        both = 0.25 * np.mean(own) + 0.75 * expected
        assert value[member].item() == pytest.approx(both, rel=1e-5)


def test_a_teacher_that_reads_all_images_alike_weighs_none():
    """``smooth`` keeps nothing of an image: its students are those of labels alone."""
    smooth, alone = train("smooth", "weights"), train("none", "weights")
    for name, value in smooth.items():
        torch.testing.assert_close(value, alone[name], rtol=1e-3, atol=1e-4)
    assert not same(train("brain", "weights"), alone)


# -------------------------------------------------------------------------------- distances


def test_distances_by_hand():
    """Patterns that are equal, and opposite: r of 1 and -1 in the student, 1 in the teacher."""
    student = torch.tensor([[[1.0, 0.0]], [[3.0, 1.0]], [[0.0, 2.0]]])
    teacher_says = torch.tensor([[[1.0, 0.0]], [[5.0, 1.0]], [[2.0, 0.0]]])
    found = correlations(student)[0]
    torch.testing.assert_close(
        found, torch.tensor([[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])
    )
    # two of three pairs differ by 2
    assert distance_loss(student, teacher_says).item() == pytest.approx(2 * 4 / 3)


def test_distances_against_scipy():
    drawn = np.random.default_rng(2)
    student, soft = drawn.normal(size=(7, 3, 12)), drawn.normal(size=(7, 3, 5))
    expected = [
        np.mean((pdist(student[:, one], "correlation") - pdist(soft[:, one], "correlation")) ** 2)
        for one in range(3)
    ]
    found = distance_loss(torch.from_numpy(student), torch.from_numpy(soft))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_pattern_without_variance_is_like_no_other_and_has_a_gradient():
    student = torch.ones(3, 1, 4).requires_grad_()
    soft = torch.zeros(3, 1, 2)
    soft[0, 0, 0] = 1.0
    assert torch.equal(correlations(student)[0], torch.eye(3))
    distance_loss(student, soft).sum().backward()
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()


def test_students_of_distances_come_nearer_to_the_teachers():
    """Not for the sake of the labels, which weigh nothing here; views are cut anew each epoch."""
    recipe = replace(STUDENT.recipe, epochs=60, batch_size=12)
    student = replace(STUDENT, how="rdm", alpha=0.0, width=4, flip=False, pad=0, recipe=recipe)
    given = (TESTS, CLASSES, student, SEEDS[:1], CPU)
    history = train_students(IMAGES, LABELS, teacher("brain", SEEDS[:1]), *given).history
    assert history["distances"].tail(5).mean() < 0.5 * history["distances"].head(5).mean()


# -------------------------------------------------------------------------------------- all


def test_a_block_says_how():
    assert Student.from_block({**BLOCK, "how": "rdm"}) == replace(STUDENT, how="rdm")
    assert set(WAYS) == {"soft_labels", "weights", "rdm"}


@pytest.mark.parametrize("how", WAYS)
def test_labels_alone_are_the_same_whatever_the_way(how):
    """Pairing: a way is a way to read a teacher, and nothing without one or without its weight."""
    alone = train("none", "soft_labels", 1.0)
    assert same(train("none", how, 1.0), alone)
    taught = train("brain", how, 1.0)
    for name, value in taught.items():
        torch.testing.assert_close(value, alone[name], rtol=1e-4, atol=1e-5)


def test_ways_differ():
    one, two, three = (train("brain", how) for how in WAYS)
    assert not same(one, two)
    assert not same(one, three)
    assert not same(two, three)


def test_distances_do_not_hang_on_the_scale_of_logits():
    """Soft labels and weights do: a temperature is calibrated for them."""
    for how, alike in {"soft_labels": False, "weights": False, "rdm": True}.items():
        one, other = train("brain", how), train("brain", how, scale=0.5)
        near = all(torch.allclose(one[name], other[name], atol=1e-3) for name in one)
        assert near == alike, how


def test_rdm_reads_the_features_of_the_last_layer():
    views, taught = views_of(IMAGES, STUDENT, SEEDS[:1]), teacher("brain", SEEDS[:1])
    loss = DistanceLearning(views, LABELS, taught, 4.0, 0.0)
    read = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))

    class Network:
        members = 1

        @staticmethod
        def features(_images):
            return read

        @staticmethod
        def fc(features):
            return torch.zeros(len(features), 1, CLASSES)

    rows = np.array([[[0, 3, 5, 9]]])
    _, terms = loss.score(Network(), *next(loss.batches(0, rows)))
    expected = pdist(read.numpy(), "correlation") - pdist(taught[0][rows[0, 0]], "correlation")
    assert terms["distances"].item() == pytest.approx(np.mean(expected**2), rel=1e-5)
