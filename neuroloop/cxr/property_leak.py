"""How well the class of a radiograph is known from its file alone, without the lungs.

Bit depth, size, format, source and the brightness of the corners say where and how a radiograph was
taken. Where they name the class, a classifier may have learned them and nothing of a disease.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from neuroloop.cxr.radiograph_splits import patient_folds
from neuroloop.files.array_rows import Rows, row_batches
from neuroloop.files.natural_order import natural_sorted

#: Columns of file_properties.tsv that are numbers, and those that are names.
NUMBERS = ("bits", "height", "width", "bytes", "orientation", "white", "above_white", "outside")
NAMES = ("format", "photometric", "source")

#: Folds of patients, depth of the tree, fewest radiographs of a leaf.
FOLDS, DEPTH, LEAF = 5, 4, 5

#: Level of the test, and least gain over chance that is told.
LEVEL, LEAST_GAIN = 0.001, 0.1

#: Side of a corner, as a part of the radiograph's.
CORNER = 16


class Leak(NamedTuple):
    """What file properties tell of the class.

    Attributes
    ----------
    accuracy, error, chance : float
        Balanced accuracy on patients that were not learned from, its standard error over patients,
        and 1 / classes.
    p : float
        That it is above chance.
    properties : list of str
        That were used, the most telling first.
    told : bool
        Whether it is so far above chance that a reader has to know.
    """

    accuracy: float
    error: float
    chance: float
    p: float
    properties: list[str]
    told: bool


def corner_brightness(pixels: Rows) -> pd.DataFrame:
    """Mean of each corner, where no lung is.

    Parameters
    ----------
    pixels : ndarray or StoredRows of uint8, shape (radiographs, size, size)
    """
    return pd.concat([_corners(part) for part in row_batches(pixels)], ignore_index=True)


def _corners(pixels: np.ndarray) -> pd.DataFrame:
    side = max(1, pixels.shape[1] // CORNER)
    corners = {
        "upper left corner": pixels[:, :side, :side],
        "upper right corner": pixels[:, :side, -side:],
        "lower left corner": pixels[:, -side:, :side],
        "lower right corner": pixels[:, -side:, -side:],
    }
    return pd.DataFrame({name: part.mean(axis=(1, 2)) for name, part in corners.items()})


def property_table(properties: pd.DataFrame, pixels: Rows) -> pd.DataFrame:
    """Numbers that stand for a radiograph's file, constant ones left out.

    Parameters
    ----------
    properties : DataFrame
        file_properties.tsv, one row per radiograph; columns may be missing.
    pixels : ndarray of uint8, shape (radiographs, size, size)
        In the same order.
    """
    made = {
        name: pd.to_numeric(properties[name], errors="coerce").fillna(-1).to_numpy()
        for name in NUMBERS
        if name in properties
    }
    for name in NAMES:
        if name in properties:
            values = properties[name].fillna("").astype(str)
            for value in natural_sorted(set(values))[:20]:
                made[f"{name} {value or 'none'}"] = (values == value).to_numpy(dtype=float)
    if {"height", "width"} <= set(made):
        made["aspect"] = made["width"] / np.maximum(made["height"], 1)
    if {"bytes", "height", "width"} <= set(made):
        made["bytes per pixel"] = made["bytes"] / np.maximum(made["height"] * made["width"], 1)
    table = pd.concat([pd.DataFrame(made), corner_brightness(pixels)], axis=1)
    return table.loc[:, (table != table.iloc[0]).any()]


def property_leak(
    table: pd.DataFrame, labels: pd.Series, patients: pd.Series, generator: np.random.Generator
) -> Leak | None:
    """Name the class by file properties alone, with a small decision tree.

    Parameters
    ----------
    table : DataFrame
        See `property_table`.
    labels, patients : Series
        Of each radiograph, in the same order.
    generator : numpy.random.Generator

    Returns
    -------
    Leak or None
        None if there is nothing to tell by, or too few patients of a class.
    """
    from sklearn.tree import DecisionTreeClassifier

    patients_of_class = patients.groupby(labels.to_numpy()).nunique()
    folds_made = int(min(FOLDS, patients_of_class.min()))
    if table.empty or len(patients_of_class) < 2 or folds_made < 2:
        return None
    labels, patients = labels.reset_index(drop=True), patients.reset_index(drop=True)
    folds = patient_folds(labels, patients, folds_made, generator)
    x = table.to_numpy(dtype=np.float64)
    named = np.empty(len(labels), dtype=object)
    importance = np.zeros(x.shape[1])
    for fold in range(folds_made):
        test = folds == fold
        tree = DecisionTreeClassifier(
            max_depth=DEPTH, min_samples_leaf=LEAF, class_weight="balanced", random_state=0
        )
        tree.fit(x[~test], labels[~test])
        if test.any():
            named[test] = tree.predict(x[test])
        importance += tree.feature_importances_
    right = (named == labels.to_numpy()).astype(float)
    classes = len(patients_of_class)
    recall = pd.Series(right).groupby(labels).transform("mean").to_numpy()
    size = labels.map(labels.value_counts()).to_numpy(dtype=float)
    accuracy = float(pd.Series(right).groupby(labels).mean().mean())
    parts = pd.Series((right - recall) / size / classes).groupby(patients).sum()
    chance = 1 / classes
    least = np.sqrt(chance * (1 - chance) / len(parts))  # of guesses, for when all are right
    error = float(max(np.sqrt((parts**2).sum()), least))
    p = float(norm.sf((accuracy - chance) / error))
    order = np.argsort(-importance, kind="stable")
    telling = [str(table.columns[index]) for index in order if importance[index] > 0]
    told = p < LEVEL and accuracy - chance >= LEAST_GAIN
    return Leak(accuracy, error, chance, p, telling, told)
