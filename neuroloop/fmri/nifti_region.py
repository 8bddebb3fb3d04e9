"""One region of BOLD images: its mask, and its voxels for samples whose labels are known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri.cleaning import check_measured, clean_runs
from neuroloop.fmri.file_names import check_subject
from neuroloop.fmri.masks import Region
from neuroloop.fmri.nifti import of_samples, open_runs, read_mask
from neuroloop.fmri.nifti_files import read_values
from neuroloop.fmri.region_voxels import RegionVoxels, some_voxels
from neuroloop.fmri.source import ImportedRegion


def read_region(
    bold: Sequence[StrPath],
    region: Region,
    name: str,
    volumes: pd.DataFrame,
    *,
    detrend: bool = True,
    high_pass: float | None = None,
    standardise: bool = True,
    unit: str = "volume",
    intake: Intake | None = None,
) -> ImportedRegion:
    """Read the voxels of one region for samples that `nifti.read_runs` found.

    Parameters
    ----------
    bold : sequence of path
        As `nifti.read_runs` got them.
    region : Region
        The mask, and which of its voxels to take.
    name : str
        Name of the region, for messages.
    volumes : DataFrame
        `Scan.volumes`: ``run``, ``repetition_time`` and ``sample`` of each volume.
    detrend, high_pass, standardise, unit
        As for `nifti.read_runs`.
    intake : Intake, optional
        What is to be known of the region is added.

    Raises
    ------
    NeuroLoopError
        If a file is missing or damaged, the mask lies on another grid or does not define its
        region, or its voxels hold NaN or are constant in a run.
    """
    from nibabel.affines import apply_affine

    intake = intake if intake is not None else Intake()
    images = open_runs(bold)
    check_subject(bold, [region.mask])
    chosen, missing = read_mask(region, name, bold[0], images[0], intake)
    series = np.concatenate(
        [
            read_values(path, image, 4)[chosen].T.astype(np.float64)
            for path, image in zip(bold, images, strict=True)
        ]
    )
    if len(series) != len(volumes):
        raise NeuroLoopError(
            f"{bold[0]}, ... have {len(series)} volumes now, and had {len(volumes)} when their "
            "labels were read: run again once they are no longer written"
        )
    runs = volumes["run"].to_numpy()
    check_measured(series, runs, {name: np.ones(series.shape[1], dtype=bool)}, intake)
    trs = dict(zip(runs, volumes["repetition_time"].tolist(), strict=True))
    cleaned = clean_runs(series, runs, trs, detrend, high_pass, standardise)
    place = np.argwhere(chosen)
    found = RegionVoxels(
        np.flatnonzero(chosen),
        apply_affine(images[0].affine, place),
        place.astype(np.int32),
        cleaned[:, some_voxels(cleaned.shape[1])].astype(np.float16),
    )
    x = of_samples(cleaned, volumes["sample"].to_numpy(), unit)
    return ImportedRegion(x, found, {"nan_in_masks": missing}, intake)
