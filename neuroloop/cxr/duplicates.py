"""Radiographs that are listed several times: the same pixels under other names.

Only exact copies are found, at 256 grey levels, however a copy came to them. One that was scaled
or compressed again has other pixels.
"""

import logging
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from neuroloop.cxr.content_hashes import content_hashes
from neuroloop.cxr.patients import united
from neuroloop.errors import NeuroLoopError
from neuroloop.images.grey_levels import read_levels
from neuroloop.jobs.progress import progress

log = logging.getLogger(__name__)

COPY = "copy"
CONFLICT = "labels conflict"


class Duplicates(NamedTuple):
    """What is left of a list of radiographs, and what was dropped.

    Attributes
    ----------
    radiographs : DataFrame
        One row for each content; ``patient`` names the same patient in all copies, ``content`` are
        the hashes of its pixels and of its copies' (see `content_hashes`).
    dropped : DataFrame
        ``file, label, patient`` as they were, ``reason`` (``copy``, or ``labels conflict``: then
        no copy is kept) and ``same_as``, the file with the same pixels that is kept, or else the
        first one.
    patients : dict of str to str
        Patients who are one with another, as a copy shows -> the name that they have now.
    clipped : dict of str to int
        Files with pixels above white -> how many.
    """

    radiographs: pd.DataFrame
    dropped: pd.DataFrame
    patients: dict[str, str]
    clipped: dict[str, int]


def find_duplicates(
    radiographs: pd.DataFrame, folder: Path, white: int | None = None
) -> Duplicates:
    """Drop radiographs whose pixels were seen before, and all of a radiograph that has two labels.

    Patients who share a radiograph are one patient, in all of their radiographs: else their other
    radiographs could stand on two sides of a split. Every radiograph is read, so unusable ones are
    found here.

    Parameters
    ----------
    radiographs : DataFrame
        ``file, label, patient``; the first of copies is kept.
    folder : Path
        Where relative paths start.
    white : int, optional
        See `grey_levels.read_levels`.

    Returns
    -------
    Duplicates
        Counts are logged.

    Raises
    ------
    NeuroLoopError
        If radiographs cannot be used: the first is explained, and all are counted.
    """
    hashes, clipped = _hashes(radiographs["file"].tolist(), folder, white)
    # Of three copies the first and the last may have no hash in common.
    one = united(hashes)
    content = pd.Series([one[own[0]] for own in hashes], index=radiographs.index, dtype=object)
    every: dict[str, list[str]] = {}
    for other, name in sorted(one.items()):
        every.setdefault(name, []).append(other)
    groups = radiographs.groupby(content)
    whose = united(groups["patient"].unique())
    patients = {patient: name for patient, name in whose.items() if patient != name}
    copy = content.duplicated()
    conflict = groups["label"].transform("nunique") > 1
    dropped = radiographs[["file", "label", "patient"]].assign(
        reason=conflict.map({True: CONFLICT, False: COPY}),
        same_as=groups["file"].transform("first"),
    )[copy | conflict]
    kept = radiographs.assign(content=content.map(every))[~copy & ~conflict]
    if len(dropped):
        log.warning(
            "%d of %d radiographs dropped: %d copies and %d whose copies have another label",
            len(dropped),
            len(radiographs),
            (dropped["reason"] == COPY).sum(),
            (dropped["reason"] == CONFLICT).sum(),
        )
    if patients:
        log.warning(
            "%d patients share a radiograph with another and count as that one", len(patients)
        )
    if clipped:
        worst = max(clipped, key=lambda file: clipped[file])
        log.warning(
            "%d radiographs have pixels above white %s, at most %d, in %s: they take the median "
            "around",
            len(clipped),
            white,
            clipped[worst],
            worst,
        )
    return Duplicates(
        kept.assign(patient=kept["patient"].replace(patients)).reset_index(drop=True),
        dropped.reset_index(drop=True),
        patients,
        clipped,
    )


def _hashes(
    files: list[str], folder: Path, white: int | None
) -> tuple[list[tuple[str, ...]], dict[str, int]]:
    """Hashes of each radiograph, and those with pixels above white."""
    hashes, unusable, clipped = [], [], {}
    for file in progress(files, "radiographs read"):
        try:
            radiograph = read_levels(folder / file, white)
        except NeuroLoopError as error:
            unusable.append(str(error))
            continue
        hashes.append(content_hashes(radiograph.levels, radiograph.white))
        if radiograph.above:
            clipped[file] = radiograph.above
    if unusable:
        others = f" ({len(unusable)} of {len(files)} radiographs cannot be used)"
        raise NeuroLoopError(unusable[0] + (others if len(unusable) > 1 else ""))
    return hashes, clipped
