"""The table of radiographs: each usable radiograph once, with its id, class and patient."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.cxr.duplicates import find_duplicates
from neuroloop.cxr.near_copies import near_copies
from neuroloop.cxr.patients import numbering
from neuroloop.cxr.radiograph_files import ReadRadiograph, file_properties, read_radiographs
from neuroloop.cxr.radiograph_folders import list_folder
from neuroloop.cxr.radiograph_manifests import read_manifest
from neuroloop.cxr.white_level import shared_white, tell_dark
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows, RowSpool, StoredRows
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_key, natural_sorted
from neuroloop.images.preparation import Preparation

log = logging.getLogger(__name__)

COLUMNS = ("radiograph", "file", "label", "patient")


class Radiographs(NamedTuple):
    """Radiographs to work with.

    Attributes
    ----------
    table : DataFrame
        ``radiograph`` (id, free of slashes), ``file`` (relative to `folder`), ``label``,
        ``patient``, and ``site`` if a manifest names it; in natural order of the ids.
    pixels : StoredRows of uint8, shape (radiographs, size, size)
        Rows as in `table`, on disk.
    dropped : DataFrame
        What is not in the table and why (see `duplicates.Duplicates`).
    properties : DataFrame
        Of every file that was read, dropped ones included: ``radiograph`` (its id; missing if it
        was dropped) and the columns of `radiograph_files.file_properties`.
    folder : Path
        Where files lie.
    content : list of list of str
        Hashes of each radiograph's pixels and of its copies', rows as in `table`.
    white : int or None
        Level of white in files of more than 8 bits; None if there are none and it is not given.
    clipped : dict of str to int
        Files with pixels above white -> how many.
    numbering : str or None
        Public set whose numbers the patients are, by the names of the files.
    intake : Intake
    """

    table: pd.DataFrame
    pixels: StoredRows
    dropped: pd.DataFrame
    properties: pd.DataFrame
    folder: Path
    content: list[list[str]]
    white: int | None
    clipped: dict[str, int]
    numbering: str | None
    intake: Intake


def radiographs_table(
    source: Path,
    classes: Mapping[str, str] | None = None,
    white: int | None = None,
    size: int = 128,
    fit: str = "crop",
    folder: Path | None = None,
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
    size : int
        Side of the squares that radiographs are fitted into, in pixels.
    fit : {"crop", "pad"}
        See `images.preparation.Preparation`.
    folder : Path, optional
        Where squares wait on disk until copies are known (see `RowSpool`).

    Returns
    -------
    Radiographs
        Without copies; every file was read and can be used.

    Raises
    ------
    NeuroLoopError
        If the source or a radiograph cannot be used, or there are fewer than two classes.
    """
    intake = Intake()
    if source.is_dir():
        below, listed = source, list_folder(source, classes, intake)
    else:
        below, listed = source.parent, read_manifest(source, classes, intake)
    # In natural order, so that which of several copies is kept does not depend on the source.
    listed = _natural(listed, "file")
    white = shared_white(listed["file"], below, white, intake)
    preparation = Preparation(size, channels=1, levels="radiograph", white=white, fit=fit)
    squares = RowSpool(folder)
    squares.check_room(len(listed), size**2)
    read = read_radiographs(listed["file"].tolist(), below, preparation, squares)
    _tell_files(listed, read, fit, intake)
    tell_dark(read, intake)
    found = find_duplicates(listed, [one.content for one in read], intake)
    names = natural_sorted(set(found.radiographs["label"]))
    if len(names) < 2:
        raise NeuroLoopError(
            f"{source} has radiographs of {len(names)} classes ({', '.join(names) or 'none'}): at "
            "least two are needed; if their folders lie deeper, name them under `classes`"
        )
    _tell_patients(found.radiographs, names, intake)
    ids = pd.Series(
        radiograph_ids(found.radiographs["file"].tolist()), index=found.radiographs.index
    )
    table = _natural(
        found.radiographs.assign(radiograph=ids, row=found.radiographs.index), "radiograph"
    )
    properties = file_properties(listed, read)
    properties.insert(0, "radiograph", ids.reindex(listed.index))
    pixels = squares.rows().take(table["row"].to_numpy())
    _tell_near_copies(table, pixels, intake)
    return Radiographs(
        table[[*COLUMNS, *(["site"] if "site" in table else [])]],
        pixels,
        found.dropped,
        properties,
        below,
        table["content"].tolist(),
        white,
        {file: one.above for file, one in zip(listed["file"], read, strict=True) if one.above},
        numbering(table["file"], table["patient"]),
        intake,
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


def _tell_files(
    listed: pd.DataFrame, read: Sequence[ReadRadiograph], fit: str, intake: Intake
) -> None:
    """Tell what files were read, what is outside their squares, and what was mended."""
    intake.files += [one.file for one in read]
    for what, kinds in {
        "Formats": [f"{one.header.form} of {one.header.bits} bits" for one in read],
        "Grey": [one.header.photometric for one in read],
    }.items():
        counts = Counter(kinds)
        if what == "Formats" or set(counts) != {"black is zero"}:
            told = ", ".join(f"{kind} {counts[kind]}" for kind in natural_sorted(counts))
            intake.recognise(f"{what}: {told}.")
    if turned := sum(one.header.orientation != 1 for one in read):
        intake.recognise(f"{turned} radiographs are turned upright, as their headers say.")
    oblong = [one.outside for one in read if one.outside]
    if oblong and fit == "crop":
        intake.recognise(
            f"The middle square is taken of each radiograph (fit: crop); of {len(oblong)} that are "
            f"not square up to {max(oblong):.0%} lies outside, {np.mean(oblong):.0%} on average."
        )
    elif oblong:
        intake.recognise(
            f"{len(oblong)} radiographs that are not square stand between black bars (fit: pad), "
            f"which are up to {max(oblong):.0%} of the square."
        )
    if masks := [one.file.file for one in read if one.binary]:
        intake.warn(
            f"{len(masks)} images have two grey levels alone ({masks[0]}, ...), as masks and "
            "drawings have: move them away if they are no radiographs."
        )
    above = {file: one.above for file, one in zip(listed["file"], read, strict=True) if one.above}
    if above:
        worst = max(above, key=lambda file: above[file])
        intake.warn(
            f"{len(above)} radiographs have pixels above white, at most {above[worst]}, in {worst}"
            ": these take the median around."
        )


def _tell_near_copies(table: pd.DataFrame, pixels: Rows, intake: Intake) -> None:
    """Warn of patients who share what looks like one radiograph: a split may part them."""
    whose, files = table["patient"].tolist(), table["file"].tolist()
    apart = [pair for pair in near_copies(pixels) if whose[pair.row] != whose[pair.other]]
    if apart:
        first = apart[0]
        intake.warn(
            f"{len(apart)} radiographs look like those of other patients ({files[first.row]} and "
            f"{files[first.other]}, ...), as copies that were compressed or scaled again do: a "
            "split may put them on both sides; remove them, or give both one patient in a manifest."
        )


def _tell_patients(table: pd.DataFrame, names: Sequence[str], intake: Intake) -> None:
    in_two = table[["patient", "label"]].drop_duplicates()["patient"].value_counts() > 1
    counts = ", ".join(f"{name} {(table['label'] == name).sum()}" for name in names)
    intake.recognise(
        f"{len(table)} radiographs of {len(in_two)} patients ({counts}); {in_two.sum()} patients "
        "are in two classes or more, each is one patient."
    )
