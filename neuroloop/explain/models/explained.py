"""Which images of a model are explained, and which output: the predicted class."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from neuroloop.explain.models.model_file import OpenedModel, check_outputs
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.training.loop import predict


@dataclass(frozen=True, eq=False)
class Explained:
    """Images in the order of `even_order`, so that any first ones are spread over classes too.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Indices of the model's images.
    ids : ndarray of str, shape (n,)
    images : Tensor of float32, shape (n, channels, height, width)
    display : ndarray of float32, shape (n, height, width)
        What figures show.
    classes : Tensor of int64, shape (n,)
        Predicted class: the highest logit, averaged over members.
    probabilities : ndarray of float64, shape (n,)
        Of the predicted class: softmax, or sigmoid for several labels.
    truth : ndarray or None, shape (n,) or (n, classes)
        As in `ModelImages`.
    right : ndarray of bool or None, shape (n,)
        Whether the predicted class is (among) the true one(s).
    masks : ndarray of bool or None, shape (n, height, width)
    """

    rows: np.ndarray
    ids: np.ndarray
    images: torch.Tensor
    display: np.ndarray
    classes: torch.Tensor
    probabilities: np.ndarray
    truth: np.ndarray | None
    right: np.ndarray | None
    masks: np.ndarray | None

    def first(self, count: int) -> "Explained":
        """Return only the first images."""
        values = {name: getattr(self, name) for name in self.__annotations__}
        cut = {name: v[:count] for name, v in values.items() if v is not None}
        return replace(self, **cut)

    def __len__(self) -> int:
        return len(self.rows)


def explained_images(opened: OpenedModel, count: int, seed: int, batch: int = 32) -> Explained:
    """Choose images evenly over the true classes, and let the network predict them.

    Parameters
    ----------
    opened : OpenedModel
    count : int
        Number of images; at most all.
    seed : int
        Of the order of classes.
    batch : int
        Images at once.

    Returns
    -------
    Explained

    Raises
    ------
    NeuroLoopError
        If an output is not finite.
    """
    given = opened.images
    rows = even_order(given, seed)[:count]
    images = given.images[rows]
    logits = torch.from_numpy(predict(opened.network, images, batch)).double().mean(1)
    check_outputs(logits, given.ids[rows], f"model {opened.name}")
    multi = opened.labels == "multi"
    chances = logits.sigmoid() if multi else logits.softmax(1)
    predicted = logits.argmax(1)
    truth = None if given.truth is None else given.truth[rows]
    right = None
    if truth is not None:
        chosen = predicted.numpy()
        right = truth[np.arange(len(rows)), chosen] if multi else truth == chosen
    members = opened.network.members
    shown = images[:, : images.shape[1] // members].mean(axis=1)
    return Explained(
        rows,
        given.ids[rows],
        torch.from_numpy(images),
        shown if given.display is None else given.display[rows],
        predicted,
        chances.gather(1, predicted[:, None])[:, 0].numpy(),
        truth,
        right,
        None if given.mask is None else given.mask[rows],
    )


def even_order(given: ModelImages, seed: int) -> np.ndarray:
    """Order images so that the first n, for any n, are spread evenly over the true classes.

    Parameters
    ----------
    given : ModelImages
        With several labels, each set of them counts as a class; without truth the order stays.
    seed : int
        Of the order of classes, the same in every round.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    if given.truth is None:
        return np.arange(len(given.images))
    _, groups = np.unique(given.truth, axis=0, return_inverse=True)
    groups = groups.ravel()
    turns = numpy_generator(seed, "order of classes").permutation(groups.max() + 1)
    ranks = np.empty(len(groups), dtype=np.int64)
    for group in range(groups.max() + 1):
        members = np.flatnonzero(groups == group)
        ranks[members] = np.arange(len(members))
    return np.lexsort((turns[groups], ranks))


def true_names(explained: Explained, classes: Sequence[str]) -> list[str] | None:
    """Names of the true classes of each image, joined where there are several.

    Parameters
    ----------
    explained : Explained
    classes : sequence of str

    Returns
    -------
    list of str, or None where no truth is known
    """
    if explained.truth is None:
        return None
    if explained.truth.ndim == 1:
        return [classes[number] for number in explained.truth.tolist()]
    return [
        "+".join(name for name, true in zip(classes, row, strict=True) if true) or "none of them"
        for row in explained.truth
    ]
