"""Pictures, maps and outlines as what a page embeds: small PNG images and paths of SVG."""

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np

from neuroloop.report.templates import png_address

#: Part of a map's pixels within the colour scale: a single bright one must not darken all others.
SHOWN = 0.995

#: How opaque a map is where it is highest.
OPACITY = 0.85

#: Shades of a colour scale in a style sheet.
STOPS = 17


class DrawnMap(NamedTuple):
    """A map as a page embeds it.

    Attributes
    ----------
    source : str
        Address of the PNG image, which holds all of it; empty for a map that says nothing.
    highest : float
        Value of the last colour; the first is 0, or less this of signed maps.
    problem : str
        What is wrong with the map, in words; empty if nothing is.
    """

    source: str
    highest: float
    problem: str


def picture_source(picture: np.ndarray) -> str:
    """Address of a PNG image that holds a picture in [0, 1], (h, w) or (h, w, 3)."""
    from PIL import Image

    return _source(Image.fromarray(np.round(255 * picture).astype(np.uint8)))


def draw_map(values: np.ndarray, signed: bool) -> DrawnMap:
    """Colour a map, transparent where it says nothing.

    Parameters
    ----------
    values : ndarray, shape (height, width)
    signed : bool
        Whether values below 0 have a meaning; if not, none are below it.

    Returns
    -------
    DrawnMap
        The scale ends where the magnitudes of `SHOWN` of the pixels do, at their maximum if that
        is 0.
    """
    if not np.isfinite(values).all():
        return DrawnMap("", np.nan, "the map contains undefined values")
    sizes = np.abs(values)
    if not sizes.any():
        return DrawnMap("", 0.0, "the map is 0 everywhere")
    highest = float(np.quantile(sizes, SHOWN)) or float(sizes.max())
    same = bool((values == values.flat[0]).all())
    return DrawnMap(
        map_source(values, highest, signed),
        highest,
        "the map is constant" if same else "",
    )


def map_source(values: np.ndarray, highest: float, signed: bool) -> str:
    """Address of a PNG image of a map in the colours of `map_shades`, up to its highest value."""
    from PIL import Image

    parts = values / highest
    parts = (parts + 1) / 2 if signed else parts
    image = Image.fromarray(np.round(255 * np.clip(parts, 0, 1)).astype(np.uint8), mode="P")
    shades = np.round(255 * map_shades(signed)).astype(np.uint8)
    image.putpalette(shades[:, :3].tobytes())
    return _source(image, transparency=shades[:, 3].tobytes())


def map_shades(signed: bool) -> np.ndarray:
    """Colours of maps, (256, 4) in [0, 1], from least to greatest; transparent at 0."""
    import matplotlib as mpl

    steps = np.linspace(-1 if signed else 0, 1, 256)
    # The dark end of inferno would hide the image where a map says little.
    name, first = ("PuOr_r", 0.0) if signed else ("inferno", 0.35)
    shades = mpl.colormaps[name](np.linspace(first, 1, 256))
    shades[:, 3] = OPACITY * np.minimum(1, 1.6 * np.abs(steps))
    return np.asarray(shades)


def gradient(signed: bool) -> str:
    """The same colours as a gradient of a style sheet, left to right."""
    shades = map_shades(signed)[np.linspace(0, 255, STOPS).round().astype(int)]
    stops = ", ".join(
        "rgba({:.0f}, {:.0f}, {:.0f}, {:.2f})".format(*(255 * shade[:3]), shade[3])
        for shade in shades
    )
    return f"linear-gradient(to right, {stops})"


def outline(mask: np.ndarray) -> str:
    """Path around the pixels of a mask, in pixels from the upper left corner of the image."""
    padded = np.pad(mask.astype(bool), 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]
    down = padded[1:-1, 1:] != padded[1:-1, :-1]
    lines = [f"M{start} {row}h{end - start}" for row, start, end in _runs(across)]
    lines += [f"M{column} {start}v{end - start}" for column, start, end in _runs(down.T)]
    return "".join(lines)


def _runs(edges: np.ndarray) -> Sequence[tuple[int, int, int]]:
    """Line, start and end of each run of true values along the lines of a table."""
    steps = np.diff(np.pad(edges.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    lines, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return list(zip(lines.tolist(), starts.tolist(), ends.tolist(), strict=True))


def _source(image: "object", **options: object) -> str:
    stream = BytesIO()
    image.save(stream, format="PNG", optimize=True, **options)  # type: ignore[attr-defined]
    return png_address(stream.getvalue())
