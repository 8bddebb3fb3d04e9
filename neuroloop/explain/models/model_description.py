"""What a model.json may say: its keys, and the first of them that is wrong, in words.

A training rule writes one beside its weights and images; for a checkpoint of one's own it is
written by hand. Its keys, no others:

name
    What the network is called; the folder's name if left out.
kind
    ``resnet``, ``calcium`` or ``transfer``: the network is built by `networks.resnet`,
    `calcium_network.calcium_network` or `transfer_network.transfer_network`,
options
    with these arguments, less ``classes``, ``members`` and ``mask`` (which is with the weights).
weights
    File of its state, .safetensors or .pth, with the network's own names of parameters, which are
    torchvision's for ``resnet``. Paths are relative to model.json.
classes
    Names of the outputs, in order.
labels
    ``single`` (the default; one class an image, softmax, of two classes at least) or ``multi``
    (several, a sigmoid each: also for a network with one output).
members
    Networks held in one; 1 if left out.
images
    An .npz file with arrays ``images`` (n, members * channels, height, width), float32, exactly as
    the network takes them; ``truth``, class index (n,) or for ``multi`` 0 or 1 (n, classes); ``id``
    (n,); and if there are any ``mask`` (n, height, width), where the evidence truly is, and
    ``display`` (n, height, width), what figures show. Or ``{"folder": ..., "size": 224, "grey":
    false}``: all images below a folder, whose truth is the folder that they lie in if those are
    named as classes.
preprocessing
    ``{"mean": [...], "std": [...]}``, one value or one a channel, by which pixels in [0, 1] were
    normalised for the .npz file, or are to be for a folder. Left out: they are not, or the network
    itself does it, as those of ``transfer``, which take pixels in [0, 1] and refuse this key.
facts
    What else is worth knowing (seed, fold, data set), free.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from neuroloop.errors import NeuroLoopError
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

NEEDED = ("kind", "options", "weights", "classes", "images")
DEFAULTS: dict[str, Any] = {
    "name": None,
    "labels": "single",
    "members": 1,
    "preprocessing": None,
    "facts": {},
}
FOLDER_NEEDED, FOLDER_DEFAULTS = ("folder", "size"), {"grey": False}


def checked_description(path: Path, described: Mapping[str, Any]) -> dict[str, Any]:
    """Check what a model.json says.

    Parameters
    ----------
    path : Path
        Of the file, for messages.
    described : mapping
        Its content.

    Returns
    -------
    dict
        The same, with what was left out.

    Raises
    ------
    NeuroLoopError
        If a key is missing or unknown, or has a wrong value; the first one is named.
    """
    _check_keys(path, "", described, NEEDED, (*NEEDED, *DEFAULTS))
    values = deepcopy(DEFAULTS) | dict(described)
    kind, members, images = values["kind"], values["members"], values["images"]
    preprocessing = values["preprocessing"]
    rules: dict[str, tuple[bool, str]] = {
        "kind": (kind in list(KINDS), f"one of {', '.join(KINDS)}"),
        "options": (isinstance(values["options"], dict), "an object"),
        "weights": (isinstance(values["weights"], str), "a path"),
        "classes": (_names(values["classes"]), "a list of different names"),
        "labels": (values["labels"] in ("single", "multi"), "single or multi"),
        "members": (
            _count(members) and (kind != "transfer" or members == 1),
            "a positive whole number, 1 for transfer",
        ),
        "images": (isinstance(images, str | dict), "a path, or an object with a folder"),
        "preprocessing": (
            preprocessing is None or (isinstance(preprocessing, dict) and kind != "transfer"),
            "an object, nor wanted for transfer, which normalises by itself",
        ),
        "name": (isinstance(values["name"], str | None), "a text"),
        "facts": (isinstance(values["facts"], dict), "an object"),
    }
    for key, (right, wanted) in rules.items():
        _require(right, path, key, wanted, values[key])
    if len(values["classes"]) == 1 and values["labels"] == "single":
        raise NeuroLoopError(
            f"{path}, classes: of {values['classes'][0]} alone softmax makes 1 whatever the image: "
            "if the network's one output goes through a sigmoid, set labels to multi"
        )
    arguments = {
        name: argument.default is argument.empty
        for name, argument in inspect.signature(KINDS[kind][0]).parameters.items()
        if name not in KNOWN_ELSEWHERE
    }
    needed = [name for name, needs_value in arguments.items() if needs_value]
    _check_keys(path, "options.", values["options"], needed, arguments)
    if isinstance(images, dict):
        values["images"] = _checked_folder(path, images)
    if preprocessing is not None:
        _check_keys(path, "preprocessing.", preprocessing, ("mean", "std"), ("mean", "std"))
        mean, std = preprocessing["mean"], preprocessing["std"]
        _require(_numbers(mean), path, "preprocessing.mean", "a list of numbers", mean)
        positive = _numbers(std) and min(std) > 0
        _require(positive, path, "preprocessing.std", "a list of positive numbers", std)
    return values


def _checked_folder(path: Path, images: Mapping[str, Any]) -> dict[str, Any]:
    _check_keys(path, "images.", images, FOLDER_NEEDED, (*FOLDER_NEEDED, *FOLDER_DEFAULTS))
    values = FOLDER_DEFAULTS | dict(images)
    folder, size, grey = values["folder"], values["size"], values["grey"]
    _require(isinstance(folder, str), path, "images.folder", "a path", folder)
    _require(_count(size), path, "images.size", "a number of pixels", size)
    _require(isinstance(grey, bool), path, "images.grey", "true or false", grey)
    return values


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
                f"{path}: key {prefix}{key} is unknown: take it away, or name one of "
                f"{', '.join(known)}"
            )


def _require(right: bool, path: Path, key: str, wanted: str, value: object) -> None:
    if not right:
        raise NeuroLoopError(f"{path}, {key}: {value!r} is not {wanted}: mend it")


def _names(value: object) -> bool:
    return (
        isinstance(value, list)
        and all(isinstance(name, str) for name in value)
        and len(set(value)) == len(value) > 0
    )


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _numbers(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(v, int | float) and math.isfinite(v) for v in value)
    )
