"""What a backbone must do."""

from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from neuroloop import registry
from neuroloop.contracts.entry import call, checked_entry, has_one, refuse
from neuroloop.networks.backbone import Backbone

#: Pixels of a side of the made-up images.
SIDE = 64


def check_backbone(backbone: str | Path, **settings: Any) -> None:
    """Check a backbone on made-up images: seconds.

    Its sections follow each other, the last gives maps of so many channels as it says, finite and
    not negative; and a seed draws the same weights every time, another seed others.

    Parameters
    ----------
    backbone : str or Path
        Name of a backbone, or a plugin's file.
    **settings
        Of the backbone; its defaults where left out.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    name, entry = checked_entry("backbone", backbone, {})
    has_one("backbone", name, entry, ("build",))
    has_one("backbone", name, entry, ("initialise",))
    values = registry.values("backbone", name, settings)
    if unknown := sorted(set(values) - {"width", "stem"}):
        refuse("backbone", name, f"has the setting {unknown[0]}: classifiers have width and stem")
    made, maps = _maps(name, entry, values, 1)
    if tuple(getattr(entry, "SECTIONS", made.sections)) != tuple(made.sections):
        refuse("backbone", name, f"is built of {', '.join(made.sections)}: state these as SECTIONS")
    if len(made.mean) != 3 or len(made.std) != 3 or min(made.std) <= 0:
        refuse("backbone", name, "mean and std are not three numbers each, of which std positive")
    if maps.ndim != 4 or maps.shape[:2] != (2, made.channels):
        refuse(
            "backbone",
            name,
            f"gives maps of shape {tuple(maps.shape)} for 2 images and {made.channels} channels",
        )
    if not torch.isfinite(maps).all() or (maps < 0).any():
        refuse("backbone", name, "gives maps that are negative or not finite: end with a ReLU")
    if not torch.equal(maps, _maps(name, entry, values, 1)[1]):
        refuse("backbone", name, "initialise draws other weights the second time: use the seed")
    if torch.equal(maps, _maps(name, entry, values, 2)[1]):
        refuse("backbone", name, "initialise draws the same weights whatever the seed: use it")


def _maps(
    name: str, entry: ModuleType, values: dict[str, Any], seed: int
) -> tuple[Backbone, torch.Tensor]:
    made = call("backbone", name, entry.build, **values)
    if not isinstance(made, Backbone):
        refuse("backbone", name, f"build gives {type(made).__name__}, no `backbone.Backbone`")
    call("backbone", name, entry.initialise, made.network, seed)
    made.network.eval()
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, SIDE, SIDE, generator=generator)
    with torch.no_grad():
        for modules in made.sections.values():
            for module in modules:
                x = call("backbone", name, made.network.get_submodule(module).forward, x)
    return made, x
