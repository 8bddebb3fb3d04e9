"""Lists of images, from a folder for each class or from a manifest: file, class and patient."""

import csv
import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from neuroloop.cxr.patients import patients_in_names
from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted
from neuroloop.images.image_file import SUFFIXES

log = logging.getLogger(__name__)

#: Folders above those of classes: Kaggle's split, which is by radiograph and is not used.
SPLIT_FOLDERS = frozenset({"chest_xray", "train", "val", "validation", "test"})

#: Kermany's folder of two classes, which file names tell apart.
MIXED_FOLDER = "pneumonia"
MIXED_CLASSES = ("bacteria", "virus")


def list_folder(folder: Path, classes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """List the radiographs below a folder that has a folder for each class.

    Folders named train, val and test may stand above those of the classes, as on Kaggle; they are
    no split here. In a folder PNEUMONIA the class is that of the file name (bacteria or virus),
    unless `classes` names the folder. Hidden files are passed over.

    Parameters
    ----------
    folder : Path
    classes : mapping of str to str, optional
        Folder (or bacteria, virus), in capitals or not -> class. Radiographs of other folders are
        left out and counted in a warning. If None, a class is named as its folder, in small
        letters.

    Returns
    -------
    DataFrame
        ``file`` (path relative to `folder`), ``label``, ``patient`` (see `patients`); in natural
        order of the files.

    Raises
    ------
    NeuroLoopError
        If there are no radiographs, a radiograph lies in no class's folder or its name in PNEUMONIA
        tells no class, or `classes` names a folder that is not there.
    """
    if not folder.is_dir():
        raise NeuroLoopError(f"radiographs {folder}: there is no such folder: correct the path")
    found = (path.relative_to(folder) for path in folder.rglob("*"))
    files = natural_sorted(
        path.as_posix()
        for path in found
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith((".", "__MACOSX")) for part in path.parts)
    )
    if not files:
        raise NeuroLoopError(f"radiographs {folder} has no images ({' '.join(SUFFIXES)}): fill it")
    wanted = {name.lower(): label for name, label in (classes or {}).items()}
    labels = [_class_folder(folder, file, MIXED_FOLDER in wanted) for file in files]
    table = _renamed(pd.DataFrame({"file": files, "label": labels}), wanted, folder)
    return table.assign(patient=patients_in_names(table["file"]))


def read_manifest(path: Path, classes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Read a list of radiographs.

    Parameters
    ----------
    path : Path
        ``.csv`` or ``.tsv`` with a header: ``file`` (relative to the manifest, or absolute),
        ``label`` and, if known, ``patient`` (or ``patient``). Without it, file names tell the
        patient (see `patients`). Other columns are passed over.
    classes : mapping of str to str, optional
        Label in the manifest -> class. Radiographs of other labels are left out and counted in a
        warning. If None, classes are the labels.

    Returns
    -------
    DataFrame
        ``file, label, patient`` in the order of the manifest.

    Raises
    ------
    NeuroLoopError
        If the manifest is missing or damaged, lacks a column or a value, lists a file twice, or has
        no radiograph of a label that `classes` names.
    """
    table = _read_separated(path).rename(columns=str.lower)
    if "patient" not in table:
        table = table.rename(columns={"person": "patient"})
    missing = [name for name in ("file", "label") if name not in table]
    if missing:
        raise NeuroLoopError(
            f"{path} lacks the column {' and '.join(missing)}: it has {', '.join(table.columns)}"
        )
    used = [name for name in ("file", "label", "patient") if name in table]
    table = table[used].apply(lambda column: column.str.strip())
    for name in used:
        empty = table.index[table[name].isin(["", "n/a"])]
        if len(empty):
            raise NeuroLoopError(
                f"{path}: row {empty[0] + 1} has no {name}: fill it in"
                + (", or leave the whole column out" if name == "patient" else "")
            )
    again = table["file"][table["file"].map(lambda file: path.parent / file).duplicated()]
    if len(again):
        raise NeuroLoopError(f"{path} lists {again.iloc[0]} twice: drop one of the rows")
    table = _renamed(table, classes or {}, path)
    if "patient" not in table:
        table["patient"] = patients_in_names(table["file"])
    return table


def _class_folder(folder: Path, file: str, whole: bool) -> str:
    """Class of a radiograph by its place, in small letters; `whole`: PNEUMONIA is one class."""
    *above, name = PurePosixPath(file.lower()).parts
    found = next((part for part in above if part not in SPLIT_FOLDERS), None)
    if found is None:
        raise NeuroLoopError(
            f"radiograph {folder / file} lies in no class's folder: move it into one, or give a "
            f"manifest"
        )
    if found != MIXED_FOLDER or whole:
        return found
    told = [label for label in MIXED_CLASSES if label in name]
    if len(told) != 1:
        raise NeuroLoopError(
            f"radiograph {folder / file}: its name tells neither bacteria nor virus: rename it, "
            f"or name "
            "a class for the folder PNEUMONIA"
        )
    return told[0]


def _renamed(table: pd.DataFrame, classes: Mapping[str, str], source: Path) -> pd.DataFrame:
    """Rename labels and leave out radiographs whose label is not named, if any is."""
    if not classes:
        return table
    unknown = natural_sorted(set(classes) - set(table["label"]))
    if unknown:
        raise NeuroLoopError(
            f"{source} has no radiographs of {unknown[0]!r}, which classes names: it has "
            f"{', '.join(natural_sorted(set(table['label'])))}"
        )
    left_out = Counter(label for label in table["label"] if label not in classes)
    if left_out:
        counts = ", ".join(f"{name} {left_out[name]}" for name in natural_sorted(left_out))
        log.warning("%s: radiographs that classes does not name are left out: %s", source, counts)
    kept = table[table["label"].isin(list(classes))].reset_index(drop=True)
    return kept.assign(label=kept["label"].map(classes))


def _read_separated(path: Path) -> pd.DataFrame:
    """Read a table of strings; not by pandas, which fills short rows in silence."""
    separators = {".csv": ",", ".tsv": "\t"}
    separator = separators.get(path.suffix.lower())
    if separator is None:
        raise NeuroLoopError(
            f"radiographs {path}: give a folder, or a manifest that ends in .csv or .tsv"
        )
    try:
        with open(path, newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, delimiter=separator, strict=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError:
        raise NeuroLoopError(
            f"radiographs {path}: the manifest is missing: correct the path"
        ) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise NeuroLoopError(
            f"{path} is not a {path.suffix} table ({error}): correct it"
        ) from error
    if len(rows) < 2:
        raise NeuroLoopError(
            f"{path} lists no radiographs: it needs a header and a row for each radiograph"
        )
    (_, header), *rest = rows
    if len(set(header)) < len(header):
        raise NeuroLoopError(f"{path} names a column twice: {', '.join(header)}: rename one")
    for line, row in rest:
        if len(row) != len(header):
            raise NeuroLoopError(
                f"{path}, line {line} has {len(row)} fields, but the header {len(header)}: "
                "correct it"
            )
    return pd.DataFrame([row for _, row in rest], columns=header, dtype=str)
