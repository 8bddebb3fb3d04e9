"""Training image classifiers with a teacher, one per seed, that differ only in the teacher.

A seed fixes the initialisation, the order of the batches and the augmentation, independently of the
teacher, so that students of two teachers can be compared seed by seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from neuroloop.distill.loss import cross_entropy, distillation_loss
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows, row_batches
from neuroloop.files.formats import load_weights
from neuroloop.images.preparation import Preparation, Prepared, normalised
from neuroloop.jobs.seeds import derive_seed, torch_generator
from neuroloop.networks.resnet import (
    ResNet,
    initialise,
    load_checkpoint,
    member_state,
    resnet,
)
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.loop import Loss, fit, predict
from neuroloop.training.recipe import Recipe

if TYPE_CHECKING:
    import pandas as pd

#: Where the levels of an image end: what is beyond its border.
BEYOND = 256


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
        Seeds that a CPU trains as one batched network; several pay off for tiny networks.
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

    @classmethod
    def from_block(cls, block: Mapping[str, Any], weights: Path | None = None) -> "Student":
        """Build a student from its block of named values (config, students) and its start.

        Without ``temperature`` and ``alpha`` it learns from labels alone.
        """
        recipe = Recipe(
            **{field.name: block[field.name] for field in fields(Recipe) if field.name in block}
        )
        own = {name: block[name] for name in ("depth", "width", "stem")}
        loss = {name: block.get(name, 1.0) for name in ("temperature", "alpha")}
        views = {name: block[name] for name in ("crop", "pad", "flip", "batched_networks")}
        return cls(**own, **loss, **views, weights=weights, recipe=recipe)


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
    """

    history: "pd.DataFrame"
    logits: np.ndarray
    weights: dict[str, torch.Tensor]
    preparation: Preparation


class Views:
    """Training images as the students see them: cropped, mirrored at random and normalised.

    They stay in the 256 levels that they came in; a batch at a time is normalised, by a table of
    what each level becomes.

    Parameters
    ----------
    images : ndarray of uint8, shape (images, channels, height, width)
    student : Student
    seeds : sequence of int
        One per member; they fix the crops.
    device : device

    Raises
    ------
    NeuroLoopError
        If the crop is larger than the padded images.
    """

    def __init__(
        self, images: np.ndarray, student: Student, seeds: Sequence[int], device: torch.device
    ) -> None:
        levels = np.arange(256) / 255
        share = count_levels(images) / (images.size / images.shape[1])
        mean = (share * levels).sum(axis=1)
        variance = (share * (levels - mean[:, None]) ** 2).sum(axis=1)
        std = np.maximum(np.sqrt(variance), 1e-6)
        self.preparation = Preparation(
            size=images.shape[2],
            channels=images.shape[1],
            crop=student.crop,
            mean=tuple(mean.tolist()),
            std=tuple(std.tolist()),
        )
        self.student, self.seeds, self.device = student, seeds, device
        if student.crop > min(images.shape[2:]) + 2 * student.pad:
            raise NeuroLoopError(
                f"config, students: crop {student.crop} is larger than the images "
                f"({min(images.shape[2:])} pixels) with pad {student.pad} on both sides"
            )
        every = np.broadcast_to(np.arange(256, dtype=np.uint8), (images.shape[1], 1, 256))
        table = normalised(every[None], self.preparation.mean, self.preparation.std)[0, :, 0]
        # What is beyond the border is 0, the mean, as a level of its own.
        self.values = torch.from_numpy(np.pad(table, ((0, 0), (0, 1)))).to(device)
        self.images = torch.from_numpy(images).to(device)
        self.epoch = -1
        self.generators: list[torch.Generator] = []

    def draw(self, epoch: int, indices: torch.Tensor) -> torch.Tensor:
        """Random views of a batch.

        Parameters
        ----------
        epoch : int
        indices : Tensor of int64, shape (members, batch)

        Returns
        -------
        Tensor, shape (batch, members * channels, crop, crop)
        """
        if epoch != self.epoch:
            self.epoch = epoch
            self.generators = [torch_generator(seed, "views", epoch) for seed in self.seeds]
        members, batch = indices.shape
        crop = self.student.crop
        channels, *sides = self.images.shape[1:]
        height, width = (side + 2 * self.student.pad for side in sides)
        draws = torch.stack(
            [torch.rand(3, batch, generator=generator) for generator in self.generators], dim=1
        ).to(self.device)
        top = (draws[0] * (height - crop + 1)).long().flatten()
        left = (draws[1] * (width - crop + 1)).long().flatten()
        steps = torch.arange(crop, device=self.device)
        columns = left[:, None] + steps
        if self.student.flip:
            mirrored = draws[2].flatten() < 0.5
            columns = torch.where(mirrored[:, None], columns.flip(1), columns)
        rows = (top[:, None] + steps)[:, None, :, None] - self.student.pad
        columns = columns[:, None, None, :] - self.student.pad
        chosen = indices.flatten().to(self.device)[:, None, None, None]
        channel = torch.arange(channels, device=self.device)[None, :, None, None]
        last_row, last_column = (side - 1 for side in sides)
        seen = (chosen, channel, rows.clamp(0, last_row), columns.clamp(0, last_column))
        levels = self.images[seen].int()
        if self.student.pad:
            beyond = (rows < 0) | (rows > last_row) | (columns < 0) | (columns > last_column)
            levels.masked_fill_(beyond, BEYOND)
        views = self.values[channel, levels]
        views = views.view(members, batch, channels, crop, crop).transpose(0, 1)
        return views.reshape(batch, members * channels, crop, crop)


def count_levels(images: np.ndarray) -> np.ndarray:
    """How often each of 256 levels occurs in each channel, int64 of shape (channels, 256).

    Parameters
    ----------
    images : ndarray of uint8, shape (images, channels, height, width)
    """
    counts = np.zeros((images.shape[1], 256), dtype=np.int64)
    for part in row_batches(images):  # NumPy counts in int64: eight bytes a pixel
        for own, values in zip(counts, part.swapaxes(0, 1), strict=True):
            own += np.bincount(values.ravel(), minlength=256)
    return counts


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
        On a GPU all seeds train as one batched network, on a CPU `batched_networks` at a time.
    checkpoint : callable, optional
        Maps the name of a group of members to where its training state is kept.
    depth : int, optional
        Depth in place of the student's, for a CNN teacher, which never starts from weights.

    Returns
    -------
    Trained
    """
    import pandas as pd

    at_once = len(seeds) if device.type == "cuda" else student.batched_networks
    histories, logits = [], []
    first: tuple[dict[str, torch.Tensor], Preparation] | None = None
    for start in range(0, len(seeds), at_once):
        chosen = list(seeds[start : start + at_once])
        network = build(student, images.shape[1], n_classes, chosen, depth).to(device)
        views = Views(images, student, chosen, device)
        logits_of_seeds = None if teacher is None else teacher[start : start + at_once]
        history = fit(
            network,
            objective(views, labels, logits_of_seeds, student),
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
        first = first or (member_state(network, 0), views.preparation)
    assert first is not None  # there is a seed
    return Trained(
        pd.concat(histories, ignore_index=True),
        np.concatenate(logits).astype(np.float32),
        *first,
    )


def objective(
    views: Views,
    labels: np.ndarray,
    teacher: np.ndarray | None,
    student: Student,
) -> Loss[ResNet]:
    """Return the loss: cross-entropy without a teacher, else the distillation loss."""
    device = views.device
    truth = torch.from_numpy(labels.astype(np.int64)).to(device)
    taught = None if teacher is None else torch.from_numpy(teacher).to(device)

    def loss(
        network: ResNet, epoch: int, indices: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        logits = network(views.draw(epoch, indices))
        indices = indices.to(device)
        target = truth[indices].T
        if taught is None:
            entropy = cross_entropy(logits, target)
            return entropy, {"cross_entropy": entropy.detach()}
        members = torch.arange(len(indices), device=device)[:, None]
        soft = taught[members, indices].transpose(0, 1)
        return distillation_loss(logits, soft, target, student.temperature, student.alpha)

    return loss
