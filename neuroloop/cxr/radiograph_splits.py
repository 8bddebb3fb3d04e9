"""Splits of radiographs by patient: the radiographs of a patient are never on two sides.

Patients are dealt to parts of equal size, largest first, each to the part whose classes it
unbalances least; parts then become folds, or shares of a hold-out. Any part is as likely as any
other to hold a given patient, so that a small test set has its share of patients with many
radiographs.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.folds import stratified_folds

#: Sides of a hold-out, in the order of their shares.
SIDES = ("train", "validation", "test")

#: Draws of which parts become which side, until every side has every class.
DRAWS = 100

#: Shares are taken to the nearest fraction with a denominator up to this.
FINEST = 20


def patient_folds(
    labels: Iterable[str], patients: Iterable[str], n_folds: int, generator: np.random.Generator
) -> np.ndarray:
    """Put patients into folds, each class spread evenly over the folds.

    Parameters
    ----------
    labels : iterable of str
        Class of each radiograph.
    patients : iterable of str
        Patient of each radiograph; a patient may have radiographs of several classes.
    n_folds : int
        Number of folds.
    generator : numpy.random.Generator
        Breaks ties.

    Returns
    -------
    ndarray of int, shape (n,)
        Fold of each radiograph, from 0.

    Raises
    ------
    NeuroLoopError
        If there are fewer than two folds, or a fold would lack a class.
    """
    labels, patients = _arrays(labels, patients)
    if n_folds < 2:
        raise NeuroLoopError(f"{n_folds} folds: ask for at least 2")
    folds = _deal(labels, patients, n_folds, generator)
    if _lacking(folds, n_folds, labels):
        raise _too_few(folds, n_folds, labels, patients, "ask for fewer folds")
    check_patients_apart(folds, patients)
    return folds


def image_folds(labels: Iterable[str], n_folds: int, generator: np.random.Generator) -> np.ndarray:
    """Put radiographs into folds whoever they show: only to measure the leak of such a split.

    Parameters, return value and errors are those of `folds.stratified_folds`: each class is spread
    evenly, and radiographs of a patient stand on both sides.
    """
    return stratified_folds(labels, n_folds, generator)


def deal_folds(
    radiographs: pd.DataFrame, split: str, n_folds: int, seed: int, *names: object
) -> np.ndarray:
    """Put radiographs into folds, by patient or by image.

    Parameters
    ----------
    radiographs : DataFrame
        ``label`` and ``patient`` of each.
    split : {"patient", "image"}
        What stays whole.
    n_folds : int
    seed : int
        Root seed.
    *names
        Which of several partitions; the first has no name.

    Returns
    -------
    ndarray of int, shape (n,)

    Raises
    ------
    NeuroLoopError
        As `patient_folds` and `image_folds`.
    """
    labels, patients = radiographs["label"], radiographs["patient"]
    if split == "image":
        return image_folds(labels, n_folds, numpy_generator(seed, "image folds", *names))
    return patient_folds(labels, patients, n_folds, numpy_generator(seed, "person folds", *names))


def site_folds(radiographs: pd.DataFrame) -> "pd.Series[int]":
    """Number the sites of radiographs, in natural order of their names; -1 where it is unknown."""
    names = natural_sorted(set(radiographs["site"].dropna()) - {""})
    return radiographs["site"].map({name: k for k, name in enumerate(names)}).fillna(-1).astype(int)


def holdout(
    labels: Iterable[str],
    patients: Iterable[str],
    generator: np.random.Generator,
    shares: Sequence[float] = (0.8, 0.1, 0.1),
) -> np.ndarray:
    """Split patients into those to train on, to validate on and to test on.

    Parameters
    ----------
    labels, patients : iterable of str
        Of each radiograph.
    generator : numpy.random.Generator
        Breaks ties and draws sides.
    shares : sequence of 3 float
        Of the radiographs of each class, for each of `SIDES`; they sum to 1.

    Returns
    -------
    ndarray of str, shape (n,)
        Side of each radiograph.

    Raises
    ------
    NeuroLoopError
        If the shares are not positive or do not sum to 1, or a side would lack a class.
    """
    if len(shares) != len(SIDES):
        raise ValueError(f"{len(shares)} shares, not {len(SIDES)}: {shares}")
    labels, patients = _arrays(labels, patients)
    sides = np.array(SIDES)[_share_out(labels, patients, shares, generator)]
    check_patients_apart(sides, patients)
    return sides


def nested_validation(
    train_rows: np.ndarray,
    labels: Iterable[str],
    patients: Iterable[str],
    generator: np.random.Generator,
    share: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Set patients of a training set aside, for early stopping and the choice of learning rates.

    Parameters
    ----------
    train_rows : ndarray of int, shape (n_train,)
        Radiographs that may be learned from.
    labels, patients : iterable of str
        Of every radiograph, whether in `train_rows` or not.
    generator : numpy.random.Generator
        Breaks ties and draws patients.
    share : float
        Of the radiographs of each class, to validate on.

    Returns
    -------
    learn, validation : ndarray of int
        Rows of `train_rows`, ascending; no patient is in both.

    Raises
    ------
    NeuroLoopError
        If the share is not between 0 and 1, or a side would lack a class that is in `train_rows`.
    """
    rows = np.sort(np.asarray(train_rows))
    labels, patients = _arrays(labels, patients)
    aside = _share_out(labels[rows], patients[rows], (1 - share, share), generator)
    check_patients_apart(aside, patients[rows])
    return rows[aside == 0], rows[aside == 1]


def check_patients_apart(folds: Iterable[int | str], patients: Iterable[str]) -> None:
    """Check that no patient has radiographs in two folds, or on two sides.

    Parameters
    ----------
    folds : iterable of int or str
        Fold or side of each radiograph.
    patients : iterable of str
        Patient of each radiograph.

    Raises
    ------
    NeuroLoopError
        If one has.
    """
    table = pd.DataFrame({"fold": list(folds), "patient": list(patients)}).drop_duplicates()
    both = natural_sorted(set(table["patient"][table["patient"].duplicated()]))
    if both:
        where = natural_sorted(map(str, table["fold"][table["patient"] == both[0]]))
        raise NeuroLoopError(
            f"{len(both)} patients have radiographs on two sides of the split, {both[0]} in "
            f"{' and '.join(where)}: split whole patients"
        )


def fold_balance(
    folds: Iterable[int | str], labels: Iterable[str], patients: Iterable[str]
) -> pd.DataFrame:
    """Radiographs and patients of each class in each fold.

    Returns
    -------
    DataFrame
        ``fold, label, radiographs, patients, share``: the last is the fold's part of the
        radiographs of its class.
    """
    table = pd.DataFrame({"fold": list(folds), "label": list(labels), "patient": list(patients)})
    counts = table.groupby(["fold", "label"])["patient"].agg(radiographs="size", patients="nunique")
    counts["share"] = counts["radiographs"] / counts.groupby("label")["radiographs"].transform(
        "sum"
    )
    return counts.reset_index()


def _arrays(labels: Iterable[str], patients: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    made = np.array(list(labels), dtype=str), np.array(list(patients), dtype=str)
    if made[0].shape != made[1].shape:
        raise ValueError(f"{len(made[0])} labels, but {len(made[1])} patients")
    return made


def _deal(
    labels: np.ndarray, patients: np.ndarray, n_parts: int, generator: np.random.Generator
) -> np.ndarray:
    """Deal patients to parts of equal size; shape (n,).

    With c radiographs of a class in a part, of t in all, a deal is the better the smaller the sum
    of (c / t)^2 over parts and classes: a rare class weighs as much as a common one. A patient with
    p radiographs of the class adds (2 c p + p^2) / t^2.
    """
    _, label = np.unique(labels, return_inverse=True)
    _, patient = np.unique(patients, return_inverse=True)
    radiographs = np.zeros((patient.max() + 1, label.max() + 1))
    np.add.at(radiographs, (patient, label), 1)
    radiographs /= radiographs.sum(axis=0)
    # Stable, so that patients of one size stay in a random order.
    shuffled = generator.permutation(len(radiographs))
    order = shuffled[np.argsort(-radiographs[shuffled].sum(axis=1), kind="stable")]
    filled = np.zeros((n_parts, radiographs.shape[1]))
    part = np.empty(len(radiographs), dtype=np.int64)
    for one in order:
        part[one] = np.argmin((filled @ radiographs[one]).round(12))
        filled[part[one]] += radiographs[one]
    return generator.permutation(n_parts)[part][patient]


def _share_out(
    labels: np.ndarray,
    patients: np.ndarray,
    shares: Sequence[float],
    generator: np.random.Generator,
) -> np.ndarray:
    """Deal equal parts and give each side its share of them, until every side has every class."""
    fractions = [Fraction(share).limit_denominator(FINEST) for share in shares]
    if min(fractions) <= 0 or abs(sum(shares) - 1) > 1e-6 or sum(fractions) != 1:
        raise NeuroLoopError(
            f"the shares {', '.join(f'{share:g}' for share in shares)} split no set of "
            f"radiographs: give "
            f"shares of 1/{FINEST} or more that sum to 1"
        )
    n_parts = lcm(*(fraction.denominator for fraction in fractions))
    side_of = np.repeat(np.arange(len(shares)), [int(share * n_parts) for share in fractions])
    for _ in range(DRAWS):
        sides = side_of[_deal(labels, patients, n_parts, generator)]
        if not _lacking(sides, len(shares), labels):
            return sides
    raise _too_few(sides, len(shares), labels, patients, "leave the class out")


def _lacking(sides: np.ndarray, n_sides: int, labels: np.ndarray) -> list[str]:
    """Classes that a side has no radiograph of."""
    return [
        name
        for name in natural_sorted(set(labels.tolist()))
        if len(set(sides[labels == name].tolist())) < n_sides
    ]


def _too_few(
    sides: np.ndarray, n_sides: int, labels: np.ndarray, patients: np.ndarray, advice: str
) -> NeuroLoopError:
    name = _lacking(sides, n_sides, labels)[0]
    number = len(set(patients[labels == name].tolist()))
    return NeuroLoopError(
        f"class {name!r} has radiographs of {number} patients, too few for each of {n_sides} "
        f"parts of the radiographs to have one: {advice}, or add patients"
    )
