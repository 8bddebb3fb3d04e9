"""The figure of images made by gradient ascent, of classes or units."""

from typing import TYPE_CHECKING

import numpy as np

from neuroloop.explain.figures.pictures import bare, coloured
from neuroloop.explain.looks.look import Look
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.report.figures import PAGE, grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Images side by side, at most.
COLUMNS = 5


def ascent_figure(opened: OpenedModel, look: Look) -> "Figure":
    """Draw the optimised images, with the network's response to each.

    Parameters
    ----------
    opened : OpenedModel
    look : Look
        Of `ascent_looks.look_for_classes` or `look_for_units`.

    Returns
    -------
    Figure
        Each image from its darkest to its brightest pixel, which stand above it. For a batched
        network, the images of its first member.
    """
    images, numbers = look.arrays["images"], look.numbers
    count = len(images)
    columns = min(COLUMNS, count) if count <= COLUMNS else -(-count // -(-count // COLUMNS))
    rows = -(-count // columns)
    height, width = images.shape[2:]
    side = min(PAGE / columns, 1.9)
    figure, axes = grid(rows, columns, width=side, height=0.97 * side * height / width + 0.34)
    figure.set_size_inches(PAGE, figure.get_figheight() + 0.9)
    in_colour = opened.network.in_channels == 3
    shown = coloured(opened, images) if in_colour else images[:, 0]
    for panel in axes.flat[count:]:
        panel.set_axis_off()
    for panel, picture, told in zip(axes.flat, shown, numbers["targets"], strict=False):
        panel.imshow(picture, cmap="gray", interpolation="nearest")
        bare(panel)
        ends = "" if in_colour else f"\ngrey: {picture.min():.2g} to {picture.max():.2g}"
        panel.set_title(
            f"{told['name']}:  {told['answer']:.3g}\nhighest real {told['real_highest']:.3g}{ends}",
            fontsize=8,
            pad=3,
        )
    figure.suptitle(_heading(opened, look), fontsize=9)
    return figure


def _heading(opened: OpenedModel, look: Look) -> str:
    numbers = look.numbers
    layer = numbers.get("layer")
    of = "classes" if layer is None else f"units of {layer['name']}"
    objectives = np.array([told["end"] for told in numbers["targets"]])
    whole = len(opened.classes) if layer is None else layer["channels"]
    return (
        f"Images that {of} of {opened.title} respond to most: {len(objectives)} of {whole}\n"
        f"number: {numbers['of']}, f; below it the highest f of {look.n} real images\n"
        f"argmax of f − λ‖I‖², λ = {numbers['l2']:.2g} "
        f"(objective {objectives.min():.3g} to {objectives.max():.3g}), "
        f"{numbers['steps']} steps, blur {numbers['blur']:.2g}, "
        f"jitter {numbers['jitter']} pixels"
    )
