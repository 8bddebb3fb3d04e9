"""Cleaning the time series of runs, and checks of what they must fulfil beforehand."""

import logging
from collections.abc import Mapping
from itertools import combinations

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake

#: Voxels, evenly spaced, by which runs are compared, and the correlation of their changes above
#: which, in the mean over volumes, two runs are one measurement; between others it is near 0.
COMPARED = 500
SAME_RUN = 0.99

#: Least length of a change that counts as one.
TINY = 1e-300

log = logging.getLogger(__name__)

#: Degrees of freedom that cleaning must leave of a run, and their share of its volumes.
FREEDOM = 5
FREE_SHARE = 0.25

#: Standard deviation, relative to a voxel's largest value, below which there is only rounding error
#: of float32, with room to spare.
ROUNDING = 1e-6


def check_different(series: np.ndarray, runs: np.ndarray, names: Mapping[str, str]) -> None:
    """Refuse one measurement that is given as two runs: half of it would test the other half.

    Parameters
    ----------
    series : ndarray of float64, shape (volumes, voxels)
        As measured.
    runs : ndarray of str, shape (volumes,)
        Run of each volume.
    names : mapping of str to str
        Where each run is from, for the message.

    Raises
    ------
    NeuroLoopError
        If the changes from volume to volume of two runs are the same, up to the length of the
        shorter: as listed twice, copied, cut, scaled, rounded or saved in another type.
    """
    chosen = np.linspace(0, series.shape[1] - 1, min(COMPARED, series.shape[1])).astype(int)
    steps = {str(run): _steps(series[runs == run][:, chosen]) for run in dict.fromkeys(runs)}
    for one, other in combinations(steps, 2):
        length = min(len(steps[one]), len(steps[other]))
        alike = np.sum(steps[one][:length] * steps[other][:length], axis=1)
        if alike.mean() > SAME_RUN:
            raise NeuroLoopError(
                f"{one} ({names[one]}) and {other} ({names[other]}) hold the same data, so that "
                "decoders would be tested on what they learned: list every run once"
            )


def _steps(run: np.ndarray) -> np.ndarray:
    """Changes from volume to volume, each of length 1, so that no spike outweighs the others."""
    steps = np.diff(run, axis=0)
    return steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), TINY)


def check_measured(
    series: np.ndarray, runs: np.ndarray, regions: Mapping[str, np.ndarray], intake: Intake
) -> None:
    """Check that each region was measured in each run.

    Parameters
    ----------
    series : ndarray of float64, shape (volumes, voxels)
        As measured.
    runs : ndarray of str, shape (volumes,)
        Run of each volume.
    regions : mapping of str to ndarray of bool, shape (voxels,)
    intake : Intake
        Voxels that never change in a run, and volumes that are 0, are told.

    Raises
    ------
    NeuroLoopError
        If a run holds only NaN, or NaN and infinite values in some voxels; if no voxel of a region
        changes in a run.
    """
    constant: dict[str, list[str]] = {name: [] for name in regions}
    for run in dict.fromkeys(runs):
        part = series[runs == run]
        _check_finite(run, part)
        flat = np.ptp(part, axis=0) == 0
        for name, flags in regions.items():
            here = int(flat[flags].sum())
            if here == flags.sum():
                values = np.unique(part[0, flags])
                held = f"the value {values[0]:g}" if len(values) == 1 else "one value a voxel"
                raise NeuroLoopError(
                    f"{run}: no voxel of region {name} changes ({here} voxels hold {held} "
                    "throughout): fix the mask, which may lie outside of what was measured, or "
                    "leave out the run"
                )
            if here:
                constant[name].append(f"{here} in {run}")
        black = (part == 0).all(axis=1)
        if black.any():
            intake.warn(
                f"{run}: {int(black.sum())} of {len(black)} volumes are 0 throughout, the first is "
                f"volume {int(black.argmax()) + 1}: they are read as measured; if the scan stopped "
                "there, cut the images"
            )
    for name, counts in constant.items():
        if counts:
            intake.warn(
                f"region {name}: of {int(regions[name].sum())} voxels some never change in a run "
                f"({', '.join(counts)}) and are 0 there"
            )


def _check_finite(run: str, part: np.ndarray) -> None:
    broken = ~np.isfinite(part)
    if broken.all():
        raise NeuroLoopError(
            f"{run} holds nothing but NaN or infinite values in the masks: leave out the run"
        )
    if broken.any():
        raise NeuroLoopError(
            f"{run}: {int(broken.sum())} NaN or infinite values in "
            f"{int(broken.any(axis=0).sum())} voxels and {int(broken.any(axis=1).sum())} volumes "
            "of the masks: remove these voxels from the masks, or leave out the run"
        )


def check_high_pass(high_pass: float | None, tr: float) -> None:
    """Raise a NeuroLoopError if a cut-off (Hz) is not below the Nyquist frequency."""
    if high_pass is not None and high_pass >= 1 / (2 * tr):
        raise NeuroLoopError(
            f"high_pass {high_pass:g} is not below {1 / (2 * tr):g} Hz, half the rate of the "
            f"volumes (TR {tr:g} s), and leaves no signal: it is in Hz, not in seconds: 1/128 is "
            "0.0078"
        )


def clean_runs(
    series: np.ndarray,
    runs: np.ndarray,
    trs: Mapping[str, float],
    detrend: bool,
    high_pass: float | None,
    standardise: bool,
) -> np.ndarray:
    """Clean each run; voxels that are left with only rounding error in a run are 0 there.

    Parameters
    ----------
    series : ndarray of float64, shape (volumes, voxels)
        As measured.
    runs : ndarray of str, shape (volumes,)
        Run of each volume.
    trs : mapping of str to float
        Repetition time of each run, seconds.
    detrend, high_pass, standardise
        As for `neuroloop.fmri.nifti.read_runs`.

    Raises
    ------
    NeuroLoopError
        If a run has so few volumes, or so many drifts are removed, that hardly any signal is left.
    """
    from nilearn.signal import clean

    cleaned = np.empty_like(series)
    for run in dict.fromkeys(runs):
        tr = trs[run]
        # Not nilearn's own `runs`: it returns them in the order of their sorted names.
        here = np.flatnonzero(runs == run)
        _check_freedom(run, len(here), tr, detrend, high_pass)
        part = clean(
            series[here],
            detrend=detrend,
            filter="cosine" if high_pass else False,
            high_pass=high_pass,
            standardize=None,
            t_r=tr,
        )
        spread = part.std(axis=0, ddof=1)
        flat = spread <= ROUNDING * np.abs(series[here]).max(axis=0)
        if standardise:
            part = (part - part.mean(axis=0)) / np.where(flat, 1, spread)
        if flat.any() and (detrend or standardise):
            # Only rounding error is left of them, which a z-score would amplify.
            part[:, flat] = 0
            log.warning("%s: %d voxels are constant: set to 0", run, int(flat.sum()))
        cleaned[here] = part
    return cleaned


def _check_freedom(
    run: str, volumes: int, tr: float, detrend: bool, high_pass: float | None
) -> None:
    """Raise a NeuroLoopError if mean, line and cosines leave too little of a run."""
    if not (detrend or high_pass):
        return
    cosines = int(np.floor(2 * volumes * (high_pass or 0) * tr))
    left = volumes - 1 - cosines - bool(detrend)
    if left < max(FREEDOM, FREE_SHARE * volumes):
        raise NeuroLoopError(
            f"{run}: of its {volumes} volumes {left} degrees of freedom are left by detrend and "
            f"high_pass, too few ({FREEDOM} and a quarter are needed): lower high_pass (Hz), leave "
            "detrend out, or leave out the run"
        )
