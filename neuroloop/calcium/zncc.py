"""How alike maps are: zero-mean normalised cross-correlation of all pairs.

ZNCC is Pearson's correlation over pixels. It grows with all that maps share (borders, smoothness,
the cells of a pattern) and with the number of maps averaged, so that matrices of unlike data
cannot be compared by it alone: split halves and the noise ceiling stand beside it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
from threadpoolctl import ThreadpoolController

#: Pixels that are centred and multiplied at a time, and maps of a tile of the result.
BLOCK, TILE = 8192, 1024
#: Values by which rows of a block are apart beyond their length: rows a power of two apart would
#: fall on one place of a CPU's cache (measured: a quarter of the time).
APART = 8
#: Maps that are centred at a time, and stay in a CPU's cache for it.
CENTRED = 8
#: Products of blocks that wait to be added, for each thread.
AHEAD = 2
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


def zncc(maps: np.ndarray, out: np.ndarray | None = None) -> Zncc:
    """Correlate every two maps over their pixels.

    ``sum (A - mean A)(B - mean B) / sqrt(sum (A - mean A)^2 sum (B - mean B)^2)``, in double
    precision, from the products of all maps. Beyond maps and matrix it takes memory that does not
    grow with their number or size.

    Parameters
    ----------
    maps : ndarray of float, shape (maps, height, width)
        May be memory-mapped.
    out : ndarray of float64, shape (maps, maps), optional
        Where the matrix is written, e.g. `numpy.lib.format.open_memmap` of one larger than memory.

    Returns
    -------
    Zncc
    """
    products, constant, undefined = centred_products(maps, out)
    squares = products.diagonal().copy()
    return Zncc(normalised(products, squares, squares, out=products), constant, undefined)


def centred_products(
    maps: np.ndarray, out: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums over pixels of (A - mean A)(B - mean B) for every two maps.

    Pixels are taken block by block, less each map's mean over the first block; how much that is
    off the mean over all is put right at the end. As each block is a good part of the pixels,
    little is lost by that subtraction (under log10 of the number of blocks in digits). The result
    is made tile by tile, each once and mirrored, so that all else is as large as a block. BLAS's
    own threads go to blocks, one each, since centring would else wait for one of them; the sum does
    not depend on their number.

    Parameters
    ----------
    maps : ndarray of float, shape (maps, height, width)
    out : ndarray of float64, shape (maps, maps), optional
        Where the products are written.

    Returns
    -------
    products : ndarray of float64, shape (maps, maps)
        Exactly 0 with a constant map, NaN with one that is not finite.
    constant, undefined : ndarray of bool, shape (maps,)
    """
    flat = maps.reshape(len(maps), -1)
    count, pixels = flat.shape
    products = np.empty((count, count)) if out is None else out
    level, sums = np.empty((2, count))
    blas = _blas()
    threads = max((library["num_threads"] for library in blas.info()), default=1)
    with (
        np.errstate(invalid="ignore", over="ignore"),
        blas.limit(limits=1),
        ThreadPoolExecutor(threads) as pool,
    ):
        multiplier = _Multiplier(flat, level, pool, threads)
        for first in range(0, count, TILE):
            rows = slice(first, min(first + TILE, count))
            flat[rows, :BLOCK].mean(axis=1, dtype=np.float64, out=level[rows])
            whole = multiplier.square(rows)
            sums[rows] = whole[-1, :-1]
            whole[:-1, :-1] -= np.outer(sums[rows], sums[rows]) / pixels
            products[rows, rows] = whole[:-1, :-1]
            for start in range(0, first, TILE):
                columns = slice(start, start + TILE)
                tile = multiplier.product(rows, columns)
                tile -= np.outer(sums[rows], sums[columns]) / pixels
                products[rows, columns] = tile
                products[columns, rows] = tile.T
    spread = products.diagonal()
    undefined = ~np.isfinite(spread)
    constant = np.zeros(count, dtype=bool)
    for position in np.flatnonzero(~undefined & (spread <= pixels * (FLAT * level) ** 2)):
        constant[position] = (flat[position] == flat[position, 0]).all()
    for some, value in ((constant, 0.0), (undefined, np.nan)):
        products[some] = value
        products[:, some] = value
    return products, constant, undefined


class _Multiplier:
    """Products of maps less their level, over all pixels, a block of pixels at a time."""

    def __init__(
        self, flat: np.ndarray, level: np.ndarray, pool: ThreadPoolExecutor, threads: int
    ) -> None:
        self._flat, self._level, self._pool, self._threads = flat, level, pool, threads
        self._starts = range(0, flat.shape[1], BLOCK)
        self._kept = threading.local()

    def square(self, rows: slice) -> np.ndarray:
        """Product of maps with themselves; a row of ones behind them adds their sums."""

        def multiply(start: int) -> np.ndarray:
            block = self._block(0, rows, start, ones=1)
            return block @ block.T

        return self._summed(multiply)

    def product(self, rows: slice, columns: slice) -> np.ndarray:
        """Product of maps with others."""

        def multiply(start: int) -> np.ndarray:
            return self._block(0, rows, start) @ self._block(1, columns, start).T

        return self._summed(multiply)

    def _block(self, side: int, rows: slice, start: int, ones: int = 0) -> np.ndarray:
        """Values of some maps less their level, in this thread's own memory."""
        part, level = self._flat[rows, start : start + BLOCK], self._level[rows, None]
        sides = self._kept.__dict__.setdefault("sides", {})
        if side not in sides:
            most, pixels = min(TILE, len(self._flat)) + 1, min(BLOCK, self._flat.shape[1])
            sides[side] = np.empty((most, pixels + APART))
        block: np.ndarray = sides[side][: len(part) + ones, : part.shape[1]]
        with np.errstate(invalid="ignore", over="ignore"):
            for first in range(0, len(part), CENTRED):
                some = slice(first, min(first + CENTRED, len(part)))
                block[some] = part[some]
                block[some] -= level[some]
        block[len(part) :] = 1
        return block

    def _summed(self, multiply: Callable[[int], np.ndarray]) -> np.ndarray:
        """Sum over blocks, in their order."""
        # A thread for one block would take longer than the block.
        apply = self._pool.map if self._threads > 1 and len(self._starts) > 1 else map
        total, step = None, AHEAD * self._threads
        for first in range(0, len(self._starts), step):
            for product in apply(multiply, self._starts[first : first + step]):
                total = product if total is None else np.add(total, product, out=total)
        assert total is not None
        return total


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


def normalised(
    products: np.ndarray, squares: np.ndarray, others: np.ndarray, out: np.ndarray | None = None
) -> np.ndarray:
    """Products by the norms of rows and columns, in [-1, 1]; NaN where a norm is 0 or NaN.

    Parameters
    ----------
    products : ndarray, shape (rows, columns)
    squares, others : ndarray, shape (rows,), (columns,)
        Squared norms of rows and columns.
    out : ndarray, shape (rows, columns), optional
        Where the result is written; `products` itself may be.
    """
    made = np.empty_like(products) if out is None else out
    squares, others = np.maximum(squares, 0), np.maximum(others, 0)
    step = max(1, BLOCK * CENTRED // max(1, len(others)))
    for start in range(0, len(products), step):
        some = slice(start, start + step)
        sizes = np.sqrt(np.outer(squares[some], others))
        sizes[~(sizes > 0)] = np.nan
        np.divide(products[some], sizes, out=made[some])
        np.clip(made[some], -1, 1, out=made[some])
    return made
