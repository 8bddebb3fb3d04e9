"""Panels of figures that have one for each training of a set of radiographs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from neuroloop.cxr.predictions_table import PredictionsTable
from neuroloop.report.figures import grid

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Panels side by side.
COLUMNS = 3


def panels(
    n: int, height: float, width: float = 2.9, more: float = 0.9
) -> tuple["Figure", "np.ndarray"]:
    """Panels for `n` trainings, the others without axes.

    Parameters
    ----------
    n : int
    height, width : float
        Of a panel, inches.
    more : float
        Height of title and legend, inches.
    """
    columns = min(COLUMNS, max(n, 1))
    rows = -(-max(n, 1) // columns)
    figure, axes = grid(rows, columns, width=width, height=height)
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + more)
    for panel in axes.flat[n:]:
        panel.set_axis_off()
    return figure, axes


def write_value(panel: "Axes", place: float, text: str, colour: str) -> None:
    """Write the value of a row at the right of a panel, in the row's colour."""
    panel.text(
        1.01,
        place,
        text,
        transform=panel.get_yaxis_transform(),
        va="center",
        fontsize=7.5,
        color=colour,
    )


def kind(simulated: bool) -> str:
    """How a title begins: whether the radiographs are simulated."""
    return "Simulated radiographs" if simulated else "Radiographs"


def counted(tables: Iterable[PredictionsTable]) -> str:
    """Of how many radiographs and patients all panels are: ``"240 radiographs, 116 patients"``."""
    each = list(tables)
    return (
        f"{number_range([len(one.truth) for one in each])} radiographs, "
        f"{number_range([one.n_patients for one in each])} patients"
    )


def number_range(numbers: Iterable[float]) -> str:
    """A number, or from which to which they are: ``"80"``, ``"80 to 116"``."""
    numbers = list(numbers)
    lowest, highest = int(min(numbers)), int(max(numbers))
    return f"{lowest:,}" if lowest == highest else f"{lowest:,} to {highest:,}"
