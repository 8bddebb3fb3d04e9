"""The time from one volume to the next: stated by the config, or by headers and JSON files."""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.errors import NeuroLoopError
from neuroloop.files.data_link import LINK
from neuroloop.files.formats import StrPath, read_json
from neuroloop.files.intake import Intake
from neuroloop.fmri.bids_timing import Stated, even_step, tell_acquisition

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

#: Seconds of a header's unit of time, by its code, and the bits that hold it; with any other unit
#: a header states no time (NIfTI-1, nifti1.h: xyzt_units).
SECONDS, TIME_BITS = {8: 1.0, 16: 1e-3, 24: 1e-6}, 0x38

#: Difference of two repetition times, in seconds, that counts as rounding.
TOLERANCE = 1e-3

#: Repetition times outside of these seconds are taken for a wrong unit.
SHORTEST, LONGEST = 0.02, 60.0

#: Folders from which BIDS lets a JSON file describe a BOLD file: func, session, subject, root.
LEVELS = 4


def json_files(bold: StrPath) -> list[Path]:
    """Find the JSON files that describe a BOLD file, the nearest and most special first.

    Its own has its name; if that is of BIDS, files whose entities it all has describe it too, as
    ``task-faces_bold.json`` (inheritance principle), from the folders above up to that of
    ``dataset_description.json``.
    """
    path = Path(bold)
    stem = re.sub(r"\.(nii|img|hdr)(\.gz|\.bz2)?$", "", path.name, flags=re.IGNORECASE)
    own = path.with_name(f"{stem}.json")
    found = [own] if own.is_file() else []
    parts = stem.split("_")
    if parts[-1] != "bold":
        return found
    for folder in islice(_above(path), LEVELS):
        here = [
            file
            for file in folder.glob("*bold.json")
            if set(file.stem.split("_")) <= set(parts) and file.stem != stem
        ]
        found += sorted(here, key=lambda file: (-len(file.stem.split("_")), file.name))
        if (folder / "dataset_description.json").exists():
            break
    return found


def _above(path: Path) -> Iterator[Path]:
    """Folders above a file, by paths that do not say where the data folder lies."""
    folder = path if path.is_relative_to(LINK) else path.absolute()
    while folder != folder.parent:
        folder = folder / ".." if folder == LINK or folder.name == ".." else folder.parent
        yield folder


def repetition_times(
    bold: Sequence[StrPath],
    images: Sequence["Nifti1Image"],
    stated: float | None,
    intake: Intake,
    uneven: bool = False,
) -> list[float]:
    """Find the repetition time of each BOLD file.

    Parameters
    ----------
    bold : sequence of path
    images : sequence of Nifti1Image
        Opened, in the same order.
    stated : float, optional
        Seconds, as the config states it: it wins, and files that differ are told.
    intake : Intake
        What is recognised is added.
    uneven : bool
        Whether volumes may be at uneven times where the config states a time: each has a label.

    Returns
    -------
    list of float
        Seconds.

    Raises
    ------
    NeuroLoopError
        If the config states none, and neither does a file's header or JSON, or they differ, or are
        no repetition times in seconds.
    """
    facts = [_beside(path) for path in bold]
    passed = uneven and stated is not None
    given = zip(bold, images, facts, strict=True)
    says = [_says(path, image, fact, passed) for path, image, fact in given]
    if stated is not None:
        _tell_differing(says, stated, intake)
        tell_acquisition([(fact, stated) for fact in facts], intake)
        return [stated] * len(says)
    found = [_agreed(path, each) for path, each in zip(bold, says, strict=True)]
    files = {where for each in says for where, _ in each}
    listed = sorted(files - set(map(str, bold)))
    where = ["the headers of the BOLD files"] * (len(listed) < len(files)) + listed[:2]
    more = f" and {len(listed) - 2} more JSON files" if len(listed) > 2 else ""
    values = sorted({round(tr, 4) for tr in found})
    stated_trs = ", ".join(f"{tr:g}" for tr in values)
    intake.recognise(f"TR {stated_trs} s, from {' and '.join(where)}{more}")
    if values[-1] - values[0] > TOLERANCE:
        intake.warn(
            f"The runs differ in TR ({', '.join(f'{tr:g} s' for tr in values)}): each is read with "
            "its own, but their samples are not alike"
        )
    tell_acquisition(list(zip(facts, found, strict=True)), intake)
    return found


def _beside(path: StrPath) -> Stated:
    """What JSON files say of a BOLD file, the nearest of each key."""
    found: dict[str, tuple[Any, Path]] = {}
    for file in json_files(path):
        for key, value in read_json(file).items():
            if value is not None:
                found.setdefault(key, (value, file))
    return found


def _says(
    path: StrPath, image: "Nifti1Image", beside: Stated, uneven: bool
) -> list[tuple[str, float]]:
    """What header and JSON say, each with its file."""
    found = []
    unit = int(image.header["xyzt_units"]) & TIME_BITS
    zooms = image.header.get_zooms()
    step = float(zooms[3]) * SECONDS.get(unit, 0) if len(zooms) > 3 else 0.0
    if step > 0 and math.isfinite(step):
        found.append((str(path), step))
    if "RepetitionTime" in beside:
        value, file = beside["RepetitionTime"]
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise NeuroLoopError(
                f"{file}: RepetitionTime is {value!r}, not a number of seconds: correct it"
            )
        found.append((str(file), float(value)))
    even = even_step(beside, image.shape[3], uneven)
    if even is not None:
        found.append((f"VolumeTiming of {beside['VolumeTiming'][1]}", even))
    return found


def _agreed(path: StrPath, says: Sequence[tuple[str, float]]) -> float:
    if not says:
        raise NeuroLoopError(
            f"{path} states no TR (none or no unit in its header, and no RepetitionTime or "
            "VolumeTiming in a JSON file beside it): state nifti.repetition_time, in seconds"
        )
    first, one = says[0]
    for other, value in says[1:]:
        if abs(value - one) > TOLERANCE:
            header = " in its header" if first == str(path) else ""
            raise NeuroLoopError(
                f"{first} has a TR of {one:g} s{header}, but {other} says {value:g} s: correct the "
                "wrong one, or state nifti.repetition_time, which wins"
            )
    where, value = says[-1]
    if not SHORTEST <= value <= LONGEST:
        raise NeuroLoopError(
            f"{where} states a TR of {value:g} s, which looks like another unit: state "
            "nifti.repetition_time, in seconds"
        )
    return value


def _tell_differing(
    says: Sequence[Sequence[tuple[str, float]]], stated: float, intake: Intake
) -> None:
    differing = [
        (where, value) for each in says for where, value in each if abs(value - stated) > TOLERANCE
    ]
    if differing:
        where, value = differing[0]
        files = len({where for where, _ in differing})
        others = f", and {files - 1} more files differ" if files > 1 else ""
        intake.warn(
            f"repetition_time is {stated:g} s, but {where} says {value:g} s{others}: the config's "
            "value is used"
        )
