"""How well readers name the stimulated cells of frames that they did not learn from.

A reader's best k outputs count, k being the number of outputs that should be on: the cells of the
pattern, or "none" alone. That tells it how many cells there are; `exact_threshold` does not.
"""

from collections.abc import Callable, Iterable, Sequence
from math import comb

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.families import corrected
from neuroloop.statistics.intervals import Estimate, cluster_interval, permutation_p
from neuroloop.statistics.units import scope, varied

#: Permutations of trials' patterns, for p.
PERMUTATIONS = 999

#: From ranks (seeds, frames, outputs; 0 is best), logits of the same shape and the indices of the
#: outputs that should be on to what is right, (seeds, frames, number of judgements per frame).
Judge = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _any_hit(ranks: np.ndarray, logits: np.ndarray, on: np.ndarray) -> np.ndarray:
    return np.any(ranks[..., on] < len(on), axis=2, keepdims=True)


def _exact_top(ranks: np.ndarray, logits: np.ndarray, on: np.ndarray) -> np.ndarray:
    return np.all(ranks[..., on] < len(on), axis=2, keepdims=True)


def _exact_threshold(ranks: np.ndarray, logits: np.ndarray, on: np.ndarray) -> np.ndarray:
    above = logits > 0
    return above[..., on].all(axis=2, keepdims=True) & (above.sum(axis=2, keepdims=True) == len(on))


def _recall(ranks: np.ndarray, logits: np.ndarray, on: np.ndarray) -> np.ndarray:
    return ranks[..., on] < len(on)


#: `any_hit`, the study's: one of the outputs that should be on is among the best k. `exact_top`:
#: all are. `exact_threshold`: those with a probability above one half are these and no others.
#: `recall`: a judgement for each output that should be on: is it among the best k?
JUDGES: dict[str, Judge] = {
    "any_hit": _any_hit,
    "exact_top": _exact_top,
    "exact_threshold": _exact_threshold,
    "recall": _recall,
}

#: Which frames, by the number of stimulated cells.
SUBSETS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "all": lambda cells: cells >= 0,
    "stimulated": lambda cells: cells > 0,
    "single": lambda cells: cells == 1,
    "pair": lambda cells: cells == 2,
    "more": lambda cells: cells > 2,
    "none": lambda cells: cells == 0,
}


def reading_metrics(
    logits: np.ndarray,
    targets: np.ndarray,
    trials: Iterable[str],
    groups: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Score frames of held-out trials.

    Parameters
    ----------
    logits : ndarray of float, shape (seeds, frames, outputs)
        The last output is "none". Of equal logits the first output goes first.
    targets : ndarray of bool, shape (frames, outputs)
        From `reader.multi_hot`.
    trials : iterable of str
        Trial of each frame, of all recordings a name of its own: frames of a trial are alike.
    groups : iterable of str, optional
        Group of each frame. With it, chance knows the group.

    Returns
    -------
    DataFrame
        A row per subset of frames that occurs and measure:

        ``subset`` : all, stimulated, single, pair, more (cells) or none
        ``measure`` : of `JUDGES`
        ``value``, ``ci_low``, ``ci_high`` : share of right judgements over frames and seeds, with
        a 95 % interval over trials (`cluster_interval`; all seeds of a trial are one cluster)
        ``chance`` : what the same predictions have on average when the patterns of the subset's
        frames are permuted among them, exactly: the mean over all pairs of a frame and another's
        pattern, of the same group if there are groups
        ``uniform`` : chance of k outputs drawn at random; NaN for exact_threshold
        ``frames``, ``trials``, ``seeds`` : how many
        ``p`` : one-sided, how often trials whose patterns are permuted, within groups, are named
        at least as well; NaN where all have one pattern
        ``unit``, ``scope`` : what varies, and of what the row speaks
        ``smallest_effect`` : half of the interval; smaller differences from chance could not be
        told from none

    Raises
    ------
    NeuroLoopError
        If a logit is NaN or infinite.
    """
    ranks, logits, targets = _ranked(logits, targets)
    of_trial = np.asarray(list(trials), dtype=str)
    of_group = np.full(len(targets), "") if groups is None else np.asarray(list(groups), dtype=str)
    n_cells = targets[:, :-1].sum(axis=1)
    rows = []
    for subset, belongs in SUBSETS.items():
        chosen = np.flatnonzero(belongs(n_cells))
        if not len(chosen):
            continue
        given = ranks[:, chosen], logits[:, chosen], targets[chosen]
        for measure, judge in JUDGES.items():
            rows.append(
                {
                    "subset": subset,
                    "measure": measure,
                    **_estimate(judge, *given, of_trial[chosen])._asdict(),
                    "chance": _chance(judge, *given, of_group[chosen]),
                    "uniform": _uniform(measure, targets[chosen]),
                    "frames": len(chosen),
                    "trials": len(set(of_trial[chosen].tolist())),
                    "seeds": len(logits),
                    "p": _p(judge, *given, of_trial[chosen], of_group[chosen]),
                }
            )
    return _of_trials(pd.DataFrame(rows))


def cell_recall(
    logits: np.ndarray,
    targets: np.ndarray,
    trials: Iterable[str],
    cells: Sequence[str],
    groups: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Recall of each cell over the frames in which it was stimulated, alone or not.

    Parameters
    ----------
    logits, targets, trials, groups
        As in `reading_metrics`.
    cells : sequence of str
        Cell of each output but the last.

    Returns
    -------
    DataFrame
        A row per output, "none" last: ``cell``, ``value``, ``ci_low``, ``ci_high``, ``chance`` (how
        often the output is among as many best ones in the frames of all trials, of the same groups
        if there are groups), ``frames``, ``trials``, and as in `reading_metrics` ``p``, ``unit``,
        ``scope``, ``smallest_effect``; ``family`` and ``q``: p corrected over the outputs (Holm).
        NaN where a cell was never stimulated.

    Raises
    ------
    NeuroLoopError
        If a logit is NaN or infinite.
    """
    ranks, logits, targets = _ranked(logits, targets)
    of_trial = np.asarray(list(trials), dtype=str)
    of_group = np.full(len(targets), "") if groups is None else np.asarray(list(groups), dtype=str)
    k = targets.sum(axis=1)
    rows = []
    for output, cell in enumerate([*cells, "none"]):
        chosen = np.flatnonzero(targets[:, output])
        row: dict[str, object] = {"cell": cell}
        if len(chosen):
            judge, given = _recall_of(output), (ranks, logits, targets)
            row |= _clustered(ranks[:, chosen, output] < k[chosen], of_trial[chosen])._asdict()
            row["chance"] = _chance(judge, *given, of_group)
            row["p"] = _p(judge, *given, of_trial, of_group)
        rows.append(row | {"frames": len(chosen), "trials": len(set(of_trial[chosen].tolist()))})
    columns = ["cell", "value", "ci_low", "ci_high", "chance", "frames", "trials", "p"]
    table = _of_trials(pd.DataFrame(rows, columns=columns))
    table["family"] = np.where(table["p"].notna(), "cells", "")
    table["q"] = corrected(table["p"].tolist(), table["family"].tolist(), "holm")
    return table


def _of_trials(table: pd.DataFrame) -> pd.DataFrame:
    """Say what a table's numbers vary, and how little they could tell."""
    return table.assign(
        unit=varied(["trial"]),
        scope=scope(["trial"], ["recording", "network", "animal"]),
        smallest_effect=(table["ci_high"] - table["ci_low"]) / 2,
    )


def _recall_of(output: int) -> Judge:
    """Judge of one output, in the frames whose pattern has it."""

    def judge(ranks: np.ndarray, logits: np.ndarray, on: np.ndarray) -> np.ndarray:
        return ranks[..., [output] if output in on else []] < len(on)

    return judge


def _ranked(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rank of every output in its frame from 0, logits and targets, checked."""
    logits, targets = np.asarray(logits, dtype=np.float64), np.asarray(targets, dtype=bool)
    if logits.ndim != 3 or logits.shape[1:] != targets.shape or not logits.size:
        raise ValueError(f"logits {logits.shape} and targets {targets.shape} cannot be scored")
    if not targets.any(axis=1).all() or (targets[:, -1] & targets[:, :-1].any(axis=1)).any():
        raise ValueError("a frame is of cells or of none")
    lost = int((~np.isfinite(logits)).any(axis=(0, 2)).sum())
    if lost:
        raise NeuroLoopError(
            f"{lost} of {len(targets)} frames have no finite prediction: score held-out frames "
            "alone, or lower the reader's learning_rate"
        )
    order = np.argsort(-logits, axis=2, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(logits.shape[2]), axis=2)
    return ranks, logits, targets


def _patterns(targets: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Outputs of each distinct pattern, and the place of each frame's pattern among them."""
    distinct, of_frame = np.unique(targets, axis=0, return_inverse=True)
    return [np.flatnonzero(row) for row in distinct], of_frame.ravel()


def _estimate(
    judge: Judge, ranks: np.ndarray, logits: np.ndarray, targets: np.ndarray, trials: np.ndarray
) -> Estimate:
    patterns, of_frame = _patterns(targets)
    right, clusters = [], []
    for number, on in enumerate(patterns):
        frames = np.flatnonzero(of_frame == number)
        judged = judge(ranks[:, frames], logits[:, frames], on)
        right.append(judged.ravel())
        clusters.append(np.broadcast_to(trials[frames][:, None], judged.shape).ravel())
    return _clustered(np.concatenate(right), np.concatenate(clusters))


def _clustered(right: np.ndarray, trials: np.ndarray) -> Estimate:
    """Share that is right, with an interval over trials; the last axis of `right` is trials'."""
    clusters = np.broadcast_to(trials, right.shape).ravel()
    if right.all() or not right.any():  # then a trial says no more by many frames than by one
        names, first = np.unique(clusters, return_index=True)
        return cluster_interval(right.ravel()[first], names)
    return cluster_interval(right.ravel(), clusters)


def _chance(
    judge: Judge, ranks: np.ndarray, logits: np.ndarray, targets: np.ndarray, groups: np.ndarray
) -> float:
    """Mean over groups' pairs of a frame's predictions and a frame's pattern."""
    right = judged = 0.0
    for group in np.unique(groups):
        inside = groups == group
        patterns, of_frame = _patterns(targets[inside])
        often = np.bincount(of_frame)
        for on, weight in zip(patterns, often, strict=True):
            # Each frame stands for one permuted pattern, so that groups weigh by their size.
            each = judge(ranks[:, inside], logits[:, inside], on)
            right += weight * each.sum() / inside.sum()
            judged += weight * each.size / inside.sum()
    return right / judged


def _p(
    judge: Judge,
    ranks: np.ndarray,
    logits: np.ndarray,
    targets: np.ndarray,
    trials: np.ndarray,
    groups: np.ndarray,
) -> float:
    """Compare what is right with trials whose patterns are permuted within groups.

    All frames of a trial change their pattern together. The permutations are the same each time.
    """
    _, first, of_frame = np.unique(trials, return_index=True, return_inverse=True)
    patterns, pattern = _patterns(targets)
    own, group = pattern[first], groups[first]
    if all(len(set(own[group == name].tolist())) < 2 for name in np.unique(group)):
        return float("nan")
    right, judged = np.empty((2, len(first), len(patterns)))
    for number, on in enumerate(patterns):
        each = judge(ranks, logits, on)
        right[:, number] = np.bincount(of_frame, each.sum(axis=(0, 2)))
        judged[:, number] = np.bincount(of_frame, np.full(len(of_frame), each[:, 0].size))
    generator, order = np.random.default_rng(0), np.arange(len(first))
    inside = [np.flatnonzero(group == name) for name in np.unique(group)]
    permuted = np.tile(order, (PERMUTATIONS + 1, 1))
    for row in permuted[1:]:
        for places in inside:
            row[places] = generator.permutation(places)
    shown = own[permuted]
    shares = right[order, shown].sum(axis=1) / judged[order, shown].sum(axis=1)
    return permutation_p(shares[0], shares[1:])


def _uniform(measure: str, targets: np.ndarray) -> float:
    """Chance of as many outputs as should be on, drawn at random without replacement."""
    n = targets.shape[1]
    ks, often = np.unique(targets.sum(axis=1), return_counts=True)
    if measure == "exact_threshold":
        return float("nan")
    each: Callable[[int], float] = {
        "any_hit": lambda k: 1 - comb(n - k, k) / comb(n, k),
        "exact_top": lambda k: 1 / comb(n, k),
        "recall": lambda k: k / n,
    }[measure]
    weights = often * ks if measure == "recall" else often
    return float(np.average([each(int(k)) for k in ks], weights=weights))
