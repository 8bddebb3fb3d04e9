"""Columns of tables as people read them: a title, what it means, and how its numbers are written.

A table in the report shows some columns of a file; the file beside it holds all.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from neuroloop.files.formats import StrPath
from neuroloop.report.cards import interval, number, rounded_p, times
from neuroloop.report.templates import linked

if TYPE_CHECKING:
    import pandas as pd


class Column(NamedTuple):
    """How a column is shown.

    Attributes
    ----------
    title : str
        With its unit.
    meaning : str
        Shown where a pointer rests on the title.
    kind : str
        ``text``, ``words`` (a sentence, which may wrap), ``number``, ``count`` or ``p``.
    factor : float
        By which numbers are multiplied: 100 for percent and points.
    low, high : str
        Columns of the interval that stands behind the number.
    permutations : str
        Column of the number of permutations: a p that cannot be less is told so.
    called : mapping of str to str
        What values of a text are called on the page, see `neuroloop.report.names`.
    """

    title: str
    meaning: str = ""
    kind: str = "text"
    factor: float = 1.0
    low: str = ""
    high: str = ""
    permutations: str = ""
    called: Mapping[str, str] = MappingProxyType({})

    def named(self, title: str, meaning: str = "", with_interval: bool = False) -> "Column":
        """The same kind of column under another title, with its interval behind it if asked."""
        low, high = ("ci_low", "ci_high") if with_interval else ("", "")
        return self._replace(title=title, meaning=meaning, low=low, high=high)


class Cell(NamedTuple):
    """A cell: its text, its class, and the number by which it is sorted."""

    text: str
    kind: str = ""
    value: float | str | None = None


class ShownTable(NamedTuple):
    """A table as a page shows it.

    Attributes
    ----------
    title : str
    link : str
        The file with all columns, from the page.
    columns : list of dict
        ``title``, ``meaning``, ``number``.
    rows : list of list of Cell
    """

    title: str
    link: str
    columns: list[dict[str, Any]]
    rows: list[list[Cell]]


def shown(
    title: str,
    table: "pd.DataFrame",
    columns: "dict[str, Column]",
    file: StrPath = "",
) -> ShownTable:
    """Show some columns of a table.

    Parameters
    ----------
    title : str
    table : DataFrame
        Numbers as numbers, NaN where there are none.
    columns : dict of str to Column
        What is shown, in this order; what the table lacks is passed over. The first names the row.
    file : path
        The file that holds all columns, below results/; empty where there is none.
    """
    kept = {name: column for name, column in columns.items() if name in table}
    rows = [
        [_cell(row, name, column) for name, column in kept.items()]
        for row in table.to_dict("records")
    ]
    heads = [
        {
            "title": column.title,
            "meaning": column.meaning or column.title,
            "number": column.kind in ("number", "count", "p"),
        }
        for column in kept.values()
    ]
    return ShownTable(title, linked(file), heads, rows)


def read_shown(path: StrPath, columns: "dict[str, Column]") -> "pd.DataFrame":
    """Read a table, those of its columns that are shown as numbers as numbers.

    Parameters
    ----------
    path : path
        A TSV file, which may lack some of the columns.
    columns : dict of str to Column
    """
    from neuroloop.files.formats import read_table

    there = set(read_table(path, {}))
    numbers = {
        name
        for key, column in columns.items()
        if column.kind not in ("text", "words")
        for name in (key, column.low, column.high)
        if name in there
    }
    return read_table(path, dict.fromkeys(sorted(numbers), float))


def _cell(row: dict[Any, Any], name: str, column: Column) -> Cell:
    value = row[name]
    if column.kind in ("text", "words"):
        text = "" if value is None or value != value else str(value)
        text = times(text) if name == "unit" else column.called.get(text, text)
        return Cell(text, "words" if column.kind == "words" else "")
    value = float("nan") if value is None else float(value)
    if not math.isfinite(value):
        return Cell("–", "number", "")
    if column.kind == "count":
        return Cell(f"{value:,.0f}", "number", value)
    if column.kind == "p":
        made = row.get(column.permutations)
        least = 1 / (float(made) + 1) if made else 0.0
        at_floor = value <= least * (1 + 1e-9)
        return Cell(f"≤ {value:.2g}" if at_floor else rounded_p(value), "number", value)
    if column.low:
        ends = (row.get(column.low), row.get(column.high))
        return Cell(interval(value, *ends, column.factor), "number", value)
    return Cell(number(value, column.factor), "number", value)


#: Kinds of columns that several tables have.
NUMBER = Column("", kind="number")
COUNT = Column("", kind="count")
PERCENT = Column("", kind="number", factor=100.0)
P = Column("p", "Chance of a value as large where there is no effect, as its null tells.", "p")
Q = Column("q", "p corrected for the number of tests in the row's family.", "p")
UNIT = Column("Varies", "The unit that the interval and p draw anew.")
SCOPE = Column("Speaks of", "Of what the row holds, and what is fixed.", "words")
FAMILY = Column("Family", "The tests that are corrected together.")
REASON = Column("No test because", "Why there is no interval or no p.", "words")
