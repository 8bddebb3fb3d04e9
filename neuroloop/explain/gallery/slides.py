"""The part of a gallery that is browsed: images, their predictions, and all maps of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from neuroloop.explain.figures.pictures import image_classes
from neuroloop.explain.gallery.embedded import draw_map, outline
from neuroloop.explain.gallery.found import Found, Maps
from neuroloop.explain.gallery.names import image_title
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.training.loop import predict

#: How many classes are shown with their probability.
MOST_LIKELY = 5


def browsed(
    opened: OpenedModel,
    attributions: Sequence[Found],
    maps: Mapping[str, Maps],
    shown: Sequence[str],
    rows: np.ndarray,
) -> dict[str, Any]:
    """What the template shows of images, each under the maps of all methods.

    Parameters
    ----------
    opened : OpenedModel
    attributions : sequence of Found
        In the order of the maps.
    maps : mapping of str to Maps
        Of those that apply, by their names.
    shown : sequence of str
        Ids of the images.
    rows : ndarray of int
        Their rows of the model's images.

    Returns
    -------
    dict
        ``methods``, ``slides``, how many predictions are right and ``known``, and whether any image
        is ``outlined``. Without images (no method applies) there are ``cards`` alone.
    """
    methods = [(one.title, one.meaning) for one in attributions]
    if not shown:
        cards = [_card(one, None, "") for one in attributions]
        return {"methods": methods, "slides": [], "cards": cards}
    logits = predict(opened.network, opened.images.images[rows], 16).mean(axis=1)
    scores = torch.from_numpy(logits).double()
    chances = (scores.sigmoid() if opened.labels == "multi" else scores.softmax(1)).numpy()
    truths = image_classes(opened)
    slides = []
    for number, (image, row) in enumerate(zip(shown, rows, strict=True)):
        predicted = next(one.predicted[image] for one in maps.values() if image in one.predicted)
        slides.append(
            {
                "image": image,
                "title": image_title(opened, image, None if truths is None else truths[row]),
                "right": _right(opened, row, predicted),
                "predicted": opened.classes[predicted],
                "chance": float(chances[number, predicted]),
                "truth": None if truths is None else truths[row],
                "likely": _likely(opened, predicted, chances[number]),
                "outline": _outline(opened, row),
                "cards": [_card(one, maps.get(one.method), image) for one in attributions],
            }
        )
    marks = [slide["right"] for slide in slides if slide["right"] is not None]
    return {
        "methods": methods,
        "slides": slides,
        "right": sum(marks),
        "known": len(marks),
        "outlined": any(slide["outline"] for slide in slides),
    }


def _likely(opened: OpenedModel, predicted: int, chances: np.ndarray) -> list[dict[str, Any]]:
    """The classes of the highest probabilities."""
    order = np.argsort(-chances, kind="stable")[:MOST_LIKELY]
    return [
        {
            "name": opened.classes[number],
            "chance": float(chances[number]),
            "predicted": number == predicted,
        }
        for number in order
    ]


def _card(found: Found, maps: Maps | None, image: str) -> dict[str, Any]:
    """A map over its image, or why there is none."""
    card: dict[str, Any] = {"title": found.title, "meaning": found.meaning, "refused": ""}
    if maps is None:
        return card | {"refused": f"not applicable: {found.result['reason']}"}
    if image not in maps.values:
        return card | {"refused": "this image is not explained"}
    values = maps.values[image]
    return card | {
        "map": draw_map(values, found.signed),
        "signed": found.signed,
        "units": maps.units,
        "shape": values.shape,
    }


def _outline(opened: OpenedModel, row: int) -> dict[str, Any] | None:
    """Path around the truth, and the size of the image, if there is any."""
    if opened.images.mask is None or not opened.images.mask[row].any():
        return None
    height, width = opened.images.mask[row].shape
    return {"path": outline(opened.images.mask[row]), "height": height, "width": width}


def _right(opened: OpenedModel, row: int, predicted: int) -> bool | None:
    truth = opened.images.truth
    if truth is None:
        return None
    return bool(truth[row, predicted]) if truth.ndim == 2 else bool(truth[row] == predicted)
