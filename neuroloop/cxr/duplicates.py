"""Radiographs that are listed several times: the same pixels under other names.

Only exact copies are found, at 256 grey levels, however a copy came to them. One that was scaled
or compressed again has other pixels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from neuroloop.cxr.patients import united
from neuroloop.files.intake import Intake

COPY = "copy"
CONFLICT = "labels conflict"


class Duplicates(NamedTuple):
    """What is left of a list of radiographs, and what was dropped.

    Attributes
    ----------
    radiographs : DataFrame
        One row for each content, the index kept; ``patient`` names the same patient in all copies,
        ``content`` are the hashes of its pixels and of its copies' (see `content_hashes`).
    dropped : DataFrame
        ``file, label, patient`` as they were, ``reason`` (``copy``, or ``labels conflict``: then
        no copy is kept) and ``same_as``, the file with the same pixels that is kept, or else the
        first one.
    patients : dict of str to str
        Patients who are one with another, as a copy shows -> the name that they have now.
    """

    radiographs: pd.DataFrame
    dropped: pd.DataFrame
    patients: dict[str, str]


def find_duplicates(
    radiographs: pd.DataFrame, content: Sequence[tuple[str, ...]], intake: Intake
) -> Duplicates:
    """Drop radiographs whose pixels were seen before, and all of a radiograph that has two labels.

    Patients who share a radiograph are one patient, in all of their radiographs: else their other
    radiographs could stand on two sides of a split.

    Parameters
    ----------
    radiographs : DataFrame
        ``file, label, patient``; the first of copies is kept.
    content : sequence of tuple of str
        Hashes of each radiograph's pixels.
    intake : Intake
        Gets what is dropped.

    Returns
    -------
    Duplicates
    """
    # Of three copies the first and the last may have no hash in common.
    one = united(content)
    named = pd.Series([one[own[0]] for own in content], index=radiographs.index, dtype=object)
    every: dict[str, list[str]] = {}
    for other, name in sorted(one.items()):
        every.setdefault(name, []).append(other)
    groups = radiographs.groupby(named)
    whose = united(groups["patient"].unique())
    patients = {patient: name for patient, name in whose.items() if patient != name}
    copy = named.duplicated()
    conflict = groups["label"].transform("nunique") > 1
    dropped = radiographs[["file", "label", "patient"]].assign(
        reason=conflict.map({True: CONFLICT, False: COPY}),
        same_as=groups["file"].transform("first"),
    )[copy | conflict]
    kept = radiographs.assign(content=named.map(every))[~copy & ~conflict]
    copies = int((dropped["reason"] == COPY).sum())
    intake.drop("radiographs", "they are copies of others, pixel by pixel", copies)
    if conflicts := len(dropped) - copies:
        intake.drop("radiographs", "copies of them have another label", conflicts)
        first = dropped[dropped["reason"] == CONFLICT].iloc[0]
        intake.warn(
            f"{conflicts} radiographs occur with two labels and are all left out ({first['file']} "
            "is one; dropped.tsv names them)."
        )
    if patients:
        intake.warn(
            f"{len(patients)} patients share a radiograph with another and count as that one."
        )
    return Duplicates(
        kept.assign(patient=kept["patient"].replace(patients)),
        dropped.reset_index(drop=True),
        patients,
    )
