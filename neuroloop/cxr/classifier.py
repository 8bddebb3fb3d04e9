"""Classifiers of radiographs: named variants of backbone, trained depth, head and recipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.transfer_network import TransferNetwork, transfer_network
from neuroloop.networks.transfer_start import initialise_backbone, initialise_head, load_backbone
from neuroloop.training.recipe import Recipe


@dataclass(frozen=True)
class Classifier:
    """A variant.

    Attributes
    ----------
    backbone, cut, width, stem, units, dropout
        As in `transfer_network`.
    weights : "imagenet", Path or None
        As in `load_backbone`; None: random.
    l2 : float
        Of `head_penalty`.
    side, taps
        As in `transfer_network`.
    C : float or None
        If given, the head starts from a logistic regression of inverse regularisation C on
        standardised features of the training radiographs; else from random weights.
    initial_weights_share : float
        Share of the starting weights in the mean with the trained ones that the network ends
        with (see `transfer.average_with_start`).
    recipe : Recipe
        With 0 epochs the network stays as it starts.
    validation_share : float
        Share of the training patients that decide when to slow down, to stop, and which epoch is
        kept. 0: all are learned from, for all epochs.
    reduce_after, stop_after : int
        Epochs, as in `Watch`.
    reduce_factor : float
        As in `Watch`.
    class_weights : bool
        Whether every class weighs the same in the loss, however many radiographs it has.
    test_views : int
        Views of a test radiograph, itself included, whose logits are averaged.
    """

    backbone: str
    weights: str | Path | None
    train_from: str
    width: int
    stem: str
    input_size: int | None
    feature_layers: tuple[str, ...]
    hidden_units: tuple[int, ...]
    dropout: float
    l2: float
    C: float | None
    initial_weights_share: float
    recipe: Recipe
    validation_share: float
    reduce_after: int
    reduce_factor: float
    stop_after: int
    class_weights: bool
    test_views: int

    @classmethod
    def from_block(cls, block: Mapping[str, Any], start: Path | None) -> "Classifier":
        """Read a block of the config; `start` is the checkpoint that `weights` names."""
        own = {name: block[name] for name in cls.__annotations__ if name in block}
        recipe = {name: block[name] for name in Recipe.__annotations__ if name in block}
        own |= {name: tuple(block[name]) for name in ("feature_layers", "hidden_units")}
        own["recipe"] = Recipe(**recipe)
        own |= {"weights": start} if start else {}
        return cls(**own)

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of `transfer_network`; pretrained statistics stay as they are."""
        return {
            "backbone": self.backbone,
            "cut": self.train_from,
            "units": list(self.hidden_units),
            "dropout": self.dropout,
            "width": self.width,
            "stem": self.stem,
            "side": self.input_size,
            "taps": list(self.feature_layers),
            "frozen_norm": self.weights is not None,
        }

    def network(self, classes: int, seed: int, *names: object) -> TransferNetwork:
        """Build the network as it is before training.

        Parameters
        ----------
        classes : int
        seed : int
            Root seed: of the backbone where it has no weights, and of the head.
        *names
            Which of several networks it is; they differ in the head alone.
        """
        network = transfer_network(classes=classes, **self.options)
        if self.weights is None:
            initialise_backbone(network, seed)
        else:
            load_backbone(network, self.weights)
        initialise_head(network, derive_seed(seed, "classifier", *names))
        return network
