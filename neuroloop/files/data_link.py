"""One name for the data folder, wherever it lies.

Snakemake records the paths of input files, and jobs record what they read. Both name the data
folder by a link in the folder of the run, so that data on another disk or another computer are the
same input, and results the same bytes. Messages name the folder itself.
"""

import os
from contextlib import suppress
from pathlib import Path

#: The link, below the folder in which jobs run.
LINK = Path(".neuroloop/data")


def target() -> str:
    """Where the link leads, or an empty text if there is none."""
    with suppress(OSError):
        return os.readlink(LINK)  # noqa: PTH115
    return ""


def lead_to(folder: Path) -> None:
    """Have the link lead to a folder, at once or not at all.

    Raises
    ------
    OSError
        If the file system has no links, or nothing may be written.
    """
    LINK.parent.mkdir(parents=True, exist_ok=True)
    made = LINK.with_name(f"{LINK.name}.{os.getpid()}")
    made.unlink(missing_ok=True)
    made.symlink_to(folder)
    try:
        made.replace(LINK)
    except OSError:
        made.unlink()
        raise


def as_configured(text: str) -> str:
    """A text in which files below the data folder have their paths below it, as in the config."""
    return text.replace(f"{LINK}/", "").replace(str(LINK), "the data folder")


def lasting(path: Path) -> str:
    """Where a path leads: below the data folder, if it lies there; else from the root."""
    found, folder = path.resolve(), LINK.resolve()
    return str(found.relative_to(folder) if found.is_relative_to(folder) else found)


def as_it_lies(text: str) -> str:
    """A text in which files below the data folder have their whole paths."""
    folder = target()
    return text.replace(str(LINK), folder) if folder else text
