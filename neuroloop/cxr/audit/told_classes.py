"""How well a small classifier names classes by something that is no lung."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.cxr.audit.dealt_classes import deal_classes
from neuroloop.cxr.radiograph_splits import patient_folds
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows, RowSpool

#: Folds of patients, at most, and deals of classes to patients.
FOLDS, DEALS = 5, 199

#: Intervals into which a column is cut, and columns that a classifier is left with.
CUTS, KEPT = 5, 8

#: Bytes of columns that are looked at together, and the least number, of which that is a multiple.
TILE, TOGETHER = 2**25, 64

#: Ridge of the discriminant, of columns whose variance is 1.
RIDGE = 0.1


class Dealt(NamedTuple):
    """Classes of radiographs, and folds of patients that have all of them.

    Attributes
    ----------
    labels : ndarray of int, shape (radiographs,)
    folds : ndarray of int, shape (radiographs,)
    """

    labels: np.ndarray
    folds: np.ndarray


class Cues(Protocol):
    """Columns by name, which need not be in memory all at once."""

    def items(self) -> Iterable[tuple[Hashable, pd.Series | np.ndarray]]:
        """Names, each with its column: a number for each radiograph."""


class Told(NamedTuple):
    """What columns tell of the class.

    Attributes
    ----------
    accuracy, chance : float
        Balanced accuracy on patients that were not learned from, and its mean over deals of classes
        to patients.
    p : float
        That a deal reaches the accuracy and score of the true classes, by Student's t of the mean
        and deviation of deals: counting them would say no more than 1 / (deals + 1).
    effect : float
        Part of the way from chance to 1.
    telling : list of str
        The three columns that differed most between the classes.
    """

    accuracy: float
    chance: float
    p: float
    effect: float
    telling: list[str]


class _Columns(NamedTuple):
    """Columns and their intervals: a row of `values` each, of the column of that number."""

    values: Rows
    of_column: np.ndarray
    names: list[str]


class _Telling(NamedTuple):
    """Rows of `_Columns.values`, share of their variance that lies between classes, and means."""

    rows: np.ndarray
    between: np.ndarray
    means: np.ndarray


def deal(
    labels: Iterable[str],
    patients: Iterable[str],
    generator: np.random.Generator,
    within: Iterable[str] = (),
) -> list[Dealt]:
    """The true classes, then `DEALS` deals of them to patients, each with folds of its own.

    Parameters
    ----------
    labels, patients : iterable of str
        Of each radiograph.
    generator : Generator
    within : iterable of str
        Sources within which patients exchange classes; among all patients if empty.

    Returns
    -------
    list of Dealt
        Empty where a class has too few patients for two folds.
    """
    names, owners = np.array(list(labels), dtype=str), np.array(list(patients), dtype=str)
    classes = np.unique(names)
    strata = np.array(list(within), dtype=str)
    of_class = pd.Series(owners).groupby(names).nunique()
    for parts in range(min(FOLDS, int(of_class.min())), 1, -1):
        try:
            return [
                Dealt(
                    np.searchsorted(classes, dealt).astype(np.int16),
                    patient_folds(dealt, owners, parts, generator).astype(np.int8),
                )
                for dealt in (
                    names if number == 0 else _dealt(names, owners, parts, generator, strata)
                    for number in range(DEALS + 1)
                )
            ]
        except NeuroLoopError:  # patients of several classes leave a fold without one of them
            continue
    return []


def _dealt(
    names: np.ndarray,
    owners: np.ndarray,
    parts: int,
    generator: np.random.Generator,
    strata: np.ndarray,
) -> np.ndarray:
    """Classes dealt anew to patients, those of each source among themselves."""
    if not len(strata):
        return deal_classes(names, owners, parts, generator)
    dealt = names.copy()
    for one in np.unique(strata):
        own = strata == one
        dealt[own] = deal_classes(names[own], owners[own], 1, generator)
    return dealt


def told_classes(
    cues: Cues,
    deals: Sequence[Dealt],
    kept: int = KEPT,
    cuts: int = CUTS,
    folder: Path | None = None,
) -> Told | None:
    """Name classes by columns alone, and compare with what the same makes of dealt ones.

    Inside each training fold the columns, and intervals of them, whose means differ most between
    classes are kept (analysis of variance), and a linear discriminant names the others.

    Parameters
    ----------
    cues : DataFrame, or other Cues
        A row a radiograph; numbers.
    deals : sequence of Dealt
        See `deal`.
    kept, cuts : int
        Columns that a classifier is left with; intervals of each column, 0 for the column alone.
    folder : Path, optional
        Where columns wait that are too many for memory.

    Returns
    -------
    Told or None
        None where no column varies, or there are no deals.
    """
    columns = _cut(cues, cuts, folder)
    if not deals or columns is None:
        return None
    telling = _telling(columns.values, deals, kept)
    accuracy, score = _named(columns.values, deals[0], telling[0])
    dealt = np.array(
        [_named(columns.values, *one) for one in zip(deals[1:], telling[1:], strict=True)]
    )
    (chance, mean), (_, error) = dealt.mean(axis=0).tolist(), dealt.std(axis=0, ddof=1)
    error *= np.sqrt(1 + 1 / len(dealt))
    p = special.stdtr(len(dealt) - 1, -(score - mean) / max(error, 1e-9))
    most = np.zeros(len(columns.names))
    for one in telling[0]:
        np.add.at(most, columns.of_column[one.rows], one.between)
    order = np.argsort(-most, kind="stable")[:3]
    names = [columns.names[place] for place in order if most[place]]
    effect = max(0.0, (accuracy - chance) / (1 - chance))
    return Told(accuracy, chance, float(p), effect, names)


def _cut(cues: Cues, cuts: int, folder: Path | None) -> _Columns | None:
    """Columns and their intervals, standardised; None where none varies."""
    made, names, of_column = RowSpool(folder), [], []
    for number, (name, given) in enumerate(cues.items()):
        names.append(str(name))
        column = np.asarray(given, dtype=np.float64)
        seen = np.unique(column)
        edges = seen
        if len(seen) > cuts > 0:
            edges = np.unique(np.quantile(column, np.linspace(0, 1, cuts + 1)[:-1]))
        place = np.searchsorted(edges, column, side="right") - 1
        parts = [column, *(np.eye(len(edges))[place].T if cuts and len(edges) > 2 else [])]
        for part in parts:
            if part.std() > 0:
                made.add((part - part.mean()) / part.std())
                of_column.append(number)
    if not of_column:
        return None
    values: Rows = made.rows()
    if 8 * values.shape[0] * values.shape[1] <= TILE:
        values = values[:]
    return _Columns(values, np.array(of_column), names)


def _telling(values: Rows, deals: Sequence[Dealt], kept: int) -> list[list[_Telling]]:
    """Columns that differ most between the classes, of each deal and fold.

    Some columns at a time, of all deals: columns are more than memory holds.
    """
    step = max(TOGETHER, TILE // (8 * values.shape[1]) // TOGETHER * TOGETHER)
    found: list[list[_Telling]] = [[] for _ in deals]
    for start in range(0, len(values), step):
        part = values[start : start + step].T
        squares = part**2
        for number, dealt in enumerate(deals):
            so_far = found[number]
            found[number] = [
                _best(share, part, squares, start, kept, so_far[place : place + 1])
                for place, (_, share) in enumerate(_shares(dealt))
            ]
    return found


def _shares(dealt: Dealt) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Which radiographs are tested in each fold, and the others' weights, shape (n, classes)."""
    truth = _truth(dealt)
    for fold in np.unique(dealt.folds):
        test = dealt.folds == fold
        share = np.where(test[:, None], 0, truth)
        yield test, share / share.sum(axis=0)  # every class weighs the same


def _truth(dealt: Dealt) -> np.ndarray:
    return np.eye(int(dealt.labels.max()) + 1)[dealt.labels]


def _best(
    share: np.ndarray,
    values: np.ndarray,
    squares: np.ndarray,
    first: int,
    kept: int,
    so_far: Sequence[_Telling],
) -> _Telling:
    """The columns that differ most between classes, of these and of earlier ones."""
    means, weight = share.T @ values, share.sum(axis=1) / share.shape[1]
    middle = means.mean(axis=0)
    within = weight @ squares - (means**2).mean(axis=0)
    between = ((means - middle) ** 2).mean(axis=0)
    share_between = between / (within + between + 1e-6)
    best = np.argsort(-share_between, kind="stable")[:kept]
    found = [*so_far, _Telling(first + best, share_between[best], means[:, best])]
    rows, between, means = (np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))
    order = np.argsort(-between, kind="stable")[:kept]
    return _Telling(rows[order], between[order], means[:, order])


def _named(values: Rows, dealt: Dealt, telling: Sequence[_Telling]) -> tuple[float, float]:
    """Balanced accuracy over folds; and it and the mean score of the true classes.

    The sum sees a class that stands out from several others, and its tail among deals is nearly
    that of a normal distribution, where the score's is longer.
    """
    truth = _truth(dealt)
    scores = np.empty(truth.shape)
    for (test, share), best in zip(_shares(dealt), telling, strict=True):
        weight, middle = share.sum(axis=1) / share.shape[1], best.means.mean(axis=0)
        centred = values[best.rows].T - middle
        square = (centred * weight[:, None]).T @ centred + RIDGE * np.eye(len(best.rows))
        slopes = np.linalg.solve(square, (best.means - middle).T)
        scores[test] = np.clip(centred[test] @ slopes, -1, 1)
    share = truth / truth.sum(axis=0) / truth.shape[1]
    right = truth[np.arange(len(truth)), scores.argmax(axis=1)]
    accuracy = float(right @ share.sum(axis=1))
    return accuracy, accuracy + float((scores * share).sum())
