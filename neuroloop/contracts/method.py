"""What a method of looking inside networks must do."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from neuroloop import registry
from neuroloop.contracts.entry import call, checked_entry, has_one, refuse
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.models.model_file import OpenedModel, layer_of
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.networks.resnet import initialise, resnet

#: Images of the made-up model, pixels of their side, and classes.
IMAGES, SIDE, CLASSES = 9, 12, 3


def check_attribution(method: str | Path, **settings: Any) -> None:
    """Check an attribution method on a small residual network: about a second.

    Maps have one value a place and image, are finite, not negative unless the method is signed,
    and come out the same twice; and the network is left as it was: no hooks, no gradients, the
    same mode.

    Parameters
    ----------
    method : str or Path
        Name of a method, or a plugin's file.
    **settings
        Of the method; its defaults where left out.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    name, entry = checked_entry("method", method, {"UNITS": str, "SIGNED": bool})
    has_one("method", name, entry, ("attribute",))
    if ": " not in entry.LEGEND:
        refuse("method", name, "LEGEND has no colon: write a title, and behind it what is shown")
    opened = _opened()
    network, values = opened.network, registry.values("method", name, settings)
    try:
        if hasattr(entry, "require"):
            call("method", name, entry.require, opened)
        first, again = (_maps(name, entry, opened, values) for _ in range(2))
    except NotApplicable as reason:
        refuse("method", name, f"does not apply to a residual network: {reason}")
    if not torch.equal(first, again):
        refuse("method", name, "gives other maps the second time: draw from a fixed seed")
    if not entry.SIGNED and (first < 0).any():
        refuse("method", name, "is not SIGNED and gives negative values")
    hooked = [one for one in network.modules() if one._forward_hooks or one._backward_hooks]
    if hooked or any(one.grad is not None for one in network.parameters()) or network.training:
        refuse("method", name, "leaves hooks, gradients or another mode in the network")
    if hasattr(entry, "passes"):
        passes = call("method", name, entry.passes, SIDE, SIDE, **values)
        if not isinstance(passes, int) or passes < 1:
            refuse("method", name, f"passes gives {passes!r}, no positive whole number")


def check_look(method: str | Path, **settings: Any) -> None:
    """Check a look on a small residual network: seconds.

    Parameters
    ----------
    method : str or Path
        Name of a method, or a plugin's file.
    **settings
        Of the method; its defaults where left out.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    name, entry = checked_entry("method", method, {})
    has_one("method", name, entry, ("look",))
    has_one("method", name, entry, ("draw",))
    opened, values = _opened(), registry.values("method", name, settings)
    try:
        first, again = (call("method", name, entry.look, opened, 1, **values) for _ in range(2))
    except NotApplicable:
        return  # what it needs is not installed
    for array, axes in first.axes.items():
        given = np.asarray(first.arrays[array])
        if given.ndim != len(axes):
            refuse("method", name, f"array {array} has {given.ndim} axes and {len(axes)} names")
        if given.dtype.kind == "f" and not np.isfinite(given).all():
            refuse("method", name, f"array {array} has values that are not finite")
        if not np.array_equal(given, again.arrays[array]):
            refuse("method", name, f"array {array} differs the second time: draw from the seed")
    if set(first.axes) != set(first.arrays):
        refuse("method", name, "has arrays without names of axes, or names without arrays")
    if not hasattr(call("method", name, entry.draw, opened, first, 1), "savefig"):
        refuse("method", name, "draw gives no figure")


def _opened() -> OpenedModel:
    """A residual network with images of three classes."""
    network = resnet(18, in_channels=1, classes=CLASSES, width=4, stem="small", blocks=(1, 1))
    initialise(network, [0])
    network.eval()
    drawn = np.random.default_rng(0).standard_normal((IMAGES, 1, SIDE, SIDE)).astype(np.float32)
    truth = np.arange(IMAGES) % CLASSES
    images = ModelImages(drawn, np.array([f"image{n}" for n in range(IMAGES)]), truth, None)
    classes = tuple(f"class{number}" for number in range(CLASSES))
    layer = layer_of(network)
    return OpenedModel("small", "resnet", network, layer, classes, "single", images, None, {})


def _maps(
    name: str, entry: ModuleType, opened: OpenedModel, values: dict[str, Any]
) -> torch.Tensor:
    images = torch.from_numpy(opened.images.images)
    classes = torch.arange(IMAGES) % CLASSES
    maps = call("method", name, entry.attribute, opened.network, images.clone(), classes, **values)
    if not isinstance(maps, torch.Tensor) or maps.dtype != torch.float32:
        refuse("method", name, f"gives {getattr(maps, 'dtype', type(maps).__name__)}, no float32")
    if maps.ndim != 3 or len(maps) != IMAGES or min(maps.shape) < 1:
        refuse("method", name, f"gives maps of shape {tuple(maps.shape)} for {IMAGES} images")
    if not torch.isfinite(maps).all():
        refuse("method", name, "gives values that are not finite")
    return maps.detach()
