"""Which grey level is white in the images of a set: said by the user or by the files, one for all.

Detectors of 10, 12 or 14 bits are stored in files of 16. The radiographs' pixels do not tell which:
told radiograph by radiograph, one hot pixel makes a radiograph sixteen times darker, and a site's
defect a diagnosis.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

from neuroloop.errors import NeuroLoopError
from neuroloop.images.stored_levels import read_stored, told_white

log = logging.getLogger(__name__)


def shared_white(files: Iterable[str], folder: Path, white: int | None) -> int | None:
    """Find the level that is white in all radiographs of more than 8 bits.

    Parameters
    ----------
    files : iterable of str
        All radiographs of a set; those that cannot be opened are passed over.
    folder : Path
        Where relative paths start.
    white : int or None
        The set's key ``white_level``.

    Returns
    -------
    int or None
        `white` if it is given, else what all of these radiographs say (see
        `grey_levels.told_white`). None if all radiographs have 8 bits.

    Raises
    ------
    NeuroLoopError
        If the key is not given and a radiograph does not say it, or two say different ones.
    """
    if white is not None:
        return white
    told: dict[int | None, str] = {}
    deep = []
    for file in files:
        try:
            is_deep, level = told_white(folder / file)
        except Exception:  # found, and named, where the radiograph is read
            log.debug("%s cannot be opened", file)
            continue
        if is_deep:
            deep.append(file)
            told.setdefault(level, file)
    if not deep:
        return None
    if len(told) == 1 and (level := next(iter(told))) is not None:
        log.info(
            "white is %d in %d radiographs of more than 8 bits, as their headers say",
            level,
            len(deep),
        )
        return level
    said = ", ".join(
        f"{folder / file} {'none' if level is None else level}" for level, file in told.items()
    )
    advice = "store all radiographs alike"
    if len(set(told) - {None}) < 2:
        advice = "set `white_level` of this set, e.g. 4095 for detectors of 12 bits, 65535 for 16"
    raise NeuroLoopError(
        f"{len(deep)} radiographs have more than 8 bits, but their headers do not say one level "
        f"of white for all ({said}), and pixels do not tell it (the largest level is "
        f"{max(_largest(folder / file) for file in deep)}): {advice}"
    )


def _largest(path: Path) -> int:
    try:
        return int(read_stored(path).levels.max())
    except NeuroLoopError:
        return 0
