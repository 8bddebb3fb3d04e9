"""The figure of nearest neighbours: images, and beside each those that the network holds alike."""

from typing import TYPE_CHECKING

import numpy as np

from neuroloop.explain.figures.pictures import draw_picture, framed, image_classes, pictures
from neuroloop.explain.looks.look import Look
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.report.figures import PAGE, PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALIKE, OTHER = PALETTE[2], PALETTE[1]

#: Images that are asked for neighbours, at most.
QUERIES = 8

#: A longer name of a class is cut.
LONGEST = 16


def neighbours_figure(opened: OpenedModel, look: Look, queries: np.ndarray) -> "Figure":
    """Draw images and their nearest neighbours.

    Parameters
    ----------
    opened : OpenedModel
    look : Look
        Of `embedding_looks.look_at_neighbours`.
    queries : ndarray of int
        Rows of the model's images; the first `QUERIES` are drawn.

    Returns
    -------
    Figure
        A row a query, the query first, then its neighbours with their class and distance.
    """
    rows, distances = look.arrays["neighbour"], look.arrays["distance"]
    queries = queries[:QUERIES]
    k = rows.shape[1]
    labels = image_classes(opened)
    side = min(PAGE / (k + 1), 1.25)
    height, width = opened.images.images.shape[2:]
    figure, axes = grid(len(queries), k + 1, width=side, height=0.97 * side * height / width + 0.17)
    figure.set_size_inches(max(PAGE, side * (k + 1)), figure.get_figheight() + 1.0)
    for query, panels in zip(queries, axes, strict=True):
        shown = pictures(opened, np.array([query, *rows[query]]))
        for panel, picture, row, rank in zip(
            panels, shown, [query, *rows[query]], range(k + 1), strict=True
        ):
            draw_picture(panel, picture)
            name = "" if labels is None else _short(labels[row])
            panel.set_title(
                name if rank == 0 else f"{name}  {distances[query, rank - 1]:.2f}".strip(),
                fontsize=7.5,
                pad=2,
                fontweight="bold" if rank == 0 else "normal",
            )
            if rank and labels is not None:
                framed(panel, ALIKE if labels[row] == labels[query] else OTHER)
    frames = "" if labels is None else "green frame: of the query's class, orange: of another; "
    figure.suptitle(
        f"Nearest neighbours in the embedding of {opened.title}\n"
        f"left, bold: query; right of it the {k} nearest of {look.n - 1} other images, "
        "with 1 − cosine\n"
        f"{frames}grey from each image's own darkest to its brightest\n" + _shares(look),
        fontsize=9,
    )
    return figure


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _shares(look: Look) -> str:
    numbers = look.numbers
    if "chance" not in numbers:
        return "the images' classes are not known"
    return (
        f"of all {look.n} × {numbers['k']} neighbours {100 * numbers['same_class']:.0f} % are of "
        f"the query's class; chance {100 * numbers['chance']:.0f} %, "
        f"among raw pixels {100 * numbers['same_class_pixels']:.0f} %"
    )
