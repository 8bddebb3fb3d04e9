"""Maps of all patterns as the page of the report leafs through them: small pictures, one scale."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.map_figure import SHOWN, frame_stride
from neuroloop.calcium.patterns import pattern_cells
from neuroloop.explain.gallery.embedded import gradient, map_source, picture_source

#: Pixels of a side of a map and of the mean image, at most: so that hundreds make no heavy page.
MAP, IMAGE = 48, 256


def map_gallery(
    maps: np.ndarray,
    patterns: Sequence[str],
    mean_image: np.ndarray,
    cells: pd.DataFrame,
    **said: Any,
) -> dict[str, Any]:
    """Make what a page needs to show the map of each pattern over the mean image.

    Parameters
    ----------
    maps : ndarray, shape (patterns, height, width)
        Means over seeds and held-out trials, native resolution of the reader's last pooling.
    patterns : sequence of str
        Name of each.
    mean_image : ndarray, shape (height, width)
        Of the session, in frame pixels.
    cells : DataFrame
        ``cell, row, column, radius`` in frame pixels.
    **said
        Kept as it is: session, method, trials, seeds, what must be known of the reader.

    Returns
    -------
    dict
        ``width, height`` of a frame; ``image``: address of a PNG image; ``cells``: name, ``x, y,
        r``, from the frame's upper left corner; ``map``: ``width, height`` of a map in frame
        pixels, ``native``, ``drawn``: its own and its drawn pixels; ``signed``, ``highest``: the
        scale of all maps; ``gradient``: its colours in a style sheet; ``patterns``: those of fewest
        cells first, each with ``pattern``, numbers of its ``cells``, ``source`` (address of a PNG
        image), ``problem`` and its ``highest`` value.
    """
    stride = frame_stride(mean_image.shape[0], maps.shape[1])
    finite = maps[np.isfinite(maps)]
    signed = bool((finite < 0).any())
    highest = float(np.quantile(np.abs(finite), SHOWN)) if finite.size else 0.0
    highest = highest or float(np.abs(finite).max(initial=0)) or 1.0
    names = cells["cell"].tolist()
    order = sorted(range(len(patterns)), key=lambda place: len(pattern_cells(patterns[place])))
    height, width = maps.shape[1:]
    drawn = smaller(maps[0], MAP).shape
    return {
        **said,
        "width": mean_image.shape[1],
        "height": mean_image.shape[0],
        "image": picture_source(_levels(smaller(mean_image, IMAGE))),
        "cells": [
            {
                "cell": cell["cell"],
                "x": round(cell["column"] + 0.5, 2),
                "y": round(cell["row"] + 0.5, 2),
                "r": round(cell["radius"], 2),
            }
            for cell in cells.to_dict("records")
        ],
        "map": {
            "width": stride * width,
            "height": stride * height,
            "native": [width, height],
            "drawn": [drawn[1], drawn[0]],
        },
        "signed": signed,
        "highest": highest,
        "gradient": gradient(signed),
        "patterns": [
            {
                "pattern": patterns[place],
                "cells": [names.index(cell) for cell in pattern_cells(patterns[place])],
                **_map(maps[place], highest, signed),
            }
            for place in order
        ],
    }


def _map(values: np.ndarray, highest: float, signed: bool) -> dict[str, Any]:
    """A map's picture and its highest value, or what is wrong with it."""
    if not np.isfinite(values).all():
        return {"source": "", "problem": "the map contains undefined values", "highest": None}
    if not values.any():
        return {"source": "", "problem": "the map is 0 everywhere", "highest": 0.0}
    return {
        "source": map_source(smaller(values, MAP), highest, signed),
        "problem": "",
        "highest": float(values.flat[np.abs(values).argmax()]),
    }


def smaller(values: np.ndarray, most: int) -> np.ndarray:
    """Average blocks of pixels so that no side has more than so many; edges may have less."""
    block = -(-max(values.shape) // most)
    if block == 1:
        return values
    starts = [np.arange(0, size, block) for size in values.shape]
    sizes = [np.diff([*at, size]) for at, size in zip(starts, values.shape, strict=True)]
    summed = np.add.reduceat(np.add.reduceat(values, starts[0], axis=0), starts[1], axis=1)
    made: np.ndarray = summed / np.outer(*sizes)
    return made


def _levels(image: np.ndarray) -> np.ndarray:
    """Grey levels in [0, 1], as `map_figure` shows them."""
    low, high = np.quantile(image, [0.01, 0.99])
    made: np.ndarray = np.clip((image - low) / max(high - low, 1e-9), 0, 1)
    return made
