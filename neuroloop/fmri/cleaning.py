"""Cleaning the time series of runs, and checks of what they must fulfil beforehand."""

import logging
from itertools import combinations

import numpy as np

from neuroloop.errors import NeuroLoopError

log = logging.getLogger(__name__)

#: Degrees of freedom that cleaning must leave of a run, and their share of its volumes.
FREEDOM = 5
FREE_SHARE = 0.25

#: Standard deviation, relative to a voxel's largest value, below which there is only rounding error
#: of float32, with room to spare.
ROUNDING = 1e-6


def equal_runs(series: np.ndarray, runs: np.ndarray) -> list[list[str]]:
    """Find pairs of runs that hold the same values: one measurement in training and test.

    Parameters
    ----------
    series : ndarray of float64, shape (volumes, voxels)
        As measured.
    runs : ndarray of str, shape (volumes,)
        Run of each volume.

    Returns
    -------
    list of [str, str]
        Runs that are equal up to the length of the shorter one; a warning reports each pair.
    """
    measured = {str(run): series[runs == run] for run in dict.fromkeys(runs)}
    pairs = []
    for one, other in combinations(measured, 2):
        length = min(len(measured[one]), len(measured[other]))
        if np.array_equal(measured[one][:length], measured[other][:length]):
            pairs.append([one, other])
            log.warning(
                "%s and %s hold the same data, so that decoders are tested on training data: "
                "list every run once",
                one,
                other,
            )
    return pairs


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
    tr: float,
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
    tr, detrend, high_pass, standardise
        As for `neuroloop.fmri.nifti.read_runs`.

    Raises
    ------
    NeuroLoopError
        If a run has so few volumes, or so many drifts are removed, that hardly any signal is left.
    """
    from nilearn.signal import clean

    cleaned = np.empty_like(series)
    for run in dict.fromkeys(runs):
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
