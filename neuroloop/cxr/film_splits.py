"""Splits of films by person: the films of a person are never on two sides.

Persons are dealt to parts of equal size, largest first, each to the part whose classes it
unbalances least; parts then become folds, or shares of a hold-out. Any part is as likely as any
other to hold a given person, so that a small test set has its share of persons with many films.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.folds import stratified_folds
from neuroloop.files.natural_order import natural_sorted

#: Sides of a hold-out, in the order of their shares.
SIDES = ("train", "validation", "test")

#: Draws of which parts become which side, until every side has every class.
DRAWS = 100

#: Shares are taken to the nearest fraction with a denominator up to this.
FINEST = 20


def person_folds(
    labels: Iterable[str], persons: Iterable[str], n_folds: int, generator: np.random.Generator
) -> np.ndarray:
    """Put persons into folds, each class spread evenly over the folds.

    Parameters
    ----------
    labels : iterable of str
        Class of each film.
    persons : iterable of str
        Person of each film; a person may have films of several classes.
    n_folds : int
        Number of folds.
    generator : numpy.random.Generator
        Breaks ties.

    Returns
    -------
    ndarray of int, shape (n,)
        Fold of each film, from 0.

    Raises
    ------
    NeuroLoopError
        If there are fewer than two folds, or a fold would lack a class.
    """
    labels, persons = _arrays(labels, persons)
    if n_folds < 2:
        raise NeuroLoopError(f"{n_folds} folds: ask for at least 2")
    folds = _deal(labels, persons, n_folds, generator)
    if _lacking(folds, n_folds, labels):
        raise _too_few(folds, n_folds, labels, persons)
    check_persons_apart(folds, persons)
    return folds


def image_folds(labels: Iterable[str], n_folds: int, generator: np.random.Generator) -> np.ndarray:
    """Put films into folds whoever they show: only to measure the leak of such a split.

    Parameters, return value and errors are those of `folds.stratified_folds`: each class is spread
    evenly, and films of a person stand on both sides.
    """
    return stratified_folds(labels, n_folds, generator)


def holdout(
    labels: Iterable[str],
    persons: Iterable[str],
    generator: np.random.Generator,
    shares: Sequence[float] = (0.8, 0.1, 0.1),
) -> np.ndarray:
    """Split persons into those to train on, to validate on and to test on.

    Parameters
    ----------
    labels, persons : iterable of str
        Of each film.
    generator : numpy.random.Generator
        Breaks ties and draws sides.
    shares : sequence of 3 float
        Of the films of each class, for each of `SIDES`; they sum to 1.

    Returns
    -------
    ndarray of str, shape (n,)
        Side of each film.

    Raises
    ------
    NeuroLoopError
        If the shares are not positive or do not sum to 1, or a side would lack a class.
    """
    if len(shares) != len(SIDES):
        raise ValueError(f"{len(shares)} shares, not {len(SIDES)}: {shares}")
    labels, persons = _arrays(labels, persons)
    sides = np.array(SIDES)[_share_out(labels, persons, shares, generator)]
    check_persons_apart(sides, persons)
    return sides


def nested_validation(
    train_rows: np.ndarray,
    labels: Iterable[str],
    persons: Iterable[str],
    generator: np.random.Generator,
    share: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Set persons of a training set aside, for early stopping and the choice of learning rates.

    Parameters
    ----------
    train_rows : ndarray of int, shape (n_train,)
        Films that may be learned from.
    labels, persons : iterable of str
        Of every film, whether in `train_rows` or not.
    generator : numpy.random.Generator
        Breaks ties and draws persons.
    share : float
        Of the films of each class, to validate on.

    Returns
    -------
    learn, validation : ndarray of int
        Rows of `train_rows`, ascending; no person is in both.

    Raises
    ------
    NeuroLoopError
        If the share is not between 0 and 1, or a side would lack a class that is in `train_rows`.
    """
    rows = np.sort(np.asarray(train_rows))
    labels, persons = _arrays(labels, persons)
    aside = _share_out(labels[rows], persons[rows], (1 - share, share), generator)
    check_persons_apart(aside, persons[rows])
    return rows[aside == 0], rows[aside == 1]


def check_persons_apart(folds: Iterable[int | str], persons: Iterable[str]) -> None:
    """Check that no person has films in two folds, or on two sides.

    Parameters
    ----------
    folds : iterable of int or str
        Fold or side of each film.
    persons : iterable of str
        Person of each film.

    Raises
    ------
    NeuroLoopError
        If one has.
    """
    table = pd.DataFrame({"fold": list(folds), "person": list(persons)}).drop_duplicates()
    both = natural_sorted(set(table["person"][table["person"].duplicated()]))
    if both:
        where = natural_sorted(map(str, table["fold"][table["person"] == both[0]]))
        raise NeuroLoopError(
            f"{len(both)} persons have films on two sides of the split, {both[0]} in "
            f"{' and '.join(where)}: split whole persons"
        )


def fold_balance(
    folds: Iterable[int | str], labels: Iterable[str], persons: Iterable[str]
) -> pd.DataFrame:
    """Films and persons of each class in each fold.

    Returns
    -------
    DataFrame
        ``fold, label, films, persons, share``: the last is the fold's part of the films of its
        class.
    """
    table = pd.DataFrame({"fold": list(folds), "label": list(labels), "person": list(persons)})
    counts = table.groupby(["fold", "label"])["person"].agg(films="size", persons="nunique")
    counts["share"] = counts["films"] / counts.groupby("label")["films"].transform("sum")
    return counts.reset_index()


def _arrays(labels: Iterable[str], persons: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    made = np.array(list(labels), dtype=str), np.array(list(persons), dtype=str)
    if made[0].shape != made[1].shape:
        raise ValueError(f"{len(made[0])} labels, but {len(made[1])} persons")
    return made


def _deal(
    labels: np.ndarray, persons: np.ndarray, n_parts: int, generator: np.random.Generator
) -> np.ndarray:
    """Deal persons to parts of equal size; shape (n,).

    With c films of a class in a part, of t in all, a deal is the better the smaller the sum of
    (c / t)^2 over parts and classes: a rare class weighs as much as a common one. A person with p
    films of the class adds (2 c p + p^2) / t^2.
    """
    _, label = np.unique(labels, return_inverse=True)
    _, person = np.unique(persons, return_inverse=True)
    films = np.zeros((person.max() + 1, label.max() + 1))
    np.add.at(films, (person, label), 1)
    films /= films.sum(axis=0)
    # Stable, so that persons of one size stay in a random order.
    shuffled = generator.permutation(len(films))
    order = shuffled[np.argsort(-films[shuffled].sum(axis=1), kind="stable")]
    filled = np.zeros((n_parts, films.shape[1]))
    part = np.empty(len(films), dtype=np.int64)
    for one in order:
        part[one] = np.argmin((filled @ films[one]).round(12))
        filled[part[one]] += films[one]
    return generator.permutation(n_parts)[part][person]


def _share_out(
    labels: np.ndarray,
    persons: np.ndarray,
    shares: Sequence[float],
    generator: np.random.Generator,
) -> np.ndarray:
    """Deal equal parts and give each side its share of them, until every side has every class."""
    fractions = [Fraction(share).limit_denominator(FINEST) for share in shares]
    if min(fractions) <= 0 or abs(sum(shares) - 1) > 1e-6 or sum(fractions) != 1:
        raise NeuroLoopError(
            f"the shares {', '.join(f'{share:g}' for share in shares)} split no set of films: give "
            f"shares of 1/{FINEST} or more that sum to 1"
        )
    n_parts = lcm(*(fraction.denominator for fraction in fractions))
    side_of = np.repeat(np.arange(len(shares)), [int(share * n_parts) for share in fractions])
    for _ in range(DRAWS):
        sides = side_of[_deal(labels, persons, n_parts, generator)]
        if not _lacking(sides, len(shares), labels):
            return sides
    raise _too_few(sides, len(shares), labels, persons)


def _lacking(sides: np.ndarray, n_sides: int, labels: np.ndarray) -> list[str]:
    """Classes that a side has no film of."""
    return [
        name
        for name in natural_sorted(set(labels.tolist()))
        if len(set(sides[labels == name].tolist())) < n_sides
    ]


def _too_few(
    sides: np.ndarray, n_sides: int, labels: np.ndarray, persons: np.ndarray
) -> NeuroLoopError:
    name = _lacking(sides, n_sides, labels)[0]
    number = len(set(persons[labels == name].tolist()))
    return NeuroLoopError(
        f"class {name!r} has films of {number} persons, too few for each of {n_sides} parts of the "
        "films to have one: ask for fewer folds or larger shares, or add films"
    )
