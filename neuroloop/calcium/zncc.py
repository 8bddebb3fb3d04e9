"""How alike maps are: zero-mean normalised cross-correlation of all pairs.

ZNCC is Pearson's correlation over pixels. It grows with all that maps share (borders, smoothness,
the cells of a pattern) and with the number of maps averaged, so that matrices of unlike data
cannot be compared by it alone: split halves and the noise ceiling stand beside it.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
from threadpoolctl import ThreadpoolController

#: Pixels that are centred and multiplied at a time: they stay in a CPU's cache.
BLOCK = 8192
#: Standard deviation, as a part of the level, below which a map is looked at for being constant.
FLAT = 1e-6


@dataclass(frozen=True, eq=False)
class Zncc:
    """ZNCC of all pairs of maps.

    Attributes
    ----------
    matrix : ndarray of float64, shape (maps, maps)
        In [-1, 1]; NaN for pairs with a map that is constant or not finite. Its square is the R^2
        of the study.
    constant : ndarray of bool, shape (maps,)
        Maps with one value everywhere, whose ZNCC is 0 / 0.
    undefined : ndarray of bool, shape (maps,)
        Maps with a value that is not finite.
    """

    matrix: np.ndarray
    constant: np.ndarray
    undefined: np.ndarray


@dataclass(frozen=True, eq=False)
class SplitHalf:
    """ZNCC of means over one half of the trials with means over the other.

    Attributes
    ----------
    matrix : ndarray of float64, shape (patterns, patterns)
        Mean over the splits, symmetric; NaN where it is defined for none. The diagonal is the
        reliability of each pattern's map.
    ceiling : ndarray of float64, shape (patterns, patterns)
        sqrt(r_p * r_q) with the reliabilities r: what two patterns of one true map would have
        (attenuation by noise: Spearman 1904, Am. J. Psychol. 15:72). NaN where a reliability is
        not above 0.
    splits : int
        Number of splits into halves.
    undefined : int
        Maps that are constant or not finite, and so add nothing to the mean of their half.
    """

    matrix: np.ndarray
    ceiling: np.ndarray
    splits: int
    undefined: int


def zncc(maps: np.ndarray) -> Zncc:
    """Correlate every two maps over their pixels.

    ``sum (A - mean A)(B - mean B) / sqrt(sum (A - mean A)^2 sum (B - mean B)^2)``, in double
    precision, from one product of the matrix of all maps with itself.

    Parameters
    ----------
    maps : ndarray of float, shape (maps, height, width)

    Returns
    -------
    Zncc
    """
    products, constant, undefined = centred_products(maps)
    matrix = normalised(products, products.diagonal(), products.diagonal())
    return Zncc(matrix, constant, undefined)


def centred_products(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums over pixels of (A - mean A)(B - mean B) for every two maps.

    Pixels are taken block by block, less each map's mean over the first block; how much that is
    off the mean over all is put right at the end. As each block is a good part of the pixels,
    little is lost by that subtraction (under log10 of the number of blocks in digits). BLAS's own
    threads go to blocks, one each, since centring would else wait for one of them; the sum does
    not depend on their number.

    Parameters
    ----------
    maps : ndarray of float, shape (maps, height, width)

    Returns
    -------
    products : ndarray of float64, shape (maps, maps)
        Exactly 0 with a constant map, NaN with one that is not finite.
    constant, undefined : ndarray of bool, shape (maps,)
    """
    flat = maps.reshape(len(maps), -1)
    count, pixels = flat.shape
    level = np.empty((count, 1))
    kept = threading.local()

    def multiply(start: int) -> np.ndarray:
        if not hasattr(kept, "block"):
            # The row of ones turns the product of a block with itself into its sums too.
            kept.block = np.ones((count + 1, min(BLOCK, pixels)))
        part = flat[:, start : start + BLOCK]
        block = kept.block[:, : part.shape[1]]
        with np.errstate(invalid="ignore", over="ignore"):
            block[:count] = part
            block[:count] -= level
            return block @ block.T

    blas = _blas()
    threads = max((library["num_threads"] for library in blas.info()), default=1)
    products = np.zeros((count + 1, count + 1))
    with np.errstate(invalid="ignore", over="ignore"):
        flat[:, :BLOCK].mean(axis=1, dtype=np.float64, out=level[:, 0])
        with blas.limit(limits=1), ThreadPoolExecutor(threads) as pool:
            starts = range(0, pixels, BLOCK)
            # A thread for one block would take longer than the block.
            for product in (pool.map if len(starts) > 1 else map)(multiply, starts):
                products += product
        sums = products[count, :count]
        centred = products[:count, :count] - np.outer(sums, sums) / pixels
    spread = centred.diagonal()
    undefined = ~np.isfinite(spread)
    constant = np.zeros(count, dtype=bool)
    for position in np.flatnonzero(~undefined & (spread <= pixels * (FLAT * level[:, 0]) ** 2)):
        constant[position] = (flat[position] == flat[position, 0]).all()
    centred[constant] = 0
    centred[:, constant] = 0
    centred[undefined] = np.nan
    centred[:, undefined] = np.nan
    return centred, constant, undefined


@cache
def _blas() -> ThreadpoolController:
    """Return the BLAS of this process; to find it takes as long as the ZNCC of small maps."""
    return ThreadpoolController().select(user_api="blas")


def split_half(
    maps: np.ndarray, generator: np.random.Generator, max_splits: int = 200
) -> SplitHalf:
    """Correlate means over one half of the trials with means over the other.

    No trial is on both sides, so that noise of single trials is not taken for likeness, and every
    entry is made of the same numbers of trials. All splits follow from the products of all single
    maps, made once.

    Parameters
    ----------
    maps : ndarray of float, shape (trials, patterns, height, width)
        NaN where a pattern has no such trial.
    generator : numpy.random.Generator
        Draws the splits where there are more than `max_splits`, else all are taken.
    max_splits : int

    Returns
    -------
    SplitHalf
        NaN everywhere with a single trial, which has no halves.
    """
    trials, patterns = maps.shape[:2]
    halves = _halves(trials, generator, max_splits)
    flat = maps.reshape(-1, *maps.shape[2:])
    products, constant, undefined = centred_products(flat)
    products[undefined] = 0
    products[:, undefined] = 0
    # Sums in place of means: their ZNCC is the same.
    between = products.reshape(2 * (trials, patterns))
    total, defined = np.zeros((2, patterns, patterns))
    for half in halves:
        mixed = between[half][:, :, ~half].sum(axis=(0, 2))
        squares = [np.einsum("tpup->p", between[side][:, :, side]) for side in (half, ~half)]
        each = normalised(mixed, *squares)
        each = (each + each.T) / 2
        defined += np.isfinite(each)
        total += np.where(np.isfinite(each), each, 0)
    matrix = np.divide(total, defined, out=np.full_like(total, np.nan), where=defined > 0)
    reliability = np.where(matrix.diagonal() > 0, matrix.diagonal(), np.nan)
    ceiling = np.sqrt(np.outer(reliability, reliability))
    return SplitHalf(matrix, ceiling, len(halves), int((constant | undefined).sum()))


def _halves(trials: int, generator: np.random.Generator, max_splits: int) -> np.ndarray:
    """Trials of one side of each split, shape (splits, trials); no split twice."""
    if trials < 2:
        return np.zeros((0, trials), dtype=bool)
    small = trials // 2
    # Of two equal halves, that with the first trial stands for both.
    first = [0] if 2 * small == trials else []
    rest = range(len(first), trials)
    if comb(len(rest), small - len(first)) <= max_splits:
        chosen = {(*first, *more) for more in combinations(rest, small - len(first))}
    else:
        chosen = set()
        while len(chosen) < max_splits:
            more = generator.choice(np.asarray(rest), small - len(first), replace=False)
            chosen.add((*first, *sorted(more.tolist())))
    halves = np.zeros((len(chosen), trials), dtype=bool)
    for half, picked in zip(halves, sorted(chosen), strict=True):
        half[list(picked)] = True
    return halves


def normalised(products: np.ndarray, squares: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Products by the norms of rows and columns, in [-1, 1]; NaN where a norm is 0 or NaN.

    `squares` and `others` are the squared norms of rows and columns.
    """
    sizes = np.sqrt(np.outer(np.maximum(squares, 0), np.maximum(others, 0)))
    made = np.divide(products, sizes, out=np.full_like(products, np.nan), where=sizes > 0)
    return np.clip(made, -1, 1, out=made)
