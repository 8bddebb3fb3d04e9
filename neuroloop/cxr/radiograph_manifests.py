"""Lists of radiographs from a table: file, class and patient of each."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from neuroloop.cxr.class_names import check_spellings, chosen
from neuroloop.cxr.patients import (
    check_named_patients,
    check_names,
    one_spelling,
    told_patients,
)
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.files.tables import read_rows

SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_manifest(path: Path, classes: Mapping[str, str] | None, intake: Intake) -> pd.DataFrame:
    """Read a list of radiographs.

    Parameters
    ----------
    path : Path
        ``.csv`` or ``.tsv`` in UTF-8 with a header: ``file`` (relative to the manifest, or
        absolute), ``label`` and, if known, ``patient`` (or ``person``). Without it, names of files
        and folders tell the patient (see `patients`). ``site`` may say where each was taken. Other
        columns are passed over.
    classes : mapping of str to str or None
        Label in the manifest -> class. Radiographs of other labels are left out and counted. If
        None, classes are the labels.
    intake : Intake
        Gets the manifest, what was recognised, and what is left out.

    Returns
    -------
    DataFrame
        ``file, label, patient, source`` (the file's folder), and ``site`` if the manifest has it,
        in the order of the manifest. Patients whose names differ in spelling alone (7, 7.0, 007)
        are one.

    Raises
    ------
    NeuroLoopError
        If the manifest is missing or damaged, lacks a column or a value, lists a file twice, writes
        a class in two ways, names patients by rounded numbers or in two columns, or has no
        radiograph of a label that `classes` names.
    """
    table = _read_separated(path, intake)
    if "patient" not in table:
        table = table.rename(columns={"person": "patient"})
    elif "person" in table and (table["person"] != table["patient"]).any():
        raise NeuroLoopError(
            f"{path} has a column patient and a column person, which differ: keep the one whose "
            "names are the patients'"
        )
    missing = [name for name in ("file", "label") if name not in table]
    if missing:
        raise NeuroLoopError(
            f"{path} lacks the column {' and '.join(missing)}: it has {', '.join(table.columns)}"
        )
    used = [name for name in ("file", "label", "patient") if name in table]
    also = [name for name in ("site",) if name in table]
    table = table[used + also].apply(lambda column: column.str.strip())
    for name in used:
        empty = table.index[table[name].isin(["", "n/a"])]
        if len(empty):
            raise NeuroLoopError(
                f"{path}: row {empty[0] + 1} has no {name}: fill it in"
                + (", or leave the whole column out" if name == "patient" else "")
            )
    places = table["file"].map(lambda file: os.path.normpath(path.parent / file))
    again = table["file"][places.duplicated()]
    if len(again):
        raise NeuroLoopError(f"{path} lists {again.iloc[0]} twice: drop one of the rows")
    beside = os.path.normpath(path.parent) + os.sep
    if away := sum(not place.startswith(beside) for place in places):
        intake.recognise(f"{away} radiographs lie outside the folder of {path}.")
    check_spellings(table["label"], classes or {}, path)
    folders = [PurePosixPath(file).parts[:-1] for file in table["file"]]
    if "patient" in table:
        check_names(table["patient"], path, intake)
        table["patient"] = one_spelling(table["patient"], intake)
        check_named_patients(table["file"], folders, table["patient"], intake)
    else:
        table["patient"] = told_patients(table["file"], folders, intake)
    table["source"] = ["/".join(parts) for parts in folders]
    return chosen(table, classes or {}, path, intake)


def _read_separated(path: Path, intake: Intake) -> pd.DataFrame:
    """Read a table of strings, columns in small letters."""
    separator = SEPARATORS.get(path.suffix.lower())
    if separator is None:
        raise NeuroLoopError(
            f"radiographs {path}: give a folder, or a manifest that ends in .csv or .tsv"
        )
    header, rest = read_rows(
        path,
        separator,
        form=f"a {path.suffix} table",
        remedy="save it anew, in UTF-8",
        missing="correct the path of the radiographs",
    )
    intake.read(path)
    header = [name.strip().lower() for name in header]
    if len(header) == 1 and (others := [sign for sign in ",;\t|" if sign in header[0]]):
        raise NeuroLoopError(
            f"{path} separates its columns by {others[0]!r}: a {path.suffix} table needs "
            f"{separator!r}, save it so"
        )
    if not rest:
        raise NeuroLoopError(
            f"{path} lists no radiographs: it needs a header and a row for each radiograph"
        )
    if len(set(header)) < len(header):
        raise NeuroLoopError(f"{path} names a column twice: {', '.join(header)}: rename one")
    return pd.DataFrame([row for _, row in rest], columns=header, dtype=str)
