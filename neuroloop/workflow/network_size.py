"""How large the backbones of transfer networks are: known from the config, without building them.

`tests/memory` compares these tables with the networks.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Section(NamedTuple):
    """A section of a backbone.

    Attributes
    ----------
    name : str
    kept : float
        Bytes that training keeps of its maps for the backward pass, for each pixel of an image.
    channels : int
        Of its output.
    weights : int
        Parameters.
    """

    name: str
    kept: float
    channels: int
    weights: int


_STEM = Section("stem", 172, 64, 9_536)

_LITE = (
    *((76.2, 32, 928), (144, 16, 896), (385, 24, 5_136), (228, 24, 8_832), (150.6, 40, 13_472)),
    *((95, 40, 26_240), (61.9, 80, 32_080), (47.5, 80, 83_200), (47.5, 80, 83_200)),
    *((48, 112, 106_304), (66.5, 112, 170_240), (66.5, 112, 170_240), (51.2, 192, 224_160)),
    *((28.5, 192, 476_160), (28.5, 192, 476_160), (28.5, 192, 476_160), (29, 320, 605_440)),
    (11.2, 1280, 412_160),
)

#: Sections of each backbone, of ResNets those of 64 channels with the stem of ImageNet.
BACKBONES: Mapping[str, tuple[Section, ...]] = MappingProxyType(
    {
        "efficientnet_lite0": tuple(
            Section(name, *sizes)
            for name, sizes in zip(
                ("stem", *(f"block{number}" for number in range(16)), "top"), _LITE, strict=True
            )
        ),
        "resnet18": (
            _STEM,
            Section("layer1", 144, 64, 147_968),
            Section("layer2", 72, 128, 525_568),
            Section("layer3", 36, 256, 2_099_712),
            Section("layer4", 18, 512, 8_393_728),
        ),
        "resnet34": (
            _STEM,
            Section("layer1", 208, 64, 221_952),
            Section("layer2", 136, 128, 1_116_416),
            Section("layer3", 100, 256, 6_822_400),
            Section("layer4", 26, 512, 13_114_368),
        ),
        "resnet50": (
            _STEM,
            Section("layer1", 656, 256, 215_808),
            Section("layer2", 464, 512, 1_219_584),
            Section("layer3", 328, 1024, 7_098_368),
            Section("layer4", 92, 2048, 14_964_736),
        ),
    }
)

#: The stem that leaves sides as they are, and by how much maps behind it are larger.
SMALL_STEM, SMALL = Section("stem", 524, 64, 1_856), 16


def sections(block: Mapping[str, Any]) -> tuple[Section, ...]:
    """Sections of the backbone that a classifier's block names, from the image upwards.

    Of a backbone that is not known here, as a plugin's, those of the largest that is.

    Parameters
    ----------
    block : mapping
        ``backbone``, ``width``, ``stem``.
    """
    if block["backbone"] == "efficientnet_lite0":
        return BACKBONES["efficientnet_lite0"]
    wider, small = int(block["width"]) / 64, block["stem"] == "small"
    stem, *layers = BACKBONES.get(block["backbone"], BACKBONES["resnet50"])
    if small:
        stem, layers = SMALL_STEM, [one._replace(kept=SMALL * one.kept) for one in layers]
    return tuple(
        Section(
            one.name,
            one.kept * wider,
            round(one.channels * wider),
            round(one.weights * wider**2),
        )
        for one in (stem, *layers)
    )


def trained(block: Mapping[str, Any]) -> tuple[Section, ...]:
    """Those of `sections` that are trained: from ``train_from`` upwards; none under the head."""
    every = sections(block)
    names = [one.name for one in every]
    return every[names.index(block["train_from"]) :] if block["train_from"] in names else ()


def read(block: Mapping[str, Any]) -> int:
    """Channels that the head reads: means of the last section, or two numbers of each tap."""
    every = {one.name: one.channels for one in sections(block)}
    taps = block["feature_layers"]
    largest = max(every.values())
    return sum(2 * every.get(tap, largest) for tap in taps) or [*every.values()][-1]
