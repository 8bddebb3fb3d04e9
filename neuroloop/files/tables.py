"""Tables as TSV with a header."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath, atomic
from neuroloop.files.door import outside, read_text
from neuroloop.files.spelling import folded

if TYPE_CHECKING:
    import pandas as pd

#: Whole numbers lie between this and its negative: floats tell them apart.
LARGEST = 2**53


def save_table(path: StrPath, table: "pd.DataFrame") -> None:
    """Write a table as TSV with a header, without the index; missing values are ``n/a``."""
    with atomic(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, na_rep="n/a", lineterminator="\n")


def read_table(path: StrPath, columns: Mapping[str, type]) -> "pd.DataFrame":
    """Read a TSV table and check that it has the columns needed.

    Parameters
    ----------
    path : path
        A TSV file with a header.
    columns : mapping of str to type
        Needed columns and their types (``str``, ``int`` or ``float``). Other columns are read as
        strings; only ``n/a`` counts as missing.

    Returns
    -------
    DataFrame
        All columns of the file.

    Raises
    ------
    NeuroLoopError
        If the file or a column is missing, a row is longer or shorter than the header, or a value
        has the wrong type.
    """
    import pandas as pd

    header, rest = read_rows(path, "\t")
    table = pd.DataFrame([row for _, row in rest], columns=header, dtype=str)
    missing = [name for name in columns if name not in table]
    if missing:
        raise NeuroLoopError(
            f"{path} lacks the column {', '.join(missing)}: it has {', '.join(table.columns)}"
            + _how_to_mend(missing, header)
        )
    for name, kind in columns.items():
        if kind is str:
            continue
        lines = [line for line, _ in rest]
        table[name] = _numbers(table[name], kind, lines, f"{path}, column {name}")
    return table


def read_rows(
    path: StrPath,
    separator: str,
    *,
    form: str = "a TSV table",
    remedy: str = "repair or replace it",
    missing: str = "run the rule that makes it",
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read a table of texts as it stands.

    Parameters
    ----------
    path : path
    separator : str
        Tab or comma.
    form, remedy, missing : str
        What the file should be, and what to do if it is not, or if there is none.

    Returns
    -------
    header : list of str
        Names of columns, each once.
    rows : list of (int, list of str)
        Number of the line in which a row ends, and its fields, as many as the header's. Lines
        without anything, or with nothing but separators, are passed over.

    Raises
    ------
    NeuroLoopError
        If the file is missing, empty or no such table, names a column twice, or a row is longer or
        shorter than the header.
    """
    # Not with pandas, which silently fills short rows and turns a surplus column into the index.
    with outside(path, form, remedy, missing) as file:
        reader = csv.reader(io.StringIO(read_text(file), ""), delimiter=separator, strict=True)
        rows = [(reader.line_num, row) for row in reader if any(row)]
    if not rows:
        raise NeuroLoopError(f"{path} is empty, without even a header: {remedy}")
    (_, header), *rest = rows
    if len(set(header)) < len(header):
        raise NeuroLoopError(f"{path} names a column twice: {', '.join(header)}: rename one")
    for line, row in rest:
        if len(row) != len(header):
            raise NeuroLoopError(
                f"{path}, line {line} has {len(row)} fields, but the header {len(header)}: {remedy}"
            )
    return header, rest


def _how_to_mend(missing: Sequence[str], header: Sequence[str]) -> str:
    """What to do about missing columns, where the header shows it."""
    (first, *others) = header
    for separator, name in ((",", "commas"), (";", "semicolons"), (None, "blanks")):
        if not others and len(first.split(separator)) > 1:
            return f", separated by {name}: separate them by tabs"
    spelt = {folded(name): name for name in header}
    named = [f"{spelt[folded(name)]} to {name}" for name in missing if folded(name) in spelt]
    return f": rename {', '.join(named)}" if named else ""


def _numbers(texts: "pd.Series", kind: type, lines: Sequence[int], origin: str) -> "pd.Series":
    """Read a column of numbers: at once, or field by field to name the one that is none."""
    import pandas as pd

    try:
        together = "".join(texts)
        if not together.isascii() or "_" in together:
            raise ValueError("digits that Python takes and no one means")
        values = (texts.replace("n/a", "nan") if kind is float else texts).astype(kind)
        if kind is int and len(values) and int(values.abs().max()) > LARGEST:
            raise ValueError("too large")
        return values
    except (ValueError, OverflowError):
        numbers = [
            _number(text, kind, f"{origin}, line {line}")
            for text, line in zip(texts, lines, strict=True)
        ]
        return pd.Series(numbers, index=texts.index, dtype=kind)


def _number(text: str, kind: type, origin: str) -> float:
    """Read a number; a whole one may be written as 10.0, as spreadsheets do."""
    try:
        if not text.isascii() or "_" in text:
            raise ValueError
        value = float("nan" if text == "n/a" and kind is float else text)
    except ValueError:
        value = None
    if value is None or (kind is int and not (value.is_integer() and abs(value) <= LARGEST)):
        what = "whole number" if kind is int else "number"
        raise NeuroLoopError(f"{origin}: {text!r} is not a {what}: fix the table")
    return kind(value)
