"""The part of a gallery that is leafed through: an image, what is named, and the maps of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import torch

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.figures.pictures import image_classes
from neuroloop.explain.gallery.gallery_pictures import draw_map, outline
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.files.formats import load_arrays, read_json
from neuroloop.training.loop import predict

#: Classes whose probability is told.
TOLD = 5


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of an attribution method.

    Attributes
    ----------
    values : mapping of str to ndarray, shape (height', width')
        By the id of the image.
    named : mapping of str to int
        Class that is explained, by the id of the image.
    units : str
    """

    values: Mapping[str, np.ndarray]
    named: Mapping[str, int]
    units: str


@dataclass(frozen=True, eq=False)
class Found:
    """What a method left: its ``result.json`` and its folder.

    Attributes
    ----------
    method : str
    result : mapping
    folder : Path
    """

    method: str
    result: Mapping[str, Any]
    folder: Path

    @property
    def applies(self) -> bool:
        """Whether the method is made for the network."""
        return bool(self.result["applicable"])


def read_maps(found: Found) -> Maps:
    """Read the maps of an attribution method that applies.

    Raises
    ------
    NeuroLoopError
        If a file is missing or damaged.
    """
    path = found.folder / "arrays.npz"
    arrays = load_arrays(path)
    missing = {"maps", "image", "named"} - arrays.keys()
    if missing:
        raise NeuroLoopError(f"{path} lacks {', '.join(sorted(missing))}: run the method again")
    ids = [str(name) for name in arrays["image"]]
    described = read_json(path.with_suffix(".json"))["arrays"]["maps"]
    return Maps(
        dict(zip(ids, arrays["maps"], strict=True)),
        dict(zip(ids, arrays["named"].tolist(), strict=True)),
        described["units"],
    )


def legend(method: str) -> str:
    """What a method shows: a title, of attribution methods with a colon and the rest behind it."""
    return str(registry.entry("method", method).LEGEND)


def leaf_html(
    opened: OpenedModel,
    attributions: Sequence[Found],
    maps: Mapping[str, Maps],
    shown: Sequence[str],
    rows: np.ndarray,
) -> str:
    """Let images be leafed through, each under the maps of all methods.

    Parameters
    ----------
    opened : OpenedModel
    attributions : sequence of Found
        In the order of the maps.
    maps : mapping of str to Maps
        Of those that apply, by their names.
    shown : sequence of str
        Ids of the images.
    rows : ndarray of int
        Their rows of the model's images.

    Returns
    -------
    str
        HTML. The pictures of images are those of the classes ``p0``, ``p1``, ... of a style sheet.
    """
    if not shown:  # no method applies: there is nothing to leaf through
        cards = "".join(_card(one, None, "", "") for one in attributions)
        return f'<h2 id="leaf">Image by image</h2><div class="maps">{cards}</div>'
    logits = predict(opened.network, opened.images.images[rows], 16).mean(axis=1)
    scores = torch.from_numpy(logits).double()
    chances = (scores.sigmoid() if opened.labels == "multi" else scores.softmax(1)).numpy()
    named = [next(one.named[i] for one in maps.values() if i in one.named) for i in shown]
    right = [_right(opened, row, cls) for row, cls in zip(rows, named, strict=True)]
    truths = image_classes(opened)
    outlines = opened.images.mask is not None and bool(opened.images.mask[rows].any())
    slides = []
    for place, name in enumerate(shown):
        truth = None if truths is None else truths[rows[place]]
        mask = None if opened.images.mask is None else opened.images.mask[rows[place]]
        outlined = _outlined(mask)
        cards = "".join(_card(one, maps.get(one.method), name, outlined) for one in attributions)
        slides.append(
            f'<section class="slide p{place} {_mark(right[place])}" id="image-{place + 1}">'
            f'<div><div class="frame"><div class="picture"></div>{outlined}'
            f"</div><h3>image {escape(name)}</h3>"
            f"{_told(opened, named[place], chances[place], truth, right[place])}</div>"
            f'<div class="maps">{cards}</div></section>'
        )
    known = [mark for mark in right if mark is not None]
    score = f" {sum(known)} of {len(known)} named right." if known else ""
    thumbs = "".join(
        f'<button class="thumb p{place} {_mark(mark)}" title="{escape(name)}" '
        f'aria-label="image {place + 1}"></button>'
        for place, (name, mark) in enumerate(zip(shown, right, strict=True))
    )
    toggle = (
        '<label><input type="checkbox" class="outlines" checked> outline of the truth</label>'
        if outlines
        else ""
    )
    return (
        f'<h2 id="leaf">Image by image</h2><p class="note">What speaks for the class that the '
        f"network names, by each method.{score} Leaf with the arrow keys. A map is drawn at its "
        "own resolution, transparent where it is 0; each has its own colour scale, below it, which "
        "ends where 99.5 % of its pixels do."
        + (" Blue outline: where the evidence truly is." if outlines else "")
        + '</p><div class="controls"><button class="back">← back</button>'
        f'<span class="count">{len(shown)} images</span><button class="on">next →</button>'
        '<label>image beneath the maps <input type="range" class="fade" min="0" max="1" '
        f'step="0.05" value="1"></label>{toggle}</div><div class="strip">{thumbs}</div>'
        f"{''.join(slides)}{_descriptions(attributions)}"
    )


def _told(
    opened: OpenedModel, named: int, chances: np.ndarray, truth: str | None, right: bool | None
) -> str:
    """What the network says of an image, and what is true."""
    tag = "" if right is None else f'<span class="tag">{"right" if right else "wrong"}</span>'
    of_truth = "truth not known" if truth is None else f"truth: <b>{escape(truth)}</b>"
    order = np.argsort(-chances, kind="stable")[:TOLD]
    bars = "".join(
        f"<span>{escape(opened.classes[number])}</span>"
        f'<i class="{"top" if number == named else ""}" style="width:{100 * chances[number]:.1f}%">'
        f"</i><span>{chances[number]:.2f}</span>"
        for number in order
    )
    return (
        f'<p class="named">named <b>{escape(opened.classes[named])}</b>{chances[named]:.2f}{tag}'
        f'</p><p class="truth">{of_truth}</p><div class="chances">{bars}</div>'
    )


def _card(found: Found, maps: Maps | None, image: str, outlined: str) -> str:
    """A map over its image, or why there is none."""
    title, _, meaning = legend(found.method).partition(": ")
    head = f'<figure class="map"><figcaption title="{escape(meaning)}">{escape(title)}</figcaption>'
    if maps is None:
        return head + _refused(f"not applicable: {found.result['reason']}")
    if image not in maps.values:
        return head + _refused("this image is not explained")
    signed = registry.entry("method", found.method).SIGNED
    values = maps.values[image]
    made = draw_map(values, signed)
    over = f'<img alt="{escape(title)} of {escape(image)}" src="{made.source}">' * bool(made.source)
    said = f'<p class="problem">{escape(made.problem)}</p>' * bool(made.problem)
    scale = ""
    if made.source:
        ends = [f"−{made.highest:.2g}"] * signed + ["0", f"{made.highest:.2g}"]
        scale = (
            f'<div class="bar {"signed" if signed else "unsigned"}"></div><div class="ends">'
            + "".join(f"<span>{end}</span>" for end in ends)
            + f'</div><div class="ends"><span>{escape(maps.units)}</span>'
            f"<span>{values.shape[0]} × {values.shape[1]}</span></div>"
        )
    return (
        f'{head}<div class="frame"><div class="picture"></div>{over}'
        f"{outlined}{said}</div>{scale}</figure>"
    )


def _refused(reason: str) -> str:
    return f'<div class="frame refused"><p>{escape(reason)}</p></div></figure>'


def _outlined(mask: np.ndarray | None) -> str:
    """The outline of the truth, if there is any."""
    if mask is None or not mask.any():
        return ""
    height, width = mask.shape
    return (
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
        f'<path d="{outline(mask)}"/></svg>'
    )


def _descriptions(attributions: Sequence[Found]) -> str:
    lines = "".join(
        "<li><b>{}</b>: {}.</li>".format(*map(escape, legend(one.method).split(": ", 1)))
        for one in attributions
    )
    return (
        '<details><summary>What the methods show</summary><ul class="meanings">'
        f"{lines}</ul></details>"
    )


def _right(opened: OpenedModel, row: int, named: int) -> bool | None:
    truth = opened.images.truth
    if truth is None:
        return None
    return bool(truth[row, named]) if truth.ndim == 2 else bool(truth[row] == named)


def _mark(right: bool | None) -> str:
    return "" if right is None else "is-right" if right else "is-wrong"
