"""Where a classifier looked on radiographs that it never saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from neuroloop.cxr.map_layers import MapMethod, map_methods
from neuroloop.explain.attribution.attribution import in_batches
from neuroloop.explain.attribution.cam import count_maps
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.explain.sanity.pointing import Pointing, pointing_game
from neuroloop.statistics.families import corrected
from neuroloop.statistics.units import scope, varied
from neuroloop.training.loop import predict

#: Radiographs that go through the network at once.
BATCH = 16


@dataclass(frozen=True, eq=False)
class RadiographMaps:
    """Maps of the predicted class of each radiograph.

    Attributes
    ----------
    methods : dict of str to MapMethod
        By their title.
    maps : dict of str to ndarray, shape (radiographs, h, w)
        By the title of the method; h and w are its own.
    logits : ndarray, shape (radiographs, classes)
    named : ndarray of int, shape (radiographs,)
        Predicted class.
    """

    methods: dict[str, MapMethod]
    maps: dict[str, np.ndarray]
    logits: np.ndarray
    named: np.ndarray

    @property
    def by_method(self) -> dict[str, np.ndarray]:
        """Maps by the name of the method."""
        return {self.methods[title].name: values for title, values in self.maps.items()}

    def counts(self) -> dict[str, dict[str, Any]]:
        """How many maps of each method say something, see `count_maps`."""
        return {name: count_maps(values)._asdict() for name, values in self.by_method.items()}

    def probabilities(self) -> np.ndarray:
        """Probability of the predicted class, shape (radiographs,)."""
        scores = torch.from_numpy(self.logits).double().softmax(dim=1).numpy()
        return scores[np.arange(len(scores)), self.named]


def map_predicted(opened: OpenedModel) -> RadiographMaps:
    """Predict the radiographs that lie beside a network, and map the predicted class of each.

    Parameters
    ----------
    opened : OpenedModel

    Returns
    -------
    RadiographMaps
    """
    logits = predict(opened.network, opened.images.images[:], BATCH)[:, 0]
    named = logits.argmax(axis=1)
    methods = map_methods(opened)
    maps = {title: maps_of(opened, method, named) for title, method in methods.items()}
    return RadiographMaps(methods, maps, logits, named)


def maps_of(opened: OpenedModel, method: MapMethod, named: np.ndarray) -> np.ndarray:
    """Maps of one class of each radiograph, shape (radiographs, h, w)."""
    images = torch.from_numpy(opened.images.images[:])
    return in_batches(method.maps, opened.network, images, torch.from_numpy(named), BATCH)


def point(maps: Mapping[str, np.ndarray], lesions: np.ndarray | None, seed: int) -> pd.DataFrame:
    """How often the highest place of a map lies in a lesion; no rows if none is known.

    Parameters
    ----------
    maps : mapping of str to ndarray, shape (radiographs, h, w)
        By the title of the method.
    lesions : ndarray of bool, shape (radiographs, height, width), or None
    seed : int
        Root seed.

    Returns
    -------
    DataFrame
        ``method``, the fields of `Pointing`, ``unit``, ``scope``, ``family`` and ``q``; the
        smallest effect last.
    """
    columns = ["method", *Pointing._fields[:-1], "unit", "scope", "family", "q", "smallest_effect"]
    if lesions is None or not lesions.any():
        return pd.DataFrame(columns=columns)
    made = pd.DataFrame(
        [
            {"method": title, **pointing_game(values, lesions, seed=seed)._asdict()}
            for title, values in maps.items()
        ]
    )
    family = ["pointing"] * len(made)
    return made.assign(
        unit=varied(["image"]),
        scope=scope(["image"], ["network"]),
        family=family,
        q=corrected(made["p"].tolist(), family),
    )[columns]


def some_of_each(truth: np.ndarray, classes: int, most: int) -> np.ndarray:
    """Rows of at most so many radiographs of each class, at even steps from the first on.

    Parameters
    ----------
    truth : ndarray of int, shape (radiographs,)
    classes : int
    most : int
        Radiographs of a class.

    Returns
    -------
    ndarray of int
        Class by class.
    """
    of_class = [np.flatnonzero(truth == number) for number in range(classes)]
    return np.concatenate([rows[:: -(-len(rows) // most) or 1] for rows in of_class])
