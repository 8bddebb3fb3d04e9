"""Whether the cells that were aimed at respond, recording by recording, or others in their place.

Where they do not, events may stand in the row of another recording: then each of two recordings
shows the response that the other one's events ask for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.triggered_average import Triggered

#: Probability that a session in which nothing is amiss is told of, by each of the statistics here
#: over all that it looks at.
FALSE = 0.01

#: Parts of a cell's usual response below which it is absent, and above which it is there.
ABSENT, THERE = 0.25, 0.6

#: Spread of a cell's response from recording to recording, relative to its usual one.
SPREAD = 0.3

#: Part of a recording's largest response by which targets respond more than others, and p below
#: which they do respond more.
MORE, SEEN = 0.5, 0.05

#: Things that a sentence names.
NAMED = 5


@dataclass(frozen=True, eq=False)
class UnitResponses:
    """Responses of all cells in each recording's trials of a pattern, a unit.

    Attributes
    ----------
    names : list of str, length units
        ``recording (pattern)``.
    recordings : list of str, length units
    targets, near : ndarray of bool, shape (units, cells)
        Cells that are aimed at, and others that their light may reach.
    mean, error : ndarray of float64, shape (units, cells)
        Over trials and stimulated frames, relative to the baseline, beyond the background.
    freedom : int
        Degrees of freedom of `error`, which is of all units in common.
    """

    names: list[str]
    recordings: list[str]
    targets: np.ndarray
    near: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    freedom: int

    @property
    def others(self) -> np.ndarray:
        """Cells that are no targets, and too far off for their light; shape of `targets`."""
        return np.logical_not(self.targets | self.near)

    @property
    def usual(self) -> np.ndarray:
        """Median response of each cell as a target; of all, where it is one in fewer than 3 units.

        Shape (cells,).
        """
        own = np.where(self.targets, self.mean, np.nan)
        every = float(np.nanmedian(own))
        enough = np.isfinite(own).sum(axis=0) > 2
        made = np.full(len(enough), every)
        made[enough] = np.nanmedian(own[:, enough], axis=0)
        return made


def unit_responses(triggered: Triggered, selection: Selection) -> UnitResponses:
    """Average the stimulated frames of a session's trials."""
    used = [at for at, kind in selection.kept_offsets.items() if kind == "stimulated"]
    kept = np.isin(triggered.offsets, used)
    response = triggered.beyond_background()[:, kept].mean(axis=1)
    shown = np.flatnonzero(triggered.stimulated.any(axis=1))
    keys: dict[tuple[str, str], list[int]] = {}
    for row in shown:
        one = triggered.trials.iloc[row]
        keys.setdefault((one["recording"], one["pattern"]), []).append(int(row))
    parts = [response[rows] for rows in keys.values()]
    spread = _spread(parts) if parts else np.zeros(0)
    shape = (len(keys), response.shape[1])
    return UnitResponses(
        [f"{recording} ({pattern})" for recording, pattern in keys],
        [recording for recording, _ in keys],
        np.array([triggered.stimulated[rows[0]] for rows in keys.values()]).reshape(shape),
        np.array([triggered.near[rows[0]] for rows in keys.values()]).reshape(shape),
        np.array([part.mean(axis=0) for part in parts]).reshape(shape),
        np.array([spread / np.sqrt(len(part)) for part in parts]).reshape(shape),
        sum(len(part) - 1 for part in parts),
    )


def doubtful_targets(found: UnitResponses, cells: Sequence[str]) -> list[str]:
    """Tell which targets do not respond where they are stimulated, and who does in their place.

    Parameters
    ----------
    found : UnitResponses
    cells : sequence of str
        Names.

    Returns
    -------
    list of str
        Sentences; empty if nothing is amiss, or too few trials tell.
    """
    if not np.isfinite(found.error[found.targets]).any():
        return []
    usual, others = found.usual, found.others
    if _no_more_than_others(found):
        own, foreign = (_percent(found.mean[which].mean()) for which in (found.targets, others))
        clear = special.stdtrit(found.freedom, 1 - FALSE / max(others.sum(), 1))
        instead = [
            f"in {found.names[unit]} {cells[cell]} does"
            for unit, cell in enumerate(np.where(others, found.mean, -np.inf).argmax(axis=1))
            if others[unit, cell] and found.mean[unit, cell] > clear * found.error[unit, cell]
        ]
        return [
            f"targets respond no more than other cells ({own} and {foreign} above their baseline): "
            "events, cells or onsets belong to other recordings, or the light misses"
            + f" ({_listed(instead)})"
            * bool(instead)
        ]
    pairs = exchanged(found)
    said = [
        f"events of {found.names[one]} and {found.names[two]} seem exchanged: targets respond by "
        f"{_percent(as_stated)}, and by {_percent(crossed)} where the other one's events are taken"
        for one, two, as_stated, crossed in pairs[:NAMED]
    ]
    if len(pairs) > NAMED:
        said.append(f"events of {len(pairs) - NAMED} more pairs of recordings seem exchanged")
    for cell in np.flatnonzero(_never_respond(found)).tolist():
        aimed = found.targets[:, cell]
        said.append(
            f"{cells[cell]} responds in none of {aimed.sum()} recordings in which it is stimulated "
            f"(by {_percent(found.mean[aimed, cell].mean())}, where {_percent(np.median(usual))} "
            "above baseline is usual): its place is wrong, or the light misses"
        )
    clear = special.stdtrit(found.freedom, 1 - FALSE / found.targets.sum())
    absent = found.targets & (found.mean < ABSENT * usual)
    absent &= found.mean + clear * found.error < THERE * usual
    absent[[unit for one, two, *_ in pairs for unit in (one, two)]] = False
    if absent.any():
        named = [
            f"{cells[cell]} in {found.names[unit]} by {_percent(found.mean[unit, cell])}"
            for unit, cell in np.argwhere(absent)
        ]
        said.append(
            f"{absent.sum()} of {found.targets.sum()} targets do not respond, where "
            f"{_percent(np.median(usual))} above baseline is usual: {_listed(named)}"
        )
    return said


def exchanged(found: UnitResponses) -> list[tuple[int, int, float, float]]:
    """Find pairs of recordings whose responses fit the other one's events far better.

    By the odds of what the cells did that are targets of one of the two: a target responds as
    usual, another cell does not. Where nothing is amiss, their logarithm is normal with a mean of
    minus half of its variance; p is corrected for all pairs.

    Returns
    -------
    list of (int, int, float, float)
        Two units, the mean response of their targets, and that of each other's; the clearest first.
    """
    usual = found.usual
    noise = found.error**2 + (SPREAD * usual) ** 2
    # Of a response far from what either foresees little is taken: it is evidence for neither.
    far = np.sort([-usual / 2, 1.5 * usual], axis=0)
    for_target = usual * (np.clip(found.mean, *far) - usual / 2) / noise
    variance = usual**2 / noise
    count = len(found.names)
    clear = -special.ndtri(FALSE / max(count * (count - 1) / 2, 1))
    odds = []
    for one, two in combinations(range(count), 2):
        first, second = found.targets[one], found.targets[two]
        apart = first ^ second
        if found.recordings[one] == found.recordings[two] or not apart.any():
            continue
        stated = for_target[one, first & apart].sum(), for_target[two, second & apart].sum()
        crossed = for_target[one, second & apart].sum(), for_target[two, first & apart].sum()
        gains = np.subtract(crossed, stated)
        spread = float(variance[[one, two]][:, apart].sum())
        if not (gains.min() > 0 and gains.sum() + spread / 2 > clear * np.sqrt(spread)):
            continue
        own = [found.mean[one, first & apart], found.mean[two, second & apart]]
        other = [found.mean[one, second & apart], found.mean[two, first & apart]]
        means = [float(np.concatenate(values).mean()) for values in (own, other)]
        # Cells that answer to the targets may respond as well as these: then nothing is exchanged.
        if means[0] < THERE * means[1]:
            odds.append((float(gains.sum()), one, two, means[0], means[1]))
    made: list[tuple[int, int, float, float]] = []
    taken: set[int] = set()
    for _, one, two, as_stated, as_crossed in sorted(odds, reverse=True):
        if not {one, two} & taken:
            made.append((one, two, as_stated, as_crossed))
            taken |= {one, two}
    return made


def _no_more_than_others(found: UnitResponses) -> bool:
    """Whether targets respond no more than others, and clearly less than half of what most does.

    By t tests over units. Either alone would tell of sound sessions: a few noisy recordings do not
    show that targets respond more, and the largest of many noisy responses is large.
    """
    units = found.others.any(axis=1)
    if units.sum() < 2:
        return False
    mean, targets, others = found.mean[units], found.targets[units], found.others[units]
    own = np.average(mean, axis=1, weights=targets)
    foreign = np.average(mean, axis=1, weights=others)
    more = own - foreign
    needed = MORE * np.maximum(mean.max(axis=1), 0)
    return not _clearly_below(-more, 0, SEEN) and _clearly_below(more - needed, 0, FALSE)


def _never_respond(found: UnitResponses) -> np.ndarray:
    """Whether a cell does not respond over all units in which it is a target, shape (cells,)."""
    usual = float(np.median(found.usual[found.targets.any(axis=0)]))
    made = np.zeros(found.targets.shape[1], dtype=bool)
    for cell, own in enumerate(found.targets.T):
        values = found.mean[own, cell]
        made[cell] = (
            len(values) > 2
            and values.mean() < ABSENT * usual
            and _clearly_below(values, THERE * usual, FALSE / len(made))
        )
    return made


def _clearly_below(values: np.ndarray, level: float, probability: float) -> bool:
    """Whether the mean of values is below a level, by a one-sided t test."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    clear = special.stdtrit(len(values) - 1, 1 - probability)
    return bool(values.mean() + clear * error < level)


def _spread(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Standard deviation of a trial within units, of each cell: few trials do not tell their own.

    Infinite where no unit has two trials.
    """
    squares, freedom = np.zeros((2, parts[0].shape[1]))
    for values in parts:
        squares += values.var(axis=0) * len(values)
        freedom += len(values) - 1
    unknown = np.full(len(squares), np.inf)
    return np.sqrt(np.divide(squares, freedom, out=unknown, where=freedom > 0))


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")
