"""Claims of calcium movies and their readers."""

from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd

from neuroloop.calcium.design import least_squares, stimulated_cells
from neuroloop.calcium.influence import estimate_influence
from neuroloop.calcium.routes import Responses, compare_coupling, compare_likeness
from neuroloop.calcium.sessions import Change, common_scale
from tests.calibrate.claim import Claim

CELLS = [f"c{number}" for number in range(1, 9)]
PATTERNS = ["none", *CELLS, *("+".join(pair) for pair in combinations(CELLS, 2))]
STIMULATED = stimulated_cells(PATTERNS, CELLS)
TABLE = pd.DataFrame(
    {"cell": CELLS, "row": np.arange(8) * 100.0, "column": 0.0, "radius": 5.0, "group": "g"}
)
OFF = ~np.eye(len(CELLS), dtype=bool)
#: Fewer than the workflow's 1,000, which say the same.
COUNTS = {"permutations": 199, "bootstraps": 199}


def draw_coupling(generator: np.random.Generator) -> np.ndarray:
    """Three of ten pairs are coupled, as strongly as 0.2 to 0.8 of a direct response."""
    drawn = generator.uniform(0.2, 0.8, OFF.shape)
    return np.where(OFF & (generator.random(OFF.shape) < 0.3), drawn, 0)


def session(
    generator: np.random.Generator,
    coupling: np.ndarray,
    recordings: int,
    gain: float,
    snr: float,
    trials: int,
    fatigue: float = 0.0,
) -> Responses:
    """Responses of trials whose recordings have a gain of their own for each cell.

    Each of `recordings` holds all patterns; if that is 0, each pattern is a recording.
    """
    clean = STIMULATED @ (np.eye(len(CELLS)) + coupling)
    whole = [(number, p) for number in range(recordings) for p in range(len(PATTERNS))]
    rows, values = [], []
    gains = np.exp(gain * generator.standard_normal((recordings or len(PATTERNS), len(CELLS))))
    for recording, pattern in whole or [(p, p) for p in range(len(PATTERNS))]:
        for trial in range(trials):
            drawn = clean[pattern] * gains[recording] * (1 - fatigue * trial)
            values.append(drawn + generator.standard_normal(len(CELLS)) / snr)
            rows.append((f"r{recording}", trial + 1, PATTERNS[pattern], "g"))
    columns = ["recording", "trial", "pattern", "group"]
    return Responses(np.array(values), pd.DataFrame(rows, columns=columns))


def unchanged(
    generator: np.random.Generator, route: str, recordings: int, gain: float, trials: int
) -> Change:
    """Two sessions of one coupling; the second has less SNR, and tires."""
    coupling = draw_coupling(generator)
    sides = [
        session(generator, coupling, recordings, gain, snr, trials, fatigue)
        for snr, fatigue in ((3.0, 0.0), (2.4, 0.1 if trials > 1 else 0.0))
    ]
    if route == "influence":
        return compare_coupling(*sides, TABLE, 10.0, generator, **COUNTS)
    scaled = [
        Responses(common_scale(side.responses, least_squares(_stimulated(side))), side.trials)
        for side in sides
    ]
    return compare_likeness(*scaled, route, generator, **COUNTS)


def _stimulated(side: Responses) -> np.ndarray:
    return stimulated_cells(side.trials["pattern"].tolist(), CELLS)


def p_of_change(
    generator: np.random.Generator,
    column: str,
    route: str,
    recordings: int,
    gain: float,
    trials: int,
) -> float | None:
    """p, or p of any change, of two sessions without one; None where it is refused."""
    p = unchanged(generator, route, recordings, gain, trials).panels.iloc[0][column]
    return float(p) if np.isfinite(p) else None


def interval_of_change(
    generator: np.random.Generator, route: str, recordings: int, gain: float, trials: int
) -> tuple[float, float, float]:
    """Interval of a change that is 0."""
    row = unchanged(generator, route, recordings, gain, trials).panels.iloc[0]
    return float(row["ci_low"]), float(row["ci_high"]), 0.0


def interval_of_coupling(
    generator: np.random.Generator, coupled: bool, trials: int
) -> tuple[float, float, float] | None:
    """Interval of one pair's coupling, drawn among those that are coupled or not."""
    coupling = draw_coupling(generator)
    seen = session(generator, coupling, 0, 0.0, 3.0, trials)
    patterns = seen.trials["pattern"].tolist()
    found = estimate_influence(seen.responses, patterns, TABLE, generator, n_boot=199)
    chosen = np.argwhere(OFF & ((coupling > 0) == coupled) & np.isfinite(found.ci_low))
    if not len(chosen):
        return None
    i, j = chosen[generator.integers(len(chosen))]
    return float(found.ci_low[i, j]), float(found.ci_high[i, j]), float(coupling[i, j])


#: Recordings a session (0: one for each pattern), spread of their gain, and trials.
WORLDS = [(0, 0.0, 5), (0, 0.2, 5), (0, 0.4, 5), (6, 0.3, 1), (8, 0.3, 1)]


def _world(recordings: int, gain: float, trials: int) -> str:
    held = f"{recordings} recordings hold all patterns" if recordings else "a recording a pattern"
    return f"no change; {held}, gain of a recording {100 * gain:.0f} %, {trials} trials"


CLAIMS = [
    *(
        Claim(
            f"{'any-' * (column == 'p_any')}change-{route}-{n or 37}-recordings-gain-{100 * g:.0f}",
            "test",
            partial(p_of_change, column=column, route=route, recordings=n, gain=g, trials=trials),
            _world(n, g, trials),
            "recordings",
            seconds=0.2,
        )
        for route in ("influence", "cosine")
        for column in ("p", "p_any")
        for n, g, trials in WORLDS
    ),
    *(
        Claim(
            f"interval-of-change-{route}-{n or 37}-recordings-gain-{100 * g:.0f}",
            "interval",
            partial(interval_of_change, route=route, recordings=n, gain=g, trials=trials),
            _world(n, g, trials),
            "recordings",
            seconds=0.2,
        )
        for route in ("influence", "cosine")
        for n, g, trials in [*WORLDS, (2, 0.3, 3), (3, 0.3, 2), (5, 0.3, 1)]
    ),
    *(
        Claim(
            f"interval-of-{'a' if coupled else 'no'}-coupling-{trials}-trials",
            "interval",
            partial(interval_of_coupling, coupled=coupled, trials=trials),
            f"a pair that is {'' if coupled else 'not '}coupled, {trials} trials a pattern",
            "trials",
            seconds=0.1,
        )
        for coupled in (True, False)
        for trials in (5, 10)
    ),
]
