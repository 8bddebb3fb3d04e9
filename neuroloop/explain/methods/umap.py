"""The embedding on a plane: UMAP."""

from typing import TYPE_CHECKING

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neuroloop.explain.looks.look import Look
    from neuroloop.explain.models.model_file import OpenedModel

ORDER = 13
LEGEND = "The embedding on a plane: UMAP"


class Settings(Closed):
    """Settings of the method ``umap``."""

    neighbours: int = setting(
        "Neighbours of an image; a third of the other images at most.", 15, ge=2
    )


def look(opened: "OpenedModel", seed: int, *, neighbours: int) -> "Look":
    """See `look_at_projection`."""
    from neuroloop.explain.looks.embedding_looks import look_at_projection

    return look_at_projection(opened, "umap", seed, neighbours)


def draw(opened: "OpenedModel", look: "Look", seed: int) -> "Figure":
    """Draw what `look` found."""
    from neuroloop.explain.figures.projection_figure import projection_figure

    return projection_figure(opened, look, "umap")
