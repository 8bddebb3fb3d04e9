"""How sure a mean of numbers from 0 to 1 is, however few and skewed they are."""

from collections.abc import Iterable

import numpy as np

from neuroloop.statistics.intervals import Estimate

#: Random weights of which the bounds are quantiles.
DRAWS = 4999


def shares_interval(
    shares: np.ndarray,
    clusters: Iterable[str],
    generator: np.random.Generator,
    level: float = 0.95,
) -> Estimate:
    """Mean of shares with Gaffke's interval, over clusters.

    The upper bound is a quantile of means that give the clusters, and one more of which all shares
    are 1, random weights that are uniform over all weights of sum 1; the lower bound one of means
    with one more of which all are 0 (Gaffke 2005, Math. Methods Stat. 14:451; in this form
    Learned-Miller & Thomas 2019, arXiv:1905.06208). That is a Bayesian bootstrap that takes into
    account that what was not seen may lie anywhere. Of hits it is the interval of Clopper and
    Pearson, and no distribution is known of which it holds the mean too rarely. Student's t, also
    on a logarithmic or skew-corrected scale, does where most shares are small and few are large:
    few draws soon hold none of those, and then neither mean nor spread tells of them.

    Where clusters differ in size, so do means of ratios of sums, and the one more is of mean size.

    Parameters
    ----------
    shares : ndarray of float or bool, shape (n,)
        From 0 to 1.
    clusters : sequence of str, shape (n,)
        Which shares are alike, as those of images with one mask.
    generator : numpy.random.Generator
        Draws `DRAWS` weights of each cluster.
    level : float
        Coverage of the interval.

    Returns
    -------
    Estimate
        Always with bounds: one cluster gives nearly all from 0 to 1.
    """
    shares = np.asarray(shares, dtype=np.float64)
    _, own = np.unique(np.asarray(list(clusters), dtype=str), return_inverse=True)
    if not len(shares) or shares.shape != own.shape:
        raise ValueError(f"shares {shares.shape} and clusters {own.shape} give no interval")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError("shares do not lie between 0 and 1")
    sizes = np.bincount(own)
    # Weights that are uniform over a simplex are exponential, but for their sum.
    weights = generator.exponential(size=(DRAWS, len(sizes) + 1))
    weights *= np.append(sizes, sizes.mean())
    weights /= weights.sum(axis=1, keepdims=True)
    seen = weights[:, :-1] @ (np.bincount(own, weights=shares) / sizes)
    value, tail = float(shares.mean()), (1 - level) / 2
    low, high = np.quantile(seen, tail), np.quantile(seen + weights[:, -1], 1 - tail)
    # Rounding may put a bound beyond equal shares.
    return Estimate(value, min(float(low), value), max(float(min(high, 1.0)), value))
