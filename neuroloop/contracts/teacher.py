"""What a teacher must do."""

import re
from pathlib import Path

import numpy as np

from neuroloop import registry
from neuroloop.contracts.entry import call, checked_entry, has_one, refuse
from neuroloop.distill.teaching import teach

IMAGES, CLASSES, TEMPERATURE = 24, 4, 4.0


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
    if getattr(entry, "NEEDS", "") not in ("brain", "cnn", None):
        refuse("teacher", name, 'NEEDS is neither "brain" nor "cnn" nor None: state it')
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
    logits = (3 * generator.standard_normal((IMAGES, CLASSES))).astype(np.float32)
    kept = labels.copy(), logits.copy()
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
        )
        for _ in range(2)
    )
    if first is not None and not np.array_equal(first, again):
        refuse("teacher", name, "teaches otherwise the second time: draw from the generator alone")
    if not (np.array_equal(kept[0], labels) and np.array_equal(kept[1], logits)):
        refuse("teacher", name, "changes the labels or logits that it is given: copy them first")
