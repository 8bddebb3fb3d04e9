"""Images that units respond to most."""

from typing import TYPE_CHECKING

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neuroloop.explain.looks.look import Look
    from neuroloop.explain.models.model_file import OpenedModel

ORDER = 17
LEGEND = "Images that units respond to most"
NEEDS_IMAGES = True


class Settings(Closed):
    """Settings of the method ``unit_images``."""

    units: int = setting(
        "Units of the deepest layer that sees parts of an image, those that tell images apart.",
        8,
        ge=1,
    )
    steps: int = setting(
        "Steps of gradient ascent; units, which seek less than classes do, take half as many.",
        64,
        ge=1,
    )


def look(opened: "OpenedModel", seed: int, *, units: int, steps: int) -> "Look":
    """See `look_for_units`."""
    from neuroloop.explain.looks.ascent_looks import look_for_units

    return look_for_units(opened, units, steps, seed)


def draw(opened: "OpenedModel", look: "Look", seed: int) -> "Figure":
    """Draw what `look` found."""
    from neuroloop.explain.figures.ascent_figure import ascent_figure

    return ascent_figure(opened, look)
