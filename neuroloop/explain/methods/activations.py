"""Activations of layers."""

from typing import TYPE_CHECKING

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neuroloop.explain.looks.look import Look
    from neuroloop.explain.models.model_file import OpenedModel

ORDER = 14
LEGEND = "Activations of layers"


class Settings(Closed):
    """Settings of the method ``activations``."""

    images: int = setting("Images that are shown, spread evenly over classes.", 12, ge=1)
    units: int = setting(
        "Units that are shown of each layer: those that tell images apart most.", 8, ge=1
    )


def look(opened: "OpenedModel", seed: int, *, images: int, units: int) -> "Look":
    """See `look_at_activations`."""
    from neuroloop.explain.looks.unit_looks import look_at_activations

    return look_at_activations(opened, images, units, seed)


def draw(opened: "OpenedModel", look: "Look", seed: int) -> "Figure":
    """Draw what `look` found."""
    from neuroloop.explain.figures.activations_figure import activations_figure

    return activations_figure(opened, look)
