"""The figure of activations: what units of each layer make of some images."""

from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.explain.figures.pictures import bare, draw_picture, image_classes, pictures
from neuroloop.explain.looks.look import Look
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.report.figures import PAGE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Images drawn.
DRAWN = 3

#: Colours of layers that know no values below 0, and of those that do.
RECTIFIED, SIGNED = "inferno", "PuOr_r"


def activations_figure(opened: OpenedModel, look: Look) -> "Figure":
    """Draw one block per layer: a row per image, a column per unit, one colour scale.

    Parameters
    ----------
    opened : OpenedModel
    look : Look
        Of `unit_looks.look_at_activations`.

    Returns
    -------
    Figure
    """
    layers = look.numbers["layers"]
    drawn = min(DRAWN, look.n)
    units = max(look.arrays[f"units{number}"].size for number in range(len(layers)))
    height, width = opened.images.images.shape[2:]
    side = PAGE / (units + 1)
    figure, axes = grid(len(layers) * drawn, units + 1, width=side, height=side * height / width)
    extra = 0.36 * len(layers) + 0.6
    figure.set_size_inches(max(PAGE, figure.get_figwidth()), figure.get_figheight() + extra)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.01)
    rows = look.arrays["row"][:drawn]
    shown = pictures(opened, rows)
    labels = image_classes(opened)
    for number, layer in enumerate(layers):
        block = axes[number * drawn : (number + 1) * drawn]
        _draw_block(block, look, number, shown)
        _head(block[0, 0], _heading(layer, look, number, drawn))
        for panel, row in zip(block[:, 0], rows, strict=True):
            name = "" if labels is None else labels[row]
            panel.set_ylabel(name, fontsize=7, rotation=0, ha="right", va="center", labelpad=3)
    figure.suptitle(
        f"Activations in {opened.title}: {drawn} images, one block per layer, in the order "
        "in which they run\n"
        f"left: the image; then the units whose greatest activation differs most between the "
        f"{look.numbers['images_for_units']} images\n"
        "colours from 0, or from minus to plus the maximum, to the maximum of the block's panels\n",
        fontsize=9,
    )
    return figure


def _draw_block(block: Any, look: Look, number: int, shown: np.ndarray) -> None:
    maps, units = look.arrays[f"maps{number}"], look.arrays[f"units{number}"]
    signed, highest = _scale(maps[: len(shown)])
    for row, panels in enumerate(block):
        draw_picture(panels[0], shown[row])
        for place, panel in enumerate(panels[1:]):
            bare(panel)
            if place >= len(units):
                panel.set_axis_off()
                continue
            _draw_map(panel, maps[row, place], signed, highest, shown.shape[1] / shown.shape[2])
            if row == 0:
                panel.set_title(f"\n{units[place]}", fontsize=7, pad=2)


def _draw_map(
    panel: "Axes", values: np.ndarray, signed: bool, highest: float, proportion: float
) -> None:
    """Draw a map at the place of the image that it covers."""
    panel.imshow(
        values,
        cmap=SIGNED if signed else RECTIFIED,
        vmin=-highest if signed else 0,
        vmax=highest,
        interpolation="nearest",
        aspect="auto",
    )
    panel.set_box_aspect(proportion)


def _head(panel: "Axes", said: str) -> None:
    """Write a line over a block, where its units' numbers leave room."""
    panel.annotate(
        said, (0, 1), (0, 13), xycoords="axes fraction", textcoords="offset points", fontsize=8
    ).set_in_layout(False)


def _scale(maps: np.ndarray) -> tuple[bool, float]:
    finite = maps[np.isfinite(maps)]
    return bool((finite < 0).any()), float(np.abs(finite).max(initial=0)) or 1.0


def _heading(layer: dict[str, Any], look: Look, number: int, drawn: int) -> str:
    signed, highest = _scale(look.arrays[f"maps{number}"][:drawn])
    low = f"−{highest:.3g}" if signed else "0"
    return (
        f"{layer['name']}:  {layer['channels']} channels of {layer['height']} × {layer['width']}, "
        f"{layer['silent']} silent;  colours {low} to {highest:.3g};  units by number"
    )
