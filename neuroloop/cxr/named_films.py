"""Films with what was predicted of them, checked, and added up by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError

#: Bins of the largest probability, as in `metrics.calibration_error`.
BINS = 15


@dataclass(frozen=True, eq=False)
class NamedFilms:
    """Films, sorted by id, with what was predicted of them.

    Attributes
    ----------
    films : ndarray of str, shape (n,)
    persons : ndarray of int, shape (n,)
        Numbers of persons, from 0.
    truth : ndarray of int, shape (n,)
    probabilities : ndarray of float64, shape (n, classes)
    """

    films: np.ndarray
    persons: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray

    @property
    def n_persons(self) -> int:
        """How many persons the films are of."""
        return int(self.persons.max()) + 1

    @property
    def named(self) -> np.ndarray:
        """Class of the largest probability; of equal ones the first."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def person_sums(self) -> np.ndarray:
        """What the films of each person add to sums over films, shape (persons, ...).

        Confusions (truth x named), surplus of hits over confidence in each bin, negative
        logarithms of the truth's probability, Brier scores, films.
        """
        n, k = self.probabilities.shape
        rows = np.arange(n)
        confidence = self.probabilities.max(axis=1)
        bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence, side="left")
        each = np.zeros((n, k * k + BINS + 3))
        each[rows, k * self.truth + self.named] = 1
        each[rows, k * k + bins] = (self.named == self.truth) - confidence
        # As scikit-learn does: a probability of 0 is told from the least that is not.
        own = np.maximum(self.probabilities[rows, self.truth], np.finfo(np.float64).eps)
        each[:, -3] = -np.log(own)
        each[:, -2] = ((self.probabilities - np.eye(k)[self.truth]) ** 2).sum(axis=1)
        each[:, -1] = 1
        sums = np.zeros((self.n_persons, each.shape[1]))
        np.add.at(sums, self.persons, each)
        return sums


def named_films(predictions: pd.DataFrame, classes: Sequence[str]) -> NamedFilms:
    """Check predictions and sort them by film.

    Parameters
    ----------
    predictions : DataFrame
        A row a film: ``film, person, label`` and ``p_{class}``.
    classes : sequence of str
        Order of the classes.

    Raises
    ------
    NeuroLoopError
        If there are no films, one is predicted twice, its label is none of the classes, or its
        probabilities are not from 0 to 1 with a sum of 1.
    """
    if not len(predictions):
        raise NeuroLoopError("no film was predicted: nothing can be scored")
    rows = predictions.sort_values("film", kind="stable")
    twice = rows["film"][rows["film"].duplicated()]
    if len(twice):
        raise NeuroLoopError(
            f"film {twice.iloc[0]} is predicted more than once: score one shown part at a time"
        )
    strange = sorted(set(rows["label"]) - set(classes))
    if strange:
        raise NeuroLoopError(
            f"label {strange[0]} is none of the classes {', '.join(classes)}: "
            "rename it, or leave its films out"
        )
    probabilities = rows[[f"p_{name}" for name in classes]].to_numpy(dtype=np.float64)
    good = (probabilities >= 0).all(axis=1) & (abs(probabilities.sum(axis=1) - 1) < 1e-4)
    if not good.all():
        raise NeuroLoopError(
            f"{(~good).sum()} of {len(good)} films have probabilities that are no numbers or do "
            "not sum to 1: predict them again"
        )
    number = {name: place for place, name in enumerate(classes)}
    _, persons = np.unique(rows["person"].to_numpy(dtype=str), return_inverse=True)
    return NamedFilms(
        rows["film"].to_numpy(dtype=str),
        persons,
        rows["label"].map(number).to_numpy(dtype=np.int64),
        probabilities,
    )
