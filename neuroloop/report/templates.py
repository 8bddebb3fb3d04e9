"""Jinja templates and other assets: files that stand beside the modules that fill them in.

A module names its assets in a constant ``ASSETS``, by which the hash of the code follows them (see
`neuroloop.workflow.code_version`).
"""

import base64
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath

#: Numbers that are rounded. Whole numbers are counts or names, and are shown in full.
DECIMAL = re.compile(r"-?\d+(\.\d+(e[+-]\d+)?|e[+-]\d+)")

#: Width and height of an SVG figure, points.
SVG_EXTENT = re.compile(rb'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"')

#: Dots of a PNG figure to the inch, see `neuroloop.report.figures.STYLE`.
PNG_DPI = 160


def render(template: str, context: Mapping[str, Any]) -> str:
    """Fill in a template.

    Parameters
    ----------
    template : str
        Package and file, e.g. ``neuroloop.report/page.html.j2``, or the path of a plugin's own.
    context : mapping
        What the template calls by name. Text is escaped; `Markup` is not.

    Returns
    -------
    str
        The same for the same arguments.
    """
    return _environment().get_template(template).render(context)


def asset(name: str) -> Markup:
    """Text of an asset as it is, e.g. of a style sheet: package and file, or a path."""
    return Markup(_read(name))


def picture(path: StrPath) -> str:
    """Address that holds all of a PNG or SVG file.

    Raises
    ------
    NeuroLoopError
        If there is no such file.
    """
    return address(_content(path), "svg+xml" if Path(path).suffix == ".svg" else "png")


def extent(path: StrPath) -> tuple[int, int] | None:
    """Width and height of a figure on a page, in pixels of 1/96 inch as style sheets have them.

    Parameters
    ----------
    path : path
        Of a PNG or SVG file that `neuroloop.report.figures.save` wrote; None of any other.

    Raises
    ------
    NeuroLoopError
        If there is no such file.
    """
    head = _content(path)[:2048]
    if found := SVG_EXTENT.search(head):
        points = float(found[1]), float(found[2])
        return round(points[0] * 96 / 72), round(points[1] * 96 / 72)
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        dots = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
        return round(dots[0] * 96 / PNG_DPI), round(dots[1] * 96 / PNG_DPI)
    return None


def png_address(data: bytes) -> str:
    """Address that holds all of a PNG image."""
    return address(data, "png")


def address(data: bytes, kind: str) -> str:
    """Address that holds all of an image of a kind: ``png``, ``svg+xml``."""
    return f"data:image/{kind};base64," + base64.b64encode(data).decode()


def cell(value: object) -> str:
    """Text of a table's cell: four significant digits of a decimal number, a dash for none."""
    text = str(value)
    if text in ("n/a", "nan", "None"):
        return "–"
    return f"{float(text):.4g}" if DECIMAL.fullmatch(text) else text


def linked(file: StrPath) -> str:
    """Address of a result from the report's page, which lies in results/report."""
    return "../" + str(file).removeprefix("results/") if str(file) else ""


def count(value: int) -> str:
    """A whole number with its thousands set apart."""
    return f"{value:,}"


def size(count: int) -> str:
    """Bytes in the unit that fits: ``3.2 MB``."""
    value, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.3g} {units[0]}" if value < 1000 else f"{value:.0f} {units[0]}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["asset"] = asset
    environment.filters |= {
        "picture": picture,
        "png": picture,  # its name before figures were SVG, which templates of plugins may use
        "extent": extent,
        "cell": cell,
        "count": count,
        "size": size,
        "linked": linked,
    }
    return environment


def _content(path: StrPath) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: run the job that draws it again") from None


def _read(name: str) -> str:
    """Text of an asset: of an absolute path, or of a package, from wherever that is installed."""
    if Path(name).is_absolute():
        return Path(name).read_text(encoding="utf-8")
    package, _, file = name.partition("/")
    return files(package).joinpath(file).read_text(encoding="utf-8")
