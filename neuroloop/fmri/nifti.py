"""From BOLD images to labelled samples: mask, clean each run, label, and maybe average events."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.fmri import god
from neuroloop.fmri.brain import BrainData, check, make_rows
from neuroloop.fmri.cleaning import check_high_pass, clean_runs, equal_runs
from neuroloop.fmri.file_names import check_pairs
from neuroloop.fmri.masks import Region, choose_voxels
from neuroloop.fmri.volume_labels import read_events, read_label_list

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

#: Difference of repetition times (seconds) or affines (mm) that counts as rounding.
TOLERANCE = 1e-3


def read_runs(
    bold: Sequence[StrPath],
    labels: Sequence[StrPath],
    label_kind: str,
    regions: Mapping[str, Region],
    tr: float,
    *,
    shift: float = 0.0,
    detrend: bool = True,
    high_pass: float | None = None,
    standardise: bool = True,
    unit: str = "volume",
    rest: str = "rest",
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
        Masks on the grid of the BOLD images, and which of their voxels to take.
    tr : float
        Repetition time, seconds.
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
    rest : str
        Label of volumes without a stimulus.

    Returns
    -------
    brain : BrainData
        Session ``training``; voxels are those in any region, in the order of the mask images.
    xyz : ndarray of float64, shape (voxels, 3)
        World coordinates, mm.
    facts : dict
        ``nan_in_masks``: voxels of each region's mask that are NaN, which count as outside;
        ``equal_runs``: pairs of runs that hold the same data; ``events_without_volumes``: events
        (stretches of a list) that `shift` moved out of a run.

    Raises
    ------
    NeuroLoopError
        If a file is missing or damaged, grids, repetition times, numbers of volumes or the names
        of paired files differ, a mask does not define its region, voxels hold NaN, or cleaning
        leaves nothing of a run.
    """
    from nibabel.affines import apply_affine
    from nilearn.image import new_img_like

    check_high_pass(high_pass, tr)
    images = [_load(path, 4) for path in bold]
    first = images[0]
    for path, image in zip(bold, images, strict=True):
        _same_grid(path, image, bold[0], first)
        _same_tr(path, image, tr)
    if label_kind == "events":
        check_pairs(bold, labels)
    flags, missing = {}, {}
    for name, region in regions.items():
        flags[name], missing[name] = _read_region(region, name, bold[0], first)
    union = np.any(list(flags.values()), axis=0)
    mask = new_img_like(first, union.astype(np.uint8), affine=first.affine)
    raw = [_masked(path, image, mask) for path, image in zip(bold, images, strict=True)]
    volumes = [len(part) for part in raw]
    if label_kind == "events":
        table = read_events(labels, volumes, tr, shift, rest)
    else:
        table = read_label_list(labels[0], volumes, tr, shift, rest)
    series, runs = np.concatenate(raw), table["run"].to_numpy()
    cleaned = clean_runs(series, runs, tr, detrend, high_pass, standardise)
    voxels, rows = _samples(cleaned, table, unit, rest, labels[0])
    rois = {name: flag[union] for name, flag in flags.items()}
    brain = check(BrainData(voxels.astype(np.float32), rows, rois), bold[0])
    facts: dict[str, Any] = {"nan_in_masks": missing, "equal_runs": equal_runs(series, runs)}
    facts |= {str(name): fact for name, fact in table.attrs.items()}
    return brain, apply_affine(first.affine, np.argwhere(union)), facts


def _read_region(
    region: Region, name: str, bold_path: StrPath, bold: "Nifti1Image"
) -> tuple[np.ndarray, int]:
    """Find the voxels of a region, bool, in the shape of a volume, and the number of NaN."""
    from nibabel.affines import apply_affine

    image = _load(region.mask, 3)
    _same_grid(region.mask, image, bold_path, bold)
    values = _data(image, region.mask).reshape(image.shape[:3])
    chosen, missing = choose_voxels(values, region, name)
    if region.hemisphere is not None:
        x = apply_affine(bold.affine, np.moveaxis(np.indices(values.shape), 0, -1))[..., 0]
        chosen = chosen & (x < 0 if region.hemisphere == "left" else x > 0)
        if not chosen.any():
            raise NeuroLoopError(
                f"{region.mask}, region {name}: none of its voxels lies in the "
                f"{region.hemisphere} hemisphere: fix the key hemisphere or the affine"
            )
    return chosen, missing


def _load(path: StrPath, dimensions: int) -> "Nifti1Image":
    import nibabel

    if not Path(path).is_file():
        raise NeuroLoopError(f"{path} is missing: put the image there or change the key")
    try:
        image = cast("Nifti1Image", nibabel.load(path))
    except Exception as error:
        raise _damaged(path, error) from error
    single = dimensions == 3 and set(image.shape[3:]) == {1}
    if len(image.shape) != dimensions and not single:
        raise NeuroLoopError(
            f"{path} has {len(image.shape)} dimensions, {dimensions} are needed "
            f"({'a BOLD run' if dimensions == 4 else 'a mask'})"
        )
    return image


def _damaged(path: StrPath, error: Exception) -> NeuroLoopError:
    reason = " ".join(str(error).split())
    return NeuroLoopError(
        f"{path} is truncated or not a NIfTI image ({reason}): download or make it again"
    )


def _data(image: "Nifti1Image", path: StrPath) -> np.ndarray:
    """Read the values of an image; only now does a truncated file show."""
    try:
        return np.asanyarray(image.dataobj)
    except Exception as error:
        raise _damaged(path, error) from error


def _same_grid(
    path: StrPath, image: "Nifti1Image", reference_path: StrPath, reference: "Nifti1Image"
) -> None:
    if image.shape[:3] != reference.shape[:3]:
        raise NeuroLoopError(
            f"{path} has the shape {image.shape[:3]}, {reference_path} {reference.shape[:3]}: "
            "resample it to the same grid"
        )
    if not np.allclose(image.affine, reference.affine, atol=TOLERANCE):
        raise NeuroLoopError(
            f"{path} and {reference_path} have different affines (voxels at different positions): "
            "resample it to the same grid"
        )


def _same_tr(path: StrPath, image: "Nifti1Image", tr: float) -> None:
    scale = {"msec": 1e-3, "usec": 1e-6}.get(image.header.get_xyzt_units()[1], 1)
    stated = float(image.header.get_zooms()[3]) * scale
    if stated > 0 and abs(stated - tr) > TOLERANCE:
        raise NeuroLoopError(
            f"{path} has a TR of {stated:g} s, but repetition_time is {tr:g}: fix the wrong one"
        )


def _masked(path: StrPath, image: "Nifti1Image", mask: "Nifti1Image") -> np.ndarray:
    """Read the time series of the voxels in the mask, shape (volumes, voxels)."""
    from nilearn.image import new_img_like
    from nilearn.masking import apply_mask

    loaded = new_img_like(image, _data(image, path), affine=mask.affine)
    # By default nilearn silently turns NaN into 0.
    series = apply_mask(loaded, mask, dtype=np.float64, ensure_finite=False)
    broken = ~np.isfinite(series)
    if broken.any():
        raise NeuroLoopError(
            f"{path}: {int(broken.sum())} NaN or infinite values in "
            f"{int(broken.any(axis=0).sum())} voxels of the masks: remove these voxels"
        )
    return series


def _samples(
    cleaned: np.ndarray, table: pd.DataFrame, unit: str, rest: str, origin: StrPath
) -> tuple[np.ndarray, pd.DataFrame]:
    """Drop rest, and return one row per volume or per event."""
    changed = table[["run", "category"]].ne(table[["run", "category"]].shift()).any(axis=1)
    shown = (table["category"] != rest).to_numpy()
    if not shown.any():
        raise NeuroLoopError(f"{origin} labels every volume {rest}: fix the labels or the key rest")
    number = (changed & shown).groupby(table["run"], sort=False).cumsum()
    table = table.assign(
        block=[god.block_id(r, n) for r, n in zip(table["run"], number, strict=True)]
    )
    table, cleaned = table[shown].reset_index(drop=True), cleaned[shown]
    if unit == "block":
        groups = table.groupby(["run", "event"], sort=False).indices
        cleaned = np.stack([cleaned[volumes].mean(axis=0) for volumes in groups.values()])
        table = table.iloc[[volumes[0] for volumes in groups.values()]]
    rows = make_rows(
        session="training",
        run=table["run"],
        block=table["block"],
        stimulus_id=table["stimulus_id"],
        category=table["category"],
    )
    return cleaned, rows
