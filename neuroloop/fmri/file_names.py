"""What file names, above all BIDS names, state about content: subject, session, task, run."""

import re
from collections.abc import Iterable
from pathlib import Path

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath

#: Entities that a run's image and its events have in common.
ENTITIES = ("sub", "ses", "task", "run")

#: Other common spellings: ``run1``, ``run_01``, ``Sub01``.
LOOSE = re.compile(r"(?:^|_)(sub|ses|run)[-_]?(\d+)(?=[_.]|$)", re.IGNORECASE)


def entities(path: StrPath) -> dict[str, str]:
    """Read the entities of a file's name, with numbers stripped of leading zeros.

    ``sub-01_task-faces_run-02_bold.nii.gz`` gives ``{"sub": "1", "task": "faces", "run": "2"}``.
    In names that do not follow BIDS, an entity with two different numbers is ignored.
    """
    loose: dict[str, set[str]] = {}
    for key, text in LOOSE.findall(Path(path).name):
        loose.setdefault(key.lower(), set()).add(str(int(text)))
    found = {key: texts.pop() for key, texts in loose.items() if len(texts) == 1}
    pairs = re.findall(rf"(?:^|_)({'|'.join(ENTITIES)})-([^_.]+)", Path(path).name)
    return found | {key: str(int(text)) if text.isdecimal() else text for key, text in pairs}


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
        ours, theirs = entities(image), entities(table)
        for key in ENTITIES:
            if key in ours and key in theirs and ours[key] != theirs[key]:
                raise NeuroLoopError(
                    f"{image} is paired with {table}: by their names {key} is {ours[key]} here and "
                    f"{theirs[key]} there: list the events in the order of the images"
                )
