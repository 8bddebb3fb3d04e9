"""What a source of brain data must do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.contracts.entry import call, checked_entry, refuse
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri.brain import UNITS, check
from neuroloop.fmri.source import Imported, ImportedRegion

KIND = "fmri_source"
FUNCTIONS = ("inputs", "options", "read")

#: What one has beside these, if its regions are read from files of their own.
OF_REGIONS = ("region_inputs", "region_options", "read_region")


def check_source(
    source: str | Path, files: Mapping[str, Sequence[Path]] | None = None, **options: Any
) -> None:
    """Check a source of brain data, on files of its own if there are some.

    What it reads keeps the contract of brain data (`brain.check`): numbers that are finite, one row
    a sample, ids that number the rows, blocks of one category and run, regions with voxels; and
    reading the same files twice gives the same.

    Parameters
    ----------
    source : str or Path
        Name of a source, or a plugin's file.
    files : mapping of str to sequence of Path, optional
        As its ``read`` takes them; without them what it says of itself is checked alone.
    **options
        As its ``read`` takes them.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    name, entry = checked_entry(KIND, source, {})
    for functions in (FUNCTIONS, OF_REGIONS):
        missing = [one for one in functions if not callable(getattr(entry, one, None))]
        if missing and len(missing) < len(functions):
            refuse(KIND, name, f"has no function {missing[0]}: write it")
    if files is None:
        return
    first, again = (call(KIND, name, entry.read, files, **options) for _ in range(2))
    for one in (first, again):
        check_imported(name, one, ", ".join(files))
    if not np.array_equal(first.brain.voxels, again.brain.voxels) or not first.brain.rows.equals(
        again.brain.rows
    ):
        refuse(KIND, name, "reads the same files otherwise the second time: draw nothing")


def check_imported(name: str, found: object, origin: StrPath) -> None:
    """Check what a source has read.

    Parameters
    ----------
    name : str
        Of the source.
    found : object
        What its ``read`` gave.
    origin : path
        For messages.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    if not isinstance(found, Imported):
        refuse(KIND, name, f"read gives {type(found).__name__}, no `source.Imported`")
    if found.unit not in UNITS:
        refuse(KIND, name, f"unit is {found.unit!r}: one of {', '.join(UNITS)}")
    for key, values in found.voxel_keys.items():
        if np.shape(values) != (found.brain.voxels.shape[1],):
            refuse(KIND, name, f"voxel_keys {key} has shape {np.shape(values)}: one value a voxel")
    if not isinstance(found.intake, Intake):
        refuse(KIND, name, f"intake is {type(found.intake).__name__}, no `intake.Intake`")
    try:
        check(found.brain, origin)
    except NeuroLoopError:
        raise
    except (ValueError, AttributeError, TypeError) as error:
        refuse(KIND, name, f"reads no brain data: {error}")
    places = found.voxel_xyz
    voxels = found.brain.voxels.shape[1]
    if places is not None and np.shape(places) != (voxels, 3):
        refuse(KIND, name, f"voxel_xyz has shape {np.shape(places)} for {voxels} voxels")


def check_region(name: str, found: object, samples: int, origin: StrPath) -> None:
    """Check what a source has read of a region.

    Parameters
    ----------
    name : str
        Of the source.
    found : object
        What its ``read_region`` gave.
    samples : int
        How many rows it has to have.
    origin : path
        For messages.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    if not isinstance(found, ImportedRegion):
        kind = type(found).__name__
        refuse(KIND, name, f"read_region gives {kind}, no `source.ImportedRegion`")
    x, voxel = np.asarray(found.x), np.asarray(found.voxels.voxel)
    if x.dtype != np.float32 or x.shape != (samples, len(voxel)) or not len(voxel):
        refuse(
            KIND,
            name,
            f"read_region gives {x.dtype} of shape {x.shape} from {origin}: float32 of {samples} "
            f"samples and {len(voxel)} voxels is needed",
        )
    if voxel.dtype.kind not in "iu" or (np.diff(voxel) <= 0).any():
        refuse(KIND, name, "numbers of a region's voxels are whole and ascend: sort the voxels")
    if not np.isfinite(x).all():
        raise NeuroLoopError(
            f"{origin}: {int((~np.isfinite(x)).sum())} NaN or infinite values in the region: leave "
            "out their voxels"
        )
