"""Whose radiograph it is: patients in names of files and folders, and patients who are one."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_key, natural_sorted
from neuroloop.files.spelling import folded

#: Kermany et al. 2018: ``person112_bacteria_539``, ``IM-0115-0001``, ``NORMAL2-IM-0001-0001`` as
#: on Kaggle, and ``BACTERIA-1008087-0001`` as in the authors' own archive.
KERMANY = re.compile(
    r"(?P<kaggle>person\d+|(?:NORMAL2-)?IM-\d+)[-_]|(?:BACTERIA|VIRUS|NORMAL)-(?P<archive>\d+)-",
    re.IGNORECASE,
)

#: NIH ChestX-ray14: ``00000001_000.png``. BIDS: ``sub-S03047_ses-E07985_bp-chest_vp-pa_dx.png``.
NIH = re.compile(r"(?P<patient>\d{8})_\d{3}\.")
BIDS = re.compile(r"(?P<patient>sub-[A-Za-z0-9]+)_")

#: Folders of patients: CheXpert's ``patient00001``, BIDS's ``sub-01``, MIMIC's ``p10000032``.
FOLDER = re.compile(r"(?:patient|person|subject)[-_ ]?\d+|sub-[A-Za-z0-9]+|p\d{5,}", re.IGNORECASE)

#: What stands in tables for a patient who is not known, in small letters.
NO_NAMES = frozenset(
    {"na", "nan", "none", "null", "nil", "unknown", "unk", "anonymous", "anon", "-", "--", "?"}
)

#: A number as spreadsheets round it: ``1.23E+09``.
ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+\d+")

#: Public sets whose names number patients, each file of such a set by one form.
NUMBERINGS = {
    "Kermany et al. 2018": re.compile(
        r"person\d+_(?:bacteria|virus)_\d+\.|(?:NORMAL2-)?IM-\d+-|(?:BACTERIA|VIRUS|NORMAL)-\d+-",
        re.IGNORECASE,
    ),
    "NIH ChestX-ray14": NIH,
}


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
        E.g. ``person112`` or ``NORMAL2-IM-0001``; None if the name is of no known form (Kermany's,
        NIH's, BIDS's).
    """
    name = PurePosixPath(file).name
    found = KERMANY.match(name)
    if found is not None:
        return found["kaggle"] or f"person{found['archive']}"
    other = NIH.match(name) or BIDS.match(name)
    return other["patient"] if other else None


def patient_in_folders(folders: Sequence[str]) -> str | None:
    """Patient that the folders above a file tell: the last that is called like a patient."""
    named = [name for name in folders if FOLDER.fullmatch(name)]
    return named[-1] if named else None


def told_patients(
    files: Iterable[str], folders: Iterable[Sequence[str]], intake: Intake
) -> list[str]:
    """Patient of each image by its folders and its name; else it is its own patient.

    Parameters
    ----------
    files : iterable of str
    folders : iterable of sequence of str
        Folders of each file in which a patient's may be. If those right below a class have numbers
        for names throughout, these are patients.
    intake : Intake
        Gets how patients were recognised, and how many images tell none: if two of them show one
        patient, a split cannot know.

    Returns
    -------
    list of str
        Where a folder and a name tell a patient each, both are one.
    """
    files, folders = list(files), list(folders)
    by_name = [patient_in_name(file) for file in files]
    by_folder = [patient_in_folders(inside) for inside in folders]
    if not any(by_name + by_folder) and all(inside and inside[0].isdigit() for inside in folders):
        by_folder = [inside[0] for inside in folders]
    pairs = [
        {one for one in told if one is not None} for told in zip(by_folder, by_name, strict=True)
    ]
    whose = united(pairs)
    patients = [whose[min(told)] if told else file for told, file in zip(pairs, files, strict=True)]
    for what, told in (("folders", by_folder), ("file names", by_name)):
        known = [patient for patient in told if patient is not None]
        if known:
            intake.recognise(
                f"Patients are told by {what} of {len(known)} radiographs ({len(set(known))} "
                f"patients, {natural_sorted(set(known))[0]} the first)."
            )
    unknown = [file for file, told in zip(files, pairs, strict=True) if not told]
    if unknown:
        intake.warn(
            f"{len(unknown)} of {len(files)} file names tell no patient ({unknown[0]}, ...): each "
            "such radiograph counts as a patient of its own; give a manifest with the column "
            "patient if several radiographs show one."
        )
    return patients


def one_spelling(patients: Iterable[str], intake: Intake) -> list[str]:
    """Names of patients, one for those that differ in spelling alone: 7, 7.0 and 007, p1 and P1."""
    patients = list(patients)
    ways: dict[str, set[str]] = {}
    for name in patients:
        number = re.fullmatch(r"(\d+)(?:\.0+)?", name)
        ways.setdefault(number[1].lstrip("0") if number else folded(name), set()).add(name)
    several = [sorted(names, key=_shortest) for names in ways.values() if len(names) > 1]
    if several:
        intake.warn(
            f"{len(several)} patients are written in several ways ("
            f"{' and '.join(several[0])}): each counts as one."
        )
    one = {name: names[0] for names in several for name in names}
    return [one.get(name, name) for name in patients]


def check_names(patients: Iterable[str], source: object, intake: Intake) -> None:
    """Check that names of patients in a table are names.

    Parameters
    ----------
    patients : iterable of str
    source : object
        The table, for messages.
    intake : Intake
        Gets a warning if several radiographs have a patient who is called unknown or the like.

    Raises
    ------
    NeuroLoopError
        If a number is written with an exponent, as spreadsheets round large ones.
    """
    counts = Counter(patients)
    rounded = [name for name in counts if ROUNDED.fullmatch(name)]
    if rounded:
        raise NeuroLoopError(
            f"{source} names a patient {rounded[0]}, a number that a spreadsheet rounded, so that "
            "several patients may be one: write patients in full, as text"
        )
    for name in natural_sorted(counts):
        if folded(name) in NO_NAMES and counts[name] > 1:
            intake.warn(
                f"{counts[name]} radiographs have the patient {name!r} and count as one person's: "
                "if that is no name, give each a patient of its own."
            )


def check_named_patients(
    files: Iterable[str],
    folders: Iterable[Sequence[str]],
    patients: Iterable[str],
    intake: Intake,
) -> None:
    """Warn if a table keeps apart what names of files or folders tell to be one patient."""
    stated: dict[str, set[str]] = {}
    for file, inside, patient in zip(files, folders, patients, strict=True):
        told = patient_in_folders(inside) or patient_in_name(file)
        if told is not None:
            stated.setdefault(told, set()).add(patient)
    apart = natural_sorted(name for name, those in stated.items() if len(those) > 1)
    if apart:
        intake.warn(
            f"{len(apart)} patients by names of files or folders ({apart[0]}, ...) are several in "
            "the table, which counts: a split may put them on both sides."
        )


def numbering(files: Iterable[str], patients: Iterable[str]) -> str | None:
    """Public set whose numbers all patients of a list are, by the names of their files; or None."""
    pairs = list(zip(files, patients, strict=True))
    for name, form in NUMBERINGS.items():
        if all(
            form.match(PurePosixPath(file).name) and patient_in_name(file) == patient
            for file, patient in pairs
        ):
            return name
    return None


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


def _shortest(name: str) -> tuple[int, object]:
    return len(name), natural_key(name)
