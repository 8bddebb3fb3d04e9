"""Does a map point at what is known to be there? Its maximum, and its mass, beside a truth mask."""

from typing import NamedTuple

import numpy as np

from scripts.lib.core.seeds import numpy_generator
from scripts.lib.core.statistics import crossed_interval, paired_difference
from scripts.lib.explain.attribution import to_input


class Pointing(NamedTuple):
    """How well maps point at the truth.

    Attributes
    ----------
    value : float
        Mean over images; NaN without any.
    ci_low, ci_high : float
        Its 95 % interval; NaN where too few images give one.
    chance : float
        What maps that know nothing would have: the mean share of the image that counts as a hit.
    p : float
        Of the null that maps know nothing.
    n : int
        Images in the mean.
    empty_masks : int
        Images left out, with nothing to point at.
    undefined : int
        Images with a mask left out, as their maps give no value.
    """

    value: float
    ci_low: float
    ci_high: float
    chance: float
    p: float
    n: int
    empty_masks: int
    undefined: int


def pointing_game(
    maps: np.ndarray, masks: np.ndarray, *, seed: int, tolerance: float = 0
) -> Pointing:
    """Count the maps whose maximum lies in the mask.

    Zhang et al. 2016, "Top-down neural attention by excitation backprop", section 4.3.

    Parameters
    ----------
    maps : ndarray of float, shape (n, height', width')
        Enlarged to the masks by `attribution.to_input`. Those with a value that is not finite are
        undefined; a constant map points anywhere, by chance.
    masks : ndarray of bool, shape (n, height, width)
        True where the truth is.
    seed : int
        Of several maxima one is drawn.
    tolerance : float
        Distance from the mask in pixels, centre to centre, up to which a hit counts. Chance counts
        those pixels too.

    Returns
    -------
    Pointing
        With Wilson's interval. p is exact and one-sided: that so many points or more hit, each
        thrown anywhere on its own image (Poisson's binomial distribution).
    """
    maps, masks = _checked(maps, masks)
    wanted = masks.any(axis=(1, 2))
    defined = wanted & np.isfinite(maps).all(axis=(1, 2))
    hits, shares = [], []
    for number in np.flatnonzero(defined):
        near = _widened(masks[number], tolerance).ravel()
        values = maps[number].ravel()
        maxima = np.flatnonzero(values == values.max())
        drawn = numpy_generator(seed, "one of the maxima", number).choice(maxima)
        hits.append(bool(near[drawn]))
        shares.append(float(near.mean()))
    left_out = (int((~wanted).sum()), int((wanted & ~defined).sum()))
    if not hits:
        return Pointing(np.nan, np.nan, np.nan, np.nan, np.nan, 0, *left_out)
    n, right = len(hits), sum(hits)
    from scipy.stats import binomtest  # takes a second to import

    interval = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return Pointing(
        right / n,
        float(interval.low),
        float(interval.high),
        float(np.mean(shares)),
        _at_least(right, shares),
        n,
        *left_out,
    )


def energy_pointing(maps: np.ndarray, masks: np.ndarray, *, seed: int) -> Pointing:
    """Share of the positive part of each map that lies in the mask.

    Wang et al. 2020, "Score-CAM", section 4.3 (energy-based pointing game).

    Parameters
    ----------
    maps, masks
        As in `pointing_game`; maps without a positive value are undefined too.
    seed : int
        Of the bootstrap over images.

    Returns
    -------
    Pointing
        Chance is the share of an even map. Interval and two-sided p value of the difference from
        chance: `statistics.crossed_interval` and `paired_difference` of one row.
    """
    maps, masks = _checked(maps, masks)
    wanted = masks.any(axis=(1, 2))
    defined = wanted & np.isfinite(maps).all(axis=(1, 2)) & (maps > 0).any(axis=(1, 2))
    positive, inside = np.maximum(maps[defined].astype(np.float64), 0), masks[defined]
    left_out = (int((~wanted).sum()), int((wanted & ~defined).sum()))
    n = len(positive)
    if not n:
        return Pointing(np.nan, np.nan, np.nan, np.nan, np.nan, 0, *left_out)
    shares = (positive * inside).sum(axis=(1, 2)) / positive.sum(axis=(1, 2))
    areas = inside.mean(axis=(1, 2))
    value, chance = float(shares.mean()), float(areas.mean())
    if n == 1:
        return Pointing(value, np.nan, np.nan, chance, np.nan, n, *left_out)
    generator = numpy_generator(seed, "energy")
    _, low, high = crossed_interval(shares[None], generator)
    p = paired_difference(shares[None], areas[None], generator).p
    assert low is not None
    assert high is not None
    return Pointing(value, low, high, chance, p, n, *left_out)


def _checked(maps: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maps of the masks' size, and masks of bool."""
    if maps.ndim != 3 or masks.ndim != 3 or len(maps) != len(masks):
        raise ValueError(f"maps {maps.shape} and masks {masks.shape} do not go together")
    if not np.isin(masks, (0, 1)).all():
        raise ValueError("masks are neither true nor false")
    return to_input(maps, (masks.shape[1], masks.shape[2])), masks.astype(bool)


def _widened(mask: np.ndarray, tolerance: float) -> np.ndarray:
    """Pixels within a distance of the mask."""
    from scipy.ndimage import distance_transform_edt

    return mask if tolerance == 0 else distance_transform_edt(~mask) <= tolerance


def _at_least(count: int, chances: list[float]) -> float:
    """Probability of `count` hits or more of independent throws with their own chances."""
    known = np.ones(1)
    for chance in chances:
        known = np.convolve(known, [1 - chance, chance])
    return float(min(1.0, known[count:].sum()))
