"""One look for all figures, and files that are the same byte for byte every time."""

from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath, atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for path in paths:
        with atomic(path) as temporary:
            if temporary.suffix == ".svg":
                FigureCanvasSVG(figure).print_svg(temporary, metadata={"Date": None})
            else:
                FigureCanvasAgg(figure).print_png(temporary)
