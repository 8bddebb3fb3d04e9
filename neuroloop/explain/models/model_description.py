"""The keys of a model.json, and a check that reports the first one that is wrong.

Training rules write one next to their weights and images; for your own checkpoint, write it by
hand. The allowed keys are:

name
    What the network is called; the folder's name if left out.
kind
    ``resnet``, ``calcium`` or ``transfer``: the network is built by `networks.resnet`,
    `calcium_network.calcium_network` or `transfer_network.transfer_network`,
options
    with these arguments, except ``classes``, ``members`` and ``mask`` (stored with the weights).
weights
    File of its state, .safetensors or .pth, with the network's parameter names, which are
    torchvision's for ``resnet``. Paths are relative to model.json.
classes
    Names of the outputs, in order.
labels
    ``single`` (the default; one class per image, softmax over at least two classes) or ``multi``
    (several, one sigmoid each). A network with one output for two classes, ``single``, goes through
    a sigmoid: its output is the logit of the second class.
members
    Networks held in one; 1 if left out.
images
    An .npz file with arrays ``images`` (n, members * channels, height, width), float32, exactly as
    the network takes them; ``truth``, class index (n,) or for ``multi`` 0 or 1 (n, classes); ``id``
    (n,); and if there are any ``mask`` (n, height, width), where the evidence truly is, ``display``
    (n, height, width), what figures show, and ``context`` (height, width), what all are of. Or
    ``{"folder": ...}``: all images below a folder, made as `preparation` says, whose truth is the
    folder that they lie in if those are named as classes.
preparation
    What images go through before the network takes them, as `images.preparation.Preparation`
    describes it: ``{"size": 224, "channels": 3, "mean": [...], "std": [...]}`` and, where they
    differ from their defaults, ``levels``, ``white`` and ``crop``. ``mean`` and ``std`` stay out if
    the network itself normalises, as those of ``transfer`` do. ``null`` for networks that take no
    image files, but frames of recordings or voxels: then `images` are an .npz file.
facts
    Anything else worth knowing (seed, fold, data set), in free form. Pages show three texts if they
    are there: ``title``, what the network is in plain words; ``images_are``, what one of its images
    is called ("test image"); ``held_out``, whether it was trained on its images.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

from neuroloop.errors import NeuroLoopError
from neuroloop.images.preparation import LEVELS, Preparation
from neuroloop.images.square import FITS
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.calcium_network import calcium_network
from neuroloop.networks.resnet import resnet
from neuroloop.networks.transfer_network import transfer_network

#: What builds a network of each kind, and the name of its last layer's weight.
KINDS: dict[str, tuple[Callable[..., BatchedNetwork], str]] = {
    "resnet": (resnet, "fc.weight"),
    "calcium": (calcium_network, "head.fc.weight"),
    "transfer": (transfer_network, "head.fc.weight"),
}
#: Arguments of theirs that are no options.
KNOWN_ELSEWHERE = ("classes", "members", "mask")

NEEDED = ("kind", "options", "weights", "classes", "images", "preparation")
DEFAULTS: dict[str, Any] = {
    "name": None,
    "labels": "single",
    "members": 1,
    "facts": {},
}
#: Most networks that one file holds, and most pixels of a side: what is larger was mistyped.
MEMBERS, SIDE = 1000, 16384
#: Largest standard deviation that pixels from 0 to 1 are divided by; their own is 0.5 at most.
LARGEST_STD = 2
#: Keys of a preparation that need a value.
PREPARATION_NEEDED = ("size", "channels")


def checked_description(path: Path, described: Mapping[str, Any]) -> dict[str, Any]:
    """Check the content of a model.json.

    Parameters
    ----------
    path : Path
        Of the file, for messages.
    described : mapping
        Its content.

    Returns
    -------
    dict
        The same, with defaults filled in.

    Raises
    ------
    NeuroLoopError
        If a key is missing or unknown, or has a wrong value; the first one is reported.
    """
    if "preparation" not in described or "preprocessing" in described:
        raise NeuroLoopError(
            f"{path} does not state how images are prepared, like files of earlier versions: "
            "train the network again, or add the key preparation by hand, null if the images are "
            "an .npz file of what the network takes (docs/inside.md)"
        )
    _check_keys(path, "", described, NEEDED, (*NEEDED, *DEFAULTS))
    values = deepcopy(DEFAULTS) | dict(described)
    kind, members, images = values["kind"], values["members"], values["images"]
    preparation = values["preparation"]
    rules: dict[str, tuple[bool, str]] = {
        "kind": (kind in list(KINDS), f"one of {', '.join(KINDS)}"),
        "options": (isinstance(values["options"], dict), "an object"),
        "weights": (isinstance(values["weights"], str), "a path"),
        "classes": (_names(values["classes"]), "a list of different names, texts of one line"),
        "labels": (values["labels"] in ("single", "multi"), "single or multi"),
        "members": (
            _count(members, MEMBERS) and (kind != "transfer" or members == 1),
            f"a positive whole number up to {MEMBERS}, 1 for transfer",
        ),
        "images": (isinstance(images, str | dict), "a path, or an object with a folder"),
        "preparation": (isinstance(preparation, dict | None), "an object, nor null"),
        "name": (isinstance(values["name"], str | None), "a text"),
        "facts": (isinstance(values["facts"], dict), "an object"),
    }
    for key, (right, wanted) in rules.items():
        _require(right, path, key, wanted, values[key])
    if len(values["classes"]) == 1 and values["labels"] == "single":
        raise NeuroLoopError(
            f"{path}, classes: of {values['classes'][0]} alone softmax gives 1 whatever the image: "
            "if the network's one output goes through a sigmoid, list both classes, or set labels "
            "to multi"
        )
    arguments = {
        name: argument.default is argument.empty
        for name, argument in inspect.signature(KINDS[kind][0]).parameters.items()
        if name not in KNOWN_ELSEWHERE
    }
    needed = [name for name, needs_value in arguments.items() if needs_value]
    _check_keys(path, "options.", values["options"], needed, arguments)
    if isinstance(images, dict):
        _check_keys(path, "images.", images, ("folder",), ("folder",))
        _require(isinstance(images["folder"], str), path, "images.folder", "a path", images)
        wanted = "an object, which a folder of images needs"
        _require(preparation is not None, path, "preparation", wanted, preparation)
    if preparation is not None:
        _check_preparation(path, kind, preparation)
    return values


def _check_preparation(path: Path, kind: str, given: Mapping[str, Any]) -> None:
    known = [field.name for field in fields(Preparation)]
    _check_keys(path, "preparation.", given, PREPARATION_NEEDED, known)
    values = Preparation.from_json(given).as_json()
    channels, mean, std = values["channels"], values["mean"], values["std"]
    wanted = f"a list of numbers, one or {channels}"
    rules: dict[str, tuple[bool, str]] = {
        "size": (_count(values["size"], SIDE), f"a number of pixels up to {SIDE}"),
        "channels": (channels in (1, 3), "1 (grey) or 3 (colours)"),
        "levels": (values["levels"] in LEVELS, " or ".join(LEVELS)),
        "white": (values["white"] is None or _count(values["white"], 2**32), "a grey level"),
        "fit": (values["fit"] in FITS, " or ".join(FITS)),
        "crop": (
            values["crop"] is None or _count(values["crop"], SIDE),
            f"a number of pixels up to {SIDE}",
        ),
        "mean": (_numbers(mean) and len(mean) in (1, channels), wanted),
        "std": (_numbers(std) and len(std) in (1, channels) and min(std) > 0, f"{wanted}, above 0"),
    }
    for key, (right, said) in rules.items():
        _require(right, path, f"preparation.{key}", said, values[key])
    if max(map(abs, mean)) > 1 or max(std) > LARGEST_STD:
        raise NeuroLoopError(
            f"{path}, preparation: mean {mean} and std {std} are not of pixels from 0 (black) to 1 "
            "(white): divide those of levels up to 255 by 255"
        )
    if kind == "transfer" and (mean, std) != ([0.0], [1.0]):
        raise NeuroLoopError(
            f"{path}, preparation: mean and std are not allowed for transfer, which normalises "
            "itself: remove them"
        )


def _check_keys(
    path: Path, prefix: str, given: Mapping[str, Any], needed: Iterable[str], known: Iterable[str]
) -> None:
    known = list(known)
    for key in needed:
        if key not in given:
            raise NeuroLoopError(f"{path} lacks the key {prefix}{key}: add it")
    for key in given:
        if key not in known:
            raise NeuroLoopError(
                f"{path}: key {prefix}{key} is unknown: remove it, or use one of {', '.join(known)}"
            )


def _require(right: bool, path: Path, key: str, wanted: str, value: object) -> None:
    if not right:
        raise NeuroLoopError(f"{path}, {key}: {value!r} is not {wanted}: fix it")


def _names(value: object) -> bool:
    return (
        isinstance(value, list)
        and all(isinstance(name, str) and name.strip() == name != "" for name in value)
        and "".join(value).isprintable()
        and len(set(value)) == len(value) > 0
    )


def _count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most


def _numbers(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(v, int | float) and math.isfinite(v) for v in value)
    )
