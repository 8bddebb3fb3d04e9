"""What a source of brain data provides: files by name, and their content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from neuroloop.files.intake import Intake

if TYPE_CHECKING:
    import numpy as np

    from neuroloop.fmri.brain import BrainData
    from neuroloop.fmri.region_voxels import RegionVoxels
    from neuroloop.fmri.scan import Scan

#: For each name under which a source reads files: key below the dataset and path of each file.
Inputs = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, eq=False)
class Imported:
    """One subject's brain data as a source reads them.

    Attributes
    ----------
    brain : BrainData
        With all voxels and regions that the files hold. Where regions are read apart, some voxels
        that stand for all: what copies a run, a row or a subject is found in them.
    unit : {"volume", "block", "trial"}
        What one row is.
    voxel_xyz : ndarray, shape (voxels, 3), or None
        World coordinates in mm.
    units : str
        Unit of the voxels' values.
    facts : dict
        Further facts for responses.json and bdata.json.
    voxel_keys : dict of str to ndarray, shape (voxels,)
        What else is known of each voxel, for conditions of regions.
    intake : Intake
        What was recognised, what is left out and why. The files are added by the job.
    scan : Scan, optional
        What is kept of the scan, if there is one.
    """

    brain: "BrainData"
    unit: str
    voxel_xyz: "np.ndarray | None" = None
    units: str = "1"
    facts: dict[str, Any] = field(default_factory=dict)
    voxel_keys: "dict[str, np.ndarray]" = field(default_factory=dict)
    intake: Intake = field(default_factory=Intake)
    scan: "Scan | None" = None


@dataclass(frozen=True, eq=False)
class ImportedRegion:
    """One region of a subject, from a source that reads regions apart.

    Attributes
    ----------
    x : ndarray of float32, shape (samples, voxels)
        A row for each row of `Imported.brain`.
    voxels : RegionVoxels
        Which these are, where they lie, and their course in time.
    facts : dict
        Facts for region.json, and by the region's name for bdata.json.
    intake : Intake
        What is to be known of the region alone. The files are added by the job.
    """

    x: "np.ndarray"
    voxels: "RegionVoxels"
    facts: dict[str, Any] = field(default_factory=dict)
    intake: Intake = field(default_factory=Intake)


def named_files(dataset: Mapping[str, Any], subject: str, *keys: str) -> list[tuple[str, str]]:
    """List the files in a subject's block under these keys, each a path or a list of paths."""
    block = dataset["subjects"][subject]
    found: list[tuple[str, str]] = []
    for key in keys:
        paths: str | Sequence[str] = block.get(key) or []
        each = [paths] if isinstance(paths, str) else paths
        found += [(f"subjects.{subject}.{key}", path) for path in each]
    return found
