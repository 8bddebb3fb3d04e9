"""One look for all figures, and files that are the same byte for byte every time."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath, atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

log = logging.getLogger(__name__)

#: Fonts of Chinese, Japanese and Korean, one of which most systems that need it have.
FONTS = (
    *(f"Noto Sans {kind}" for kind in ("CJK SC", "CJK JP", "CJK KR", "CJK TC", "SC", "JP", "KR")),
    *("Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback"),
    *("Microsoft YaHei", "SimHei", "Yu Gothic", "MS Gothic", "Malgun Gothic", "IPAexGothic"),
    *("PingFang SC", "Hiragino Sans GB", "Hiragino Sans", "Apple SD Gothic Neo", "NanumGothic"),
    "Arial Unicode MS",
)

#: What matplotlib says of a character that no font has.
NO_GLYPH = re.compile(r"Glyph (\d+) .*missing from")

#: Colours that people with any colour vision tell apart (Okabe & Ito 2008).
PALETTE = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#999999",
    "#000000",
)

#: Least width of a figure, inches.
PAGE = 7.6

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "svg.hashsalt": "neuroloop",
    "svg.fonttype": "none",
    "text.parse_math": False,
}


def grid(rows: int, columns: int, *, width: float, height: float, **options: Any) -> Any:
    """Return a figure and its two-dimensional array of axes.

    Parameters
    ----------
    rows, columns : int
    width, height : float
        Size of one panel in inches; a single column is as wide as a page, for its title and legend.
    **options
        Passed on to ``Figure.subplots``.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.use("agg")
    for name, value in STYLE.items():
        mpl.rcParams[name] = value
    mpl.rcParams["font.family"] = ["DejaVu Sans", *installed_fonts()]
    size = (max(columns * width, PAGE), rows * height)
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def save(figure: "Figure", *paths: StrPath) -> None:
    """Write a figure to .png or .svg files without a date in them.

    It is laid out once for all of them, and each is drawn once: ``Figure.savefig`` draws twice a
    file and lays out each time, which takes longer than all else in many a job.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    figure.set_dpi(STYLE["savefig.dpi"])
    with missing_characters_told_once():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for path in paths:
            with atomic(path) as temporary:
                if temporary.suffix == ".svg":
                    FigureCanvasSVG(figure).print_svg(temporary, metadata={"Date": None})
                else:
                    FigureCanvasAgg(figure).print_png(temporary)


@cache
def installed_fonts() -> tuple[str, ...]:
    """Fonts of `FONTS` that this system has."""
    from matplotlib.font_manager import fontManager

    there = set(fontManager.get_font_names())
    return tuple(name for name in FONTS if name in there)


@contextmanager
def missing_characters_told_once() -> Iterator[None]:
    """Log once, not for each time that it is drawn, that no font has a character."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    lacking: set[str] = set()
    for one in caught:
        if found := NO_GLYPH.match(str(one.message)):
            lacking.add(chr(int(found[1])))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if lacking:
        _tell_lacking(frozenset(lacking))


@cache
def _tell_lacking(characters: frozenset[str]) -> None:
    log.warning(
        "No installed font has %s: figures show boxes in their place; install one that has, for "
        "example Noto Sans CJK.",
        "".join(sorted(characters)),
    )
