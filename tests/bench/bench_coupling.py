"""Two sessions compared by likeness, and an influence matrix with intervals, against plain NumPy.

Run as ``python -m tests.bench.bench_coupling``. Likeness: the mean responses of patterns are
compared within each of two sessions, and recordings are exchanged between the sessions; the peer
calls ``numpy.corrcoef`` on the means of each exchange, ours also takes noise out of the norms.
Influence: the peer resamples trials within patterns and solves by ``numpy.linalg.lstsq``, ours does
the same with p and all reasons why an entry is not there. The peers do some of the exchanges and
resamples, and their time is scaled.
"""

import sys
from functools import partial

import numpy as np
import pandas as pd

from neuroloop.calcium.influence import estimate_influence
from neuroloop.calcium.routes import Responses, compare_likeness
from neuroloop.jobs.job import numeric_threads
from tests.bench.measured import Bench, in_turn

#: Cells of a session; its patterns are all of one or two of them.
SIZES = (4, 8, 12, 16)
RECORDINGS, EXCHANGES, RESAMPLES, TIMED, ROUNDS = 6, 1000, 1000, 20, 5
LIKENESS, INFLUENCE = "sessions compared by cosine", "influence matrix with intervals"
MEASURES = ((LIKENESS, "numpy.corrcoef"), (INFLUENCE, "numpy.linalg.lstsq"))


def session(cells: int, seed: int) -> tuple[np.ndarray, np.ndarray, Responses]:
    """Pattern of each trial as a number and as its cells, and the trials' responses."""
    alone = np.eye(cells, dtype=bool)
    pairs = [alone[i] | alone[j] for i in range(cells) for j in range(i)]
    stimulated = np.concatenate([alone, pairs] if pairs else [alone])
    names = ["+".join(f"c{cell:02d}" for cell in np.flatnonzero(row)) for row in stimulated]
    number = np.tile(np.arange(len(names)), RECORDINGS)
    generator = np.random.default_rng(seed)
    coupling = np.eye(cells) + 0.1 * generator.random((cells, cells))
    noise = 0.3 * generator.standard_normal((len(number), cells))
    recording = np.repeat(np.arange(RECORDINGS), len(names))
    trials = pd.DataFrame(
        {
            "recording": [f"r{one}" for one in recording],
            "trial": 1,
            "pattern": [names[one] for one in number],
            "group": "g",
        }
    )
    return number, stimulated[number], Responses(stimulated[number] @ coupling + noise, trials)


def by_corrcoef(first: np.ndarray, second: np.ndarray, number: np.ndarray) -> list[np.ndarray]:
    """Changes of likeness of all patterns, one an exchange."""
    generator = np.random.default_rng(1)
    recording = np.repeat(np.arange(RECORDINGS), len(number) // RECORDINGS)
    patterns, made = np.unique(number), []
    for _ in range(TIMED):
        swapped = (generator.random(RECORDINGS) < 0.5)[recording][:, None]
        sides = np.where(swapped, second, first), np.where(swapped, first, second)
        means = [np.stack([side[number == one].mean(axis=0) for one in patterns]) for side in sides]
        made.append(np.corrcoef(means[1]) - np.corrcoef(means[0]))
    return made


def by_lstsq(responses: np.ndarray, stimulated: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Influence matrices of resampled trials, shape (resamples, cells, cells)."""
    generator = np.random.default_rng(1)
    of_pattern = [np.flatnonzero(number == one) for one in np.unique(number)]
    made = []
    for _ in range(TIMED):
        rows = np.concatenate([generator.choice(rows, len(rows)) for rows in of_pattern])
        found = np.linalg.lstsq(stimulated[rows].astype(float), responses[rows])[0]
        made.append(found / np.diagonal(found))
    return np.stack(made)


def measure(bench: Bench, cells: int) -> None:
    """Add the rows of one number of cells."""
    number, stimulated, first = session(cells, 0)
    second = session(cells, 1)[2]
    places = np.arange(cells, dtype=float)
    table = pd.DataFrame(
        {
            "cell": [f"c{cell:02d}" for cell in range(cells)],
            "row": 20 * places,
            "column": 20 * places,
            "radius": 4.0,
            "group": "g",
        }
    )
    generator = np.random.default_rng
    seconds, _ = in_turn(
        {
            "likeness": lambda: compare_likeness(
                first, second, "cosine", generator(0), permutations=EXCHANGES, intervals=False
            ),
            "corrcoef": partial(by_corrcoef, first.responses, second.responses, number),
            "influence": lambda: estimate_influence(
                first.responses,
                first.trials["pattern"].tolist(),
                table,
                generator(0),
                n_boot=RESAMPLES,
            ),
            "lstsq": partial(by_lstsq, first.responses, stimulated, number),
        },
        ROUNDS,
    )
    for (what, peer), ours, theirs, count in (
        (MEASURES[0], "likeness", "corrcoef", EXCHANGES),
        (MEASURES[1], "influence", "lstsq", RESAMPLES),
    ):
        note = f"{len(number)} trials; {TIMED} of the peer's {count} timed and scaled"
        bench.row(
            what, peer, cells, seconds[ours], seconds[theirs].scaled(count / TIMED), note=note
        )


def main() -> int:
    """Print the rows."""
    bench = Bench("coupling", MEASURES)
    with numeric_threads(1):
        for cells in SIZES:
            measure(bench, cells)
    for one in MEASURES:
        bench.growth(*one)
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
