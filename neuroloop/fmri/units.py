"""What must stay together: consecutive rows of a block, and rows that show the same image.

Two rows of one block share noise, and two rows of one image share what is peculiar to that image.
Either would let a decoder predict a category without knowing it, so neither folds nor permutations
may separate them: the unit is the connected component of rows joined by block or by image. If every
image is shown in one block only, or images are unknown, that is the block.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from neuroloop.errors import NeuroLoopError

#: Share of the units that must have others to exchange labels with; else strata are widened.
MOVABLE = 0.5

#: Sizes that differ by at most this factor count as equal.
ALIKE = 1.25


def named_images(stimuli: Iterable[str], categories: Iterable[str]) -> np.ndarray:
    """Return the image of each row, empty where the id merely repeats the category."""
    stimuli, categories = np.array(list(stimuli), str), np.array(list(categories), str)
    return np.where(stimuli == categories, "", stimuli)


def joined(blocks: np.ndarray, stimuli: np.ndarray | None = None) -> np.ndarray:
    """Number the units of the rows.

    Parameters
    ----------
    blocks : ndarray of str, (n,)
    stimuli : ndarray of str, (n,), optional
        Image of each row, empty where unknown.

    Returns
    -------
    ndarray of int, (n,)
        From 0, in order of first occurrence.
    """
    block = _codes(np.asarray(blocks))
    if stimuli is None:
        return block
    from scipy import sparse  # rules import this module at every start, and never come here
    from scipy.sparse.csgraph import connected_components

    stimuli = np.asarray(stimuli)
    known = np.flatnonzero(stimuli != "")
    n_blocks = int(block.max(initial=-1)) + 1
    image = n_blocks + np.unique(stimuli[known], return_inverse=True)[1]
    size = n_blocks + len(known)
    edges = sparse.coo_array((np.ones(len(known), bool), (block[known], image)), shape=(size, size))
    return _codes(connected_components(edges, directed=False)[1][block])


def following(runs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Number the stretches of rows of one run and class that follow one another, as str.

    They stand for blocks where none are named: rows in order of time.
    """
    runs, y = np.asarray(runs), np.asarray(y)
    begins = np.append(True, (runs[1:] != runs[:-1]) | (y[1:] != y[:-1]))
    return np.cumsum(begins).astype(str)


@dataclass(frozen=True, eq=False)
class PermutationUnits:
    """Which labels may be exchanged.

    Attributes
    ----------
    unit : ndarray of int, (rows,)
        Unit of each row.
    label : ndarray of int, (units,)
        Class of each unit.
    stratum : ndarray of int, (units,)
        Labels are exchanged between units of one stratum.
    what : str
        Description for the record.
    impossible : str
        Why no exchange is informative; empty if one is.
    """

    unit: np.ndarray
    label: np.ndarray
    stratum: np.ndarray
    what: str
    impossible: str


def permutation_units(
    y: np.ndarray,
    blocks: np.ndarray,
    runs: np.ndarray,
    stimuli: np.ndarray | None = None,
    folds: np.ndarray | None = None,
) -> PermutationUnits:
    """Find the units whose labels are exchangeable if brains carry no category information.

    Units exchange labels with units of the same runs, since runs differ in drift and order. Folds
    that cut through runs were balanced by category, and a permutation that broke this balance
    would score lower than labels that keep it: labels then stay in their fold too. If less than
    half of the units have a partner (e.g. every image is shown in different runs), partners come
    from other runs too: from those of the same fold if folds cut through runs; else, if an image
    is shown in several blocks, from all.

    Units of different size (rows) are not exchangeable: a permutation that gave a class larger
    units would train it on more rows, and a decoder that favours the commonest training class
    would do better or worse than in the data, whatever brains carry. So labels stay among units of
    similar size (`ALIKE`). If that leaves less than half of the units with a partner, sizes are
    ignored if all classes have a similar mean size, and else there is no null.

    Parameters
    ----------
    y : ndarray of int, (rows,)
        Class of each row.
    blocks, runs : ndarray of str, (rows,)
        A block lies in one run and has one class.
    stimuli : ndarray of str, (rows,), optional
        Image of each row, empty where unknown.
    folds : ndarray of int, (rows,), optional
        Fold that tests each row.

    Raises
    ------
    NeuroLoopError
        If a block has rows of two classes or runs, or an image has two classes.
    """
    y, runs = np.asarray(y), _codes(np.asarray(runs))
    block = joined(blocks)
    _check_one(block, blocks, y, runs)
    unit = joined(blocks, stimuli)
    first = np.unique(unit, return_index=True)[1]
    label = y[first]
    if (mixed := np.flatnonzero(y != label[unit])).size:
        name = str(np.asarray(stimuli)[mixed[0]])
        raise NeuroLoopError(
            f"image {name!r}, or the blocks that it is shown in, has rows of more than one "
            "category: an image has one, so fix the column stimulus_id"
        )
    fold = np.zeros(len(y), int) if folds is None else np.asarray(folds)
    cut = len(np.unique(np.stack([runs, fold]), axis=1).T) > len(np.unique(runs))
    images = len(label) < block.max(initial=-1) + 1
    within = [_cells(unit, runs, fold), _cells(unit, fold * cut)]
    where = ["run"] if not cut else ["run and fold", "fold"]
    if cut and not runs.any():
        where = ["fold", "fold"]
    if images and not cut:
        where = ["set of runs", ""]
    strata = within[: len(where)]
    size = np.bincount(unit)
    alike = _alike(size)
    sized = [_pairs(stratum, alike) for stratum in strata]
    chosen, share = _widest(sized, label)
    strict = share >= MOVABLE
    if not strict:
        chosen, share = _widest(strata, label)
    what = f"labels of {'images, with the blocks that show them,' if images else 'blocks'}"
    if strict and sized[chosen].max(initial=0) > strata[chosen].max(initial=0):
        what += " of like size,"
    if where[chosen]:
        what += f" within each {where[chosen]}"
    impossible = _impossible(label, share, images, where[chosen])
    if not strict and not impossible:
        impossible = _unlike(label, size, images)
    return PermutationUnits(unit, label, (sized if strict else strata)[chosen], what, impossible)


def _widest(strata: list[np.ndarray], label: np.ndarray) -> tuple[int, float]:
    """Choose the first strata that let enough units move, or the most, and return the share."""
    shares = [_movable(option, label).mean() if len(label) else 0.0 for option in strata]
    enough = [index for index, share in enumerate(shares) if share >= MOVABLE]
    chosen = enough[0] if enough else int(np.argmax(shares))
    return chosen, float(shares[chosen])


def _alike(size: np.ndarray) -> np.ndarray:
    """Number groups of similar sizes from 0; each begins at its smallest and spans `ALIKE`."""
    group: dict[int, int] = {}
    start = 0
    for value in np.unique(size).tolist():
        if not group or value > ALIKE * start:
            start = value
            group[value] = len(set(group.values()))
        else:
            group[value] = group[start]
    return np.array([group[value] for value in size.tolist()], int)


def _pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Number the distinct pairs of two arrays."""
    return np.unique(np.stack([first, second]), axis=1, return_inverse=True)[1].reshape(-1)


def _unlike(label: np.ndarray, size: np.ndarray, images: bool) -> str:
    """Say why labels cannot be exchanged if classes differ in unit size; empty if they can."""
    mean = np.bincount(label, size) / np.maximum(np.bincount(label), 1)
    smallest, largest = mean[np.unique(label)].min(), mean[np.unique(label)].max()
    if largest <= ALIKE * smallest:
        return ""
    what, advice = "blocks", "set unit: block, or show blocks of all categories as long"
    if images:
        what, advice = "images", "show the images of all categories as often"
    return (
        f"{what} of one category have {largest:.3g} samples on average and those of another "
        f"{smallest:.3g}, so that their labels are not exchangeable: {advice}"
    )


def _impossible(label: np.ndarray, share: float, images: bool, where: str) -> str:
    if images and len(label) == len(np.unique(label)):
        return (
            "there is nothing to permute: every category is a single image or chain of blocks that "
            "share images, so that what is peculiar to its images cannot be told from the category"
        )
    if share == 0:
        return (
            f"there is nothing to permute: no {where or 'run'} has "
            f"{'images' if images else 'blocks'} of two categories"
        )
    return ""


def _movable(stratum: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Say for each unit whether its stratum has units of another class."""
    pairs = np.unique(np.stack([stratum, label]), axis=1)
    return np.bincount(pairs[0], minlength=stratum.max(initial=0) + 1)[stratum] > 1


def _cells(unit: np.ndarray, *columns: np.ndarray) -> np.ndarray:
    """Number the strata: units whose rows have the same values in the columns share one."""
    cell = np.unique(np.stack(columns), axis=1, return_inverse=True)[1].reshape(-1)
    seen: list[set[int]] = [set() for _ in range(unit.max(initial=-1) + 1)]
    for number, value in zip(unit.tolist(), cell.tolist(), strict=True):
        seen[number].add(value)
    stratum: dict[frozenset[int], int] = {}
    return np.array([stratum.setdefault(frozenset(cells), len(stratum)) for cells in seen], int)


def _check_one(block: np.ndarray, blocks: np.ndarray, y: np.ndarray, runs: np.ndarray) -> None:
    first = np.unique(block, return_index=True)[1]
    mixed = (y != y[first][block]) | (runs != runs[first][block])
    if mixed.any():
        name = str(np.asarray(blocks)[mixed][0])
        raise NeuroLoopError(
            f"block {name!r} has rows of more than one category or run, so that its label "
            "cannot be permuted: fix the column block"
        )


def _codes(values: np.ndarray) -> np.ndarray:
    """Number values from 0 in order of first occurrence."""
    _, first, code = np.unique(values, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[code.reshape(-1)]
