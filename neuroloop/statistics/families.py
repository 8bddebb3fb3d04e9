"""p values of a family of tests, corrected for their number.

A family is what a reader looks at together for a discovery. Tests that are trivially true, such as
those of controls that mislead on purpose, belong to none: every certain discovery in a family that
controls the false discovery rate admits false ones among the others.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import false_discovery_control


def corrected(p: Sequence[float], family: Sequence[str], method: str = "bh") -> np.ndarray:
    """Correct p values within their families.

    Parameters
    ----------
    p : sequence of float
        NaN where there is no test.
    family : sequence of str
        Name of the family of each; empty for a test that belongs to none.
    method : {"bh", "holm"}
        The false discovery rate of Benjamini & Hochberg (1995, J. R. Stat. Soc. B 57:289), or the
        chance of any false discovery (Holm 1979, Scand. J. Stat. 6:65).

    Returns
    -------
    ndarray of float64
        NaN where there is no test or no family.
    """
    values, names = np.asarray(p, dtype=np.float64), np.asarray(family, dtype=str)
    if values.shape != names.shape:
        raise ValueError(f"{len(values)} p values of {len(names)} families")
    correct = {"bh": false_discovery_control, "holm": _holm}[method]
    made = np.full(values.shape, np.nan)
    for name in np.unique(names[names != ""]):
        inside = (names == name) & np.isfinite(values)
        if inside.any():
            made[inside] = correct(values[inside])
    return made


def _holm(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p, kind="stable")
    steps = p[order] * (len(p) - np.arange(len(p)))
    made = np.empty(len(p))
    made[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return made
