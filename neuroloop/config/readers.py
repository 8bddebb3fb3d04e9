"""Readers: networks that tell from frames of a movie which cells were stimulated."""

from typing import Annotated, Literal

from pydantic import Field

from neuroloop.config.names import Count
from neuroloop.config.settings import Settings, setting


class Reader(Settings):
    """A network, its recipe, what it sees of frames, and how trials are split."""

    head: Literal["flatten", "gap"] = setting(
        "Head of the network: flatten (the study's) or gap (global average pool).", "flatten"
    )
    input: Literal["dff", "dff_scaled", "raw"] = setting(
        "What the network sees: dff, dff_scaled (by the trial's brightness), or raw (as "
        "published).",
        "dff_scaled",
    )
    masked: bool = setting("Whether only the target cells' pixels are seen.", False)
    split: Literal["leave_one_trial_out", "last"] = setting(
        "Which trials test: each group of trials once (leave_one_trial_out), or the last (the "
        "study's).",
        "leave_one_trial_out",
    )
    last_trials: int = setting("Trials of each recording that test, where split is last.", 1, ge=1)
    folds: int | None = setting(
        "Groups of each pattern's trials, each held out once, where split is leave_one_trial_out; "
        "null: a group a trial.",
        None,
        ge=2,
    )
    widths: Annotated[tuple[Count, ...], Field(min_length=1)] = setting(
        "Channels of the convolutions; 16, 32, 64 in the study.", (8, 16, 32), unit="channels"
    )
    hidden_units: int = setting(
        "Units of the head flatten; 300 in the study.", 64, ge=1, unit="units"
    )
    coordinates: bool = setting("Whether the network sees where a pixel is.", False)
    epochs: int = setting("Passes over the training frames.", 20, ge=1)
    batch_size: int = setting("Training frames of a step.", 8, ge=1)
    learning_rate: float = setting("Step size of the first epoch.", 0.001, gt=0)
    optimiser: Literal["adam", "sgd"] = setting("How weights follow gradients.", "adam")
    momentum: float = setting("Momentum, of sgd alone.", 0.0, ge=0, lt=1)
    weight_decay: float = setting("Added to the gradient, times the weight.", 0, ge=0)
    schedule: Literal["constant", "cosine"] = setting(
        "Learning rate over the epochs: constant, or falling to 0 along half a cosine.", "constant"
    )
    augmented_share: float = setting(
        "Part of the training frames whose brightness and contrast are changed at random.",
        0.5,
        ge=0,
        le=1,
    )
    brightness: float = setting(
        "Largest change of brightness, up or down, in standard deviations of the training pixels.",
        0.2,
        ge=0,
    )
    contrast: float = setting(
        "Largest change of contrast, up or down, as a part of it.", 0.2, ge=0, lt=1
    )
    seeds: int = setting("Networks of each fold, whose maps are averaged.", 2, ge=1)
    untrained_networks: int = setting(
        "Networks with random weights whose maps stand beside; p is at least 1 / (1 + this).",
        19,
        ge=1,
    )
