"""The figure of maximally activating patches: what the images show where units are most active."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.explain.figures.pictures import bare, image_classes, pictures
from neuroloop.explain.looks.look import Look
from neuroloop.explain.looks.patches import crop
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.report.figures import PAGE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUTSIDE = "#d6e4f0"

#: A longer name of a class is cut.
LONGEST = 9


def patches_figure(opened: OpenedModel, look: Look) -> "Figure":
    """Draw one row per unit: its best patches, each at the scale of its layer's receptive field.

    Parameters
    ----------
    opened : OpenedModel
    look : Look
        Of `unit_looks.look_at_patches`.

    Returns
    -------
    Figure
        Two layers stand side by side; of a single one, the halves of its units.
    """
    layers = look.numbers["layers"]
    top = look.arrays["row0"].shape[1]
    blocks = _blocks(look, len(layers))
    rows = max(len(block) for _, block in blocks)
    columns = len(blocks) * (top + 1) - 1  # an empty one between blocks
    side = PAGE / columns
    figure, axes = grid(rows, columns, width=side, height=side + 0.08)
    figure.set_size_inches(PAGE, figure.get_figheight() + 0.6 + 0.15 * len(layers))
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.015, wspace=0.01, hspace=0.01)
    for panel in axes.flat:
        panel.set_axis_off()
    best = np.unique([look.arrays[f"row{number}"] for number in range(len(layers))])
    shown = dict(zip(best.tolist(), pictures(opened, best), strict=True))
    labels = image_classes(opened)
    for place, (number, block) in enumerate(blocks):
        panels = axes[:, place * (top + 1) : place * (top + 1) + top]
        _draw_block(panels, look, number, block, layers[number]["receptive_field"], shown, labels)
    sides = ("left: ", "right: ") if len(layers) > 1 else ("",)
    fields = "".join(
        "{}{}, {} channels, receptive field {} × {} pixels\n".format(
            at, layer["name"], layer["channels"], *layer["receptive_field"]
        )
        for at, layer in zip(sides, layers, strict=True)
    )
    height, width = opened.images.images.shape[2:]
    figure.suptitle(
        f"Patches that excite units of {opened.title} most: the best {top} of {look.n} images, "
        "one patch per image\n"
        f"{fields}"
        f"of images of {height} × {width}; above each patch its activation"
        + ("" if labels is None else " (class of its image)")
        + "\ngrey from each image's own darkest to its brightest; blue: outside the image",
        fontsize=9,
    )
    return figure


def _blocks(look: Look, layers: int) -> list[tuple[int, np.ndarray]]:
    """Layer, and places of its units in the arrays, of each block side by side."""
    sizes = [look.arrays[f"units{number}"].size for number in range(layers)]
    if layers == 1:
        return [(0, part) for part in np.array_split(np.arange(sizes[0]), 2) if part.size]
    return [(number, np.arange(size)) for number, size in enumerate(sizes)]


def _draw_block(
    block: Any,
    look: Look,
    number: int,
    places: np.ndarray,
    field: list[int],
    shown: Mapping[int, np.ndarray],
    labels: list[str] | None,
) -> None:
    arrays = {
        name: look.arrays[f"{name}{number}"] for name in ("units", "row", "activation", "box")
    }
    for place, panels in zip(places, block, strict=False):
        for rank, panel in enumerate(panels):
            row, box = arrays["row"][place, rank], arrays["box"][place, rank]
            panel.set_axis_on()
            _draw_patch(panel, shown[int(row)], box, field)
            said = f"{arrays['activation'][place, rank]:.3g}"
            if labels is not None:
                said += f" ({_short(labels[row])})"
            panel.set_title(said, fontsize=5.5, pad=1.5)
        panels[0].set_ylabel(
            f"unit\n{arrays['units'][place]}",
            fontsize=6.5,
            rotation=0,
            ha="right",
            va="center",
            labelpad=2,
        )


def _draw_patch(panel: "Axes", picture: np.ndarray, box: np.ndarray, field: list[int]) -> None:
    """Draw a patch at its place in a receptive field of full size."""
    top, left, bottom, right = (int(edge) for edge in box)
    moved = picture if picture.ndim == 2 else np.moveaxis(picture, -1, 0)
    patch = crop(moved, box)
    bare(panel)
    panel.set_facecolor(OUTSIDE)
    if not patch.size:
        return
    panel.imshow(
        patch if picture.ndim == 2 else np.moveaxis(patch, 0, -1),
        cmap="gray",
        vmin=0,
        vmax=1,
        interpolation="nearest",
        extent=(left, right, bottom, top),
    )
    panel.set_xlim(*_window(left, right, field[1], picture.shape[1]))
    panel.set_ylim(*_window(top, bottom, field[0], picture.shape[0])[::-1])


def _window(first: int, last: int, size: int, whole: int) -> tuple[float, float]:
    """Where a field of full size lies along an axis, if the image's edge has cut this one."""
    missing = max(size - (last - first), 0)
    cut_before, cut_after = first == 0, last == whole
    before = missing if cut_before and not cut_after else 0 if not cut_before else missing / 2
    return first - before, last + missing - before


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
