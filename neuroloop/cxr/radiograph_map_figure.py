"""Where a classifier looked: maps over radiographs."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.cxr.training_panels import kind
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PALETTE, grid, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

#: How opaque a map is where it is highest.
OPACITY = 0.65

RIGHT, WRONG, LESION = "#000000", PALETTE[1], PALETTE[5]

#: Width of what is said of a radiograph, and side of a picture, inches.
SAID, SIDE = 1.2, 1.75

#: Least width of the figure, for its title, inches.
LEAST = 6


def draw_radiograph_maps(
    radiographs: np.ndarray,
    maps: Mapping[str, np.ndarray],
    labels: Sequence[str],
    predicted: Sequence[str],
    probability: np.ndarray,
    lesions: np.ndarray | None,
    *paths: StrPath,
    warning: str = "",
    told: Mapping[str, str] | None = None,
    simulated: bool = False,
) -> "Figure":
    """Draw radiographs, and over them the maps of each method.

    Parameters
    ----------
    radiographs : ndarray, shape (n, h, w)
    maps : mapping of str to ndarray, shape (n, h', w')
        By the name of the method; what is below 0 is not drawn.
    labels, predicted : sequence of str, length n
        True and predicted class.
    probability : ndarray of float, shape (n,)
        Of the predicted class.
    lesions : ndarray of bool, shape (n, h, w), or None
        Where the disease is seen, if that is known.
    *paths : path
        .png or .svg files to write.
    warning : str
        A line above all: what a classifier at chance looked at is no sign of a disease.
    told : mapping of str to str, optional
        What stands below the name of a method: whether it passed its check.
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        A row a radiograph: what it is and what it was named, the radiograph, and the radiograph
        under each map, a place a square, whose colours go from 0 to its own maximum.
    """
    n, height, width = radiographs.shape
    figure, axes = grid(
        n,
        1 + len(maps),
        width=1,
        height=SIDE * height / width + 0.06,
        gridspec_kw={"wspace": 0.02, "hspace": 0.02},
    )
    wide = max(LEAST, SAID + (1 + len(maps)) * (SIDE + 0.06))
    figure.set_size_inches(wide, figure.get_figheight() + 1.4)
    colours = _colours()
    for row, panels in enumerate(axes):
        right = labels[row] == predicted[row]
        outline = None if lesions is None else lesions[row]
        for panel, over in zip(panels, [None, *maps.values()], strict=True):
            _draw(panel, radiographs[row], None if over is None else over[row], outline, colours)
        _say(panels[0], labels[row], predicted[row], float(probability[row]))
        for spine in panels[0].spines.values():
            spine.set(visible=not right, color=WRONG, linewidth=2.5)
    axes[0, 0].set_title("radiograph", fontsize=9)
    for panel, (name, values) in zip(axes[0, 1:], maps.items(), strict=True):
        below = f"\n{told[name]}" if told else ""
        title = f"{name}\n{values.shape[1]} × {values.shape[2]}{below}"
        panel.set_title(title, fontsize=8)
    axes[-1, 0].set_xticks([0, width - 1])
    axes[-1, 0].set_xlabel("column, pixels", fontsize=8, labelpad=0)
    first, last = axes[-1, 0].get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    axes[-1, 0].tick_params(axis="x", labelsize=7, length=2)
    _colour_bar(figure, axes, colours)
    right = np.array(labels) == np.array(predicted)
    _title(figure, right, lesions, (height, width), warning, simulated=simulated)
    save(figure, *paths)
    return figure


def _colours() -> "Colormap":
    """Colours that turn transparent towards 0."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap

    steps = np.linspace(0, 1, 256)
    # The dark end would hide the radiograph where a map says little.
    shades = mpl.colormaps["inferno"](0.35 + 0.65 * steps)
    shades[:, 3] = OPACITY * np.minimum(1, 1.6 * steps)
    return ListedColormap(shades)


def _draw(
    panel: "Axes",
    radiograph: np.ndarray,
    over: np.ndarray | None,
    lesion: np.ndarray | None,
    colours: "Colormap",
) -> None:
    """Draw a radiograph, a map over it and the outline of its lesion."""
    low, high = np.quantile(radiograph, [0.005, 0.995])
    panel.imshow(radiograph, cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
    if over is not None:
        highest = float(over.max())  # NaN if any place is
        if highest > 0:
            height, width = radiograph.shape
            place = (-0.5, width - 0.5, height - 0.5, -0.5)
            shown = panel.imshow(over, cmap=colours, interpolation="nearest", extent=place)
            shown.set_clim(0, highest)
        else:
            said = "map is 0 all over" if highest <= 0 else "map has no numbers"
            panel.text(
                0.5,
                0.03,
                said,
                transform=panel.transAxes,
                ha="center",
                fontsize=8,
                color="black",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )
    if lesion is not None and lesion.any():
        panel.contour(lesion, levels=[0.5], colors=LESION, linewidths=1.2)
    panel.grid(False)
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set_visible(False)


def _say(panel: "Axes", label: str, predicted: str, probability: float) -> None:
    """Write the truth and what was named at the left of a radiograph."""
    right = label == predicted
    panel.set_ylabel(
        f"truth: {label}\npredicted: {predicted}\nprobability {probability:.2f}"
        + "\nWRONG" * (not right),
        rotation=0,
        ha="right",
        va="center",
        multialignment="left",
        fontsize=8.5,
        color=RIGHT if right else WRONG,
        labelpad=6,
    )


def _colour_bar(figure: "Figure", axes: np.ndarray, colours: "Colormap") -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(
        ScalarMappable(cmap=colours),
        ax=axes,
        location="bottom",
        shrink=0.6,
        aspect=40,
        pad=0.01,
    )
    bar.ax.set_facecolor("#808080")
    bar.ax.grid(False)
    bar.set_ticks([0, 1], labels=["0", "maximum of each map"])
    bar.ax.tick_params(labelsize=8)


def _title(
    figure: "Figure",
    right: np.ndarray,
    lesions: np.ndarray | None,
    shape: tuple[int, int],
    warning: str,
    *,
    simulated: bool,
) -> None:
    outlined = lesions is not None and bool(lesions.any())
    figure.suptitle(
        (f"{fill(warning, 90)}\n" if warning else "")
        + f"{kind(simulated)} of {shape[1]} × {shape[0]} pixels under maps of the predicted class"
        f"\n{right.sum()} of {len(right)} named right"
        + "; blue outline: where the disease truly is"
        * outlined,
        fontsize=9,
    )
