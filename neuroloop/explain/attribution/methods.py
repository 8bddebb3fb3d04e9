"""The attribution methods by name, each ready for one network and for copies of it."""

from types import ModuleType
from typing import Any

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.attribution import Attribution
from neuroloop.explain.models.model_file import OpenedModel

#: A backward pass takes about twice as long as the forward pass before it.
GRADIENT_PASSES = 3


def attribution_of(opened: OpenedModel, method: str, **settings: Any) -> Attribution:
    """Make a method ready for a network.

    Parameters
    ----------
    opened : OpenedModel
    method : str
        An attribution method, e.g. ``"grad_cam"``.
    **settings
        Settings of the method.

    Returns
    -------
    callable
        An `Attribution` for the model's network and for copies of it, in which it looks for the
        layer anew. Maps are float32, at the resolution of the image, those of the CAM family at
        the resolution of the layer; for a batched network, the mean of its members is explained.

    Raises
    ------
    NotApplicable
        If the method does not apply to the network; guided back-propagation raises when called.
    NeuroLoopError
        If there is no such method, or it lacks such a setting.
    """
    entry = attribution_method(method)
    values = registry.values("method", method, settings)
    if hasattr(entry, "require"):
        entry.require(opened)
    return lambda network, images, classes: (
        entry.attribute(network, images, classes, **values).cpu().numpy()
    )


def runs_of(opened: OpenedModel, method: str, **settings: Any) -> int:
    """How long one map takes, in forward passes of the network.

    Parameters
    ----------
    opened, method, **settings
        As in `attribution_of`.
    """
    entry = attribution_method(method)
    if not hasattr(entry, "passes"):
        return GRADIENT_PASSES
    height, width = opened.images.images.shape[2:]
    return int(entry.passes(height, width, **registry.values("method", method, settings)))


def attribution_method(method: str) -> ModuleType:
    """Entry of an attribution method.

    Raises
    ------
    NeuroLoopError
        If there is none of that name.
    """
    entry = registry.entry("method", method)
    if not hasattr(entry, "attribute"):
        known = ", ".join(registry.having("method", "attribute"))
        raise NeuroLoopError(f"method {method!r} attributes nothing to pixels: take one of {known}")
    return entry
