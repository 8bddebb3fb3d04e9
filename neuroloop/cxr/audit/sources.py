"""Whether grey levels tell where radiographs come from: sources that were saved or scaled apart."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from neuroloop.cxr.audit.told_classes import Dealt, Told, deal, told_classes
from neuroloop.report.audit import Check

#: Fewest patients of a source, and most sources that are looked at, the largest.
FEWEST, MOST = 6, 8

#: Level below which sources are too alike for chance.
LEVEL = 0.001

#: Standard deviation of the means of radiographs, in grey levels of 255, below which each was
#: scaled by itself.
ITSELF = 2.1


def large_groups(names: Sequence[str], patients: pd.Series) -> list[str]:
    """Groups with patients enough, largest first; none where there is but one."""
    held = patients.groupby(np.array(names, dtype=str)).nunique()
    kept = held[held >= FEWEST].sort_values(ascending=False, kind="stable").index[:MOST]
    return [str(name) for name in kept] if len(kept) > 1 else []


def told_apart(
    cues: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    patients: pd.Series,
    generator: np.random.Generator,
) -> tuple[Told, str] | None:
    """How well a small classifier tells one source, or class, from all others.

    Parameters
    ----------
    cues : DataFrame
        A row a radiograph.
    groups : mapping of str to sequence of str
        See `file_cues.sources_of`; or the classes.
    patients : Series
    generator : Generator

    Returns
    -------
    told : Told
        Of the group that stands out most; p is corrected for their number (Bonferroni).
    name : str
        That group. None where there are no two with patients enough.
    """
    found: list[tuple[Told, str]] = []
    for what, names in groups.items():
        labels = np.array(names, dtype=str)
        kept = large_groups(names, patients)
        among = np.isin(labels, kept)
        deals = deal(labels[among], patients[among], generator) if kept else []
        each = [f"{what} {name or 'none'}" for name in np.unique(labels[among])]
        found += against_others(cues[among].reset_index(drop=True), deals, each)
    if not found:
        return None
    told, name = min(found, key=lambda one: (-round(one[0].effect, 9), one[0].p))
    return told._replace(p=min(1.0, told.p * len(found))), name


def against_others(
    cues: pd.DataFrame, deals: Sequence[Dealt], names: Sequence[str]
) -> list[tuple[Told, str]]:
    """What cues tell of each group, in the order of its number, against all others.

    What tells one group of many is lost where all have to be named. Of two, the first.
    """
    found = []
    for number, name in enumerate(names[: 1 if len(names) == 2 else None]):
        against = [Dealt((one.labels == number).astype(int), one.folds) for one in deals]
        if told := told_classes(cues, against):
            found.append((told, f"{name} against others"))
    return found


def pooled_check(
    of: str, statistics: pd.DataFrame, sources: Mapping[str, Sequence[str]], patients: pd.Series
) -> Check:
    """Look for sources whose grey levels have one mean and one deviation over all radiographs.

    So they have if whoever made the set took mean and deviation of each source out, those of test
    radiographs among them. Sources of the same kind come that near by chance as seldom as a chi
    squared of their differences, in units of what patients vary by, is that small.

    Parameters
    ----------
    of : str
        Name of the set.
    statistics : DataFrame
        ``mean`` and ``deviation`` of each radiograph, in grey levels of 255; of files, those that
        are stored.
    sources : mapping of str to sequence of str
    patients : Series
    """
    found, looked = [], []
    for what, names in sources.items():
        kept = large_groups(names, patients)
        if not kept or statistics["mean"].std() < ITSELF:
            continue
        labels = np.array(names, dtype=str)
        p, means = _near(statistics, labels, kept, patients)
        told = " and ".join(f"{mean:.2f}" for mean in means)
        looked.append(f"means of {what} are {told} (p of as near ones {p:.1g})")
        if p <= LEVEL / len(sources):
            found.append(what)
    told = "; ".join(looked) or "there are no two sources of six patients whose radiographs differ"
    return Check(
        "grey levels scaled by source",
        of,
        bool(found),
        f"In grey levels of 255, {told}.",
        f"Go back to radiographs as they were stored: each {' and '.join(found)} was scaled to one "
        "mean and deviation, over test radiographs too, which no clinic has before it reads the "
        "first one."
        if found
        else "",
    )


def _near(
    statistics: pd.DataFrame, labels: np.ndarray, kept: Sequence[str], patients: pd.Series
) -> tuple[float, list[float]]:
    """Lower tail of chi squared of the sources' first two moments, and their means."""
    mean, deviation = (statistics[name].to_numpy(float) for name in ("mean", "deviation"))
    moments = np.stack([mean, mean**2 + deviation**2], axis=1)
    centres, weights = [], []
    for own in (labels == name for name in kept):
        centre = moments[own].mean(axis=0)
        sums = pd.DataFrame(moments[own] - centre).groupby(patients[own].to_numpy()).sum()
        spread = sums.to_numpy().T @ sums.to_numpy() / own.sum() ** 2
        centres.append(centre)
        weights.append(np.linalg.pinv(spread))
    total = np.linalg.pinv(np.sum(weights, axis=0))
    middle = total @ np.sum([w @ c for w, c in zip(weights, centres, strict=True)], axis=0)
    apart = sum(
        float((c - middle) @ w @ (c - middle)) for w, c in zip(weights, centres, strict=True)
    )
    p = float(stats.chi2.cdf(apart, 2 * (len(kept) - 1)))
    return p, [float(centre[0]) for centre in centres]
