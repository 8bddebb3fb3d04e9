"""Which grey level is white in the films of a set: said by the user or by the files, one for all.

Detectors of 10, 12 or 14 bits are stored in files of 16. The films' pixels do not tell which: told
film by film, one hot pixel makes a film sixteen times darker, and a site's defect a diagnosis.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

from neuroloop.errors import NeuroLoopError
from neuroloop.cxr.image_files import read_stored, told_white

log = logging.getLogger(__name__)


def shared_white(files: Iterable[str], folder: Path, white: int | None) -> int | None:
    """Find the level that is white in all films of more than 8 bits.

    Parameters
    ----------
    files : iterable of str
        All films of a set; those that cannot be opened are passed over.
    folder : Path
        Where relative paths start.
    white : int or None
        The set's key ``white``.

    Returns
    -------
    int or None
        `white` if it is given, else what all of these films say (see `image_files.told_white`).
        None if all films have 8 bits.

    Raises
    ------
    NeuroLoopError
        If the key is not given and a film does not say it, or two say different ones.
    """
    if white is not None:
        return white
    told: dict[int | None, str] = {}
    deep = []
    for file in files:
        try:
            is_deep, level = told_white(folder / file)
        except Exception:  # found, and named, where the film is read
            log.debug("%s cannot be opened", file)
            continue
        if is_deep:
            deep.append(file)
            told.setdefault(level, file)
    if not deep:
        return None
    if len(told) == 1 and (level := next(iter(told))) is not None:
        log.info(
            "white is %d in %d films of more than 8 bits, as their headers say", level, len(deep)
        )
        return level
    said = ", ".join(
        f"{folder / file} {'none' if level is None else level}" for level, file in told.items()
    )
    advice = "store all films alike"
    if len(set(told) - {None}) < 2:
        advice = (
            "set `white` of this set of films, e.g. 4095 for detectors of 12 bits, 65535 for 16"
        )
    raise NeuroLoopError(
        f"{len(deep)} films have more than 8 bits, but their headers do not say one level of white "
        f"for all ({said}), and pixels do not tell it (the largest level is "
        f"{max(_largest(folder / file) for file in deep)}): {advice}"
    )


def _largest(path: Path) -> int:
    try:
        return int(read_stored(path).levels.max())
    except NeuroLoopError:
        return 0
