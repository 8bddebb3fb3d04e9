"""Writing model.json, along with weights and images.

This module imports no network, so that training one does not depend on the code of all others:
`model_file` opens what is written here, and `model_description` checks it then.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from neuroloop.explain.models.model_images import ModelImages, save_images
from neuroloop.files.formats import save_json, save_weights
from neuroloop.images.preparation import Preparation

WEIGHTS_FILE, IMAGES_FILE = "weights.safetensors", "images.npz"


def as_description(
    path: Path,
    *,
    kind: str,
    options: Mapping[str, Any],
    weights: Path,
    classes: Sequence[str],
    images: Path,
    labels: str = "single",
    members: int = 1,
    preparation: Preparation | None = None,
    name: str | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """Describe weights and images as in a model.json; see `model_description` for its keys."""
    folder = path.parent.resolve()
    described = {
        "name": name,
        "kind": kind,
        "options": dict(options),
        "weights": Path(os.path.relpath(weights.resolve(), folder)).as_posix(),
        "classes": list(classes),
        "labels": labels,
        "members": members,
        "images": Path(os.path.relpath(images.resolve(), folder)).as_posix(),
        "preparation": preparation and preparation.as_json(),
        "facts": facts,
    }
    return {key: value for key, value in described.items() if key != "name" or value is not None}


def write_description(path: Path, **description: Any) -> None:
    """Write model.json for existing weights and images.

    Parameters
    ----------
    path : Path
    **description
        As in `as_description`.
    """
    save_json(path, as_description(path, **description))


def save_model(
    path: Path,
    *,
    weights: Mapping[str, torch.Tensor],
    images: ModelImages,
    classes: Sequence[str],
    labels: str = "single",
    **description: Any,
) -> None:
    """Write model.json, and next to it ``weights.safetensors`` and ``images.npz``.

    Parameters
    ----------
    path : Path
    weights : mapping of str to Tensor
        State of the network.
    images : ModelImages
        With known true classes.
    classes, labels, **description
        As in `as_description`.
    """
    files = path.with_name(WEIGHTS_FILE), path.with_name(IMAGES_FILE)
    save_weights(files[0], weights, classes=json.dumps(list(classes)))
    save_images(files[1], images, len(classes), labels)
    write_description(
        path, weights=files[0], images=files[1], classes=classes, labels=labels, **description
    )
