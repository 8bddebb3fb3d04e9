"""Patches that excite units most."""

from typing import TYPE_CHECKING

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neuroloop.explain.looks.look import Look
    from neuroloop.explain.models.model_file import OpenedModel

ORDER = 15
LEGEND = "Patches that excite units most"
NEEDS_IMAGES = True


class Settings(Closed):
    """Settings of the method ``patches``."""

    units: int = setting(
        "Units that are shown of each layer: those that tell images apart most.", 8, ge=1
    )
    patches_per_unit: int = setting("Patches of each unit, each of another image.", 5, ge=1)


def look(opened: "OpenedModel", seed: int, *, units: int, patches_per_unit: int) -> "Look":
    """See `look_at_patches`."""
    from neuroloop.explain.looks.unit_looks import look_at_patches

    return look_at_patches(opened, units, patches_per_unit)


def draw(opened: "OpenedModel", look: "Look", seed: int) -> "Figure":
    """Draw what `look` found."""
    from neuroloop.explain.figures.patches_figure import patches_figure

    return patches_figure(opened, look)
