"""Classifiers of chest radiographs: a pretrained network, how much of it is trained, its head."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from neuroloop.config.names import Count, Texts
from neuroloop.config.settings import Settings, setting


class Classifier(Settings):
    """A classifier; its backbone's own settings stand in the same block."""

    backbone: str = setting("Pretrained network.", "efficientnet_lite0")
    weights: str | None = setting(
        "Where the backbone starts: imagenet (comes with efficientnet_lite0), a checkpoint below "
        "data_folder, or null (random).",
        "imagenet",
    )
    cut: str = setting(
        "First section that is trained: head, top, block15 ... block0, stem; of a ResNet head, "
        "layer4 ... layer1, stem.",
        "head",
    )
    width: int = setting("Channels of the first stage of a ResNet.", 64, ge=1, unit="channels")
    stem: Literal["small", "imagenet"] = setting("First layers of a ResNet.", "imagenet")
    side: int | None = setting(
        "Side that the network resamples radiographs to; null: as they are.",
        None,
        ge=32,
        unit="pixels",
    )
    taps: Texts = setting(
        "Sections whose means and deviations the head reads; without any, the last one's means.",
        (),
    )
    units: tuple[Count, ...] = setting(
        "Layers of the head before the last one; 128, 64, 64 in the study.", (), unit="units"
    )
    dropout: float = setting("Part of the units that a training step leaves out.", 0, ge=0, lt=1)
    l2: float = setting("Penalty on the head's weights.", 0, ge=0)
    C: float | None = setting(
        "Inverse penalty of the logistic regression that the head starts from; null: it starts "
        "from random weights.",
        None,
        gt=0,
    )
    start_share: float = setting(
        "Weight of the starting weights in the mean with the trained ones that is kept.",
        0,
        ge=0,
        lt=1,
    )
    class_weights: bool = setting("Whether every class weighs the same.", True)
    test_views: int = setting(
        "Views of a test radiograph, itself included, whose scores are averaged.", 1, ge=1
    )
    epochs: int = setting(
        "Passes over the training radiographs; 0: the network stays as it starts.", 0, ge=0
    )
    batch_size: int = setting("Training radiographs of a step.", 32, ge=2)
    learning_rate: float = setting("Step size of the first epoch.", 0.001, gt=0)
    optimiser: Literal["sgd", "adam"] = setting("How weights follow gradients.", "adam")
    weight_decay: float = setting("Added to the gradient, times the weight.", 0, ge=0)
    schedule: Literal["constant", "cosine"] = setting(
        "Learning rate over the epochs: constant, or falling to 0 along half a cosine.", "constant"
    )
    validation: Literal[0] | Annotated[float, Field(ge=0.05, le=0.5)] = setting(
        "Part of the training patients who decide on the next three; 0: all are learned from, in "
        "all epochs.",
        0,
    )
    reduce_after: int = setting(
        "Epochs without a lower validation loss, then the learning rate is multiplied by factor.",
        2,
        ge=1,
        unit="epochs",
    )
    factor: float = setting("What the learning rate is multiplied by.", 0.3, gt=0, le=1)
    stop_after: int = setting(
        "Epochs without a lower validation loss, then training stops and the best epoch is kept.",
        4,
        ge=1,
        unit="epochs",
    )

    @model_validator(mode="after")
    def _linear_head(self) -> "Classifier":
        if self.C is not None and self.units:
            raise ValueError("a logistic regression (C) is a linear head: leave units empty")
        return self
