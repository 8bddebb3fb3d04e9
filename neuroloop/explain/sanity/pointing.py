"""Does a map point at the known evidence? Its maximum and its mass against a truth mask.

Chance is not a point thrown at random: evidence tends to lie in the same regions, and a map that is
the same for every image can lie there too. So maps are permuted between images: a map has to point
at its own image's mask rather than at another's.
"""

from itertools import permutations
from typing import NamedTuple

import numpy as np

from neuroloop.explain.attribution.attribution import to_input
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.shares import shares_interval

#: Most distinct masks of which all permutations are tried, and else the number of random ones.
ALL_EXCHANGES, EXCHANGES = 7, 4999


class Pointing(NamedTuple):
    """How well maps point at the truth.

    Attributes
    ----------
    value : float
        Mean over images; NaN without any.
    ci_low, ci_high : float
        Its 95 % interval; NaN without images.
    chance : float
        Mean value of the same maps on the masks of other images.
    p : float
        For the null hypothesis that maps are unrelated to their image (see `_exchanged`). NaN, as
        is chance, if all images have the same mask, which leaves nothing to permute.
    n : int
        Images in the mean.
    empty_masks : int
        Images left out because their masks are empty.
    undefined : int
        Images with a mask left out because their maps give no value.
    smallest_effect : float
        How far above chance the 95th percentile of permutations lies, which a value must reach (of
        `energy`, that of their distance from their mean): less could not have been seen.
    """

    value: float
    ci_low: float
    ci_high: float
    chance: float
    p: float
    n: int
    empty_masks: int
    undefined: int
    smallest_effect: float


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
        Of several maxima one is drawn; of permutations and of the interval too.
    tolerance : float
        Distance from the mask in pixels, centre to centre, up to which a hit counts.

    Returns
    -------
    Pointing
        With Gaffke's interval over masks (`shares_interval`), which is that of Clopper and Pearson
        where no two images share one; p is one-sided.
    """
    maps, masks = _checked(maps, masks)
    wanted = masks.any(axis=(1, 2))
    defined = wanted & np.isfinite(maps).all(axis=(1, 2))
    left_out = (int((~wanted).sum()), int((wanted & ~defined).sum()))
    if not defined.any():
        return Pointing(np.nan, np.nan, np.nan, np.nan, np.nan, 0, *left_out, np.nan)
    points = []
    for number in np.flatnonzero(defined):
        values = maps[number].ravel()
        maxima = np.flatnonzero(values == values.max())
        points.append(numpy_generator(seed, "one of the maxima", number).choice(maxima))
    places, own = _distinct(masks[defined])
    near = np.stack([_widened(mask, tolerance).ravel()[points] for mask in places], axis=1)
    chance, p, least = _exchanged(near.astype(np.float64), own, seed)
    found = _over_masks(near[np.arange(len(own)), own], own, seed)
    return Pointing(*found, chance, p, len(own), *left_out, least)


def energy_pointing(maps: np.ndarray, masks: np.ndarray, *, seed: int) -> Pointing:
    """Share of the positive part of each map that lies in the mask.

    Wang et al. 2020, "Score-CAM", section 4.3 (energy-based pointing game).

    Parameters
    ----------
    maps, masks
        As in `pointing_game`; maps without a positive value are undefined too.
    seed : int
        Of permutations and of the interval.

    Returns
    -------
    Pointing
        With Gaffke's interval over masks (`shares_interval`); p is two-sided.
    """
    maps, masks = _checked(maps, masks)
    wanted = masks.any(axis=(1, 2))
    defined = wanted & np.isfinite(maps).all(axis=(1, 2)) & (maps > 0).any(axis=(1, 2))
    left_out = (int((~wanted).sum()), int((wanted & ~defined).sum()))
    if not defined.any():
        return Pointing(np.nan, np.nan, np.nan, np.nan, np.nan, 0, *left_out, np.nan)
    places, own = _distinct(masks[defined])
    inside = places.reshape(len(places), -1).T.astype(np.float64)
    shares = np.empty((len(own), len(places)))
    for row, values in enumerate(maps[defined]):
        positive = np.maximum(values.ravel().astype(np.float64), 0)
        shares[row] = (positive / positive.sum()) @ inside
    shares = np.minimum(shares, 1)  # but for rounding
    chance, p, least = _exchanged(shares, own, seed, two_sided=True)
    found = _over_masks(shares[np.arange(len(own)), own], own, seed)
    return Pointing(*found, chance, p, len(own), *left_out, least)


def _over_masks(values: np.ndarray, own: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Mean of hits or shares, and its 95 % interval."""
    generator = numpy_generator(seed, "masks not seen")
    value, low, high = shares_interval(values, own.astype(str), generator)
    return value, float(low), float(high)  # type: ignore[arg-type]


def _distinct(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find distinct masks, shape (k, height, width), and the index of each image's, shape (n,)."""
    _, first, own = np.unique(
        masks.reshape(len(masks), -1), axis=0, return_index=True, return_inverse=True
    )
    return masks[first], own.ravel()


def _exchanged(
    values: np.ndarray, own: np.ndarray, seed: int, two_sided: bool = False
) -> tuple[float, float, float]:
    """Compare the values of maps on their own masks with those on each other's.

    Images that share a mask (frames of one pattern) are exchanged together: their maps are alike
    for that reason, and as many independent proofs as there are masks.

    Parameters
    ----------
    values : ndarray of float64, shape (n, k)
        Value of each image's map on each of k different masks.
    own : ndarray of int, shape (n,)
        Which mask is an image's own.
    seed : int
        Of the permutations, where there are too many to try all.

    Returns
    -------
    chance, p, smallest_effect : float
        Mean on masks of others; share of permutations of masks in which the sum of values is as
        large (`two_sided`: as far from the mean of all permutations): over all of them, or
        (1 + count) / (1 + `EXCHANGES`) of random ones; excess over chance of the sum that 5 % of
        them reach. NaN with one mask.
    """
    n, k = values.shape
    if k == 1:
        return np.nan, np.nan, np.nan
    sums = np.zeros((k, k))
    np.add.at(sums, own, values)  # of the images of a mask, on each mask
    observed = np.trace(sums)
    chance = (sums.sum() - observed) / (n * (k - 1))
    if k <= ALL_EXCHANGES:
        orders = np.array(list(permutations(range(k))))
    else:
        own_order = np.arange(k)[None]
        drawn = np.repeat(own_order, EXCHANGES, axis=0)
        generator = numpy_generator(seed, "exchanged masks")
        orders = np.concatenate([own_order, generator.permuted(drawn, axis=1)])
    null = sums[np.arange(k), orders].sum(axis=1)
    centre = sums.sum() / k if two_sided else 0.0
    if two_sided:
        null, observed = np.abs(null - centre), abs(observed - centre)
    slack = 1e-9 * n  # sums of the same values in another order
    least = (centre + np.quantile(null, 0.95)) / n - chance
    return float(chance), float((null >= observed - slack).mean()), float(least)


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
