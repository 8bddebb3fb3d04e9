"""The methods that look at units and embeddings, by name: what each finds and how it is drawn."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.looks.look import Look
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.jobs.seeds import derive_seed

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def look_inside(opened: OpenedModel, method: str, seed: int, **settings: Any) -> Look:
    """Look inside a network.

    Parameters
    ----------
    opened : OpenedModel
    method : str
        A look, e.g. ``"neighbours"``.
    seed : int
        Root seed.
    **settings
        Settings of the method.

    Returns
    -------
    Look

    Raises
    ------
    NotApplicable
        If the method does not apply to the network.
    NeuroLoopError
        If there is no such look, or it lacks such a setting.
    """
    values = registry.values("method", method, settings)
    entry = _entry(method)
    height, width = opened.images.images.shape[2:]
    if getattr(entry, "NEEDS_IMAGES", False) and height == 1:
        raise NotApplicable(
            f"{method} shows parts of images, but this network takes rows of {width} values, as "
            "voxels: their neighbours have nothing in common"
        )
    own = derive_seed(seed, "explain", opened.name)
    found: Look = entry.look(opened, own, **values)
    return found


def draw_inside(opened: OpenedModel, method: str, look: Look, seed: int) -> "Figure":
    """Draw what `look_inside` found, with the same arguments."""
    drawn: Figure = _entry(method).draw(opened, look, derive_seed(seed, "explain", opened.name))
    return drawn


def _entry(method: str) -> ModuleType:
    entry = registry.entry("method", method)
    if not hasattr(entry, "look"):
        known = ", ".join(registry.having("method", "look"))
        raise NeuroLoopError(f"method {method!r} is no look: take one of {known}")
    return entry
