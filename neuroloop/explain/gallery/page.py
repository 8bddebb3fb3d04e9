"""One page for each network: its images to browse, each under all maps, and all that was found.

The page holds all that it needs, and can be opened from a folder or sent by mail.
"""

from collections.abc import Sequence

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.figures.pictures import pictures, stretched
from neuroloop.explain.gallery.embedded import gradient, picture_source
from neuroloop.explain.gallery.found import Found, read_maps
from neuroloop.explain.gallery.names import held_out
from neuroloop.explain.gallery.sanity_table import read_sanity, sanity_table
from neuroloop.explain.gallery.slides import browsed
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.explain.models.own_images import name_images
from neuroloop.report.look import look
from neuroloop.report.templates import render

ASSETS = ("gallery.html.j2", "slides.html.j2", "sanity.html.j2", "gallery.css", "gallery.js")

#: Images with fewer pixels along a side are shown as squares, larger ones smoothly.
FINE = 100


def gallery_page(opened: OpenedModel, found: Sequence[Found], *, simulated: bool = False) -> str:
    """Write the page of a network.

    Parameters
    ----------
    opened : OpenedModel
    found : sequence of Found
        In the order of the page.
    simulated : bool
        Whether the network's data are, which the page then says.

    Returns
    -------
    str
        HTML, the same for the same arguments.

    Raises
    ------
    NeuroLoopError
        If a file of a method is missing or damaged, or explains an image that the model lacks.
    """
    attributions = [one for one in found if one.attributes]
    applied = [one for one in attributions if one.applies]
    maps = {one.method: read_maps(one) for one in applied}
    shown = list(dict.fromkeys(name for one in maps.values() for name in one.values))
    rows = _rows(opened, shown)
    height, width = opened.images.images.shape[2:]
    tables = read_sanity(applied)
    named = name_images(opened, 0) if attributions else None
    around = opened.images.context
    context = {
        "look": look(),
        "at_chance": "" if named is None else named.warning,
        "model": opened,
        "title": opened.title,
        "simulated": simulated,
        "held_out": held_out(opened),
        "context": "" if around is None else picture_source(stretched(around[None])[0]),
        "parameters": sum(values.numel() for values in opened.network.parameters()),
        "shape": opened.images.images.shape,
        "ratio": f"{width} / {height}",
        "pixels": "auto" if min(height, width) >= FINE else "pixelated",
        "gradients": {"signed": gradient(True), "unsigned": gradient(False)},
        "pictures": [picture_source(one) for one in pictures(opened, rows)] if shown else [],
        "browsed": browsed(opened, attributions, maps, shown, rows) if attributions else None,
        "sanity": sanity_table(tables) if applied else None,
        "sanity_figures": [(one.title, one.folder / "sanity.png") for one in applied],
        "looks": [one for one in found if not one.attributes],
    }
    return render("neuroloop.explain.gallery/gallery.html.j2", context)


def _rows(opened: OpenedModel, shown: Sequence[str]) -> np.ndarray:
    """Rows of images among those of the model."""
    known = {str(name): row for row, name in enumerate(opened.images.ids)}
    for name in shown:
        if name not in known:
            raise NeuroLoopError(
                f"image {name} is explained, but {opened.name} has no such image: run "
                "attribute_images again"
            )
    return np.array([known[name] for name in shown], dtype=np.int64)
