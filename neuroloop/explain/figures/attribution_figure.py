"""Images beside the maps that explain them, on one colour scale."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.report.figures import PAGE, PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

#: Pairs of image and map side by side.
PAIRS = 4
#: How opaque a map is where it is highest.
OPACITY = 0.85
#: Colours of the names of images that are predicted correctly, and wrongly.
RIGHT, WRONG = "#000000", PALETTE[1]
#: Letters of a class's name in a title.
LETTERS = 14


def attribution_figure(
    maps: np.ndarray,
    display: np.ndarray,
    named: Sequence[str],
    probabilities: np.ndarray,
    true: Sequence[str] | None,
    right: np.ndarray | None,
    *,
    model: str,
    description: str,
    units: str,
    signed: bool,
    masks: np.ndarray | None = None,
) -> "Figure":
    """Draw each image, and beside it its map over the grey image.

    Parameters
    ----------
    maps : ndarray, shape (n, height', width')
        Drawn at their own resolution, each up to its own largest magnitude, which is stated.
    display : ndarray, shape (n, height, width)
        What is shown of the images, each from its darkest to its brightest pixel.
    named : sequence of str
        Class that each map explains.
    probabilities : ndarray, shape (n,)
        Of that class.
    true : sequence of str or None
        True class(es) of each image.
    right : ndarray of bool or None, shape (n,)
        Whether the predicted class is (among) the true one(s).
    model, description, units : str
        For the title and the scale.
    signed : bool
        Whether the scale diverges from 0; else it begins there.
    masks : ndarray of bool or None, shape (n, height, width)
        Where the evidence truly is: outlined in the image.

    Returns
    -------
    Figure
    """
    n, (height, width) = len(maps), display.shape[1:]
    pairs = min(PAIRS, max(n, 2))
    rows = -(-n // pairs)
    side = PAGE / (2 * pairs)
    figure, axes = grid(rows, 2 * pairs, width=side, height=side * height / width + 0.3)
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 1.1)
    colours, norm = _scale(signed)
    for panel in axes.flat:
        panel.set_axis_off()
    for number in range(n):
        image, map_ = axes.flat[2 * number : 2 * number + 2]
        limits = float(display[number].min()), float(display[number].max())
        for panel in (image, map_):
            panel.set_axis_on()
            panel.imshow(display[number], cmap="gray", vmin=limits[0], vmax=limits[1])
            panel.set(xticks=[], yticks=[])
            panel.grid(False)
        if masks is not None and masks[number].any() and not masks[number].all():
            image.contour(masks[number], [0.5], colors=PALETTE[5], linewidths=0.8)
        largest = _draw(map_, maps[number], display.shape[1:], colours, norm)
        colour = RIGHT if right is None or right[number] else WRONG
        given = "" if true is None else f"true {_short(true[number])}\n"
        said = f"predicted {_short(named[number])}, {probabilities[number]:.2f}"
        image.set_title(f"{given}{said}", fontsize=6, color=colour, loc="left", pad=2)
        map_.set_title(largest, fontsize=6, loc="left", pad=2)
    _colour_bar(figure, axes, colours, norm, units)
    figure.suptitle(_title(model, description, maps, display, masks, right), fontsize=8)
    return figure


def _scale(signed: bool) -> tuple["Colormap", "Normalize"]:
    """Colours that turn transparent towards 0, from -1 or 0 to 1."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap, Normalize

    steps = np.linspace(-1 if signed else 0, 1, 256)
    # The dark end of inferno would hide the image where a map says little.
    name, first = ("PuOr_r", 0.0) if signed else ("inferno", 0.35)
    shades = mpl.colormaps[name](np.linspace(first, 1, 256))
    shades[:, 3] = OPACITY * np.minimum(1, 1.6 * np.abs(steps))
    return ListedColormap(shades), Normalize(-1 if signed else 0, 1)


def _draw(
    panel: "Axes",
    drawn: np.ndarray,
    shape: Sequence[int],
    colours: "Colormap",
    norm: "Normalize",
) -> str:
    """Draw a map over the image, and say what its scale ends at."""
    if not np.isfinite(drawn).all():
        return "undefined"
    largest = float(np.abs(drawn).max())
    if largest == 0:
        return "empty"
    panel.imshow(
        drawn / largest,
        cmap=colours,
        norm=norm,
        interpolation="nearest",
        extent=(-0.5, shape[1] - 0.5, shape[0] - 0.5, -0.5),
    )
    return f"to {largest:.3g}"


def _colour_bar(
    figure: "Figure", axes: np.ndarray, colours: "Colormap", norm: "Normalize", units: str
) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(
        ScalarMappable(norm, colours), ax=axes, location="bottom", shrink=0.5, aspect=40, pad=0.02
    )
    bar.ax.set_facecolor("#808080")
    bar.ax.grid(False)
    bar.set_label(
        f"relative to the map's largest magnitude, which stands above it ({units})", fontsize=7
    )
    bar.ax.tick_params(labelsize=7)


def _title(
    model: str,
    description: str,
    maps: np.ndarray,
    display: np.ndarray,
    masks: np.ndarray | None,
    right: np.ndarray | None,
) -> str:
    from textwrap import fill

    size = f"{maps.shape[2]} × {maps.shape[1]}"
    over = f"{display.shape[2]} × {display.shape[1]}"
    said = f"n = {len(maps)} images of {over} pixels; maps of {size}, not smoothed; the class that "
    said += "is explained is the predicted one, with its probability"
    if right is not None and not right.all():
        said += f"; orange: predicted wrongly ({int((~right).sum())})"
    if masks is not None:
        said += "; blue outline: where the evidence truly is"
    return f"{model}\n{fill(description, 110)}\n{fill(said, 110)}"


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
