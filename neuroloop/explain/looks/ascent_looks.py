"""What a class or a unit responds to most: images by gradient ascent, next to real ones."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuroloop.explain.looks.class_images import class_images
from neuroloop.explain.looks.look import Look
from neuroloop.explain.looks.units import (
    Layer,
    answers,
    before_rectifier,
    local_layers,
    telling_units,
)
from neuroloop.explain.looks.up_to import UpTo
from neuroloop.explain.models.image_rows import ImageRows, channel_ends, row_batches
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.training.loop import predict

#: Classes at most; of more, some spread evenly.
MOST_CLASSES = 12

#: The penalty on a real image of mean power, as a part of the range of answers to real images.
PENALTY = 0.1

#: First step, as a part of the range of real pixels.
RATE = 1 / 16

#: Part of the side by which the network sees the image rolled at most.
ROLLED = 1 / 16

#: Standard deviation of the blur, pixels: without one, images of 16 pixels are noise to the eye
#: (looked at).
BLUR = 1.0


class Sought(NamedTuple):
    """What is maximised: outputs of the network or of a layer, and their values for real images.

    Attributes
    ----------
    targets : list of int
    names : list of str
    of : str
        What the objective is, in words.
    real : ndarray, shape (n, targets)
        The same for the model's images.
    layer : Layer or None
    """

    targets: list[int]
    names: list[str]
    of: str
    real: np.ndarray
    layer: Layer | None


def look_for_classes(opened: OpenedModel, steps: int, seed: int) -> Look:
    """Find the image that each class responds to most; see `class_images.class_images`.

    Parameters
    ----------
    opened : OpenedModel
    steps : int
        Of the ascent.
    seed : int

    Returns
    -------
    Look
        Arrays ``images`` (targets, channels, height, width), in the network's own units and within
        the range of the model's images, ``target`` (targets,), ``start`` and ``end`` (targets,),
        the objective, ``answer`` (targets,), the same less its penalty, and ``real`` (n, targets),
        answers to the model's images; ``name`` (targets,) and ``image`` (n,), ids. For a batched
        network, means over members.
    """
    count = len(opened.classes)
    chosen = np.unique(np.linspace(0, count - 1, min(MOST_CLASSES, count)).round().astype(int))
    parts = [predict(opened.network, part) for part in row_batches(opened.images.images)]
    logits = np.concatenate(parts).mean(axis=1)
    return _ascend(
        opened,
        Sought(
            chosen.tolist(),
            [opened.classes[number] for number in chosen],
            "logit",
            logits[:, chosen],
            None,
        ),
        steps,
        seed,
    )


def look_for_units(opened: OpenedModel, units: int, steps: int, seed: int) -> Look:
    """Find the image that each of some units responds to most, by its mean over positions.

    If the network has the unit before its ReLU as a layer, that is used: silent units then have
    gradients too.

    Parameters
    ----------
    opened : OpenedModel
    units : int
        Of the deepest layer whose units see a part of the image, those of `look_at_patches`.
    steps, seed
        As in `look_for_classes`; units, which are simpler than classes, take half the steps. Their
        images keep the mean level of the model's (see `class_images.class_images`).

    Returns
    -------
    Look
        As `look_for_classes` has it.

    Raises
    ------
    NotApplicable
        If no layer gives maps of more than one position, or receptive fields are unknown.
    """
    layer, field = local_layers(opened)[-1]
    chosen = telling_units(answers(opened, layer), units)
    layer = before_rectifier(opened, layer)
    found = answers(opened, layer)
    look = _ascend(
        opened,
        Sought(
            chosen.tolist(),
            [f"unit {number}" for number in chosen],
            "mean of the unit over places",
            found.mean[:, chosen],
            layer,
        ),
        -(-steps // 2),
        seed,
    )
    told = {**layer._asdict(), "receptive_field": list(field)}
    return Look(
        look.arrays,
        look.axes,
        look.n,
        look.counts,
        {**look.numbers, "layer": told},
        f"Units of {layer.name} ({layer.channels} channels of {layer.height} × {layer.width}). "
        + look.summary,
        look.units,
    )


def _ascend(opened: OpenedModel, sought: Sought, steps: int, seed: int) -> Look:
    images = opened.images.images
    lows, highs = channel_ends(images)
    low, high = float(lows.min()), float(highs.max())
    side = min(images.shape[2:])
    l2 = _penalty(images, sought.real)
    options = {
        "l2": l2,
        "steps": steps,
        "rate": RATE * (high - low) or RATE,
        "jitter": int(ROLLED * side),
        "blur": BLUR,
    }
    short = None if sought.layer is None else UpTo(opened.network, sought.layer.name)
    # Units look for a pattern in the light that there is; classes may look for light itself.
    level = None if short is None else mean_level(images)
    first, found = (
        class_images(
            short or opened.network,
            images.shape[1:],
            sought.targets,
            seed=seed,
            layer=None if short is None else short.name,
            low=low,
            high=high,
            level=level,
            **(options | {"steps": count}),  # type: ignore[arg-type]
        )
        for count in (0, steps)
    )
    begun, answer = (
        made.end + l2 * np.square(made.images, dtype=np.float64).sum(axis=(1, 2, 3))
        for made in (first, found)
    )
    beyond = int((answer > sought.real.max(axis=0)).sum())
    return Look(
        arrays={
            "images": found.images,
            "target": np.array(sought.targets),
            "name": np.array(sought.names),
            "start": found.start,
            "end": found.end,
            "answer": answer,
            "real": sought.real,
            "image": opened.images.ids,
        },
        axes={
            "images": ("target", "channel", "row", "column"),
            **dict.fromkeys(("target", "name", "start", "end", "answer"), ("target",)),
            "real": ("image", "target"),
            "image": ("image",),
        },
        units={"images": "input of the network", "answer": sought.of, "real": sought.of},
        n=len(images),
        counts={
            "not_finite": int((~np.isfinite(found.images)).any(axis=(1, 2, 3)).sum()),
            "stuck": int(np.isclose(answer, begun, rtol=1e-5, atol=1e-6).sum()),
        },
        numbers={
            **options,
            "low": low,
            "high": high,
            "of": sought.of,
            "targets": _targets(sought.names, found.start, found.end, answer, sought.real),
        },
        summary=f"{beyond} of {len(sought.targets)} images made so have a higher {sought.of} than "
        f"every one of the {len(images)} real ones.",
    )


def mean_level(images: ImageRows) -> float:
    """Mean over all pixels of all images."""
    sums = [part.sum(dtype=np.float64) for part in row_batches(images)]
    return float(np.sum(sums) / np.prod(images.shape))


def _penalty(images: ImageRows, real: np.ndarray) -> float:
    """Weight of the sum of squares."""
    squares = [
        np.square(part, dtype=np.float64).sum(axis=(1, 2, 3)) for part in row_batches(images)
    ]
    power = float(np.concatenate(squares).mean())
    spread = float(np.median(real.max(axis=0) - real.min(axis=0)))
    return PENALTY * spread / power if power > 0 else 0.0


def _targets(
    names: Sequence[str],
    start: np.ndarray,
    end: np.ndarray,
    answer: np.ndarray,
    real: np.ndarray,
) -> list[dict[str, object]]:
    highest, middle = real.max(axis=0), np.median(real, axis=0)
    rows = zip(names, start, end, answer, highest, middle, strict=True)
    keys = ("name", "start", "end", "answer", "real_highest", "real_median")
    return [dict(zip(keys, (row[0], *map(float, row[1:])), strict=True)) for row in rows]
