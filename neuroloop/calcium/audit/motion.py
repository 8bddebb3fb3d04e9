"""Where tissue lies in a frame, from its places far from all cells alone.

A cell that answers pulls the peak of a cross-correlation towards itself, so that motion would know
the pattern in sound data. Least squares on the gradient of the mean image take any pixels (Lucas &
Kanade 1981, Proc. IJCAI 674), and are exact for motion of part of a pixel; larger motion shows too,
if not in its size.
"""

import numpy as np

from neuroloop.calcium.audit.session_trials import Trials
from neuroloop.calcium.frame_store import FrameStore

#: Standard deviations by which images are smoothed, pixels: the least shows small motion best, the
#: largest large motion.
SMOOTHING = (1.0, 3.0)


def motion_estimator(image: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Matrix from the change of an image's pixels to how far the tissue moved.

    Parameters
    ----------
    image : ndarray, shape (height, width)
        Smoothed.
    pixels : ndarray of bool, shape (height, width)

    Returns
    -------
    ndarray, shape (2, pixels)
        Rows down and columns to the right; a change of brightness is taken out.
    """
    down, across = np.gradient(image)
    design = np.stack([-down[pixels], -across[pixels], image[pixels], np.ones(pixels.sum())])
    return np.asarray(np.linalg.pinv(design.T))[:2]


def motion_of(
    store: FrameStore, trials: Trials, pixels: np.ndarray, *, absolute: bool
) -> list[np.ndarray]:
    """Mean shift of each trial's frames against those before it, or against the session's image.

    Parameters
    ----------
    store : FrameStore
    trials : Trials
    pixels : ndarray of bool, shape (height, width)
        Far from all cells.
    absolute : bool
        Against the session's.

    Returns
    -------
    list of ndarray of float64, each of shape (trials, 2)
        Pixels, by each smoothing; what registration moved frames by is added, if they are
        registered.
    """
    return [_motion(store, trials, pixels, absolute, width) for width in SMOOTHING]


def _motion(
    store: FrameStore, trials: Trials, pixels: np.ndarray, absolute: bool, width: float
) -> np.ndarray:
    image = smoothed(store.baseline, width)
    estimate = motion_estimator(image, pixels)
    moved = shifts(store)
    found = []
    for trial_row, rows in zip(trials.table["trial_row"], trials.rows, strict=True):
        before = store.baseline if absolute else store.before(np.array([trial_row]))[0]
        base = smoothed(before, width)[pixels]
        change = np.stack([smoothed(frame, width)[pixels] - base for frame in store.counts(rows)])
        here = change @ estimate.T
        if moved is not None:
            here = here - moved[rows] + (0 if absolute else _before(store, moved, trial_row))
        found.append(here.mean(axis=0))
    return np.array(found)


def smoothed(image: np.ndarray, width: float = SMOOTHING[0]) -> np.ndarray:
    """Smooth an image by a Gaussian of this standard deviation, pixels."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(image.astype(np.float64), width))


def shifts(store: FrameStore) -> np.ndarray | None:
    """By how much registration moved each frame, shape (rows, 2); None if it did not."""
    import h5py

    with h5py.File(store.path, "r") as file:
        return np.asarray(file["shifts"][()]) if "shifts" in file else None


def _before(store: FrameStore, moved: np.ndarray, trial_row: int) -> np.ndarray:
    """Mean shift of a trial's control frames; 0 if it has none."""
    control = (store.rows["trial_row"] == trial_row) & (store.rows["kind"] == "control")
    return np.asarray(moved[control].mean(axis=0)) if control.any() else np.zeros(2)
