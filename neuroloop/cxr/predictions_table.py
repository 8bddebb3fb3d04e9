"""Radiographs with what was predicted of them, checked, and added up by patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError

#: Bins of the largest probability, as in `metrics.calibration_error`.
BINS = 15


@dataclass(frozen=True, eq=False)
class PredictionsTable:
    """Radiographs, sorted by id, with what was predicted of them.

    Attributes
    ----------
    radiographs : ndarray of str, shape (n,)
    patients : ndarray of int, shape (n,)
        Numbers of patients, from 0.
    truth : ndarray of int, shape (n,)
    probabilities : ndarray of float64, shape (n, classes)
    folds : ndarray of str, shape (n,)
        Which network, or networks, predicted it: scores of one fold have one scale.
    """

    radiographs: np.ndarray
    patients: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray
    folds: np.ndarray

    @property
    def n_patients(self) -> int:
        """How many patients the radiographs are of."""
        return int(self.patients.max()) + 1

    @property
    def named(self) -> np.ndarray:
        """Class of the largest probability; of equal ones the first."""
        return self.probabilities.argmax(axis=1)

    def of_fold(self, fold: str) -> "PredictionsTable":
        """Radiographs of one fold alone."""
        rows = self.folds == fold
        _, patients = np.unique(self.patients[rows], return_inverse=True)
        return PredictionsTable(
            self.radiographs[rows],
            patients,
            self.truth[rows],
            self.probabilities[rows],
            self.folds[rows],
        )

    @cached_property
    def patient_sums(self) -> np.ndarray:
        """What the radiographs of each patient add to sums over radiographs, shape (patients, ...).

        Confusions (truth x named), surplus of hits over confidence in each bin, negative
        logarithms of the truth's probability, Brier scores, radiographs.
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
        sums = np.zeros((self.n_patients, each.shape[1]))
        np.add.at(sums, self.patients, each)
        return sums


def predictions_table(predictions: pd.DataFrame, classes: Sequence[str]) -> PredictionsTable:
    """Check predictions and sort them by radiograph.

    Parameters
    ----------
    predictions : DataFrame
        A row a radiograph: ``radiograph, patient, label, fold`` and ``p_{class}``.
    classes : sequence of str
        Order of the classes.

    Raises
    ------
    NeuroLoopError
        If there are no radiographs, one is predicted twice, its label is none of the classes, or
        its probabilities are not from 0 to 1 with a sum of 1.
    """
    if not len(predictions):
        raise NeuroLoopError("no radiograph was predicted: nothing can be scored")
    rows = predictions.sort_values("radiograph", kind="stable")
    twice = rows["radiograph"][rows["radiograph"].duplicated()]
    if len(twice):
        raise NeuroLoopError(
            f"radiograph {twice.iloc[0]} is predicted more than once: score one shown part at a "
            f"time"
        )
    strange = sorted(set(rows["label"]) - set(classes))
    if strange:
        raise NeuroLoopError(
            f"label {strange[0]} is none of the classes {', '.join(classes)}: "
            "rename it, or leave its radiographs out"
        )
    probabilities = rows[[f"p_{name}" for name in classes]].to_numpy(dtype=np.float64)
    good = (probabilities >= 0).all(axis=1) & (abs(probabilities.sum(axis=1) - 1) < 1e-4)
    if not good.all():
        raise NeuroLoopError(
            f"{(~good).sum()} of {len(good)} radiographs have probabilities that are no numbers "
            f"or do "
            "not sum to 1: predict them again"
        )
    number = {name: position for position, name in enumerate(classes)}
    _, patients = np.unique(rows["patient"].to_numpy(dtype=str), return_inverse=True)
    return PredictionsTable(
        rows["radiograph"].to_numpy(dtype=str),
        patients,
        rows["label"].map(number).to_numpy(dtype=np.int64),
        probabilities,
        rows["fold"].to_numpy(dtype=str),
    )
