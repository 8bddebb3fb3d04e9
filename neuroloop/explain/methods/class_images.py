"""Images that classes respond to most."""

from typing import TYPE_CHECKING

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neuroloop.explain.looks.look import Look
    from neuroloop.explain.models.model_file import OpenedModel

ORDER = 16
LEGEND = "Images that classes respond to most"
NEEDS_IMAGES = True


class Settings(Closed):
    """Settings of the method ``class_images``."""

    steps: int = setting("Steps of gradient ascent.", 64, ge=1)


def look(opened: "OpenedModel", seed: int, *, steps: int) -> "Look":
    """See `look_for_classes`."""
    from neuroloop.explain.looks.ascent_looks import look_for_classes

    return look_for_classes(opened, steps, seed)


def draw(opened: "OpenedModel", look: "Look", seed: int) -> "Figure":
    """Draw what `look` found."""
    from neuroloop.explain.figures.ascent_figure import ascent_figure

    return ascent_figure(opened, look)
