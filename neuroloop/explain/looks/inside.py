"""The methods that look at units and embeddings, by name: what each finds, and how it is drawn."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.explain.figures.activations_figure import activations_figure
from neuroloop.explain.figures.ascent_figure import ascent_figure
from neuroloop.explain.figures.neighbours_figure import neighbours_figure
from neuroloop.explain.figures.patches_figure import patches_figure
from neuroloop.explain.figures.projection_figure import projection_figure
from neuroloop.explain.looks.ascent_looks import look_for_classes, look_for_units
from neuroloop.explain.looks.embedding_looks import look_at_neighbours, look_at_projection
from neuroloop.explain.looks.look import Look
from neuroloop.explain.looks.unit_looks import look_at_activations, look_at_patches
from neuroloop.explain.models.explained import even_order
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.jobs.seeds import derive_seed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What each method shows, in the order of pages.
TITLES: dict[str, str] = {
    "neighbours": "Nearest neighbours in the embedding",
    "tsne": "The embedding on a plane: t-SNE",
    "umap": "The embedding on a plane: UMAP",
    "activations": "Activations of layers",
    "patches": "Patches that excite units most",
    "class_images": "Images that classes answer to most",
    "unit_images": "Images that units answer to most",
}


def look_inside(opened: OpenedModel, method: str, settings: Mapping[str, Any], seed: int) -> Look:
    """Look inside a network.

    Parameters
    ----------
    opened : OpenedModel
    method : str
        One of `TITLES`.
    settings : mapping
        ``neighbours``, ``perplexity``, ``images``, ``units``, ``patches_top``, ``steps``; a method
        takes its own.
    seed : int
        Root seed.

    Returns
    -------
    Look

    Raises
    ------
    NotApplicable
        If the method is not made for the network.
    """
    own = derive_seed(seed, "explain", opened.name)
    match method:
        case "neighbours":
            return look_at_neighbours(opened, settings["neighbours"])
        case "tsne" | "umap":
            return look_at_projection(opened, method, own, settings["perplexity"])
        case "activations":
            return look_at_activations(opened, settings["images"], settings["units"], own)
        case "patches":
            return look_at_patches(opened, settings["units"], settings["patches_top"])
        case "class_images":
            return look_for_classes(opened, settings["steps"], own)
        case "unit_images":
            return look_for_units(opened, settings["units"], settings["steps"], own)
    raise ValueError(f"no method {method!r}")


def draw_inside(opened: OpenedModel, method: str, look: Look, seed: int) -> "Figure":
    """Draw what `look_inside` found, with the same arguments."""
    match method:
        case "neighbours":
            own = derive_seed(seed, "explain", opened.name)
            return neighbours_figure(opened, look, even_order(opened.images, own))
        case "tsne" | "umap":
            return projection_figure(opened, look, method)
        case "activations":
            return activations_figure(opened, look)
        case "patches":
            return patches_figure(opened, look)
    return ascent_figure(opened, look)
