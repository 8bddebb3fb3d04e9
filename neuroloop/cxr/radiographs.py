"""The table of radiographs: each usable radiograph once, with its id, class and patient."""

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pandas as pd

from neuroloop.cxr.duplicates import find_duplicates
from neuroloop.cxr.radiograph_lists import list_folder, read_manifest
from neuroloop.cxr.white_level import shared_white
from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_key, natural_sorted

log = logging.getLogger(__name__)

COLUMNS = ("radiograph", "file", "label", "patient")


class Radiographs(NamedTuple):
    """Radiographs to work with.

    Attributes
    ----------
    table : DataFrame
        ``radiograph`` (id, free of slashes), ``file`` (relative to `folder`), ``label``,
        ``patient``; in natural order of the ids.
    dropped : DataFrame
        What is not in the table and why (see `duplicates.Duplicates`).
    folder : Path
        Where files lie.
    content : list of list of str
        Hashes of each radiograph's pixels and of its copies', rows as in `table`.
    white : int or None
        Level of white in files of more than 8 bits; None if there are none and it is not given.
    clipped : dict of str to int
        Files with pixels above white -> how many.
    """

    table: pd.DataFrame
    dropped: pd.DataFrame
    folder: Path
    content: list[list[str]]
    white: int | None
    clipped: dict[str, int]


def radiographs_table(
    source: Path, classes: Mapping[str, str] | None = None, white: int | None = None
) -> Radiographs:
    """Make the table of radiographs.

    Parameters
    ----------
    source : Path
        A folder (see `list_folder`) or a manifest (see `read_manifest`).
    classes : mapping of str to str, optional
        Class of each folder, or of each of the manifest's labels.
    white : int, optional
        Level of white in files of more than 8 bits (see `white_level`).

    Returns
    -------
    Radiographs
        Without copies; every file was read and can be used.

    Raises
    ------
    NeuroLoopError
        If the source or a radiograph cannot be used, or there are fewer than two classes.
    """
    if source.is_dir():
        folder, listed = source, list_folder(source, classes)
    else:
        folder, listed = source.parent, read_manifest(source, classes)
    # In natural order, so that which of several copies is kept does not depend on the source.
    white = shared_white(listed["file"], folder, white)
    found = find_duplicates(_natural(listed, "file"), folder, white)
    names = natural_sorted(set(found.radiographs["label"]))
    if len(names) < 2:
        raise NeuroLoopError(
            f"{source} has radiographs of {len(names)} classes ({', '.join(names) or 'none'}): at "
            f"least "
            "two are needed"
        )
    in_two = found.radiographs[["patient", "label"]].drop_duplicates()["patient"].value_counts() > 1
    log.info(
        "%s: %d radiographs of %d patients, %d of them in two classes or more (each is one "
        "patient): %s",
        source,
        len(found.radiographs),
        len(in_two),
        in_two.sum(),
        ", ".join(f"{name} {(found.radiographs['label'] == name).sum()}" for name in names),
    )
    table = _natural(
        found.radiographs.assign(radiograph=radiograph_ids(found.radiographs["file"].tolist())),
        "radiograph",
    )
    return Radiographs(
        table[list(COLUMNS)],
        found.dropped,
        folder,
        table["content"].tolist(),
        white,
        found.clipped,
    )


def radiograph_ids(files: list[str]) -> list[str]:
    """Ids of images, free of slashes: the file's stem, or its whole path where two share a stem.

    Raises
    ------
    NeuroLoopError
        If two are the same even so.
    """
    count = Counter(PurePosixPath(file).stem for file in files)
    ids = [
        stem
        if count[stem := PurePosixPath(file).stem] == 1
        else file.replace("/", "-").lstrip(".-")
        for file in files
    ]
    first: dict[str, str] = {}
    for name, file in zip(ids, files, strict=True):
        if first.setdefault(name, file) != file:
            raise NeuroLoopError(
                f"radiographs {first[name]} and {file} have one id: rename one of them"
            )
    return ids


def _natural(table: pd.DataFrame, column: str) -> pd.DataFrame:
    order = sorted(range(len(table)), key=lambda row: natural_key(table[column].iloc[row]))
    return table.iloc[order].reset_index(drop=True)
