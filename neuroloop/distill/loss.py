"""Knowledge distillation: learning from labels and a teacher's soft labels at once."""

import torch
from torch.nn import functional


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
    losses = functional.cross_entropy(student.flatten(0, 1), labels.flatten(), reduction="none")
    return losses.view(labels.shape).mean(dim=0)
