"""Radiographs that are there several times: of other patients, in other classes, in other sets."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.cxr.duplicates import CONFLICT, COPY
from neuroloop.cxr.near_copies import SAME, NearCopy, near_copies
from neuroloop.files.array_rows import Rows, take_rows
from neuroloop.report.audit import Check
from neuroloop.report.passport import counted

#: What to do about one radiograph that counts as several.
ONE_PATIENT = (
    "Remove one of each pair, or give both one patient in a manifest, and train again: classifiers "
    "are tested on what they learned."
)


class OtherSet(NamedTuple):
    """A set on which classifiers are tested.

    Attributes
    ----------
    table : DataFrame
        ``radiograph`` of each.
    pixels : ndarray of uint8, shape (radiographs, size, size)
    known : DataFrame
        known.tsv: what is left out of the test.
    """

    table: pd.DataFrame
    pixels: Rows
    known: pd.DataFrame


def copy_checks(
    of: str, table: pd.DataFrame, pixels: Rows, files: pd.DataFrame, dropped: pd.DataFrame
) -> list[Check]:
    """Look for radiographs that a split may put on both sides, or that have two classes.

    Parameters
    ----------
    of : str
        Name of the set.
    table : DataFrame
        folds.tsv.
    pixels : ndarray of uint8, shape (radiographs, size, size)
    files : DataFrame
        file_properties.tsv: ``file``, ``label``, ``patient`` as files and manifest say.
    dropped : DataFrame
        dropped.tsv.
    """
    pairs = all_near_copies(pixels)
    rows, others = (table.iloc[[pair[side] for pair in pairs]] for side in (0, 1))
    differ = {
        column: rows[column].to_numpy() != others[column].to_numpy()
        for column in ("patient", "patient_fold", "label")
    }
    names = [f"{a} and {b}" for a, b in zip(rows["radiograph"], others["radiograph"], strict=True)]
    return [
        _copies(of, files, dropped),
        _near(
            "near-copies on both sides of a fold",
            of,
            names,
            differ["patient"] & differ["patient_fold"],
            "stand in two folds",
            ONE_PATIENT,
        ),
        _near(
            "one patient under several names",
            of,
            names,
            differ["patient"],
            "have two patients",
            ONE_PATIENT,
        ),
        _two_classes(of, names, differ["label"], dropped),
    ]


def all_near_copies(pixels: Rows) -> list[NearCopy]:
    """Pairs of radiographs that look the same, mirrored ones included."""
    mirrored = near_copies(pixels, pixels, mirrored=True)
    pairs = {(max(*pair), min(*pair)) for pair in mirrored if pair.row != pair.other}
    pairs |= {(pair.row, pair.other) for pair in near_copies(pixels)}
    return [NearCopy(*pair) for pair in sorted(pairs)]


def external_checks(of: str, pixels: Rows, sets: Mapping[str, OtherSet]) -> list[Check]:
    """Look for radiographs of other sets that look like those that classifiers learn from.

    Parameters
    ----------
    of : str
        Name of the set that is learned from.
    pixels : ndarray of uint8, shape (radiographs, size, size)
        Its radiographs.
    sets : mapping of str to OtherSet
    """
    checks = []
    for name, other in sets.items():
        tested = ~other.table["radiograph"].isin(other.known["radiograph"]).to_numpy()
        found = len({pair.row for pair in near_copies(take_rows(other.pixels, tested), pixels)})
        left_out = counted(len(other.known), "radiograph")
        checks.append(
            Check(
                "near-copies between a set and the one that tests it",
                f"{of}, {name}",
                found > 0,
                f"{found} of {tested.sum()} radiographs of {name} look like ones of {of} (details "
                f"correlate by {SAME} or more); {left_out} of copies and of known patients are "
                "left out already.",
                f"Remove them from {name}: classifiers learned from them." if found else "",
            )
        )
    return checks


def _copies(of: str, files: pd.DataFrame, dropped: pd.DataFrame) -> Check:
    copies = dropped[dropped["reason"] == COPY]
    whose = dict(zip(files["file"], files["patient"], strict=True))
    apart = [
        file
        for file, original in zip(copies["file"], copies.get("same_as", ()), strict=True)
        if whose[file] != whose[original]
    ]
    told = (
        f"{counted(len(copies), 'file is a copy', 'files are copies')} of another, pixel by pixel, "
        f"and left out; {len(apart)} of these stood under another patient"
    )
    return Check(
        "copies under other patients",
        of,
        bool(apart),
        f"{told} ({apart[0]}, ...)." if apart else f"{told}.",
        "Find out why one radiograph has two patients: their other radiographs count as one "
        "patient's now, and others may be mixed up that are no copies."
        if apart
        else "",
    )


def _near(
    name: str, of: str, pairs: Sequence[str], which: np.ndarray, what: str, remedy: str
) -> Check:
    found = [pair for pair, it in zip(pairs, which, strict=True) if it]
    told = (
        f"{counted(len(pairs), 'pair')} of radiographs look the same (details correlate by {SAME} "
        f"or more, mirrored ones included); {len(found)} {what}"
    )
    told = f"{told} ({found[0]}, ...)." if found else f"{told}."
    return Check(name, of, bool(found), told, remedy if found else "")


def _two_classes(of: str, pairs: Sequence[str], which: np.ndarray, dropped: pd.DataFrame) -> Check:
    near = [pair for pair, it in zip(pairs, which, strict=True) if it]
    exact = dropped["file"][dropped["reason"] == CONFLICT].tolist()
    first = f" ({(exact + near)[0]}, ...)" if exact or near else ""
    return Check(
        "one radiograph in two classes",
        of,
        bool(exact or near),
        f"{counted(len(exact), 'file')} whose pixels occur with another class, which are all left "
        f"out, and {counted(len(near), 'pair')} that look the same in two classes{first}.",
        "Correct the classes: of one radiograph both cannot be right." if first else "",
    )
