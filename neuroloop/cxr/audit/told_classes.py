"""How well a small classifier names classes by something that is no lung."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.cxr.audit.dealt_classes import deal_classes
from neuroloop.cxr.radiograph_splits import patient_folds
from neuroloop.errors import NeuroLoopError

#: Folds of patients, at most, and deals of classes to patients.
FOLDS, DEALS = 5, 199

#: Intervals into which a column is cut, and columns that a classifier is left with.
CUTS, KEPT = 5, 8

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
            made = [
                (dealt, patient_folds(dealt, owners, parts, generator))
                for dealt in (
                    names if number == 0 else _dealt(names, owners, parts, generator, strata)
                    for number in range(DEALS + 1)
                )
            ]
        except NeuroLoopError:  # patients of several classes leave a fold without one of them
            continue
        return [Dealt(np.searchsorted(classes, dealt), folds) for dealt, folds in made]
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
    cues: pd.DataFrame, deals: Sequence[Dealt], kept: int = KEPT, cuts: int = CUTS
) -> Told | None:
    """Name classes by columns alone, and compare with what the same makes of dealt ones.

    Inside each training fold the columns, and intervals of them, whose means differ most between
    classes are kept (analysis of variance), and a linear discriminant names the others.

    Parameters
    ----------
    cues : DataFrame
        A row a radiograph; numbers.
    deals : sequence of Dealt
        See `deal`.
    kept, cuts : int
        Columns that a classifier is left with; intervals of each column, 0 for the column alone.

    Returns
    -------
    Told or None
        None where no column varies, or there are no deals.
    """
    values, of_column = _cut(cues, cuts)
    if not deals or not values.shape[1]:
        return None
    squares = values**2
    telling_most = np.zeros(cues.shape[1])
    accuracy, score = _named(values, squares, deals[0], of_column, kept, telling_most)
    dealt = np.array([_named(values, squares, one, of_column, kept) for one in deals[1:]])
    (chance, mean), (_, error) = dealt.mean(axis=0).tolist(), dealt.std(axis=0, ddof=1)
    error *= np.sqrt(1 + 1 / len(dealt))
    p = special.stdtr(len(dealt) - 1, -(score - mean) / max(error, 1e-9))
    order = np.argsort(-telling_most, kind="stable")[:3]
    telling = [str(cues.columns[place]) for place in order if telling_most[place]]
    effect = max(0.0, (accuracy - chance) / (1 - chance))
    return Told(accuracy, chance, float(p), effect, telling)


def _cut(cues: pd.DataFrame, cuts: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and their intervals, standardised; and the number of the column that each is of."""
    made, of_column = [], []
    for number, name in enumerate(cues):
        column = cues[name].to_numpy(dtype=np.float64)
        seen = np.unique(column)
        edges = seen
        if len(seen) > cuts > 0:
            edges = np.unique(np.quantile(column, np.linspace(0, 1, cuts + 1)[:-1]))
        place = np.searchsorted(edges, column, side="right") - 1
        parts = [column, *(np.eye(len(edges))[place].T if cuts and len(edges) > 2 else [])]
        for part in parts:
            if part.std() > 0:
                made.append((part - part.mean()) / part.std())
                of_column.append(number)
    return np.array(made).T.reshape(len(cues), -1), np.array(of_column, dtype=int)


def _named(
    values: np.ndarray,
    squares: np.ndarray,
    dealt: Dealt,
    of_column: np.ndarray,
    kept: int,
    telling: np.ndarray | None = None,
) -> tuple[float, float]:
    """Balanced accuracy over folds; and it and the mean score of the true classes.

    The sum sees a class that stands out from several others, and its tail among deals is nearly
    that of a normal distribution, where the score's is longer. Adds to `telling` the share of its
    variance that lies between classes, for each column that was left.
    """
    truth = np.eye(dealt.labels.max() + 1)[dealt.labels]
    scores = np.empty(truth.shape)
    for fold in np.unique(dealt.folds):
        test = dealt.folds == fold
        share = np.where(test[:, None], 0, truth)
        share = share / share.sum(axis=0)  # every class weighs the same
        means, weight = share.T @ values, share.sum(axis=1) / share.shape[1]
        middle = means.mean(axis=0)
        within = weight @ squares - (means**2).mean(axis=0)
        between = ((means - middle) ** 2).mean(axis=0)
        share_between = between / (within + between + 1e-6)
        best = np.argsort(-share_between, kind="stable")[:kept]
        if telling is not None:
            np.add.at(telling, of_column[best], share_between[best])
        centred = values[:, best] - middle[best]
        square = (centred * weight[:, None]).T @ centred + RIDGE * np.eye(len(best))
        slopes = np.linalg.solve(square, (means - middle)[:, best].T)
        scores[test] = np.clip(centred[test] @ slopes, -1, 1)
    share = truth / truth.sum(axis=0) / truth.shape[1]
    right = truth[np.arange(len(truth)), scores.argmax(axis=1)]
    accuracy = float(right @ share.sum(axis=1))
    return accuracy, accuracy + float((scores * share).sum())
