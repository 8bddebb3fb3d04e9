"""From BOLD images to labelled samples: mask, clean each run, label, and maybe average events.

Labels and voxels can be read apart: without a region, `read_runs` reads labels and a sample of the
voxels, and `nifti_region.read_region` the voxels of one mask for the samples that were found. An
image is held one at a time, and of it the voxels that are asked for.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri import god
from neuroloop.fmri.brain import BrainData, check, make_rows
from neuroloop.fmri.cleaning import check_different, check_high_pass, check_measured, clean_runs
from neuroloop.fmri.event_rows import Choice
from neuroloop.fmri.file_names import check_pairs, check_subject
from neuroloop.fmri.label_list import read_label_list
from neuroloop.fmri.masks import Region, choose_voxels, tell_region
from neuroloop.fmri.nifti_files import open_image, read_values
from neuroloop.fmri.region_voxels import some_voxels
from neuroloop.fmri.repetition_time import repetition_times
from neuroloop.fmri.scan import Scan
from neuroloop.fmri.volume_labels import read_events

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

#: Difference of affines, in mm, that counts as rounding.
SAME_PLACE = 1e-3

#: Name of the voxels that are read where no region is asked for.
SAMPLED = "sampled"


def read_runs(
    bold: Sequence[StrPath],
    labels: Sequence[StrPath],
    label_kind: str,
    regions: Mapping[str, Region],
    tr: float | None = None,
    *,
    shift: float = 0.0,
    detrend: bool = True,
    high_pass: float | None = None,
    standardise: bool = True,
    unit: str = "volume",
    choice: Choice | None = None,
    intake: Intake | None = None,
    scan: Scan | None = None,
) -> tuple[BrainData, np.ndarray, dict[str, Any]]:
    """Read one subject.

    Each run is cleaned as a whole, rest included: linear detrend, high-pass, z-score. Then
    volumes are labelled and those of rest are dropped.

    Parameters
    ----------
    bold : sequence of path
        4-D images: one per run, or one with all runs if the labels state the runs.
    labels : sequence of path
        Events files, one per run, or one label list (see `neuroloop.fmri.volume_labels`).
    label_kind : {"events", "volumes"}
        Which of the two.
    regions : mapping of str to Region
        Masks on the grid of the BOLD images, and which of their voxels to take. Without any,
        voxels evenly spaced over those that change stand for all, as the region `SAMPLED`.
    tr : float, optional
        Repetition time, seconds; by default what headers or JSON files state (see
        `neuroloop.fmri.repetition_time`).
    shift : float
        Seconds by which labels move to later volumes.
    detrend : bool
        Remove a linear trend from every voxel and run.
    high_pass : float, optional
        Cut-off in Hz of a discrete cosine high-pass filter, below half the rate of the volumes.
    standardise : bool
        Give every voxel mean 0 and variance 1 in every run.
    unit : {"volume", "block"}
        One row per volume; or one row per event (in a list, a stretch of one label), the mean of
        its cleaned volumes. Either way, events of one category with no rest between them form one
        block.
    choice : Choice, optional
        Which events or labels are stimuli; by default all but ``rest``.
    intake : Intake, optional
        What is recognised, left out, or to be known is added.
    scan : Scan, optional
        What pages show of the scan is kept there.

    Returns
    -------
    brain : BrainData
        Session ``training``; voxels are those in any region, in the order of the mask images.
    xyz : ndarray of float64, shape (voxels, 3)
        World coordinates, mm.
    facts : dict
        ``nan_in_masks``: voxels of each region's mask that are NaN, which count as outside, where
        there are regions; ``events_without_volumes``: events (stretches of a list) that `shift`
        moved out of a run; ``repetition_time``: seconds, of each run.

    Raises
    ------
    NeuroLoopError
        If a file is missing or damaged, grids, numbers of volumes or the names of paired files
        differ, no repetition time is stated, a mask does not define its region, voxels hold NaN, a
        region is constant in a run, two runs hold the same data, or cleaning leaves nothing of one.
    """
    from nibabel.affines import apply_affine

    choice, intake = choice or Choice(), intake if intake is not None else Intake()
    images = open_runs(bold)
    check_subject(bold, [region.mask for region in regions.values()])
    if label_kind == "events":
        check_pairs(bold, labels)
    trs = repetition_times(bold, images, tr, intake, uneven=label_kind == "volumes")
    for each in trs:
        check_high_pass(high_pass, each)
    flags, missing = {}, {}
    for name, region in regions.items():
        flags[name], missing[name] = read_mask(region, name, bold[0], images[0], intake)
    raw: list[np.ndarray] = []
    for path, image in zip(bold, images, strict=True):
        values = read_values(path, image, 4)
        if not raw:
            mean = values.mean(axis=3, dtype=np.float32)
            if not flags:
                flags[SAMPLED] = _sampled(values, mean, path)
            union = np.any(list(flags.values()), axis=0)
            if scan is not None:
                scan.see(mean)
        raw.append(values[union].T.astype(np.float64))
    volumes = [len(part) for part in raw]
    if label_kind == "events":
        table = read_events(labels, volumes, trs, shift, choice, intake)
    else:
        table = read_label_list(labels[0], volumes, trs, shift, choice, intake)
    series, runs = np.concatenate(raw), table["run"].to_numpy()
    if not regions:
        series, union = _measured(series, union)
        flags[SAMPLED] = union
    rois = {name: flag[union] for name, flag in flags.items()}
    check_measured(series, runs, rois if regions else {}, intake)
    files = np.repeat(list(map(str, bold)), volumes)
    check_different(series, runs, dict(zip(runs.tolist(), files.tolist(), strict=True)))
    tr_of_volumes = np.repeat(trs, volumes)
    tr_of_runs = dict(zip(runs, tr_of_volumes.tolist(), strict=True))
    cleaned = clean_runs(series, runs, tr_of_runs, detrend, high_pass, standardise)
    rows, sample = _samples(table, unit, labels[0])
    if scan is not None:
        scan.follow(table, sample, tr_of_runs)
    voxels = of_samples(cleaned, sample, unit)
    brain = check(BrainData(voxels, rows, rois), bold[0])
    facts: dict[str, Any] = {"nan_in_masks": missing} if regions else {}
    facts["repetition_time"] = tr_of_runs
    facts |= {str(name): fact for name, fact in table.attrs.items()}
    return brain, apply_affine(images[0].affine, np.argwhere(union)), facts


def open_runs(bold: Sequence[StrPath]) -> "list[Nifti1Image]":
    """Open the images of a subject's runs, which must lie on one grid."""
    images = [open_image(path, 4) for path in bold]
    for path, image in zip(bold, images, strict=True):
        _same_grid(path, image, bold[0], images[0])
    return images


def _sampled(values: np.ndarray, mean: np.ndarray, path: StrPath) -> np.ndarray:
    """Some voxels, evenly spaced over those that are numbers and change in the first image."""
    changes = np.flatnonzero((np.ptp(values, axis=3) > 0) & np.isfinite(mean))
    if not len(changes):
        raise NeuroLoopError(f"{path}: no voxel changes: give what was measured, or leave it out")
    chosen = np.zeros(mean.shape, dtype=bool)
    chosen.reshape(-1)[changes[some_voxels(len(changes))]] = True
    return chosen


def _measured(series: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Without the voxels that are no numbers in another run, unless none is left."""
    finite = np.isfinite(series).all(axis=0)
    if finite.all() or not finite.any():
        return series, chosen
    left = np.zeros_like(chosen)
    left[chosen] = finite
    return series[:, finite], left


def read_mask(
    region: Region, name: str, bold_path: StrPath, bold: "Nifti1Image", intake: Intake
) -> tuple[np.ndarray, int]:
    """Find the voxels of a region, bool, in the shape of a volume, and the number of NaN."""
    from nibabel.affines import apply_affine

    image = open_image(region.mask, 3)
    _same_grid(region.mask, image, bold_path, bold)
    values = read_values(region.mask, image, 3)
    chosen, missing = choose_voxels(values, region, name)
    if region.hemisphere is not None:
        if not (bold.header["sform_code"] or bold.header["qform_code"]):
            intake.warn(
                f"{bold_path} states no orientation (sform and qform codes are 0): which side is "
                f"{region.hemisphere} in region {name} is nibabel's guess"
            )
        x = apply_affine(bold.affine, np.moveaxis(np.indices(values.shape), 0, -1))[..., 0]
        chosen = chosen & (x < 0 if region.hemisphere == "left" else x > 0)
        if not chosen.any():
            raise NeuroLoopError(
                f"{region.mask}, region {name}: none of its voxels lies in the "
                f"{region.hemisphere} hemisphere: fix the key hemisphere or the affine"
            )
    tell_region(chosen, missing, region, name, intake)
    return chosen, missing


def _same_grid(
    path: StrPath, image: "Nifti1Image", reference_path: StrPath, reference: "Nifti1Image"
) -> None:
    if image.shape[:3] != reference.shape[:3]:
        raise NeuroLoopError(
            f"{path} has the shape {image.shape[:3]}, {reference_path} {reference.shape[:3]}: "
            "resample it to the same grid"
        )
    if not np.allclose(image.affine, reference.affine, atol=SAME_PLACE):
        raise NeuroLoopError(
            f"{path} and {reference_path} have different affines (voxels at different positions): "
            "resample it to the same grid"
        )


def _samples(table: pd.DataFrame, unit: str, origin: StrPath) -> tuple[pd.DataFrame, np.ndarray]:
    """Make one row per volume or per event, and number each volume's; -1 for rest."""
    shown = (table["event"] > 0).to_numpy()
    named = table[["run", "category"]].assign(shown=shown)
    changed = named.ne(named.shift()).any(axis=1)
    if not shown.any():
        rest = table["category"].iloc[0]
        raise NeuroLoopError(
            f"{origin} labels every volume {rest}: fix the labels or the keys rest, keep and drop"
        )
    number = (changed & shown).groupby(table["run"], sort=False).cumsum()
    table = table.assign(
        block=[god.block_id(r, n) for r, n in zip(table["run"], number, strict=True)]
    )
    table = table[shown].reset_index(drop=True)
    of_shown = np.arange(len(table))
    if unit == "block":
        groups = table.groupby(["run", "event"], sort=False).indices
        for row, volumes in enumerate(groups.values()):
            of_shown[volumes] = row
        table = table.iloc[[volumes[0] for volumes in groups.values()]]
    sample = np.full(len(shown), -1)
    sample[shown] = of_shown
    rows = make_rows(
        session="training",
        run=table["run"],
        block=table["block"],
        stimulus_id=table["stimulus_id"],
        category=table["category"],
    )
    return rows, sample


def of_samples(cleaned: np.ndarray, sample: np.ndarray, unit: str) -> np.ndarray:
    """Volumes of each sample, or their means, float32."""
    shown, of_shown = cleaned[sample >= 0], sample[sample >= 0]
    if unit == "volume":
        return shown.astype(np.float32)
    rows = [np.flatnonzero(of_shown == row) for row in range(of_shown.max() + 1)]
    return np.stack([shown[volumes].mean(axis=0) for volumes in rows]).astype(np.float32)
