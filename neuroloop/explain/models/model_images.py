"""The images on which a trained network is explained, exactly in the form of its input."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.image_rows import ImageRows
from neuroloop.files.formats import load_arrays, save_arrays
from neuroloop.files.intake import Intake

#: Arrays of a file of images and the names of their axes; ``truth`` of several labels has two.
AXES = {
    "images": ("image", "channel", "row", "column"),
    "truth": ("image",),
    "id": ("image",),
    "mask": ("image", "row", "column"),
    "display": ("image", "row", "column"),
    "context": ("row", "column"),
}
OPTIONAL = ("mask", "display", "context")


@dataclass(frozen=True, eq=False)
class ModelImages:
    """Images of a network, with their ids, true classes and masks.

    Attributes
    ----------
    images : ImageRows of float32, shape (n, channels, height, width)
        In the form of the network's input: an array, or files that are read on demand.
    ids : ndarray of str, shape (n,)
        Unique.
    truth : ndarray or None
        Class index, int64, shape (n,), for networks with one label per image; else bool, shape
        (n, classes). None if unknown.
    mask : ndarray of bool or None, shape (n, height, width)
        Where the evidence truly is, for the pointing game.
    display : ImageRows of float32 or None, shape (n, height, width)
        What figures show instead of the first channel.
    context : ndarray of float32 or None, shape (height, width)
        What all images are of, shown beside them: the mean image of a recording.
    """

    images: ImageRows
    ids: np.ndarray
    truth: np.ndarray | None = None
    mask: np.ndarray | None = None
    display: ImageRows | None = None
    context: np.ndarray | None = None


def spread(kinds: Sequence[object], count: int) -> np.ndarray:
    """Choose rows that represent all kinds as evenly as can be.

    Parameters
    ----------
    kinds : sequence, shape (n,)
        Class or pattern of each row.
    count : int
        Rows to choose at most: the first of each kind, then the second of each, and so on.

    Returns
    -------
    ndarray of int
        Rows, ascending.
    """
    seen: Counter[str] = Counter()
    turn = []
    for kind in map(str, kinds):
        turn.append(seen[kind])
        seen[kind] += 1
    order = np.argsort(turn, kind="stable")
    return np.sort(order[:count])


def save_images(path: Path, given: ModelImages, classes: int, labels: str) -> None:
    """Write images as .npz, with the arrays of `AXES`.

    Parameters
    ----------
    path : Path
    given : ModelImages
        With known true classes.
    classes : int
    labels : {"single", "multi"}

    Raises
    ------
    ValueError
        If the arrays do not match.
    """
    arrays = {
        "images": given.images,
        "truth": given.truth,
        "id": given.ids,
        "mask": given.mask,
        "display": given.display,
        "context": given.context,
    }
    present = {name: np.asarray(array) for name, array in arrays.items() if array is not None}
    problem = _problem(present, given.images.shape[1], classes, labels)
    if problem:
        raise ValueError(f"images of {path}: {problem}")
    axes: dict[str, Sequence[str]] = {**AXES}
    if labels == "multi":
        axes["truth"] = ("image", "class")
    save_arrays(path, present, axes=axes)


def load_images(
    path: Path, channels: int, classes: int, labels: str, intake: Intake | None = None
) -> ModelImages:
    """Read what `save_images` wrote, or what a user made of the same form.

    Parameters
    ----------
    path : Path
    channels, classes : int
        Of the network.
    labels : {"single", "multi"}
    intake : Intake, optional
        Numbers that were converted to float32 are told in it.

    Raises
    ------
    NeuroLoopError
        If the file is missing or damaged, or an array in it is missing, unknown or does not fit.
    """
    arrays = load_arrays(path)
    for name in ("images", "display", "context"):
        kind = arrays[name].dtype if name in arrays else None
        if kind in (np.float16, np.float64):
            with np.errstate(over="ignore"):  # told as not finite
                arrays[name] = arrays[name].astype(np.float32)
            if intake is not None:
                intake.recognise(f"{path}: {name} are {kind}, computed with as float32.")
    problem = _problem(arrays, channels, classes, labels)
    if problem:
        raise NeuroLoopError(f"{path}: {problem}: mend the file, or run again what wrote it")
    mask = arrays.get("mask")
    return ModelImages(
        arrays["images"],
        arrays["id"].astype(str),
        arrays["truth"].astype(np.int64 if labels == "single" else bool),
        None if mask is None else mask.astype(bool),
        arrays.get("display"),
        arrays.get("context"),
    )


def _problem(arrays: dict[str, np.ndarray], channels: int, classes: int, labels: str) -> str:
    """Say what is wrong with the arrays of a file of images; empty if nothing is."""
    for name in AXES:
        if name not in arrays and name not in OPTIONAL:
            return f"the array {name} is missing"
    for name in arrays:
        if name not in AXES:
            return f"the array {name} is unknown"
    images, truth, ids = (arrays[name] for name in ("images", "truth", "id"))
    if problem := _image_problem(images, channels):
        return problem
    pixels = (len(images), *images.shape[2:])
    wanted = {
        "truth": (len(images),) if labels == "single" else (len(images), classes),
        "id": (len(images),),
        "mask": pixels,
        "display": pixels,
        "context": images.shape[2:],
    }
    for name, shape in wanted.items():
        if name in arrays and arrays[name].shape != shape:
            return f"{name} has shape {arrays[name].shape} instead of {shape}"
    if ids.dtype.kind not in "Uiu":
        return f"id is {ids.dtype} instead of texts or whole numbers"
    names, counts = np.unique(ids, return_counts=True)
    if len(names) < len(ids):
        return f"two images have the same id, {names[counts.argmax()]}"
    for name in ("display", "context"):
        if name in arrays and not (
            arrays[name].dtype == np.float32 and np.isfinite(arrays[name]).all()
        ):
            return f"{name} has values that are not finite, or is not float32"
    if "mask" in arrays and not np.isin(arrays["mask"], (0, 1)).all():
        return "mask has values other than 0 and 1"
    return _truth_problem(truth, ids, classes, labels)


def _image_problem(images: np.ndarray, channels: int) -> str:
    shape = f"float32 (n, {channels}, height, width)"
    if images.ndim != 4 or not images.size:
        return f"images are {images.dtype} {images.shape} instead of {shape}"
    if images.dtype != np.float32:
        levels = (
            " (levels of pixels are no input: prepare them)" if images.dtype == np.uint8 else ""
        )
        return f"images are {images.dtype}{levels} instead of {shape}"
    if images.shape[1] != channels:
        last = images.shape[3] == channels
        advice = "; channels come last: transpose(0, 3, 1, 2) brings them forward" if last else ""
        return f"images have {images.shape[1]} channels, but the network takes {channels}{advice}"
    wrong = ~np.isfinite(images).all(axis=(1, 2, 3))
    if wrong.any():
        rows = np.flatnonzero(wrong)
        return f"images have values that are not finite, in {len(rows)} images, row {rows[0]} first"
    return ""


def _truth_problem(truth: np.ndarray, ids: np.ndarray, classes: int, labels: str) -> str:
    if truth.dtype.kind not in "biu":
        return f"truth is {truth.dtype} instead of integers"
    most = classes - 1 if labels == "single" else 1
    wrong = ((truth < 0) | (truth > most)).reshape(len(truth), -1).any(axis=1)
    if not wrong.any():
        return ""
    if labels == "multi":
        return f"truth of image {ids[wrong][0]} is not 0 or 1 for each of the {classes} classes"
    from_one = truth.min() == 1 and truth.max() == classes
    advice = "; classes are counted from 0, not from 1" if from_one else ""
    return (
        f"truth of image {ids[wrong][0]} is {truth[wrong][0]}, not within the {classes} classes "
        f"0 to {most}{advice}"
    )
