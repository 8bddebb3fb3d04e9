"""Surrogates: data as they are but for what a study looks for, so that whatever is found is false.

Labels that are shifted circularly within their runs keep their order and the length of their
blocks, and lose what they have to do with the data. Data whose phases are drawn anew keep their
spectrum and how their columns go together, and lose what they have to do with the labels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

#: Rate of false claims that a test of 5 % allows itself: of a one-sided p; and where a gain alone
#: is claimed, by a two-sided p or an interval of 95 %, half of whose errors are losses.
ONE_SIDED, GAIN = 0.05, 0.025

#: Surrogates are too often significant if chance would make as many with this probability or less.
LEVEL = 0.01

#: Fewer than these say nothing where they are not too many.
ENOUGH = 10

#: Surrogates whose mean can be tested; level of that test; least gain, a share of the way to 1.
FEWEST, MEAN_LEVEL, LEAST_GAIN = 5, 0.001, 0.1


class FalseClaims(NamedTuple):
    """How often surrogates were claimed to hold something.

    Attributes
    ----------
    significant, surrogates : int
        Those with a claim, and all.
    rate, ci_low, ci_high : float
        Share, and its interval (95 %, Clopper & Pearson).
    p : float
        Chance of as many or more, were the rate the one that the test allows itself.
    """

    significant: int
    surrogates: int
    rate: float
    ci_low: float
    ci_high: float
    p: float

    @property
    def too_many(self) -> bool:
        """Whether more were significant than chance explains."""
        return self.p <= LEVEL


def false_claims(significant: Sequence[bool], allowed: float) -> FalseClaims:
    """Count the surrogates that were significant.

    Parameters
    ----------
    significant : sequence of bool
        Of each surrogate.
    allowed : float
        Rate of false claims that the test allows itself: `ONE_SIDED` or `GAIN`.

    Raises
    ------
    ValueError
        Without any surrogate.
    """
    from scipy.stats import binomtest  # slow, and rules of every run import this module

    test = binomtest(int(np.sum(significant)), len(significant), allowed, alternative="greater")
    low, high = binomtest(test.k, test.n).proportion_ci(0.95, "exact")
    return FalseClaims(test.k, test.n, test.k / test.n, float(low), float(high), test.pvalue)


class Above(NamedTuple):
    """How far surrogates lie above chance on the mean.

    Attributes
    ----------
    gain : float
        Share of the way from chance to 1.
    p : float
        Student's t of surrogates less their chance, one-sided; NaN of too few, or without spread.
    """

    gain: float
    p: float

    @property
    def found(self) -> bool:
        """Whether chance does not explain it, and it matters."""
        return self.p <= MEAN_LEVEL and self.gain >= LEAST_GAIN


def mean_above(values: Sequence[float], chance: Sequence[float]) -> Above:
    """Test whether surrogates lie above chance.

    Parameters
    ----------
    values, chance : sequence of float, (surrogates,)
    """
    from scipy.stats import ttest_1samp

    level = np.asarray(chance, dtype=float)
    over = np.asarray(values, dtype=float) - level
    gain = float(over.mean() / max(1 - level.mean(), 1e-9))
    if len(over) < FEWEST or not over.std() > 1e-12:
        return Above(gain, float("nan"))
    return Above(gain, float(ttest_1samp(over, 0.0, alternative="greater").pvalue))


def shifted_rows(runs: Sequence[str], generator: np.random.Generator) -> np.ndarray:
    """Row whose label each row gets when the labels of each run are shifted circularly.

    By a number of rows of its own in each run, never by none where a run has more than one row.

    Parameters
    ----------
    runs : sequence of str, (rows,)
        Run of each row; the rows of a run in the order of time.
    generator : Generator

    Returns
    -------
    ndarray of int, (rows,)
    """
    names = np.asarray(runs, dtype=str)
    taken = np.arange(len(names))
    for name in dict.fromkeys(names.tolist()):
        rows = np.flatnonzero(names == name)
        if len(rows) > 1:
            taken[rows] = np.roll(rows, int(generator.integers(1, len(rows))))
    return taken


def phase_randomised(
    x: np.ndarray, runs: Sequence[str], generator: np.random.Generator
) -> np.ndarray:
    """Draw the phases of each run anew, the same in all columns.

    Prichard & Theiler 1994, Phys. Rev. Lett. 73:951: spectra and cross-spectra of the columns stay.

    Parameters
    ----------
    x : ndarray, (rows, columns)
    runs : sequence of str, (rows,)
        Run of each row; the rows of a run in the order of time, at equal steps.
    generator : Generator

    Returns
    -------
    ndarray, (rows, columns)
        Of the type of `x`; means of runs stay.
    """
    names = np.asarray(runs, dtype=str)
    made = np.empty_like(x)
    for name in dict.fromkeys(names.tolist()):
        rows = np.flatnonzero(names == name)
        spectrum = np.fft.rfft(x[rows].astype(np.float64), axis=0)
        turn = np.exp(2j * np.pi * generator.random(len(spectrum)))
        turn[0] = 1.0
        if len(rows) % 2 == 0:  # the highest frequency has no phase but a sign
            turn[-1] = generator.choice([-1.0, 1.0])
        made[rows] = np.fft.irfft(spectrum * turn[:, None], n=len(rows), axis=0)
    return made
