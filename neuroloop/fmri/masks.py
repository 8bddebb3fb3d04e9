"""Which voxels of a mask image belong to a region: those equal to 1, or those it selects."""

from dataclasses import dataclass

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake

#: Tolerance of a stored 0, 1 or label: rounding of scaled or resampled images.
ROUNDING = 1e-3

#: Most values that a message lists one by one.
LISTED = 6

#: Share of the grid above which a region is told to be large.
LARGE = 0.5


@dataclass(frozen=True)
class Region:
    """A region of interest as the config states it.

    Attributes
    ----------
    mask : path
        Image on the grid of the BOLD images.
    hemisphere : {"left", "right"}, optional
        The half with negative or positive x in world coordinates.
    label : int, optional
        Take the voxels with this value, of an atlas.
    threshold : float, optional
        Take the voxels above this value, of a map. Cannot be combined with `label`.
    """

    mask: StrPath
    hemisphere: str | None = None
    label: int | None = None
    threshold: float | None = None


def choose_voxels(values: np.ndarray, region: Region, name: str) -> tuple[np.ndarray, int]:
    """Choose the voxels of a region by their values.

    Parameters
    ----------
    values : ndarray
        Of the mask image, any shape.
    region : Region
        Its hemisphere is ignored here.
    name : str
        Name of the region, for messages.

    Returns
    -------
    chosen : ndarray of bool
        In the shape of `values`. NaN is outside.
    missing : int
        Voxels that are NaN.

    Raises
    ------
    NeuroLoopError
        If values are not numbers or infinite; if there are values other than 0 and 1 and the region
        does not say which to take; if a label is requested and the values are not labels, or do not
        include it; if no voxel is chosen.
    """
    origin = f"{region.mask}, region {name}"
    if values.dtype.kind not in "biuf":
        raise NeuroLoopError(f"{origin}: voxels are {values.dtype}, not numbers: save it as a mask")
    stored, values = values, values.astype(np.float64)
    absent = np.isnan(values)
    if np.isinf(values).any():
        raise NeuroLoopError(
            f"{origin}: {int(np.isinf(values).sum())} voxels are infinite: fix the mask"
        )
    known = values[~absent]
    found = describe_values(known)
    if region.threshold is not None:
        chosen = stored > float(region.threshold)  # in the precision of the image
    else:
        wanted = 1 if region.label is None else region.label
        chosen = np.abs(values - wanted) <= ROUNDING
        whole = np.abs(known - np.round(known)) <= ROUNDING
        if region.label is not None and not whole.all():
            raise NeuroLoopError(
                f"{origin}: label {wanted} is requested, but the image holds {found}, which are "
                "not labels: resample it without interpolation, or choose by threshold"
            )
        if region.label is None and not (whole & np.isin(np.round(known), (0, 1))).all():
            raise NeuroLoopError(
                f"{origin}: a mask holds 0 and 1 (NaN outside), but this one {found}: say which "
                f"voxels belong to the region, {advice(known)}"
            )
    if not chosen.any():
        raise NeuroLoopError(
            f"{origin}: no voxel is {_wanted(region)}, the image holds {found}: fix the mask or "
            "the region"
        )
    return chosen, int(absent.sum())


def tell_region(
    chosen: np.ndarray, missing: int, region: Region, name: str, intake: Intake
) -> None:
    """Tell how many voxels of the grid a region has, and how many of its mask are NaN.

    Parameters
    ----------
    chosen : ndarray of bool
        In the shape of the grid.
    missing : int
        Voxels of the mask that are NaN.
    region, name
        As for `choose_voxels`.
    intake : Intake
    """
    count, size = int(chosen.sum()), chosen.size
    intake.recognise(f"region {name}: {count} of the {size} voxels of {region.mask}")
    intake.drop(f"voxels of the mask of region {name}", "NaN is outside of a mask", missing)
    if count > size * LARGE:
        intake.warn(
            f"region {name} covers {count} of {size} voxels of the grid ({count / size:.0%}), more "
            f"than half: see that {region.mask} is the mask of a region, and not of the whole image"
        )


def describe_values(known: np.ndarray) -> str:
    """Describe the values of an image that are not NaN, with their counts if they are few."""
    values, counts = np.unique(known, return_counts=True)
    if not len(values):
        return "nothing but NaN"
    if len(values) > LISTED:
        return f"{len(values)} values from {values[0]:g} to {values[-1]:g}"
    pairs = zip(values, counts, strict=True)
    return ", ".join(f"{value:g} ({count} voxels)" for value, count in pairs)


def advice(known: np.ndarray) -> str:
    """Suggest keys of a region that suit the values of an image."""
    whole = np.abs(known - np.round(known)) <= ROUNDING
    if not whole.all():
        return f"those above a value: threshold: {np.ptp(known) / 2 + known.min():.2g}"
    labels = [f"label: {value:g}" for value in np.unique(np.round(known)) if value > 0]
    more = " (or another label)" if len(labels) > LISTED else ""
    return " or ".join([*labels[:LISTED], "threshold: 0"]) + more


def _wanted(region: Region) -> str:
    if region.threshold is not None:
        return f"above {region.threshold:g}"
    return "1" if region.label is None else f"of label {region.label}"
