"""What a teacher must do."""

import re
from pathlib import Path

import numpy as np

from neuroloop import registry
from neuroloop.contracts.entry import call, checked_entry, has_one, refuse
from neuroloop.distill.teaching import teach

IMAGES, CLASSES, TEMPERATURE = 24, 4, 4.0

#: Whose logits a teacher may be made of.
SOURCES = ("brain", "cnn", "gabor")


def check_teacher(teacher: str | Path) -> None:
    """Check a teacher on made-up logits: some milliseconds.

    It says what it needs and how figures show it, unlike any other. Its logits have one row an
    image and one column a class, are finite, and are the same for the same generator, also where a
    class has a single image; what it is given stays as it was.

    Parameters
    ----------
    teacher : str or Path
        Name of a teacher, or a plugin's file.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    name, entry = checked_entry(
        "teacher", teacher, {"MISLEADS": bool, "COLOUR": str, "MARKER": str}
    )
    has_one("teacher", name, entry, ("teach",))
    if getattr(entry, "NEEDS", "") not in (*SOURCES, None):
        refuse("teacher", name, 'NEEDS is neither "brain" nor "cnn", "gabor" or None: state it')
    second = getattr(entry, "BESIDE", None)
    if second not in (*SOURCES[1:], None):
        refuse("teacher", name, 'BESIDE is neither "cnn" nor "gabor": leave it out')
    if entry.MISLEADS and getattr(entry, "TO_BEAT", False):
        refuse("teacher", name, "is TO_BEAT and MISLEADS: beating it shows nothing")
    if not re.fullmatch("#[0-9a-f]{6}", entry.COLOUR):
        refuse("teacher", name, f"COLOUR is {entry.COLOUR!r}: write it as #rrggbb")
    for other in registry.names("teacher"):
        like = registry.entry("teacher", other)
        if other != name and (like.COLOUR, like.MARKER) == (entry.COLOUR, entry.MARKER):
            refuse(
                "teacher", name, f"looks like {other!r} in figures: take another COLOUR or MARKER"
            )
    generator = np.random.default_rng(0)
    labels = np.arange(IMAGES) % (CLASSES - 1)
    labels[0] = CLASSES - 1
    logits, beside = (3 * generator.standard_normal((2, IMAGES, CLASSES))).astype(np.float32)
    kept = labels.copy(), logits.copy(), beside.copy()
    first, again = (
        call(
            "teacher",
            name,
            teach,
            name,
            labels,
            CLASSES,
            TEMPERATURE,
            np.random.default_rng(1),
            None if entry.NEEDS is None else logits,
            None if second is None else beside,
        )
        for _ in range(2)
    )
    if first is not None and not np.array_equal(first, again):
        refuse("teacher", name, "teaches otherwise the second time: draw from the generator alone")
    if not all(map(np.array_equal, kept, (labels, logits, beside))):
        refuse("teacher", name, "changes the labels or logits that it is given: copy them first")
