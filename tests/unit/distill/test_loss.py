"""The distillation loss: by hand, against SciPy, and what each of its parts does."""

import numpy as np
import pytest
import torch
from scipy.special import rel_entr, softmax

from neuroloop.distill.loss import cross_entropy, distillation_loss


def draw(batch=6, members=3, classes=5, seed=0):
    """Logits of students and teachers, and labels."""
    generator = torch.Generator().manual_seed(seed)
    student = 2 * torch.randn(batch, members, classes, generator=generator, dtype=torch.float64)
    teacher = 3 * torch.randn(batch, members, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, classes, (batch, members), generator=generator)
    return student, teacher, labels


def by_scipy(student, teacher, labels, temperature, alpha):
    """Loss of each member from probabilities, with no logarithm of a softmax."""
    student, teacher, labels = student.numpy(), teacher.numpy(), labels.numpy()
    batch, members = np.indices(labels.shape)
    entropy = -np.log(softmax(student, axis=2)[batch, members, labels])
    soft = softmax(teacher / temperature, axis=2)
    divergence = rel_entr(soft, softmax(student / temperature, axis=2)).sum(axis=2)
    return (alpha * entropy + (1 - alpha) * temperature**2 * divergence).mean(axis=0)


def test_by_hand():
    # Student odds 3 : 1, teacher odds 9 : 1. At T = 2 they are sqrt(3) : 1 and 3 : 1.
    student = torch.tensor([[[np.log(3.0), 0.0]]])
    teacher = torch.tensor([[[np.log(9.0), 0.0]]])
    labels = torch.tensor([[1]])
    loss, terms = distillation_loss(student, teacher, labels, temperature=2.0, alpha=0.25)
    entropy = np.log(4)  # -log(1 / 4)
    guess = np.sqrt(3) / (1 + np.sqrt(3))
    divergence = 4 * (0.75 * np.log(0.75 / guess) + 0.25 * np.log(0.25 / (1 - guess)))
    assert terms["cross_entropy"].item() == pytest.approx(entropy)
    assert terms["divergence"].item() == pytest.approx(divergence)
    assert loss.item() == pytest.approx(0.25 * entropy + 0.75 * divergence)


@pytest.mark.parametrize("temperature", [0.1, 1.0, 4.0, 20.0])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_against_scipy(temperature, alpha):
    given = draw()
    loss, _ = distillation_loss(*given, temperature, alpha)
    assert loss.shape == (3,)
    np.testing.assert_allclose(loss.numpy(), by_scipy(*given, temperature, alpha), rtol=1e-12)


def test_labels_alone_are_cross_entropy_whatever_the_teacher():
    student, teacher, labels = draw()
    loss, terms = distillation_loss(student, teacher, labels, 4.0, alpha=1.0)
    other, _ = distillation_loss(student, -100 * teacher, labels, 4.0, alpha=1.0)
    assert torch.equal(loss, cross_entropy(student, labels))
    assert torch.equal(loss, other)
    assert torch.equal(terms["cross_entropy"], loss)
    assert not terms["divergence"].requires_grad


def test_a_student_that_says_what_the_teacher_says_does_not_diverge():
    student, _, labels = draw()
    shifted = student + torch.arange(6.0)[:, None, None]  # the same distribution
    loss, _ = distillation_loss(student, shifted, labels, 4.0, alpha=0.0)
    np.testing.assert_allclose(loss, 0, atol=1e-12)


def test_t_squared_keeps_the_size_of_the_gradient():
    """Without T^2 it shrinks with 1 / T^2; with it, it tends to (z - z_teacher) / classes."""
    student, teacher, labels = draw()
    student -= student.mean(dim=2, keepdim=True)
    teacher -= teacher.mean(dim=2, keepdim=True)
    student.requires_grad_()
    loss, _ = distillation_loss(student, teacher, labels, temperature=1e4, alpha=0.0)
    loss.sum().backward()
    limit = (student - teacher).detach() / (5 * 6)  # classes, and the mean over the batch
    np.testing.assert_allclose(student.grad, limit, rtol=0.02, atol=1e-4)


def test_the_gradient_at_any_temperature():
    """d/dz of T^2 KL is T (softmax(z / T) - softmax(z_teacher / T))."""
    student, teacher, labels = draw(batch=1)
    student.requires_grad_()
    loss, _ = distillation_loss(student, teacher, labels, temperature=3.0, alpha=0.0)
    loss.sum().backward()
    expected = 3 * (softmax(student.detach() / 3, axis=2) - softmax(teacher / 3, axis=2))
    np.testing.assert_allclose(student.grad, expected, rtol=1e-9, atol=1e-12)


def test_members_do_not_share_a_loss():
    student, teacher, labels = draw()
    together, _ = distillation_loss(student, teacher, labels, 4.0, 0.5)
    for member in range(3):
        one = slice(member, member + 1)
        alone, _ = distillation_loss(student[:, one], teacher[:, one], labels[:, one], 4.0, 0.5)
        np.testing.assert_allclose(alone.item(), together[member], rtol=1e-14)
    student.requires_grad_()
    loss, _ = distillation_loss(student, teacher, labels, 4.0, 0.5)
    loss[1].backward()
    assert not student.grad[:, [0, 2]].any()
    assert student.grad[:, 1].any()


def test_the_loss_is_a_mean_over_the_batch():
    student, teacher, labels = draw()
    whole, _ = distillation_loss(student, teacher, labels, 4.0, 0.5)
    halves = [
        distillation_loss(student[rows], teacher[rows], labels[rows], 4.0, 0.5)[0]
        for rows in (slice(0, 3), slice(3, 6))
    ]
    np.testing.assert_allclose(whole, sum(halves) / 2, rtol=1e-14)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_probabilities_in_the_place_of_logits_are_another_teacher(temperature):
    """The trap of a softmax of a softmax: it must not be taken for the same thing."""
    student, teacher, labels = draw()
    right, _ = distillation_loss(student, teacher, labels, temperature, 0.0)
    wrong, _ = distillation_loss(student, teacher.softmax(dim=2), labels, temperature, 0.0)
    assert not np.isclose(right, wrong, rtol=0.05).any()
    flat = (teacher.softmax(dim=2) / 4).softmax(dim=2)
    assert flat.max() < 0.26  # at T = 4, whatever it knew is gone: 1 / classes is 0.2


def test_a_certain_teacher_gives_a_finite_loss():
    student, _, labels = draw()
    certain = torch.where(torch.arange(5) == 2, 0.0, -1e4).expand(6, 3, 5)
    loss, _ = distillation_loss(student, certain, labels, 1.0, 0.0)
    np.testing.assert_allclose(loss, cross_entropy(student, torch.full((6, 3), 2)), rtol=1e-12)
