"""Training image classifiers with a teacher, one per seed, that differ only in the teacher.

A seed fixes the initialisation, the order of the batches and the augmentation, independently of the
teacher, so that students of two teachers can be compared seed by seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from neuroloop.distill.distance_loss import DistanceLearning
from neuroloop.distill.loss import Distillation
from neuroloop.distill.student_views import Views
from neuroloop.distill.weighted_loss import WeightedLabels
from neuroloop.files.array_rows import Rows
from neuroloop.files.formats import load_weights
from neuroloop.images.preparation import Preparation, Prepared
from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.resnet import (
    ResNet,
    initialise,
    load_checkpoint,
    member_state,
    resnet,
)
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.device_memory import networks_at_once
from neuroloop.training.loop import fit, predict
from neuroloop.training.recipe import Recipe

if TYPE_CHECKING:
    import pandas as pd

#: What is learned of a teacher: losses by the value of ``how`` (config, students).
WAYS: Mapping[str, type[Distillation]] = {
    "soft_labels": Distillation,
    "weights": WeightedLabels,
    "rdm": DistanceLearning,
}


@dataclass(frozen=True)
class Student:
    """A student's network, recipe and views of the images.

    Attributes
    ----------
    depth : int
        18, 34 or 50 layers.
    width : int
        Channels of the first stage; 64 in He et al. 2016.
    stem : str
        ``small`` (3 x 3) or ``imagenet`` (7 x 7 and pooling).
    weights : Path or None
        Checkpoint with torchvision's parameter names to start from.
    temperature, alpha : float
        T and the weight of the labels in the distillation loss.
    recipe : Recipe
        Optimisation.
    crop : int
        Side in pixels of what the network sees.
    pad : int
        Pixels added on each side before a random crop.
    flip : bool
        Whether half of the training images are mirrored.
    batched_networks : int
        Seeds that a CPU trains as one batched network; several pay off for tiny networks. A GPU
        takes as many as its memory holds.
    how : str
        What is learned of the teacher, one of `WAYS`.
    """

    depth: int
    width: int
    stem: str
    weights: Path | None
    temperature: float
    alpha: float
    recipe: Recipe
    crop: int
    pad: int
    flip: bool
    batched_networks: int = 1
    how: str = "soft_labels"

    @classmethod
    def from_block(cls, block: Mapping[str, Any], weights: Path | None = None) -> "Student":
        """Build a student from its block of named values (config, students) and its start.

        Without ``how``, ``temperature`` and ``alpha`` it learns from labels alone.
        """
        recipe = Recipe(
            **{entry.name: block[entry.name] for entry in fields(Recipe) if entry.name in block}
        )
        own = {name: block[name] for name in ("depth", "width", "stem")}
        loss = {name: block.get(name, 1.0) for name in ("temperature", "alpha")}
        views = {name: block[name] for name in ("crop", "pad", "flip", "batched_networks")}
        how = block.get("how", "soft_labels")
        return cls(**own, **loss, **views, weights=weights, recipe=recipe, how=how)


@dataclass(frozen=True, eq=False)
class Trained:
    """Results of training students.

    Attributes
    ----------
    history : DataFrame
        One row per member and epoch, from `training.fit`.
    logits : ndarray of float32, shape (seeds, test images, classes)
    weights : dict of str to Tensor
        Weights of the first seed's student.
    preparation : Preparation
        What images go through before a student takes them.
    examined : dict of str to ndarray
        What was asked of the students' networks, seeds first.
    every : list of dict of str to Tensor
        Weights of every seed's student, where they are asked for; else empty.
    """

    history: "pd.DataFrame"
    logits: np.ndarray
    weights: dict[str, torch.Tensor]
    preparation: Preparation
    examined: dict[str, np.ndarray] = field(default_factory=dict)
    every: list[dict[str, torch.Tensor]] = field(default_factory=list)


def build(
    student: Student, channels: int, n_classes: int, seeds: Sequence[int], depth: int | None = None
) -> ResNet:
    """Build the networks of these seeds as one batched network, or from a checkpoint."""
    options: dict[str, Any] = {
        "in_channels": channels,
        "classes": n_classes,
        "width": student.width,
    }
    network = resnet(depth or student.depth, stem=student.stem, members=len(seeds), **options)
    initialise(network, [derive_seed(seed, "initialisation") for seed in seeds])
    if student.weights is not None and depth is None:
        load_checkpoint(network, load_weights(student.weights), student.weights, replace_head=True)
    return network


def train_students(
    images: np.ndarray,
    labels: np.ndarray,
    teacher: np.ndarray | None,
    test_images: Rows,
    n_classes: int,
    student: Student,
    seeds: Sequence[int],
    device: torch.device,
    *,
    checkpoint: Callable[[str], Checkpoint] | None = None,
    depth: int | None = None,
    examine: Callable[[ResNet, Preparation], dict[str, np.ndarray]] | None = None,
    keep_every: bool = False,
) -> Trained:
    """Train one student per seed and predict the test images once, after the last epoch.

    Parameters
    ----------
    images : ndarray of uint8, shape (images, channels, height, width)
        Training images; in memory, on a GPU in its own.
    labels : ndarray of int, shape (images,)
    teacher : ndarray of float32, shape (seeds, images, classes), or None
        Logits of each seed's teacher; None to train on the labels only.
    test_images : ndarray or StoredRows of uint8, shape (test images, channels, height, width)
        Used only for the final prediction.
    n_classes : int
    student : Student
    seeds : sequence of int
    device : device
        On a GPU as many seeds as its memory holds train as one batched network, on a CPU
        `batched_networks` at a time. What a seed learns does not depend on it but for rounding.
    checkpoint : callable, optional
        Maps the name of a group of members to where its training state is kept.
    depth : int, optional
        Depth in place of the student's, for a CNN teacher, which never starts from weights.
    examine : callable, optional
        Asks something of each trained network, of one or more seeds, before it is let go: arrays
        whose first axis is those seeds.
    keep_every : bool
        Whether the weights of all seeds are returned, and not of the first alone.

    Returns
    -------
    Trained
    """
    import pandas as pd

    at_once = networks_at_once(
        len(seeds),
        student.batched_networks,
        lambda: build(student, images.shape[1], n_classes, seeds[:1], depth),
        (student.recipe.batch_size, student.crop, student.crop),
        device,
        images.nbytes,
    )
    histories, logits, examined, every = [], [], [], []
    first: tuple[dict[str, torch.Tensor], Preparation] | None = None
    for start in range(0, len(seeds), at_once):
        chosen = list(seeds[start : start + at_once])
        network = build(student, images.shape[1], n_classes, chosen, depth).to(device)
        views = Views(images, student.crop, student.pad, student.flip, chosen, device)
        logits_of_seeds = None if teacher is None else teacher[start : start + at_once]
        history = fit(
            network,
            WAYS[student.how](views, labels, logits_of_seeds, student.temperature, student.alpha),
            [len(images)] * len(chosen),
            chosen,
            student.recipe,
            checkpoint=checkpoint(f"students{start}") if checkpoint else None,
            label=f"seeds {start + 1} to {start + len(chosen)} of {len(seeds)}",
        )
        history["member"] += start
        histories.append(history)
        inputs = Prepared(views.preparation, test_images)
        logits.append(predict(network, inputs).transpose(1, 0, 2))
        examined.append(examine(network, views.preparation) if examine else {})
        first = first or (member_state(network, 0), views.preparation)
        if keep_every:
            states = (member_state(network, member) for member in range(len(chosen)))
            every += [{name: part.cpu() for name, part in state.items()} for state in states]
        del network, views, inputs  # before the next ones are made
    assert first is not None  # there is a seed
    return Trained(
        pd.concat(histories, ignore_index=True),
        np.concatenate(logits).astype(np.float32),
        *first,
        {name: np.concatenate([some[name] for some in examined]) for name in examined[0]},
        every,
    )
