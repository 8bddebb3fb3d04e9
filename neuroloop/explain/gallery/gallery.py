"""One page a network: its images to leaf through, each under all maps, and all that was found.

The page holds all that it needs, and can be opened from a folder or sent by mail.
"""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.figures.pictures import pictures
from neuroloop.explain.gallery.gallery_leaf import Found, leaf_html, legend, read_maps
from neuroloop.explain.gallery.gallery_pictures import gradient, picture_source
from neuroloop.explain.gallery.gallery_sanity import COLUMNS, sanity_html
from neuroloop.explain.gallery.gallery_style import SCRIPT, STYLE
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.files.formats import read_json, read_table

#: Images of less pixels are shown as squares, larger ones smoothly.
FINE = 100


def read_found(result: Path, folder: Path) -> Found:
    """Read what a method left.

    Raises
    ------
    NeuroLoopError
        If the result is missing or damaged, or of no method that is known.
    """
    facts = read_json(result)
    method = facts.get("method")
    if method not in registry.names("method") or "applicable" not in facts:
        raise NeuroLoopError(f"{result} is no result of a method: delete it and run again")
    return Found(str(method), facts, folder)


def gallery_page(opened: OpenedModel, found: Sequence[Found]) -> str:
    """Write the page of a network.

    Parameters
    ----------
    opened : OpenedModel
    found : sequence of Found
        In the order of the page.

    Returns
    -------
    str
        HTML, the same for the same arguments.

    Raises
    ------
    NeuroLoopError
        If a file of a method is missing or damaged, or explains an image that the model has not.
    """
    attributions = [one for one in found if one.method in registry.having("method", "attribute")]
    looks = [one for one in found if one not in attributions]
    maps = {one.method: read_maps(one) for one in attributions if one.applies}
    shown = list(dict.fromkeys(name for one in maps.values() for name in one.values))
    known = {str(name): row for row, name in enumerate(opened.images.ids)}
    for name in shown:
        if name not in known:
            raise NeuroLoopError(
                f"image {name} is explained, but {opened.name} has no such image: run "
                "attribute_images again"
            )
    rows = np.array([known[name] for name in shown], dtype=np.int64)
    sections = [("leaf", "Image by image")] if attributions else []
    sections += [("sanity", "Sanity tests of the methods")] if maps else []
    sections += [(one.method, legend(one.method)) for one in looks]
    links = "".join(f'<a href="#{key}">{escape(title)}</a>' for key, title in sections)
    height, width = opened.images.images.shape[2:]
    pixels = "auto" if min(height, width) >= FINE else "pixelated"
    style = (
        f"{STYLE}:root {{ --ratio: {width} / {height}; --pixels: {pixels}; }}\n"
        f".bar.signed {{ background-image: {gradient(True)}; }}\n"
        f".bar.unsigned {{ background-image: {gradient(False)}; }}\n"
        + "".join(
            f".p{place} {{ --picture: url({picture_source(picture)}); }}\n"
            for place, picture in enumerate(pictures(opened, rows) if shown else ())
        )
    )
    leaf = leaf_html(opened, attributions, maps, shown, rows) if attributions else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Inside {escape(opened.name)}</title><style>{style}</style></head><body>"
        f"<header><h1>Inside {escape(opened.name)}</h1>"
        f'<p class="facts">{escape(_facts(opened))}</p>'
        f'<nav class="sections">{links}</nav></header>'
        f"{leaf}{_sanity(attributions) if maps else ''}{''.join(map(_look, looks))}"
        f"<script>{SCRIPT}</script></body></html>\n"
    )


def _facts(opened: OpenedModel) -> str:
    count = sum(values.numel() for values in opened.network.parameters())
    shape = opened.images.images.shape
    labels = "one label an image" if opened.labels == "single" else "several labels an image"
    members = f", {opened.network.members} members" if opened.network.members > 1 else ""
    return (
        f"{opened.kind}, {count:,} parameters{members}; {len(opened.classes)} classes, {labels}; "
        f"{shape[0]} images of {shape[2]} × {shape[3]} pixels, "
        f"{shape[1]} channel{'s' * (shape[1] > 1)}"
    )


def _sanity(attributions: Sequence[Found]) -> str:
    """The tests of all methods that apply, and their figures."""
    titles = {one.method: legend(one.method).partition(":")[0] for one in attributions}
    applied = [one for one in attributions if one.applies]
    tables = {titles[one.method]: read_table(one.folder / "sanity.tsv", COLUMNS) for one in applied}
    figures = "".join(
        _figure(one.folder / "sanity.png", f"{titles[one.method]}: sanity tests") for one in applied
    )
    return (
        '<h2 id="sanity">Sanity tests of the methods</h2><p class="note">Whether a map can be '
        "trusted is no matter of its looks. Each method went through the same tests on the same "
        f"images.</p>{sanity_html(tables)}"
        f"<details><summary>Curves and similarities, layer by layer</summary>{figures}</details>"
    )


def _look(found: Found) -> str:
    head = f'<section class="looks"><h2 id="{found.method}">{escape(legend(found.method))}</h2>'
    if not found.applies:
        reason = escape(str(found.result["reason"]))
        return f'{head}<p class="reason">not applicable: {reason}</p></section>'
    summary = escape(str(found.result.get("summary", "")))
    drawn = _figure(found.folder / "figure.png", legend(found.method))
    return f'{head}<p class="note">{summary}</p>{drawn}</section>'


def _figure(path: Path, caption: str) -> str:
    try:
        data = base64.b64encode(path.read_bytes()).decode()
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: run the method again") from None
    return (
        f'<figure><img alt="{escape(caption)}" loading="lazy" src="data:image/png;base64,{data}">'
        "</figure>"
    )
