"""The figure of an embedding on a plane."""

from typing import TYPE_CHECKING

import numpy as np

from neuroloop.explain.figures.pictures import image_classes
from neuroloop.explain.looks.embedding_looks import TITLES
from neuroloop.explain.looks.look import Look
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.files.natural_order import natural_sorted
from neuroloop.report.figures import PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: A class has a colour and a marker; classes beyond all pairs of them are drawn alike.
MARKERS = "os^Dv<>P"
UNKNOWN = "#999999"

#: Classes in a column of the legend.
COLUMN = 18


def projection_figure(opened: OpenedModel, look: Look, method: str) -> "Figure":
    """Draw the images as points, with a colour and a marker per class.

    Parameters
    ----------
    opened : OpenedModel
    look : Look
        Of `embedding_looks.look_at_projection`.
    method : {"tsne", "umap"}

    Returns
    -------
    Figure
    """
    points, numbers = look.arrays["points"], look.numbers
    figure, axes = grid(1, 1, width=6, height=5.4)
    panel = axes[0, 0]
    labels = image_classes(opened)
    if labels is None:
        panel.scatter(points[:, 0], points[:, 1], s=26, color=PALETTE[0], linewidths=0)
    else:
        _draw_classes(panel, points, np.array(labels))
        count = len(set(labels))
        figure.legend(
            loc="outside right center",
            fontsize=8,
            ncols=-(-min(count, len(PALETTE) * len(MARKERS)) // COLUMN),
            title="class",
            borderaxespad=0.2,
        )
    panel.set_aspect("equal", "datalim")
    panel.grid(False)
    panel.set_xticks([])
    panel.set_yticks([])
    for side in panel.spines.values():
        side.set(visible=True, color="#cccccc")
    panel.set_xlabel(
        "the axes have no units: only which points are neighbours has a meaning", fontsize=8
    )
    figure.suptitle(
        f"{TITLES[method]} of the embedding of {opened.title}: {look.n} images, "
        f"perplexity {numbers['perplexity']:.3g}\n"
        f"keeps {100 * numbers['neighbours_kept']:.0f} % of the {numbers['k']} "
        f"nearest neighbours (random planes {100 * numbers['neighbours_kept_random']:.0f} %, "
        f"chance {100 * numbers['neighbours_kept_chance']:.0f} %)\n"
        f"trustworthiness {numbers['trustworthiness']:.2f} "
        f"(random planes {numbers['trustworthiness_random']:.2f})",
        fontsize=9,
    )
    return figure


def _draw_classes(panel: "Axes", points: np.ndarray, labels: np.ndarray) -> None:
    looks = [(colour, marker) for marker in MARKERS for colour in PALETTE]
    names = natural_sorted(set(labels.tolist()))
    for name, (colour, marker) in zip(names, looks, strict=False):
        own = points[labels == name]
        panel.scatter(
            own[:, 0],
            own[:, 1],
            s=30,
            color=colour,
            marker=marker,
            edgecolor="white",
            linewidth=0.4,
            label=name,
        )
    rest = np.isin(labels, names[len(looks) :])
    if rest.any():
        left = len(names) - len(looks)
        panel.scatter(
            points[rest, 0], points[rest, 1], s=16, color=UNKNOWN, label=f"{left} more classes"
        )
