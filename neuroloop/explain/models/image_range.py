"""Whether images of a file have the values that the network's preparation says."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.image_rows import row_batches
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.files.intake import Intake
from neuroloop.images.preparation import Preparation

#: How far pixels may lie outside [0, 1]: what resampling and rounding make of white and black.
OVERSHOOT = 0.1

#: Mean of which some pixel of some image is darker.
LEAST_MEAN = 0.05

#: What is no overshoot, but the rounding of float32.
ROUNDING = 1e-5


def in_range(
    given: ModelImages, path: Path, preparation: Preparation | None, intake: Intake
) -> ModelImages:
    """Check images of a file against the preparation, and clip what lies a little outside.

    Parameters
    ----------
    given : ModelImages
    path : Path
        Of the file, for messages.
    preparation : Preparation or None
        Images are pixels in [0, 1], less `mean`, divided by `std`. None: any values are right.
    intake : Intake
        What was clipped is added to it.

    Returns
    -------
    ModelImages

    Raises
    ------
    NeuroLoopError
        If pixels lie further outside than `OVERSHOOT`.
    """
    if preparation is None:
        return given
    count = given.images.shape[1]  # of members, one after the other
    mean, std = (
        np.resize(np.asarray(values, np.float32), count)[:, None, None]
        for values in (preparation.mean, preparation.std)
    )
    pixels = [part * std + mean for part in row_batches(given.images)]
    low = min(float(part.min()) for part in pixels)
    high = max(float(part.max()) for part in pixels)
    normalised = "" if (mean == 0).all() and (std == 1).all() else " before they are normalised"
    if low < -OVERSHOOT or high > 1 + OVERSHOOT:
        raise NeuroLoopError(
            f"{path}: images reach from {low:.4g} to {high:.4g}{normalised}, but preparation in "
            f"model.json makes pixels from 0 (black) to 1 (white){likely(low, high)}: prepare them "
            "alike, or set preparation to null if the network takes other values"
        )
    _tell_unlike(given, path, preparation, intake)
    outside = [((part < 0) | (part > 1)).any(axis=(1, 2, 3)) for part in pixels]
    if low < -ROUNDING or high > 1 + ROUNDING:
        count = int(np.concatenate(outside).sum())
        intake.warn(
            f"{path}: pixels of {count} of {len(given.images)} images reach from {low:.6g} to "
            f"{high:.6g}; they are clipped to 0 and 1."
        )
        clipped = np.concatenate([(part.clip(0, 1) - mean) / std for part in pixels])
        return replace(given, images=clipped.astype(np.float32))
    return given


def _tell_unlike(given: ModelImages, path: Path, preparation: Preparation, intake: Intake) -> None:
    """Warn of what is possible, but not what the preparation makes."""
    height, width = given.images.shape[2:]
    if (height, width) != (preparation.side, preparation.side):
        intake.warn(
            f"{path}: images are {height} x {width} pixels, but preparation in model.json makes "
            f"{preparation.side} x {preparation.side}: see which of the two the network takes."
        )
    darkest = min(float(part.min()) for part in row_batches(given.images))
    if darkest >= 0 and min(preparation.mean) >= LEAST_MEAN:
        intake.warn(
            f"{path}: no pixel is darker than the mean that preparation in model.json states: the "
            "images look as if they were not normalised."
        )


def likely(low: float, high: float) -> str:
    """What values outside [0, 1] probably are."""
    if low >= 0 and 200 < high <= 256:
        return " (levels from 0 to 255: divide by 255)"
    if -1.1 <= low < 0 and high <= 1.1:
        return " (from -1 to 1: state mean and std of 0.5, or halve them and add 0.5)"
    return ""
