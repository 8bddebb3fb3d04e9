"""Which grey level is white in the images of a set: said by the user or by the files, one for all.

Detectors of 10, 12 or 14 bits are stored in files of 16. The radiographs' pixels do not tell which:
told radiograph by radiograph, one hot pixel makes a radiograph sixteen times darker, and a site's
defect a diagnosis.
"""

from collections.abc import Iterable
from pathlib import Path

from neuroloop.cxr.radiograph_files import ReadRadiograph
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.images.stored_levels import read_stored, told_white

#: Share of white that the brightest radiograph of a set exceeds.
DARK = 0.5


def shared_white(
    files: Iterable[str], folder: Path, white: int | None, intake: Intake
) -> int | None:
    """Find the level that is white in all radiographs of more than 8 bits.

    Parameters
    ----------
    files : iterable of str
        All radiographs of a set; those that cannot be opened are passed over.
    folder : Path
        Where relative paths start.
    white : int or None
        The set's key ``white_level``.
    intake : Intake
        Gets the level, and who says it.

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
    told: dict[int | None, str] = {}
    deep, count = [], 0
    for file in files:
        count += 1
        try:
            is_deep, level = told_white(folder / file)
        except NeuroLoopError:  # told where the radiograph is read
            continue
        if is_deep:
            deep.append(file)
            told.setdefault(level, file)
    if not deep:
        if white is not None:
            intake.recognise(
                f"`white_level` ({white}) is not used: all radiographs have 8 bits, white is 255."
            )
        return white
    shallow = f", and 255 in the {count - len(deep)} others" if len(deep) < count else ""
    if white is None and len(told) == 1:
        (level,) = told
        white, teller = level, "their headers say"
    else:
        teller = "white_level says"
    if white is not None:
        intake.recognise(
            f"White is {white} in {len(deep)} radiographs of more than 8 bits, as {teller}"
            f"{shallow}."
        )
        return white
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


def tell_dark(read: Iterable[ReadRadiograph], intake: Intake) -> None:
    """Warn if no radiograph of a set, bright specks aside, reaches half of white."""
    brightest = max(one.bright for one in read)
    if brightest < DARK:
        intake.warn(
            f"The brightest radiograph reaches {brightest:.0%} of white, so that all are dark: see "
            "that `white_level` is the detector's and that files were not stored darker."
        )


def _largest(path: Path) -> int:
    try:
        return int(read_stored(path).levels.max())
    except NeuroLoopError:
        return 0
