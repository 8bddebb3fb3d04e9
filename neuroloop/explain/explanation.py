"""Images of a model explained by one attribution method, and what the method's tests found."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.explain.attribution.attribution import in_batches
from neuroloop.explain.attribution.cam import count_maps
from neuroloop.explain.attribution.methods import attribution_method, attribution_of, runs_of
from neuroloop.explain.figures.attribution_figure import attribution_figure
from neuroloop.explain.figures.sanity_figure import sanity_figure
from neuroloop.explain.models.explained import Explained, explained_images, true_names
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.explain.models.own_images import Named, name_images
from neuroloop.explain.sanity.sanity import Checks, Permuted, Sanity, check_attribution
from neuroloop.files.formats import StrPath, load_weights, read_json, save_arrays, save_table
from neuroloop.networks.states import load_state
from neuroloop.report.figures import save


@dataclass(frozen=True, eq=False)
class Explanation:
    """Maps of images, and what the tests found on the first of them.

    Attributes
    ----------
    explained : Explained
    maps : ndarray of float32, shape (images, height', width')
        At their own resolution.
    tested : int
        Images that the tests were asked of.
    sanity : Sanity
    named : Named or None
        How many of its images the network names right, where that is known.
    """

    explained: Explained
    maps: np.ndarray
    tested: int
    sanity: Sanity
    named: Named | None = None

    def numbers(self) -> dict[str, Any]:
        """Counts of maps and images, and what the tests found."""
        right = None if self.explained.right is None else self.explained.right[: self.tested]
        return {
            "n": len(self.maps),
            "counts": count_maps(self.maps)._asdict(),
            "sanity_n": len(self.maps[: self.tested]),
            "named_wrong": None if right is None else int((~right).sum()),
            "own_images": None if self.named is None else self.named._asdict(),
            "verdict": self.sanity.verdict._asdict(),
            "removal": self.sanity.removal._asdict(),
            "sanity": self.sanity.table.to_dict("records"),
        }


def explain_images(
    opened: OpenedModel,
    method: str,
    options: Mapping[str, Any],
    permuted: Permuted,
    checks: Checks,
    *,
    shown: int,
    tested: int,
    seed: int,
) -> Explanation:
    """Explain images of a model, and test the method on them.

    Parameters
    ----------
    opened : OpenedModel
    method : str
        An attribution method.
    options : mapping
        Settings of the method; its defaults where left out.
    permuted : Permuted
        The network that learned permuted labels.
    checks : Checks
    shown, tested : int
        Images that are drawn, and that the tests are asked of.
    seed : int
        Of the choice of images and of the tests.

    Returns
    -------
    Explanation

    Raises
    ------
    NotApplicable
        If the method is not made for the network.
    """
    asked = explained_images(opened, max(shown, tested), seed, checks.batch)
    attribution = attribution_of(opened, method, **options)
    maps = in_batches(attribution, opened.network, asked.images, asked.classes, checks.batch)
    sanity = check_attribution(
        opened.network,
        method,
        attribution,
        maps[:tested],
        asked.first(tested),
        checks,
        multi_label=opened.labels == "multi",
        runs_a_map=runs_of(opened, method, **options),
        permuted=permuted,
        seed=seed,
    )
    named = name_images(opened, seed, checks.batch)
    if named is not None and named.warning:
        reasons = sanity.table["reason"]
        sanity.table["reason"] = reasons.where(reasons != "", named.warning)
    return Explanation(asked, maps, tested, sanity, named)


def permuted_network(opened: OpenedModel, weights: StrPath) -> Permuted:
    """Read the network that learned permuted labels.

    Parameters
    ----------
    opened : OpenedModel
        Whose labels they were.
    weights : path
        ``weights.safetensors`` of `train_randomised`, with its ``metrics.json`` beside it.
    """
    weights = Path(weights)
    network = copy.deepcopy(opened.network)
    load_state(network, load_weights(weights), weights, "run train_randomised again")
    return Permuted(network, bool(read_json(weights.with_name("metrics.json"))["memorised"]))


def save_explanation(
    folder: Path, opened: OpenedModel, method: str, found: Explanation, shown: int
) -> None:
    """Write ``arrays.npz``, a table of each kind of test, and the two figures.

    Parameters
    ----------
    folder : Path
    opened : OpenedModel
    method : str
    found : Explanation
    shown : int
        Images that are drawn.
    """
    _save_maps(folder / "arrays.npz", opened, method, found)
    sanity = found.sanity
    save_table(folder / "randomisation.tsv", sanity.randomisation)
    save_table(folder / "curves.tsv", sanity.curves)
    save_table(folder / "sanity.tsv", sanity.table)
    drawn, entry = found.explained.first(shown), attribution_method(method)
    figure = attribution_figure(
        found.maps[:shown],
        drawn.display,
        [opened.classes[number] for number in drawn.classes.tolist()],
        drawn.probabilities,
        true_names(drawn, opened.classes),
        drawn.right,
        model=opened.title,
        description=entry.LEGEND,
        units=entry.UNITS,
        signed=entry.SIGNED,
        masks=drawn.masks,
    )
    save(figure, folder / "figure.png", folder / "figure.svg")
    figure = sanity_figure(sanity, model=opened.title, method=method)
    save(figure, folder / "sanity.png", folder / "sanity.svg")


def _save_maps(path: Path, opened: OpenedModel, method: str, found: Explanation) -> None:
    asked = found.explained
    save_arrays(
        path,
        {
            "maps": found.maps,
            "image": asked.ids,
            "named": asked.classes.numpy(),
            "probability": asked.probabilities,
        },
        axes={
            "maps": ("image", "row", "column"),
            "image": ("image",),
            "named": ("image",),
            "probability": ("image",),
        },
        units={"maps": attribution_method(method).UNITS},
        method=method,
        classes=list(opened.classes),
        image_shape=list(asked.images.shape[1:]),
    )
