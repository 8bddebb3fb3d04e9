"""The loss weighted by brains: images whose class a teacher reads well count more.

References
----------
Fong, Scheirer & Cox 2018, "Using human brain activity to guide machine learning", Scientific
Reports 8:5397, there of a hinge loss: what an image loses is multiplied by
``1 + c``, c the probability that a decoder of brain activity gives to its true class.
"""

from typing import Any

import numpy as np
import torch

from neuroloop.distill.loss import Distillation, cross_entropies, cross_entropy
from neuroloop.distill.student_views import Views
from neuroloop.networks.resnet import ResNet
from neuroloop.training.objective import Terms
from neuroloop.training.transfers import onto


class WeightedLabels(Distillation):
    """Cross-entropy with the labels, part of it weighted image by image.

    ``alpha CE + (1 - alpha) w CE``, with w from `image_weights`. No soft label is learned: a
    teacher that reads all images alike is no teacher.

    Parameters
    ----------
    views : Views
    labels : ndarray of int, shape (images,)
    teacher : ndarray of float32, shape (members, images, classes), or None
        Logits of each member's teacher.
    *rest
        Of `Distillation`; the temperature plays no part.
    """

    def __init__(
        self, views: Views, labels: np.ndarray, teacher: np.ndarray | None, *rest: Any
    ) -> None:
        super().__init__(views, labels, None, *rest)
        weights = None if teacher is None else image_weights(teacher, labels)
        self.weights = None if weights is None else onto(weights, self.device)

    def score(self, network: ResNet, *batch: torch.Tensor) -> Terms:
        """Loss of each student, with ``cross_entropy`` and, with a teacher, ``weighted``."""
        if self.weights is None:
            return super().score(network, *batch)
        images, draws, rows = batch
        logits, labels = network(self.views.show(images, draws)).float(), self.truth[rows].T
        entropy = cross_entropy(logits, labels)
        weighted = weighted_entropy(logits, labels, self.weights[self.members, rows].T)
        loss = self.alpha * entropy + (1 - self.alpha) * weighted
        return loss, {"cross_entropy": entropy.detach(), "weighted": weighted.detach()}


def image_weights(teacher: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What each training image counts.

    Parameters
    ----------
    teacher : ndarray of float, shape (members, images, classes)
        Logits; a decoder's are calibrated, so that their softmax is a probability.
    labels : ndarray of int, shape (images,)

    Returns
    -------
    ndarray of float32, shape (members, images)
        ``1 + c``, c the probability of the true class, divided by its mean over the images, so that
        the size of a step does not hang on how well the teacher reads.
    """
    odds = np.exp(teacher.astype(np.float64) - teacher.max(axis=2, keepdims=True))
    right = odds[:, np.arange(len(labels)), labels] / odds.sum(axis=2)
    weights = (1 + right) / (1 + right).mean(axis=1, keepdims=True)
    return weights.astype(np.float32)


def weighted_entropy(
    student: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Mean over the batch of weighted cross-entropies.

    Parameters
    ----------
    student : Tensor, shape (batch, members, classes)
        Logits.
    labels : Tensor of int64, shape (batch, members)
    weights : Tensor, shape (batch, members)

    Returns
    -------
    Tensor, shape (members,)
    """
    return (weights * cross_entropies(student, labels)).mean(dim=0)
