"""Knowledge distillation: learning from labels and a teacher's soft labels at once.

Losses that learn something else of a teacher (`weighted_loss`, `distance_loss`) take its place.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn import functional

from neuroloop.distill.student_views import Views
from neuroloop.networks.resnet import ResNet
from neuroloop.training.objective import Objective, Terms
from neuroloop.training.transfers import onto


class Distillation(Objective[ResNet]):
    """Loss of students: that of distillation, without a teacher the cross-entropy with the labels.

    Parameters
    ----------
    views : Views
    labels : ndarray of int, shape (images,)
    teacher : ndarray of float32, shape (members, images, classes), or None
        Logits of each member's teacher.
    temperature, alpha : float
        See `distillation_loss`.
    """

    def __init__(
        self,
        views: Views,
        labels: np.ndarray,
        teacher: np.ndarray | None,
        temperature: float,
        alpha: float,
    ) -> None:
        super().__init__(views.device)
        self.views, self.temperature, self.alpha = views, temperature, alpha
        self.truth = onto(labels.astype(np.int64), self.device)
        self.taught = None if teacher is None else onto(teacher, self.device)
        self.members = torch.arange(len(views.seeds), device=self.device)[:, None]

    def batches(self, epoch: int, order: np.ndarray) -> Iterator[tuple[torch.Tensor, ...]]:
        """What views are made of, and the rows, of each step."""
        for made_of, rows in zip(
            self.views.batches(epoch, order), onto(order, self.device), strict=True
        ):
            yield (*made_of, rows)

    def score(self, network: ResNet, *batch: torch.Tensor) -> Terms:
        """Loss of each student, with ``cross_entropy`` and, with a teacher, ``divergence``."""
        images, draws, rows = batch
        logits = network(self.views.show(images, draws)).float()
        labels = self.truth[rows].T
        if self.taught is None:
            entropy = cross_entropy(logits, labels)
            return entropy, {"cross_entropy": entropy.detach()}
        return distillation_loss(
            logits, self.teacher_of(rows), labels, self.temperature, self.alpha
        )

    def teacher_of(self, rows: torch.Tensor) -> torch.Tensor:
        """Logits of each member's teacher, shape (batch, members, classes)."""
        assert self.taught is not None
        return self.taught[self.members, rows].transpose(0, 1)


def distillation_loss(
    student: torch.Tensor,
    teacher: torch.Tensor,
    labels: torch.Tensor,
    temperature: float,
    alpha: float,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Cross-entropy with the labels plus divergence from the teacher.

    ``alpha CE(softmax(z), y) + (1 - alpha) T^2 KL(softmax(z_teacher / T) || softmax(z / T))``

    Parameters
    ----------
    student : Tensor, shape (batch, members, classes)
        Logits of the students.
    teacher : Tensor, shape (batch, members, classes)
        Logits of the teacher, never probabilities, which a second softmax would distort.
    labels : Tensor of int64, shape (batch, members)
        True classes.
    temperature : float
        T, above 0.
    alpha : float
        Weight of the labels, in [0, 1].

    Returns
    -------
    loss : Tensor, shape (members,)
        Mean over the batch.
    terms : dict
        ``cross_entropy`` and ``divergence`` (with its T^2), each of shape (members,), detached.

    References
    ----------
    Hinton, Vinyals & Dean 2015, "Distilling the knowledge in a neural network", section 2.
    """
    entropy = cross_entropy(student, labels)
    target = functional.log_softmax(teacher / temperature, dim=-1)
    guess = functional.log_softmax(student / temperature, dim=-1)
    divergence = (target.exp() * (target - guess)).sum(dim=-1).mean(dim=0) * temperature**2
    loss = alpha * entropy + (1 - alpha) * divergence
    return loss, {"cross_entropy": entropy.detach(), "divergence": divergence.detach()}


def cross_entropy(student: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of each member.

    Parameters
    ----------
    student : Tensor, shape (batch, members, classes)
    labels : Tensor of int64, shape (batch, members)

    Returns
    -------
    Tensor, shape (members,)
    """
    return cross_entropies(student, labels).mean(dim=0)


def cross_entropies(student: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each image and member, shape (batch, members); see `cross_entropy`."""
    losses = functional.cross_entropy(student.flatten(0, 1), labels.flatten(), reduction="none")
    return losses.view(labels.shape)
