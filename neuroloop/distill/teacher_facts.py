"""How accurate and how certain a teacher is on the images that it teaches: what a control matched.

Ties count as wrong (see `accuracy_matching`); confidence is that of the soft labels as the loss
uses them, softmax(z / T).
"""

from typing import Any

import numpy as np

from neuroloop.distill.accuracy_matching import named_right
from neuroloop.distill.confidence import mean_entropy, soft_labels


def soft_label_facts(
    logits: np.ndarray, labels: np.ndarray, temperature: float
) -> dict[str, float]:
    """Accuracy and confidence of soft labels.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
    labels : ndarray of int, shape (images,)
        True class of each image.
    temperature : float
        Of the loss.

    Returns
    -------
    dict
        ``accuracy``, the share of images whose class has the one highest logit;
        ``true_class_probability``, the mean probability of the true class; ``entropy``, the mean
        entropy in nats.
    """
    soft = soft_labels(logits, temperature)
    return {
        "accuracy": float(named_right(logits, labels).mean()),
        "true_class_probability": float(soft[np.arange(len(labels)), labels].mean()),
        "entropy": mean_entropy(soft),
    }


def teacher_facts(
    taught: np.ndarray | None,
    given: tuple[np.ndarray | None, np.ndarray | None],
    labels: np.ndarray,
    temperature: float,
    chosen: list[dict[str, float]],
) -> dict[str, Any]:
    """What teacher.json says of a teacher, beside what it is made of.

    Parameters
    ----------
    taught : ndarray, shape (seeds, images, classes), or None for labels alone
        Logits that teach.
    given : tuple of ndarray, shape (images, classes), or None
        Logits of what the teacher needs, and of what stands beside it.
    labels : ndarray of int, shape (images,)
        True class of each image.
    temperature : float
        Of the loss.
    chosen : list of dict
        What each seed's teacher chose.

    Returns
    -------
    dict
        ``images``; ``temperature`` (None for labels alone); `soft_label_facts` under ``made_of``
        and ``beside`` (None where there is nothing), and of each seed under ``taught``; ``chosen``.
    """
    made_of, beside = (
        None if logits is None else soft_label_facts(logits, labels, temperature)
        for logits in given
    )
    each = () if taught is None else taught
    return {
        "images": len(labels),
        "temperature": None if taught is None else temperature,
        "made_of": made_of,
        "beside": beside,
        "taught": [soft_label_facts(logits, labels, temperature) for logits in each],
        "chosen": chosen,
    }
