"""Tables as TSV with a header."""

import csv
from collections.abc import Mapping

import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath, atomic


def save_table(path: StrPath, table: pd.DataFrame) -> None:
    """Write a table as TSV with a header, without the index; missing values are ``n/a``."""
    with atomic(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, na_rep="n/a", lineterminator="\n")


def read_table(path: StrPath, columns: Mapping[str, type]) -> pd.DataFrame:
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
    # Not with pandas, which silently fills short rows and turns a surplus column into the index.
    try:
        with open(path, newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, delimiter="\t", strict=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: run the rule that makes it") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise NeuroLoopError(
            f"{path} is not a TSV table ({error}): repair or replace it"
        ) from error
    if not rows:
        raise NeuroLoopError(f"{path} is empty, without even a header: repair or replace it")
    (_, header), *rest = rows
    if len(set(header)) < len(header):
        raise NeuroLoopError(f"{path} names a column twice: {', '.join(header)}: rename one")
    for line, row in rest:
        if len(row) != len(header):
            raise NeuroLoopError(
                f"{path}, line {line} has {len(row)} fields, but the header {len(header)}: "
                "repair or replace it"
            )
    table = pd.DataFrame([row for _, row in rest], columns=header, dtype=str)
    missing = [name for name in columns if name not in table]
    if missing:
        raise NeuroLoopError(
            f"{path} lacks the column {', '.join(missing)}: it has {', '.join(table.columns)}"
        )
    for name, kind in columns.items():
        if kind is str:
            continue
        try:
            values = table[name].replace("n/a", "nan") if kind is float else table[name]
            table[name] = values.astype(kind)
        except ValueError:
            lines = [line for line, _ in rest]
            table[name] = [
                _number(text, kind, f"{path}, column {name}, line {line}")
                for text, line in zip(table[name], lines, strict=True)
            ]
    return table


def _number(text: str, kind: type, origin: str) -> float:
    """Read a number; a whole one may be written as 10.0, as spreadsheets do."""
    try:
        value = float("nan" if text == "n/a" and kind is float else text)
    except ValueError:
        value = None
    if value is None or (kind is int and not value.is_integer()):
        what = "whole number" if kind is int else "number"
        raise NeuroLoopError(f"{origin}: {text!r} is not a {what}: fix the table")
    return kind(value)
