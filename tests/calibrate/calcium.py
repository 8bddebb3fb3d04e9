"""Claims of calcium movies and their readers."""

from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.beside_untrained import (
    OfNetworks,
    certainty,
    changes_beside,
    coupling_beside,
    evidence_each,
    size,
)
from neuroloop.calcium.coupling import TrialEvidence, trial_evidence
from neuroloop.calcium.coupling_routes import pair_q
from neuroloop.calcium.design import least_squares, stimulated_cells
from neuroloop.calcium.influence import estimate_influence
from neuroloop.calcium.reading_metrics import reading_metrics
from neuroloop.calcium.routes import Responses, compare_coupling, compare_likeness
from neuroloop.calcium.sessions import Change, common_scale
from neuroloop.calcium.zncc_nulls import PERMUTED, UNTRAINED, null_table
from tests.calibrate.claim import Claim

CELLS = [f"c{number}" for number in range(1, 9)]
PATTERNS = ["none", *CELLS, *("+".join(pair) for pair in combinations(CELLS, 2))]
STIMULATED = stimulated_cells(PATTERNS, CELLS)
TABLE = pd.DataFrame(
    {"cell": CELLS, "row": np.arange(8) * 100.0, "column": 0.0, "radius": 5.0, "group": "g"}
)
OFF = ~np.eye(len(CELLS), dtype=bool)
#: A p takes no interval, and needs fewer exchanges than the workflow's 1,000.
FOR_P: dict[str, Any] = {"permutations": 199, "intervals": False}
FOR_INTERVAL: dict[str, Any] = {"permutations": 0, "intervals": True}


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
    generator: np.random.Generator,
    route: str,
    recordings: int,
    gain: float,
    trials: int,
    counts: dict[str, int],
) -> Change:
    """Two sessions of one coupling; the second has less SNR, and tires."""
    coupling = draw_coupling(generator)
    sides = [
        session(generator, coupling, recordings, gain, snr, trials, fatigue)
        for snr, fatigue in ((3.0, 0.0), (2.4, 0.1 if trials > 1 else 0.0))
    ]
    if route == "influence":
        return compare_coupling(*sides, TABLE, 10.0, generator, **counts)
    scaled = [
        Responses(common_scale(side.responses, least_squares(_stimulated(side))), side.trials)
        for side in sides
    ]
    return compare_likeness(*scaled, route, generator, **counts)


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
    p = unchanged(generator, route, recordings, gain, trials, FOR_P).panels.iloc[0][column]
    return float(p) if np.isfinite(p) else None


def interval_of_change(
    generator: np.random.Generator, route: str, recordings: int, gain: float, trials: int
) -> tuple[float, float, float]:
    """Interval of a change that is 0."""
    row = unchanged(generator, route, recordings, gain, trials, FOR_INTERVAL).panels.iloc[0]
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


def reading(generator: np.random.Generator, right: np.ndarray, frames: int) -> pd.Series:
    """Recall of single cells by two networks, of trials each with its own chance of being right.

    What is named in place of the cell is one output in the whole trial, and some are liked best.
    """
    cell = np.tile(np.arange(len(CELLS)), len(right) // len(CELLS))
    liked = generator.dirichlet(np.ones(len(CELLS) + 1))
    wrong = generator.choice(len(liked), len(cell), p=liked)
    hit = generator.random((2, frames, len(cell))) < right
    named = np.where(hit, cell, np.where(wrong == cell, (wrong + 1) % len(liked), wrong))
    logits = np.eye(len(liked))[named.reshape(2, -1)]
    targets = np.tile(np.eye(len(liked), dtype=bool)[cell], (frames, 1))
    trials = np.tile(np.arange(len(cell)).astype(str), frames)
    table = reading_metrics(logits, targets, trials).set_index(["subset", "measure"])
    return table.loc["stimulated", "recall"]


def interval_of_reading(
    generator: np.random.Generator, share: float, trials: int
) -> tuple[float, float, float]:
    """Interval of the reading accuracy; trials correlate by 0.25."""
    right = generator.beta(3 * share, 3 * (1 - share), size=8 * trials)
    row = reading(generator, right, frames=5)
    return float(row["ci_low"]), float(row["ci_high"]), share


def p_of_reading(generator: np.random.Generator, trials: int) -> float:
    """p of networks that name one output a trial, whatever was stimulated."""
    cell = np.tile(np.arange(len(CELLS)), trials)
    liked = generator.dirichlet(np.ones(len(CELLS) + 1))
    named = generator.choice(len(liked), len(cell), p=liked)
    logits = np.repeat(np.eye(len(liked))[named], 5, axis=0)[None]
    targets = np.repeat(np.eye(len(liked), dtype=bool)[cell], 5, axis=0)
    table = reading_metrics(logits, targets, np.repeat(np.arange(len(cell)).astype(str), 5))
    return float(table.set_index(["subset", "measure"]).loc[("stimulated", "recall"), "p"])


def p_of_zncc(generator: np.random.Generator, null: str, statistic: str) -> float:
    """p of smooth maps that all share borders, of networks that are no other than untrained ones.

    Labels mean nothing.
    """
    patterns = PATTERNS[1:]

    def networks(count: int) -> np.ndarray:
        drawn = generator.standard_normal((count, 2, len(patterns), 8, 8))
        drawn += generator.standard_normal((count, 1, len(patterns), 8, 8))  # the pattern's own
        drawn += generator.standard_normal((count, 1, 1, 8, 8))  # the network's borders
        return drawn

    groups = ["g"] * len(patterns)
    table = null_table(networks(1), networks(39), patterns, groups, generator, permutations=199)
    row = table[(table["null"] == null) & (table["statistic"] == statistic)].iloc[0]
    return float(row["p"])


#: Cells of the worlds with many networks, and their patterns: fewer, as each network costs as much.
FEW = CELLS[:4]
FEW_PATTERNS = [name for name in PATTERNS if name == "none" or set(name.split("+")) <= set(FEW)]
FEW_TABLE = TABLE.iloc[: len(FEW)]

#: Course of evidence over the frames of a trial, two before the onset and three after it.
COURSE = np.array([0.0, 0.0, 1.0, 0.8, 0.6])


def evidence_of(
    generator: np.random.Generator, seen: Responses, networks: int, noise: float
) -> tuple[np.ndarray, pd.DataFrame]:
    """Evidence in each frame of trials, by networks with gains and levels of their own.

    Half of the noise is in the frames, and so in what every network says of them.
    """
    offsets = np.arange(len(COURSE)) - 2
    rows = seen.trials.loc[seen.trials.index.repeat(len(COURSE))].reset_index(names="trial_row")
    rows["offset"] = np.tile(offsets, len(seen.trials))
    signal = (seen.responses[:, None] * COURSE[:, None]).reshape(-1, len(FEW))
    own, shared = (
        generator.standard_normal((count, *signal.shape)) * noise / np.sqrt(2)
        for count in (networks, 1)
    )
    gain = np.exp(0.5 * generator.standard_normal((networks, 1, len(FEW))))
    level = generator.standard_normal((networks, 1, len(FEW)))
    return level + gain * (signal + shared + own), rows


def trials_of(
    generator: np.random.Generator, coupling: np.ndarray, recordings: int, gain: float, trials: int
) -> Responses:
    """Responses of few cells, without noise beside their recording's gain: frames add theirs."""
    seen = session(generator, coupling, recordings, gain, np.inf, trials)
    kept = seen.trials["pattern"].isin(FEW_PATTERNS).to_numpy()
    return Responses(seen.responses[kept, : len(FEW)], seen.trials[kept].reset_index(drop=True))


def _few_stimulated(seen: Responses) -> np.ndarray:
    return stimulated_cells(seen.trials["pattern"].tolist(), FEW)


def maps_unchanged(
    generator: np.random.Generator,
    recordings: int,
    gain: float,
    trials: int,
    counts: dict[str, int],
) -> Change:
    """Two sessions of one coupling, each read by two networks of its own; the second is noisier."""
    coupling = draw_coupling(generator)
    sides = []
    for noise in (0.5, 0.6):
        seen = trials_of(generator, coupling, recordings, gain, trials)
        evidence, rows = evidence_of(generator, seen, 2, noise)
        one = np.zeros(len(rows), dtype=int)
        sides.append(trial_evidence(evidence, rows, _few_stimulated(seen), one))
    return compare_coupling(*sides, FEW_TABLE, 10.0, generator, **counts)


def p_of_maps(
    generator: np.random.Generator, column: str, recordings: int, gain: float, trials: int
) -> float | None:
    """p, or p of any change, of a change by maps that is none."""
    p = maps_unchanged(generator, recordings, gain, trials, FOR_P).panels.iloc[0][column]
    return float(p) if np.isfinite(p) else None


def interval_of_maps(
    generator: np.random.Generator, recordings: int, gain: float, trials: int
) -> tuple[float, float, float]:
    """Interval of a change by maps that is 0."""
    row = maps_unchanged(generator, recordings, gain, trials, FOR_INTERVAL).panels.iloc[0]
    return float(row["ci_low"]), float(row["ci_high"]), 0.0


def _networks_like_untrained(
    generator: np.random.Generator, seen: Responses
) -> OfNetworks[TrialEvidence | None]:
    """Evidence by a trained network that is no other than 19 untrained ones, beside theirs."""
    evidence, rows = evidence_of(generator, seen, 20, 1.5)
    one, gains = np.zeros(len(rows), dtype=int), np.ones(len(rows))
    each = evidence_each(evidence, rows, _few_stimulated(seen), one, gains)
    return OfNetworks(each[:1], each[1:])


def p_of_pairs_untrained(generator: np.random.Generator) -> float:
    """p of the pairs above 0 that a network which learned nothing tells."""
    seen = trials_of(generator, draw_coupling(generator), 3, 0.0, 1)
    networks, seed = _networks_like_untrained(generator, seen), int(generator.integers(2**31))
    patterns = seen.trials["pattern"].tolist()
    found = coupling_beside(*networks, patterns, FEW_TABLE, 10.0, 39, seed)
    return float(found["p_untrained"])


def p_of_change_untrained(generator: np.random.Generator) -> float:
    """p of a change, which there is, by networks of two sessions that learned nothing."""
    coupling = draw_coupling(generator)
    before, after = (
        _networks_like_untrained(generator, trials_of(generator, strength * coupling, 4, 0.3, 1))
        for strength in (1.0, 1.3)
    )

    def compare(first: TrialEvidence, second: TrialEvidence) -> Change:
        return compare_coupling(first, second, FEW_TABLE, 10.0, generator, permutations=0)

    found = changes_beside(compare, before, after, certainty)
    return float(found[0]["p_untrained"]) if found else 1.0  # nothing told, nothing found


def maps_of(
    generator: np.random.Generator, scenes: np.ndarray, patterns: list[str], recordings: int
) -> Responses:
    """Pixels of maps in trials: scenes of patterns, what a recording's share, and noise."""
    shared = 0.5 * generator.standard_normal((recordings, 1, scenes.shape[-1]))
    drawn = scenes + shared + generator.standard_normal((recordings, *scenes.shape))
    rows = [(f"r{r}", 1, pattern, "g") for r in range(recordings) for pattern in patterns]
    trials = pd.DataFrame(rows, columns=["recording", "trial", "pattern", "group"])
    return Responses(drawn.reshape(-1, scenes.shape[-1]), trials)


def zncc_unchanged(generator: np.random.Generator, counts: dict[str, int]) -> Change:
    """Two sessions of one scene in the maps of one network, which are as noisy in both."""
    scenes = 2 * generator.standard_normal((len(FEW_PATTERNS) - 1, 64))
    sides = [maps_of(generator, scenes, FEW_PATTERNS[1:], 8) for _ in range(2)]
    return compare_likeness(*sides, "zncc", generator, shape=(8, 8), **counts)


def p_of_zncc_change(generator: np.random.Generator) -> float:
    """p of a change of ZNCC by one network that reads both sessions."""
    return float(zncc_unchanged(generator, FOR_P).panels.iloc[0]["p"])


def interval_of_zncc_change(generator: np.random.Generator) -> tuple[float, float, float]:
    """Interval of a change of ZNCC that is 0."""
    row = zncc_unchanged(generator, FOR_INTERVAL).panels.iloc[0]
    return float(row["ci_low"]), float(row["ci_high"]), 0.0


def p_of_zncc_change_untrained(generator: np.random.Generator) -> float:
    """p of a change of ZNCC by networks of two sessions that are no other than untrained ones."""

    def networks() -> OfNetworks[Responses]:
        made = []
        for _ in range(20):
            seams = generator.exponential() * generator.standard_normal(64)
            scenes = seams + generator.standard_normal((len(FEW_PATTERNS) - 1, 64))
            made.append(maps_of(generator, scenes, FEW_PATTERNS[1:], 1))
        return OfNetworks(made[:1], made[1:])

    def compare(first: Responses, second: Responses) -> Change:
        counts: dict[str, Any] = {"permutations": 0, "intervals": False}
        return compare_likeness(first, second, "zncc", generator, shape=(8, 8), **counts)

    (found,) = changes_beside(compare, networks(), networks(), size)
    return float(found["p_untrained"])


def any_false_pair(generator: np.random.Generator, trials: int) -> float:
    """Least corrected p over all pairs of cells of which none is coupled."""
    nothing = np.zeros(OFF.shape)
    seen = session(generator, nothing, 0, 0.0, 3.0, trials)
    patterns = seen.trials["pattern"].tolist()
    found = estimate_influence(seen.responses, patterns, TABLE, generator, n_boot=99)
    return float(np.nanmin(pair_q(found)))


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
            seconds=0.11 if route == "cosine" else 0.035,
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
            seconds=0.045 if route == "influence" else 0.1 if n else 0.2,
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
            seconds=0.03,
        )
        for coupled in (True, False)
        for trials in (5, 10)
    ),
    *(
        Claim(
            f"interval-of-reading-at-{100 * share:.0f}-of-{8 * trials}-trials",
            "interval",
            partial(interval_of_reading, share=share, trials=trials),
            f"{8 * trials} trials of five frames, which correlate; {100 * share:.0f} % are right",
            "trials",
            studies=2000,
            seconds=0.05,
        )
        for share, trials in ((0.5, 5), (0.5, 10), (0.13, 10))
    ),
    Claim(
        "reading-of-40-trials",
        "test",
        partial(p_of_reading, trials=5),
        "a network names one output in all frames of a trial, whatever was stimulated",
        "trials",
        studies=500,
        seconds=0.05,
    ),
    *(
        Claim(
            f"zncc-{statistic.replace('_', '-')}-against-{null.replace(' ', '-')}",
            "test",
            partial(p_of_zncc, null=null, statistic=statistic),
            "maps of 36 patterns whose labels mean nothing, networks no other than untrained ones",
            unit,
            seconds=0.03,
        )
        for null, statistic, unit in [
            (PERMUTED, "sharing_excess", "patterns"),
            (UNTRAINED, "sharing_excess", "networks"),
            (UNTRAINED, "sum", "networks"),
        ]
    ),
    *(
        Claim(
            f"{'any-' * (column == 'p_any')}change-maps-{n or 37}-recordings-gain-{100 * g:.0f}",
            "test",
            partial(p_of_maps, column=column, recordings=n, gain=g, trials=trials),
            f"evidence in maps of two networks a session; {_world(n, g, trials)}",
            "recordings",
            seconds=0.04,
        )
        for column in ("p", "p_any")
        for n, g, trials in [(8, 0.3, 1)]
    ),
    *(
        Claim(
            f"interval-of-change-maps-{n or 37}-recordings-gain-{100 * g:.0f}",
            "interval",
            partial(interval_of_maps, recordings=n, gain=g, trials=trials),
            f"evidence in maps of two networks a session; {_world(n, g, trials)}",
            "recordings",
            seconds=0.04,
        )
        for n, g, trials in [(8, 0.3, 1)]
    ),
    Claim(
        "maps-pairs-against-untrained",
        "test",
        p_of_pairs_untrained,
        "coupled cells, told from evidence of a network that is no other than 19 untrained ones",
        "networks",
        seconds=0.09,
    ),
    Claim(
        "change-maps-against-untrained",
        "test",
        p_of_change_untrained,
        "couplings grow by 0.3; networks of both sessions are no other than 19 untrained ones",
        "networks",
        seconds=0.2,
    ),
    Claim(
        "change-zncc-of-one-network",
        "test",
        p_of_zncc_change,
        "no change; maps of one network in two sessions of 8 recordings that are as noisy",
        "recordings",
        seconds=0.08,
    ),
    Claim(
        "interval-of-change-zncc-of-one-network",
        "interval",
        interval_of_zncc_change,
        "no change; maps of one network in two sessions of 8 recordings that are as noisy",
        "recordings",
        seconds=0.025,
    ),
    Claim(
        "change-zncc-against-untrained",
        "test",
        p_of_zncc_change_untrained,
        "maps of networks of both sessions that are no other than 19 untrained ones",
        "networks",
        seconds=0.3,
    ),
    *(
        Claim(
            f"any-false-pair-of-{trials}-trials",
            "test",
            partial(any_false_pair, trials=trials),
            f"least q of 56 pairs of cells, none coupled, {trials} trials a pattern",
            "trials",
            seconds=0.015,
        )
        for trials in (5,)
    ),
]
