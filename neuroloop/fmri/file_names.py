"""What file names, above all BIDS names, state about content: subject, session, task, run."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath

#: Entities that a run's image and its events have in common.
ENTITIES = ("sub", "ses", "task", "run")

#: Entities that all runs of a subject, and its masks, have in common.
COMMON = ("sub", "space")

#: Other common spellings: ``run1``, ``run_01``, ``Sub01``.
LOOSE = re.compile(r"(?:^|_)(sub|ses|run)[-_]?(\d+)(?=[_.]|$)", re.IGNORECASE)

#: Entities as BIDS writes them.
STRICT = re.compile(rf"(?:^|_)({'|'.join((*ENTITIES, 'space'))})-([^_.]+)")

#: A folder of one subject or session.
FOLDER = re.compile(r"(sub|ses)-([A-Za-z0-9]+)")


def entities(path: StrPath) -> dict[str, str]:
    """Read the entities of a file's name, with numbers stripped of leading zeros.

    ``sub-01_task-faces_run-02_bold.nii.gz`` gives ``{"sub": "1", "task": "faces", "run": "2"}``.
    In names that do not follow BIDS, an entity with two different numbers is ignored. Subject and
    session that the name leaves out are those of the nearest folders ``sub-...`` and ``ses-...``.
    """
    loose: dict[str, set[str]] = {}
    for key, text in LOOSE.findall(Path(path).name):
        loose.setdefault(key.lower(), set()).add(str(int(text)))
    found = {key: texts.pop() for key, texts in loose.items() if len(texts) == 1}
    pairs = STRICT.findall(Path(path).name)
    found |= {key: _plain(text) for key, text in pairs}
    for folder in Path(path).parts[-2::-1]:
        if named := FOLDER.fullmatch(folder):
            found.setdefault(named[1], _plain(named[2]))
    return found


def check_pairs(bold: Iterable[StrPath], events: Iterable[StrPath]) -> None:
    """Check that images and events files paired by their order belong to the same runs.

    Parameters
    ----------
    bold, events : iterable of path
        One of each per run. Entities that only one of the two names states are not compared: an
        events file without ``run`` applies to all runs.

    Raises
    ------
    NeuroLoopError
        If two names of a pair disagree.
    """
    for image, table in zip(bold, events, strict=False):
        _compare(image, table, ENTITIES, "list the events in the order of the images")


def check_subject(bold: Sequence[StrPath], masks: Iterable[StrPath]) -> None:
    """Check that runs and masks are of one subject and in one space, as far as their names say.

    Raises
    ------
    NeuroLoopError
        If the names of two runs, or of a mask and a run, disagree.
    """
    for other in bold[1:]:
        _compare(bold[0], other, COMMON, "give the runs of one subject, in one space")
    for mask in masks:
        for image in bold:
            _compare(image, mask, COMMON, "give a mask of this subject, on the grid of its images")


def _compare(one: StrPath, other: StrPath, keys: Iterable[str], remedy: str) -> None:
    ours, theirs = entities(one), entities(other)
    for key in keys:
        if key not in ours or key not in theirs or ours[key] == theirs[key]:
            continue
        both = sorted((ours[key], theirs[key]), key=len)
        if key != "space" or not both[1].startswith(both[0]):  # space-MNI beside space-MNI152...
            raise NeuroLoopError(
                f"{one} is paired with {other}: by their names {key} is {ours[key]} here and "
                f"{theirs[key]} there: {remedy}"
            )


def _plain(text: str) -> str:
    return str(int(text)) if text.isdecimal() else text
