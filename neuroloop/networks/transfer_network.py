"""A pretrained image network under a new head, trained from a chosen section upwards.

The network itself brings images to the size that it reads them at, repeats grey ones to three
channels and normalises them as its backbone was trained, so that training, prediction and
explanation cannot pre-process differently. It is cut in two: ``front``, frozen, whose output
depends on an image alone and can be stored, and ``back``, which is trained. What it starts from is
in `transfer_start`.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import nn
from torch.nn import functional

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import torch_generator
from neuroloop.networks.backbone import Backbone
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.dense_head import Dropout, dense_head

#: The cut above all sections: the head alone is trained.
HEAD = "head"

#: Added to variances before their root, whose slope is infinite at 0.
TINY = 1e-6


class TransferNetwork(BatchedNetwork):
    """Backbone and head (see `transfer_network`).

    ``back(front(x))`` and ``classify(maps(x))`` are the logits.

    Attributes
    ----------
    backbone : Module
        Without its last layer.
    backbone_name : str
    head : Sequential
        Its last layer, linear, is ``head.fc``.
    sections : dict of str to tuple of str
        Modules of the backbone that follow each other in each of its sections, in order.
    cut : str
        The first section that is trained, or ``head``.
    frozen_norm : bool
        Whether batch normalisation in the backbone always evaluates.
    side : int or None
        Pixels of a side that images are resampled to; None: as they are.
    taps : tuple of str
        Sections whose outputs the head reads, in their order; none: the last one's means alone.
    mean, std : Tensor, shape (3,)
        What pixels in [0, 1] are normalised by.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self,
        name: str,
        backbone: Backbone,
        classes: int,
        cut: str,
        units: Sequence[int],
        dropout: float,
        in_channels: int,
        frozen_norm: bool,
        side: int | None,
        taps: Sequence[str],
    ) -> None:
        super().__init__(members=1, in_channels=in_channels, classes=classes)
        self.sections = backbone.sections
        if cut not in (*self.sections, HEAD):
            raise NeuroLoopError(
                f"no section {cut!r} to train from in the backbone: name one of "
                f"{', '.join(self.sections)} or {HEAD}"
            )
        self.register_buffer("mean", torch.tensor(backbone.mean))
        self.register_buffer("std", torch.tensor(backbone.std))
        self.backbone, self.backbone_name = backbone.network, name
        self.cut, self.frozen_norm = cut, frozen_norm
        self.side, self.taps = side, tuple(name for name in self.sections if name in taps)
        order = [*self.sections, HEAD]
        if unknown := sorted(set(taps) - set(self.sections)):
            raise NeuroLoopError(
                f"no section {unknown[0]!r} in the backbone whose output the head may read: name "
                f"some of {', '.join(self.sections)}"
            )
        if cut != HEAD and self.taps and order.index(self.taps[0]) < order.index(cut):
            raise NeuroLoopError(
                f"the head reads {self.taps[0]}, below the cut at {cut}: cut lower, or at {HEAD}"
            )
        self.head = dense_head(self._width(backbone.channels), classes, units, dropout)
        position = order.index(cut)
        self._below, self._above = order[:position], order[position:-1]
        for module in self._frozen():
            module.requires_grad_(False)
        self.train()

    def train(self, mode: bool = True) -> "TransferNetwork":
        """Set the mode of all but what is frozen, which always evaluates."""
        super().train(mode)
        for module in self._frozen():
            module.eval()
        for module in self.backbone.modules():
            if self.frozen_norm and isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    @property
    def is_linear(self) -> bool:
        """Whether the logits are linear in the means of the maps, which CAM needs."""
        layers = [*self.head.children()][:-1]
        return not self.taps and not any(isinstance(module, nn.Linear) for module in layers)

    def front(self, images: torch.Tensor) -> torch.Tensor:
        """Run what is frozen.

        Parameters
        ----------
        images : Tensor of float32, shape (batch, 1 or 3, height, width)
            In [0, 1].

        Returns
        -------
        Tensor, shape (batch, channels, height, width), or (batch, channels) if `cut` is ``head``
            Features at the cut, in the latter case what the head reads. Without a graph of
            gradients unless the images have one.
        """
        x = self._normalised(images)
        return self._read(self._below, x) if self.cut == HEAD else self._through(self._below, x)

    def back(self, features: torch.Tensor) -> torch.Tensor:
        """Run what is trained: from the output of `front` to logits (batch, 1, classes)."""
        return self.head(self.pooled(features))

    def pooled(self, features: torch.Tensor) -> torch.Tensor:
        """Run what is trained less the head: from the output of `front` to (batch, channels)."""
        if self.cut == HEAD:
            return features
        return self._read(self._above, features)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits, shape (batch, 1, classes), of images as in `front`."""
        return self.back(self.front(images))

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        """Return the output of the first section that the head reads: all logits follow from it.

        Without taps that is the last one, whose output is not negative.

        Returns
        -------
        Tensor, shape (batch, channels, height, width)
        """
        return self._through(self._to_maps()[0], self._normalised(images))

    def classify(self, maps: torch.Tensor) -> torch.Tensor:
        """Map the output of `maps` to logits, shape (batch, 1, classes)."""
        first = statistics(maps) if self.taps else maps.mean((2, 3))
        rest = self._to_maps()[1]
        if self.taps[1:]:
            first = torch.cat([first, self._read(rest, maps)], dim=1)
        return self.head(first)

    def below(self) -> list[str]:
        """Sections whose output gives all logits, from the first to that of `maps`."""
        return self._to_maps()[0]

    def maps_at(self, section: str, images: torch.Tensor) -> torch.Tensor:
        """Return the output of one of `below`, shape (batch, channels, height, width)."""
        names = self.below()
        return self._through(names[: names.index(section) + 1], self._normalised(images))

    def classify_from(self, section: str, maps: torch.Tensor) -> torch.Tensor:
        """Map the output of `maps_at` to logits, shape (batch, 1, classes)."""
        names = self.below()
        return self.classify(self._through(names[names.index(section) + 1 :], maps))

    def _normalised(self, images: torch.Tensor) -> torch.Tensor:
        if self.side is not None:
            size = (self.side, self.side)
            images = functional.interpolate(images, size, mode="bilinear", antialias=True)
        return (images - self.mean[:, None, None]) / self.std[:, None, None]

    def _to_maps(self) -> tuple[list[str], list[str]]:
        """Sections up to the first that the head reads, and those above it."""
        names = [*self.sections]
        position = names.index(self.taps[0]) + 1 if self.taps else len(names)
        return names[:position], names[position:]

    def _read(self, sections: Iterable[str], x: torch.Tensor) -> torch.Tensor:
        """Run sections; return what the head reads of them, shape (batch, channels)."""
        read = []
        for section in sections:
            x = self._through([section], x)
            if section in self.taps:
                read.append(statistics(x))
                if section == self.taps[-1]:
                    break
        return torch.cat(read, dim=1) if self.taps else x.mean((2, 3))

    def _width(self, last: int) -> int:
        """Number of channels that the head reads; `last`: of the last section."""
        if not self.taps:
            return last
        self.backbone.eval()  # or statistics of batch normalisation would move
        with torch.no_grad():
            return self._read(self.sections, torch.zeros(1, 3, 32, 32)).shape[1]

    def _through(self, sections: Iterable[str], x: torch.Tensor) -> torch.Tensor:
        for section in sections:
            for name in self.sections[section]:
                x = self.backbone.get_submodule(name)(x)
        return x

    def _frozen(self) -> list[nn.Module]:
        names = [name for section in self._below for name in self.sections[section]]
        return [self.backbone.get_submodule(name) for name in names]


def statistics(maps: torch.Tensor) -> torch.Tensor:
    """Means and standard deviations of maps over all places.

    Parameters
    ----------
    maps : Tensor, shape (batch, channels, height, width)

    Returns
    -------
    Tensor, shape (batch, 2 * channels)
        Means, then roots of variances (over n places, not n - 1) plus `TINY`.
    """
    variances = maps.var((2, 3), correction=0)
    return torch.cat([maps.mean((2, 3)), (variances + TINY).sqrt()], dim=1)


def transfer_network(
    *,
    backbone: str,
    classes: int,
    cut: str = HEAD,
    units: Sequence[int] = (),
    dropout: float = 0.0,
    in_channels: int = 1,
    width: int = 64,
    stem: str = "imagenet",
    frozen_norm: bool = False,
    side: int | None = None,
    taps: Sequence[str] = (),
) -> TransferNetwork:
    """Build a network for transfer learning.

    Its weights are random until `initialise_backbone`, `load_backbone` and `initialise_head` set
    them.

    Parameters
    ----------
    backbone : str
        One of `backbones`, e.g. ``"resnet18"``.
    classes : int
    cut : str
        First section that is trained; those below it are frozen, with their batch normalisation in
        evaluation mode. ``stem``, ``layer1`` to ``layer4`` of a ResNet; ``stem``, ``block0`` to
        ``block15``, ``top`` of EfficientNet-Lite0; ``head``: the head alone.
    units : sequence of int
        Blocks of batch normalisation, dense layer of so many units, ReLU and dropout before the
        last layer. None: a linear head, which CAM needs.
    dropout : float
        Share of each block's outputs that training drops; of the pooled features if there is no
        block.
    in_channels : {1, 3}
        Channels of the images. One is repeated to three.
    width, stem
        Of the backbone, as its settings describe them.
    frozen_norm : bool
        Whether batch normalisation in the backbone always evaluates, with the statistics of its
        weights; scale and shift are trained above the cut. Small data sets and short training want
        it: running statistics of theirs lag behind the weights, and batches are a poor sample.
    side : int, optional
        Pixels of a side that images are resampled to, bilinearly. A network that reads them larger
        than they are has finer maps, and objects of the size that its backbone was trained on
        (Touvron et al. 2019, "Fixing the train-test resolution discrepancy").
    taps : sequence of str
        Sections whose outputs' means and standard deviations over all places the head reads, in
        place of the last one's means. What lower sections see is lost on the way to the last,
        which was trained to name objects (Evci et al. 2022, "Head2Toe: utilizing intermediate
        representations for better transfer learning"). None lies below the cut, unless that is
        ``head``.

    Returns
    -------
    TransferNetwork
        In channels-last layout.

    Raises
    ------
    NeuroLoopError
        If there is no such backbone, it cannot have that width and stem, it has no such section,
        or the head would read one below the cut.
    """
    if in_channels not in (1, 3):
        raise ValueError(f"no backbone {backbone!r} for {in_channels} channels")
    known = registry.settings("backbone", backbone).model_fields
    asked = {"width": width, "stem": stem}
    values = registry.values("backbone", backbone, {k: v for k, v in asked.items() if k in known})
    made = registry.entry("backbone", backbone).build(**values)
    network = TransferNetwork(
        backbone, made, classes, cut, units, dropout, in_channels, frozen_norm, side, taps
    )
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def seed_dropout(network: TransferNetwork, seed: int, *names: object) -> None:
    """Begin the random streams of the head's dropout anew.

    Training that can go on from a checkpoint calls it at the start of each epoch, with its number.
    """
    for number, module in enumerate(network.head):
        if isinstance(module, Dropout):
            module.generator = torch_generator(seed, "dropout", number, *names)


def head_penalty(network: TransferNetwork, l2: float) -> torch.Tensor:
    """Return `l2` times the sum of the squared weights of the head's dense layers, a scalar.

    As Keras' L2 regulariser has it: no factor 1 / 2, no biases, no batch normalisation.
    """
    squares = [m.weight.square().sum() for m in network.head if isinstance(m, nn.Linear)]
    return l2 * torch.stack(squares).sum()
