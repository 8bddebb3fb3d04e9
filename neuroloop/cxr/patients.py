"""Whose radiograph it is: patient numbers in file names, and patients who turn out to be one."""

import logging
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from neuroloop.files.natural_order import natural_sorted

log = logging.getLogger(__name__)

#: Kermany et al. 2018: ``person112_bacteria_539``, ``IM-0115-0001``, ``NORMAL2-IM-0001-0001`` as
#: on Kaggle, and ``BACTERIA-1008087-0001`` as in the authors' own archive.
KERMANY = re.compile(
    r"(?P<kaggle>person\d+|(?:NORMAL2-)?IM-\d+)[-_]|(?:BACTERIA|VIRUS|NORMAL)-(?P<archive>\d+)-",
    re.IGNORECASE,
)


def patient_in_name(file: str) -> str | None:
    """Patient that a radiograph's file name tells, without the class.

    A number that occurs with two classes is one patient: at worst, two patients are kept on one
    side of a split, and never one patient on both.

    Parameters
    ----------
    file : str
        Path or name of a radiograph.

    Returns
    -------
    str or None
        E.g. ``person112`` or ``NORMAL2-IM-0001``; None if the name is not of Kermany's forms.
    """
    found = KERMANY.match(PurePosixPath(file).name)
    if found is None:
        return None
    return found["kaggle"] or f"person{found['archive']}"


def patients_in_names(files: Iterable[str]) -> list[str]:
    """Patient of each image by its file name; an image whose name tells none is its own patient.

    Such radiographs are counted in a warning: if two of them show one patient, a split cannot know.
    """
    named = [(file, patient_in_name(file)) for file in files]
    unknown = [file for file, patient in named if patient is None]
    if unknown:
        log.warning(
            "%d of %d file names tell no patient (%s, ...): each such radiograph counts as a "
            "patient of "
            "its own; give a manifest with the column patient if several radiographs show one",
            len(unknown),
            len(named),
            unknown[0],
        )
    return [patient or file for file, patient in named]


def united(sets: Iterable[Iterable[str]]) -> dict[str, str]:
    """Name of the one patient that each patient is, where patients of a set are the same.

    Parameters
    ----------
    sets : iterable of iterable of str
        Patients of each set are one; sets that share a patient are one set.

    Returns
    -------
    dict of str to str
        Every patient of the sets -> the first name, in natural order, of all that are this patient.
    """
    members: dict[str, set[str]] = {}
    for same in sets:
        joined = set(same)
        for patient in tuple(joined):
            joined |= members.get(patient, set())
        members.update(dict.fromkeys(joined, joined))
    return {patient: natural_sorted(joined)[0] for patient, joined in members.items()}
