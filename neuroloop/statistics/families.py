"""p values of a family of tests, corrected for their number.

A family is what a reader looks at together for a discovery. Tests that are trivially true, such as
those of controls that mislead on purpose, belong to none: every certain discovery in a family that
controls the false discovery rate admits false ones among the others.
"""

from collections.abc import Sequence

import numpy as np


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
    correct = {"bh": _benjamini_hochberg, "holm": _holm}[method]
    made = np.full(values.shape, np.nan)
    for name in np.unique(names[names != ""]):
        inside = (names == name) & np.isfinite(values)
        if inside.any():
            made[inside] = correct(values[inside])
    return made


def stepped_down(observed: np.ndarray, nulls: np.ndarray) -> np.ndarray:
    """Correct the tests of a family that were permuted together, so that few permutations do.

    Step-down maxT (Westfall & Young 1993, Resampling-Based Multiple Testing, algorithm 4.1;
    Nichols & Holmes 2002, Hum. Brain Mapp. 15:1): each statistic is compared with the largest
    of those that are not beaten yet, permutation by permutation. It bounds the chance of any
    false discovery, takes tests that go together for what they are, and can reach 1 /
    (permutations + 1) in a family of any size, where Holm multiplies that by the family's size.
    Statistics are made alike by the mean and standard deviation of their permutations and of the
    data.

    Parameters
    ----------
    observed : ndarray of float, (tests,)
        Larger is more of an effect.
    nulls : ndarray of float, (tests, permutations)
        Permutation i of all tests on the same data is the same; on other data it is another.

    Returns
    -------
    ndarray of float64, (tests,)
        Corrected p.
    """
    values = np.concatenate(
        [np.asarray(observed, float)[:, None], np.asarray(nulls, float)], axis=1
    )
    spread = values.std(axis=1, keepdims=True)
    values = (values - values.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
    order = np.argsort(-values[:, 0], kind="stable")
    largest = np.maximum.accumulate(values[order[::-1]], axis=0)[::-1]
    # Equal statistics that were summed in another order count as equal.
    reached = (largest >= values[order, :1] - 1e-9).mean(axis=1)
    made = np.empty(len(order))
    made[order] = np.maximum.accumulate(reached)
    return made


def _benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    # The bits of scipy.stats.false_discovery_control, whose import costs a job most of a second.
    order = np.argsort(p)
    steps = p[order] * (len(p) / np.arange(1.0, len(p) + 1))
    made = np.empty(len(p))
    made[order] = np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1])
    return made


def _holm(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p, kind="stable")
    steps = p[order] * (len(p) - np.arange(len(p)))
    made = np.empty(len(p))
    made[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return made
