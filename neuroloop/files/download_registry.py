"""The registry of downloads: which public files belong where, and where they come from.

Only the standard library is used, so that rules can read the registry cheaply.
"""

import csv
import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import outside, read_text

#: The registry.
REGISTRY = Path(__file__).with_name("datasets.tsv")

#: Columns of the registry; ``n/a`` marks a missing value.
COLUMNS = ("name", "path", "url", "record", "size", "md5", "licence", "page", "note")


@dataclass(frozen=True)
class Source:
    """One row of the registry.

    Attributes
    ----------
    name : str
        Id of the file, without slash and dot.
    path : str
        Where the file (or folder) belongs, relative to the data folder.
    url : str
        Address of the file; empty if it has to be fetched by hand.
    record : str
        Address of the archive's list of files, which states sizes and MD5s; may be empty.
    size : int or None
        Bytes; None if the archive's record states it.
    md5 : str or None
        MD5 in hexadecimal; None if the archive's record states it.
    licence, page, note : str
        Terms of use, web page, remarks.
    """

    name: str
    path: str
    url: str
    record: str
    size: int | None
    md5: str | None
    licence: str
    page: str
    note: str


def read_registry(path: str | os.PathLike[str]) -> dict[str, Source]:
    """Read the registry, a TSV file with a header.

    Returns
    -------
    dict of str to Source
        Rows by name, in the file's order.

    Raises
    ------
    NeuroLoopError
        If the file or a column is missing, or a row is wrong.
    """
    restore = "restore the registry of downloads"
    with outside(path, "a TSV table", restore, restore) as file:
        lines = io.StringIO(read_text(file), "")
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    registry: dict[str, Source] = {}
    for line, row in enumerate(rows, start=2):
        problem = _problem(row)
        if not problem and row["name"] in registry:
            problem = f"the name {row['name']} occurs twice"
        if problem:
            raise NeuroLoopError(f"{path}, line {line}: {problem}")
        value = {key: "" if row[key] == "n/a" else row[key] for key in COLUMNS}
        registry[value["name"]] = Source(
            name=value["name"],
            path=value["path"],
            url=value["url"],
            record=value["record"],
            size=int(value["size"]) if value["size"] else None,
            md5=value["md5"] or None,
            licence=value["licence"],
            page=value["page"],
            note=value["note"],
        )
    return registry


def _problem(row: Mapping[str | None, str | None]) -> str | None:
    """What is wrong with a row, if anything."""
    empty = [key for key in COLUMNS if not row.get(key)]
    if empty or None in row:
        return f"empty {', '.join(empty)}: write n/a" if empty else "more columns than the header"
    patterns = {
        "name": r"[A-Za-z0-9_-]+",
        "url": r"https?://\S+|n/a",
        "record": r"https?://\S+|n/a",
        "size": r"[1-9][0-9]{0,17}|n/a",
        "md5": r"[0-9a-f]{32}|n/a",
    }
    for key, pattern in patterns.items():
        if not re.fullmatch(pattern, str(row[key])):
            return f"{key} {row[key]!r} does not match {pattern}"
    path = PurePosixPath(str(row["path"]))
    if path.is_absolute() or ".." in path.parts:
        return f"path {path} leaves the data folder"
    known = "n/a" not in (row["size"], row["md5"])
    if row["url"] != "n/a" and row["record"] == "n/a" and not known:
        return "state size and md5, or a record that does"
    return None


def find(registry: Mapping[str, Source], path: str) -> Source | None:
    """Find the row of a path relative to the data folder, or that of a folder it lies in."""
    rows = {PurePosixPath(source.path): source for source in registry.values()}
    wanted = PurePosixPath(path)
    return next((rows[part] for part in (wanted, *wanted.parents) if part in rows), None)
