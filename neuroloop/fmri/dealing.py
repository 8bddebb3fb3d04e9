"""Assigning a subject's training samples to folds that can learn and do not leak."""

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri.units import joined, named_images
from neuroloop.statistics.folds import check_training, group_folds, splits, stratified_folds


def deal(
    rows: pd.DataFrame, unit: str, n_folds: int, fold_by: str, generator: np.random.Generator
) -> np.ndarray:
    """Return the fold of each sample.

    Parameters
    ----------
    rows : DataFrame
        Samples with ``run``, ``block``, ``stimulus_id`` and ``category``, all strings.
    unit : {"volume", "block", "trial"}
        What a sample is.
    n_folds : int
    fold_by : {"run", "trial", "stimulus"}
        Whole runs in natural order, trials spread evenly by category, or images spread so. Samples
        that show the same image go to one fold unless whole runs are dealt, and so do those of one
        block if no other setting keeps it whole.
    generator : numpy.random.Generator
        Shuffles trials and images.

    Returns
    -------
    ndarray of int, (n,)

    Raises
    ------
    NeuroLoopError
        If there are too few runs or blocks, trials of one block would be separated, folds that cut
        through runs of one category each would know it by the run, or a fold cannot learn a
        category.
    """
    if fold_by == "run":
        folds = _by_run(rows, n_folds)
    elif fold_by == "stimulus":
        _check_images(rows, unit)
        folds = _by_trial(rows, n_folds, generator)
    else:
        _check_blocks(rows, unit, n_folds)
        folds = _by_trial(rows, n_folds, generator)
    _check_runs_told(rows, fold_by)
    _check(rows, folds)
    return folds


def _images(rows: pd.DataFrame) -> np.ndarray:
    return named_images(rows["stimulus_id"], rows["category"])


def _check(rows: pd.DataFrame, folds: np.ndarray) -> None:
    images = _images(rows)
    check_training(splits(folds, stimuli=images), rows["category"], stimuli=images)


def _check_runs_told(rows: pd.DataFrame, fold_by: str) -> None:
    """Refuse to cut through runs that each show one category: a row's run tells it."""
    shown = rows.groupby("run")["category"].nunique()
    if fold_by == "run" or len(shown) == 1 or shown.max() > 1:
        return
    often = rows.groupby("category")["run"].nunique().min() > 1
    remedy = "set fold_by: run" if often else "runs are needed that show several"
    raise NeuroLoopError(
        f"fold_by: {fold_by}, but every run shows one category alone, so that folds which cut "
        f"through runs know the category by the run, whatever brains do: {remedy}"
    )


def _by_run(rows: pd.DataFrame, n_folds: int) -> np.ndarray:
    runs = natural_sorted(set(rows["run"]))
    if len(runs) == 1:
        raise NeuroLoopError(
            f"fold_by: run, but all samples belong to one run, {runs[0]}: set fold_by: trial, or "
            "stimulus where images are shown again, or fix the runs in the data"
        )
    if n_folds > len(runs):
        raise NeuroLoopError(
            f"folds: {n_folds} folds cannot be made of {len(runs)} runs: set at most {len(runs)}"
        )
    return group_folds(rows["run"], n_folds)


def _by_trial(rows: pd.DataFrame, n_folds: int, generator: np.random.Generator) -> np.ndarray:
    units = joined(rows["block"].to_numpy(str), _images(rows))
    names = rows["category"].groupby(units).first()
    counts = names.value_counts()
    _check_ids(rows)
    few, category = counts.min(), natural_sorted(counts.index[counts == counts.min()])[0]
    if few < 2:
        raise NeuroLoopError(
            f"category {category!r} is a single image, or a single chain of blocks that share "
            "images, which no fold may split: it cannot be in two folds. If the images are not to "
            "be told apart, give no stimulus_id; if rows back to back are trials of their own, set "
            "back_to_back: trials (docs/fmri.md); else leave the category out"
        )
    if n_folds > few:
        raise NeuroLoopError(
            f"folds: {n_folds} folds cannot be made of the {few} trials, blocks or images of "
            f"category {category!r}: set at most {few}"
        )
    return stratified_folds(rows["category"], n_folds, generator, units.tolist())


def _check_ids(rows: pd.DataFrame) -> None:
    """Refuse ids that name categories, not images."""
    images = rows.loc[_images(rows) != "", ["stimulus_id", "category"]]
    each = images.groupby("category")["stimulus_id"].nunique()
    if len(each) == rows["category"].nunique() and len(images) > len(each) and each.max() == 1:
        raise NeuroLoopError(
            f"every category has one stimulus_id, e.g. {images['stimulus_id'].iloc[0]!r} for "
            f"category {images['category'].iloc[0]!r}, a single image that no fold may split: if "
            "these ids name categories, not images, say that images are unknown (docs/fmri.md)"
        )


def _check_images(rows: pd.DataFrame, unit: str) -> None:
    """Refuse to deal images that are not known, or whose volumes have neighbours elsewhere."""
    unknown = int((_images(rows) == "").sum())
    if unknown:
        raise NeuroLoopError(
            f"fold_by: stimulus, but the image of {unknown} of {len(rows)} samples is not known: "
            "name it in the data (docs/fmri.md), or set fold_by: run or trial"
        )
    if unit == "volume":
        raise NeuroLoopError(
            "fold_by: stimulus would part volumes that are consecutive in time: set unit: block, "
            "which averages a block's volumes"
        )


def repeated(rows: pd.DataFrame, folds: np.ndarray) -> int:
    """Count the images that several folds show, and whose rows a fold that tests them leaves out.

    Parameters
    ----------
    rows : DataFrame
        As of `deal`.
    folds : ndarray of int, (n,)
        What it gave.
    """
    known = _images(rows) != ""
    shown = pd.Series(folds[known]).groupby(rows.loc[known, "stimulus_id"].to_numpy()).nunique()
    return int((shown > 1).sum())


def _check_blocks(rows: pd.DataFrame, unit: str, n_folds: int) -> None:
    """Refuse folds that another setting does better; if none does, blocks are assigned whole."""
    size = rows["block"].value_counts()
    if size.max() < 2:
        return
    problem = (
        f"fold_by: trial would split blocks, e.g. the {size.max()} samples of block "
        f"{size.index[0]!r}, which are consecutive in time: "
    )
    runs = rows["run"].nunique()
    if runs > 1:
        try:
            _check(rows, _by_run(rows, min(n_folds, runs)))
        except NeuroLoopError:
            pass
        else:
            most = f" with at most {runs} folds" if n_folds > runs else ""
            apart = ", or tell them apart (docs/fmri.md)" if unit == "trial" else ""
            raise NeuroLoopError(f"{problem}set fold_by: run{most}{apart}")
    if unit == "volume":
        raise NeuroLoopError(f"{problem}set unit: block, which averages a block's volumes")
