"""Nearest neighbours in the embedding."""

from typing import TYPE_CHECKING

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neuroloop.explain.looks.look import Look
    from neuroloop.explain.models.model_file import OpenedModel

ORDER = 11
LEGEND = "Nearest neighbours in the embedding"


class Settings(Closed):
    """Settings of the method ``neighbours``."""

    count: int = setting("Nearest other images of each image.", 5, ge=1)


def look(opened: "OpenedModel", seed: int, *, count: int) -> "Look":
    """See `look_at_neighbours`."""
    from neuroloop.explain.looks.embedding_looks import look_at_neighbours

    return look_at_neighbours(opened, count)


def draw(opened: "OpenedModel", look: "Look", seed: int) -> "Figure":
    """Draw what `look` found."""
    from neuroloop.explain.figures.neighbours_figure import neighbours_figure
    from neuroloop.explain.models.explained import even_order

    return neighbours_figure(opened, look, even_order(opened.images, seed))
