"""From BOLD images to labelled samples: mask, clean each run, label, average blocks if asked."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.core.files import StrPath
from scripts.lib.fmri import god
from scripts.lib.fmri.brain import BrainData, check, make_rows
from scripts.lib.fmri.volume_labels import read_events, read_label_list

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

log = logging.getLogger(__name__)

#: Difference of repetition times (seconds) or affines (mm) that counts as rounding.
TOLERANCE = 1e-3


def read_runs(
    bold: Sequence[StrPath],
    labels: Sequence[StrPath],
    label_kind: str,
    masks: Mapping[str, tuple[StrPath, str | None]],
    tr: float,
    *,
    shift: float = 0.0,
    detrend: bool = True,
    high_pass: float | None = None,
    standardise: bool = True,
    unit: str = "volume",
    rest: str = "rest",
) -> tuple[BrainData, np.ndarray]:
    """Read one subject.

    Each run is cleaned as a whole, rest included: linear detrend, high-pass, z-score. Then
    volumes are labelled and those of rest are dropped.

    Parameters
    ----------
    bold : sequence of path
        4-D images: one a run, or one with all runs if the labels name the runs.
    labels : sequence of path
        Events files, one a run, or one label list (see `scripts.lib.fmri.volume_labels`).
    label_kind : {"events", "volumes"}
        Which of the two.
    masks : mapping of str to (path, side)
        Region -> mask image on the grid of the BOLD images, and ``"left"`` or ``"right"`` for the
        half with negative or positive x in world coordinates, or None for all of it.
    tr : float
        Repetition time, seconds.
    shift : float
        Seconds by which labels move to later volumes.
    detrend : bool
        Take a straight line out of every voxel and run.
    high_pass : float, optional
        Cut-off in Hz of a discrete cosine high-pass filter.
    standardise : bool
        Give every voxel mean 0 and variance 1 in every run.
    unit : {"volume", "block"}
        A row a volume; or a row a block (a stretch of one category), or for each stimulus of it:
        the mean of its cleaned volumes.
    rest : str
        Label of volumes without a stimulus.

    Returns
    -------
    brain : BrainData
        Session ``training``; voxels are those in any region, in the order of the mask images.
    xyz : ndarray of float64, shape (voxels, 3)
        World coordinates, mm.

    Raises
    ------
    NeuroLoopError
        If a file is missing or damaged, or grids, repetition times or numbers of volumes differ,
        or voxels hold NaN.
    """
    from nibabel.affines import apply_affine
    from nilearn.image import new_img_like

    images = [_load(path, 4) for path in bold]
    first = images[0]
    for path, image in zip(bold, images, strict=True):
        _same_grid(path, image, bold[0], first)
        _same_tr(path, image, tr)
    flags = {}
    for name, (path, side) in masks.items():
        mask = _load(path, 3)
        _same_grid(path, mask, bold[0], first)
        flags[name] = _data(mask, path) != 0
        if side is not None:
            x = apply_affine(first.affine, np.moveaxis(np.indices(first.shape[:3]), 0, -1))[..., 0]
            flags[name] &= x < 0 if side == "left" else x > 0
    union = np.any(list(flags.values()), axis=0)
    if not union.any():
        raise NeuroLoopError(f"no mask of {', '.join(flags)} has a voxel: mend the masks")
    mask = new_img_like(first, union.astype(np.uint8), affine=first.affine)
    raw = [_masked(path, image, mask) for path, image in zip(bold, images, strict=True)]
    volumes = [len(part) for part in raw]
    if label_kind == "events":
        table = read_events(labels, volumes, tr, shift, rest)
    else:
        table = read_label_list(labels[0], volumes, tr, shift, rest)
    cleaned = _clean(
        np.concatenate(raw), table["run"].to_numpy(), tr, detrend, high_pass, standardise
    )
    voxels, rows = _samples(cleaned, table, unit, rest, labels[0])
    rois = {name: flag[union] for name, flag in flags.items()}
    brain = check(BrainData(voxels.astype(np.float32), rows, rois), bold[0])
    return brain, apply_affine(first.affine, np.argwhere(union))


def _load(path: StrPath, dimensions: int) -> "Nifti1Image":
    import nibabel

    if not Path(path).is_file():
        raise NeuroLoopError(f"{path} is missing: put the image there or change the key")
    try:
        image = cast("Nifti1Image", nibabel.load(path))
    except Exception as error:
        raise _damaged(path, error) from error
    if len(image.shape) != dimensions:
        raise NeuroLoopError(
            f"{path} has {len(image.shape)} dimensions, {dimensions} are needed "
            f"({'a BOLD run' if dimensions == 4 else 'a mask'})"
        )
    return image


def _damaged(path: StrPath, error: Exception) -> NeuroLoopError:
    reason = " ".join(str(error).split())
    return NeuroLoopError(
        f"{path} is truncated or no NIfTI image ({reason}): download or make it again"
    )


def _data(image: "Nifti1Image", path: StrPath) -> np.ndarray:
    """Values of an image; a file cut short is noticed here, when they are read."""
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
            f"{path} and {reference_path} have different affines (voxels at other places): "
            "resample it to the same grid"
        )


def _same_tr(path: StrPath, image: "Nifti1Image", tr: float) -> None:
    scale = {"msec": 1e-3, "usec": 1e-6}.get(image.header.get_xyzt_units()[1], 1)
    stated = float(image.header.get_zooms()[3]) * scale
    if stated > 0 and abs(stated - tr) > TOLERANCE:
        raise NeuroLoopError(
            f"{path} has a TR of {stated:g} s, but repetition_time is {tr:g}: mend the wrong one"
        )


def _masked(path: StrPath, image: "Nifti1Image", mask: "Nifti1Image") -> np.ndarray:
    """Time series of the voxels in the mask, shape (volumes, voxels)."""
    from nilearn.image import new_img_like
    from nilearn.masking import apply_mask

    loaded = new_img_like(image, _data(image, path), affine=mask.affine)
    # By default nilearn turns NaN into 0 in silence.
    series = apply_mask(loaded, mask, dtype=np.float64, ensure_finite=False)
    broken = ~np.isfinite(series)
    if broken.any():
        raise NeuroLoopError(
            f"{path}: {int(broken.sum())} NaN or infinite values in "
            f"{int(broken.any(axis=0).sum())} voxels of the masks: take these voxels out"
        )
    return series


def _clean(
    series: np.ndarray,
    runs: np.ndarray,
    tr: float,
    detrend: bool,
    high_pass: float | None,
    standardise: bool,
) -> np.ndarray:
    """Clean each run; voxels that are constant in a run are 0 there."""
    from nilearn.signal import clean

    cleaned = np.empty_like(series)
    for run in dict.fromkeys(runs):
        # Not nilearn's own `runs`: it returns them in the order of their sorted names.
        here = np.flatnonzero(runs == run)
        cleaned[here] = clean(
            series[here],
            detrend=detrend,
            filter="cosine" if high_pass else False,
            high_pass=high_pass,
            standardize="zscore_sample" if standardise else None,
            t_r=tr,
        )
        constant = np.ptp(series[here], axis=0) == 0
        if constant.any() and (detrend or standardise):
            # What is left of them is rounding, which a z-score would blow up.
            cleaned[np.ix_(here, constant)] = 0
            log.warning("%s: %d voxels are constant: set to 0", run, int(constant.sum()))
    return cleaned


def _samples(
    cleaned: np.ndarray, table: pd.DataFrame, unit: str, rest: str, origin: StrPath
) -> tuple[np.ndarray, pd.DataFrame]:
    """Drop rest and make a row of each volume, or of each stimulus of each block."""
    changed = table[["run", "category"]].ne(table[["run", "category"]].shift()).any(axis=1)
    shown = (table["category"] != rest).to_numpy()
    if not shown.any():
        raise NeuroLoopError(
            f"{origin} labels every volume {rest}: mend the labels or the key rest"
        )
    number = (changed & shown).groupby(table["run"], sort=False).cumsum()
    table = table.assign(
        block=[god.block_id(r, n) for r, n in zip(table["run"], number, strict=True)]
    )
    table, cleaned = table[shown].reset_index(drop=True), cleaned[shown]
    if unit == "block":
        groups = table.groupby(["block", "stimulus_id"], sort=False).indices
        cleaned = np.stack([cleaned[places].mean(axis=0) for places in groups.values()])
        table = table.iloc[[places[0] for places in groups.values()]]
    rows = make_rows(
        session="training",
        run=table["run"],
        block=table["block"],
        stimulus_id=table["stimulus_id"],
        category=table["category"],
    )
    return cleaned, rows
