"""How often predictions are right, by how sure they are."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from neuroloop.statistics.intervals import cluster_interval

#: Bins of the largest probability, as in `metrics.calibration_error`.
BINS = 15


def reliability(
    confidence: np.ndarray,
    right: np.ndarray,
    clusters: Iterable[str],
    crossed: Iterable[str] | None = None,
    bins: int = BINS,
) -> pd.DataFrame:
    """Share of right predictions in bins of equal width of their largest probability.

    Parameters
    ----------
    confidence : ndarray of float, shape (n,)
        Largest probability of each row, in [0, 1].
    right : ndarray of bool, shape (n,)
        Whether that class was the true one.
    clusters : sequence of str, shape (n,)
        Rows of one cluster are alike, e.g. of one run or patient.
    crossed : sequence of str, shape (n,), optional
        Rows that are alike in another way, e.g. of one image.
    bins : int
        Bins ((m - 1) / bins, m / bins] (Guo et al. 2017, On Calibration of Modern Neural Networks).

    Returns
    -------
    DataFrame
        A row for each bin that holds something: ``low``, ``high`` (its edges), ``n``,
        ``confidence`` (mean), ``share`` (right), ``ci_low`` and ``ci_high`` (95 %, see
        `cluster_interval`; None where there is none).
    """
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], confidence, side="left")
    alike = np.asarray(list(clusters), dtype=str)
    also = None if crossed is None else np.asarray(list(crossed), dtype=str)
    rows = []
    for number in np.unique(place):
        inside = place == number
        found = cluster_interval(
            right[inside], alike[inside], crossed=None if also is None else also[inside]
        )
        rows.append(
            {
                "low": edges[number],
                "high": edges[number + 1],
                "n": int(inside.sum()),
                "confidence": float(confidence[inside].mean()),
                "share": found.value,
                "ci_low": found.ci_low,
                "ci_high": found.ci_high,
            }
        )
    return pd.DataFrame(rows)


def expected_error(bins: pd.DataFrame) -> float:
    """Expected calibration error of the bins of `reliability` (`metrics.calibration_error`)."""
    gap = (bins["share"] - bins["confidence"]).abs()
    return float((gap * bins["n"]).sum() / bins["n"].sum())
