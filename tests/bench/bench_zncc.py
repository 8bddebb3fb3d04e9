"""ZNCC of all pairs of maps, against one matrix product, ``numpy.corrcoef`` and a loop over pairs.

Run as ``python -m tests.bench.bench_zncc``. The product is that of the maps, in double precision
already, with themselves, which is the least that all pairs cost; ours begins with single precision,
as maps are stored, and centres and scales. The loop does some of the pairs, and its time is scaled
up. Last, two sessions are compared by exchanging recordings: from products of trials made once,
against the mean maps made anew for every exchange.
"""

import sys
from functools import partial

import numpy as np

from neuroloop.calcium.trace_similarity import averaging
from neuroloop.calcium.trial_products import TrialProducts
from neuroloop.calcium.zncc import zncc
from neuroloop.jobs.job import numeric_threads
from tests.bench.measured import Bench, in_turn

SIZES = (50, 109, 218, 436)
#: Fewer pixels than a movie has, so that a row takes a second.
SIDE = 256
LOOPED, ROUNDS = 10, 5
TRIALS, EXCHANGES, TIMED = 5, 1000, 3
ALL, SESSIONS = "ZNCC of all pairs", "sessions compared by ZNCC"
PEERS = ("one product", "numpy.corrcoef", "pair by pair")
ANEW = "mean maps made anew"
MEASURES = (*((ALL, peer) for peer in PEERS), (SESSIONS, ANEW))


def pair_by_pair(maps: np.ndarray) -> np.ndarray:
    """The definition, in double precision."""
    matrix = np.empty((len(maps), len(maps)))
    for i, one in enumerate(maps):
        for j, other in enumerate(maps):
            a, b = (values - values.mean(dtype=np.float64) for values in (one, other))
            matrix[i, j] = (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())
    return matrix


def drawn(count: int, side: int = SIDE) -> np.ndarray:
    """Maps, mostly dark."""
    return np.random.default_rng(0).random((count, side, side), dtype=np.float32) ** 3


def all_pairs(bench: Bench, count: int) -> None:
    """Add the rows of one number of maps."""
    maps = drawn(count)
    flat = maps.reshape(count, -1).astype(np.float64)
    few = min(LOOPED, count)
    seconds, made = in_turn(
        {
            "ours": lambda: zncc(maps).matrix,
            "product": lambda: flat @ flat.T,
            "numpy.corrcoef": lambda: np.corrcoef(flat),
            "pair by pair": partial(pair_by_pair, maps[:few]),
        },
        ROUNDS,
    )
    for name in ("numpy.corrcoef", "pair by pair"):
        some = made["ours"][: len(made[name]), : len(made[name])]
        if not np.abs(some - made[name]).max() < 1e-12:
            raise AssertionError(f"ZNCC of {count} maps differs from {name}")
    bench.row(ALL, "one product", count, seconds["ours"], seconds["product"])
    bench.row(ALL, "numpy.corrcoef", count, seconds["ours"], seconds["numpy.corrcoef"])
    told = f"{few} maps of the peer's timed and scaled"
    looped = seconds["pair by pair"].scaled((count / few) ** 2)
    bench.row(ALL, "pair by pair", count, seconds["ours"], looped, note=told)


def sessions(bench: Bench, patterns: int) -> None:
    """Add the row of one number of patterns, each with some trials in both sessions."""
    maps = drawn(2 * TRIALS * patterns, SIDE // 4).reshape(2, TRIALS * patterns, -1)
    names = [f"p{number:03d}" for number in np.tile(np.arange(patterns), TRIALS)]
    weights = averaging(names, sorted(set(names)))
    swaps = np.random.default_rng(1).random((EXCHANGES, TRIALS)) < 0.5

    def exchanged(sides: np.ndarray, number: int) -> np.ndarray:
        rows = np.repeat(swaps[number], patterns)[:, None]
        return np.where(rows, sides[::-1], sides)

    def from_products() -> np.ndarray:
        products = TrialProducts.of(np.concatenate([maps[0], maps[1]]))
        units = np.stack(np.split(np.eye(len(products.products)), 2))
        return np.stack(
            [
                np.subtract(*(products.zncc(weights @ side) for side in exchanged(units, number)))
                for number in range(EXCHANGES // 10)
            ]
        )[:TIMED]

    def from_pixels() -> np.ndarray:
        return np.stack(
            [
                np.subtract(
                    *(zncc((weights @ side)[:, None]).matrix for side in exchanged(maps, number))
                )
                for number in range(TIMED)
            ]
        )

    works = {"ours": from_products, "pixels": from_pixels}
    seconds, made = in_turn(works, 5)
    if not np.abs(made["ours"] - made["pixels"]).max() < 1e-10:
        raise AssertionError(f"changes of {patterns} patterns differ from those of pixels")
    bench.row(
        SESSIONS,
        ANEW,
        patterns,
        seconds["ours"],
        seconds["pixels"].scaled(EXCHANGES / 10 / TIMED),
        note=f"{EXCHANGES // 10} exchanges; {TIMED} of the peer's timed and scaled",
    )


def main() -> int:
    """Measure all sizes; return 1 if a goal is missed."""
    bench = Bench("zncc", MEASURES)
    with numeric_threads(1):
        for count in SIZES:
            all_pairs(bench, count)
        for peer in PEERS:
            bench.growth(ALL, peer)
        for patterns in (10, 20, 40, 60):
            sessions(bench, patterns)
        bench.growth(SESSIONS, ANEW)
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
