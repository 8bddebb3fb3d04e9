"""Whose film it is: person numbers in file names, and persons who turn out to be one."""

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


def person_in_name(file: str) -> str | None:
    """Person that a film's file name tells, without the class.

    A number that occurs with two classes is one person: at worst, two persons are kept on one side
    of a split, and never one person on both.

    Parameters
    ----------
    file : str
        Path or name of a film.

    Returns
    -------
    str or None
        E.g. ``person112`` or ``NORMAL2-IM-0001``; None if the name is not of Kermany's forms.
    """
    found = KERMANY.match(PurePosixPath(file).name)
    if found is None:
        return None
    return found["kaggle"] or f"person{found['archive']}"


def persons_in_names(files: Iterable[str]) -> list[str]:
    """Person of each film by its file name; a film whose name tells none is its own person.

    Such films are counted in a warning: if two of them show one person, a split cannot know.
    """
    named = [(file, person_in_name(file)) for file in files]
    unknown = [file for file, person in named if person is None]
    if unknown:
        log.warning(
            "%d of %d file names tell no person (%s, ...): each such film counts as a person of "
            "its own; give a manifest with the column person if several films show one",
            len(unknown),
            len(named),
            unknown[0],
        )
    return [person or file for file, person in named]


def united(sets: Iterable[Iterable[str]]) -> dict[str, str]:
    """Name of the one person that each person is, where persons of a set are the same.

    Parameters
    ----------
    sets : iterable of iterable of str
        Persons of each set are one; sets that share a person are one set.

    Returns
    -------
    dict of str to str
        Every person of the sets -> the first name, in natural order, of all that are this person.
    """
    members: dict[str, set[str]] = {}
    for same in sets:
        joined = set(same)
        for person in tuple(joined):
            joined |= members.get(person, set())
        members.update(dict.fromkeys(joined, joined))
    return {person: natural_sorted(joined)[0] for person, joined in members.items()}
