"""Representational distance learning: images that a teacher tells apart are to be apart.

References
----------
McClure & Kriegeskorte 2016, "Representational distance learning for deep neural networks",
Frontiers in Computational Neuroscience 10:131: beside its task a network learns the entries of a
teacher's representational dissimilarity matrix, of pairs of images. Here of all pairs of a batch,
of the features that its last layer reads. Distances are one less Pearson's r (Kriegeskorte, Mur &
Bandettini 2008).
"""

import torch

from neuroloop.distill.loss import Distillation, cross_entropy
from neuroloop.networks.resnet import ResNet
from neuroloop.training.objective import Terms


class DistanceLearning(Distillation):
    """Cross-entropy with the labels, and squared differences of distances.

    ``alpha CE + (1 - alpha) D``, with D from `distance_loss`. The teacher's distances are those of
    its logits, so that every teacher has them; the temperature plays no part.
    """

    def score(self, network: ResNet, *batch: torch.Tensor) -> Terms:
        """Loss of each student, with ``cross_entropy`` and, with a teacher, ``distances``."""
        if self.taught is None:
            return super().score(network, *batch)
        images, draws, rows = batch
        read = network.features(self.views.show(images, draws))
        entropy = cross_entropy(network.fc(read).float(), self.truth[rows].T)
        features = read.float().view(len(read), network.members, -1)
        distances = distance_loss(features, self.teacher_of(rows))
        loss = self.alpha * entropy + (1 - self.alpha) * distances
        return loss, {"cross_entropy": entropy.detach(), "distances": distances.detach()}


def distance_loss(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of the distances of all pairs of a batch.

    Parameters
    ----------
    student : Tensor, shape (batch, members, features)
    teacher : Tensor, shape (batch, members, classes)
        Each of at least two rows.

    Returns
    -------
    Tensor, shape (members,)
    """
    rows = len(student)
    squares = (correlations(student) - correlations(teacher)).square()
    return squares.sum(dim=(1, 2)) / (rows * (rows - 1))  # the diagonal is the same in both


def correlations(patterns: torch.Tensor) -> torch.Tensor:
    """Pearson's r of each pair of rows: one less their distance.

    Parameters
    ----------
    patterns : Tensor, shape (batch, members, values)

    Returns
    -------
    Tensor, shape (members, batch, batch)
        A row without variance has 0 with all others, and 1 with itself like any row.
    """
    by_member = patterns.transpose(0, 1)
    centred = by_member - by_member.mean(dim=2, keepdim=True)
    unit = centred / centred.norm(dim=2, keepdim=True).clamp_min(1e-6)
    found = unit @ unit.transpose(1, 2)
    itself = torch.eye(len(patterns), dtype=torch.bool, device=patterns.device)
    return torch.where(itself, torch.ones_like(found), found)
