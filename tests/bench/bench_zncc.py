"""ZNCC of all pairs of 109 maps of 512 x 512, against one matrix product and a loop over pairs.

Run as ``python -m tests.bench.bench_zncc``. The product is that of the maps, in double precision
already, with themselves, which is the least that all pairs cost; ours begins with single precision,
as maps are stored, and centres and scales. The loop does some of the pairs, and its time is scaled
up. Rounds alternate in one process, so all see the same machine.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from neuroloop.calcium.zncc import zncc
from neuroloop.jobs.job import numeric_threads

THREADS = (1, 2)
MAPS, SIDE, LOOPED, ROUNDS = 109, 512, 20, 9
GOAL = 1.5


def pair_by_pair(maps: np.ndarray) -> np.ndarray:
    """The definition, in double precision."""
    matrix = np.empty((len(maps), len(maps)))
    for i, one in enumerate(maps):
        for j, other in enumerate(maps):
            a, b = (values - values.mean(dtype=np.float64) for values in (one, other))
            matrix[i, j] = (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())
    return matrix


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Seconds that `work` takes, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def compare(threads: int, maps: np.ndarray, flat: np.ndarray) -> tuple[float, float]:
    """Median seconds of ours and of one product, measured in turn."""
    fast, product = [], []
    with numeric_threads(threads):
        for number in range(ROUNDS + 1):
            ours, _ = timed(lambda: zncc(maps).matrix)
            once, _ = timed(lambda: flat @ flat.T)
            if number:  # the first round warms up
                fast.append(ours)
                product.append(once)
    return median(fast), median(product)


def main() -> int:
    """Print a row for each reference; return 1 if a goal is missed."""
    maps = np.random.default_rng(0).random((MAPS, SIDE, SIDE), dtype=np.float32) ** 3
    flat = maps.reshape(MAPS, -1).astype(np.float64)
    print(f"{'name':<50} {'ours':>9} {'reference':>10} {'ratio':>6} {'goal':>6}")
    missed, least = False, 1 / GOAL
    for threads in THREADS:
        fast, slow = compare(threads, maps, flat)
        missed |= slow / fast < least
        name = f"ZNCC of {MAPS} maps, one product, threads: {threads}"
        print(f"{name:<50} {fast:>7.3f} s {slow:>8.3f} s {slow / fast:>6.2f} {f'>={least:.2f}':>6}")
    with numeric_threads(1):
        fast, mine = timed(lambda: zncc(maps).matrix)
        slow, theirs = timed(lambda: pair_by_pair(maps[:LOOPED]))
    slow *= (MAPS / LOOPED) ** 2
    difference = float(np.abs(mine[:LOOPED, :LOOPED] - theirs).max())
    if not difference < 1e-12:
        raise AssertionError(f"ZNCC differs by {difference:.2g} from pair by pair")
    name = f"ZNCC of {MAPS} maps, pair by pair"
    print(f"{name:<50} {fast:>7.3f} s {slow:>8.3f} s {slow / fast:>6.2f} {'none':>6}")
    print(
        f"{SIDE} x {SIDE} pixels; pair by pair: {LOOPED} maps timed and scaled, differs by "
        f"{difference:.1g}"
    )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
