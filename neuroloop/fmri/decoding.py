"""One region's decoding problem and the files that its solution fills, whatever the decoder."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import (
    StrPath,
    load_arrays,
    read_table,
    save_array,
    save_arrays,
)
from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri.soft_labels import Fit, OutOfFold, by_stimulus, out_of_fold, together
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.fmri.units import PermutationUnits, named_images, permutation_units
from neuroloop.statistics import metrics
from neuroloop.statistics.folds import Split, check_training, splits
from neuroloop.statistics.units import check_whole

log = logging.getLogger(__name__)

#: Columns of folds.tsv that decoding uses.
FOLD_COLUMNS = {
    "sample": str,
    "run": str,
    "block": str,
    "stimulus_id": str,
    "category": str,
    "fold": int,
}


@dataclass(frozen=True, eq=False)
class Problem:
    """Samples of one region with their classes and what may be learned from what.

    Attributes
    ----------
    x : ndarray of float32, shape (samples, voxels)
    rows : DataFrame
        folds.tsv, a row per sample.
    classes : list of str
        Categories in natural order; `y` counts them.
    y : ndarray of int, shape (samples,)
    stimuli : ndarray of str, shape (samples,)
        Image of each sample, empty where only its category is known.
    splits : list of Split
        What each fold predicts and what it may learn from.
    stimulus_ids : list of str
        Rows of the soft labels: the training session's stimuli in the order of stimuli.tsv.
    """

    x: np.ndarray
    rows: pd.DataFrame
    classes: list[str]
    y: np.ndarray
    stimuli: np.ndarray
    splits: list[Split]
    stimulus_ids: list[str]

    @property
    def runs(self) -> np.ndarray:
        """Run of each sample, str."""
        return self.rows["run"].to_numpy(dtype=str)

    @property
    def blocks(self) -> np.ndarray:
        """Block of each sample, str."""
        return self.rows["block"].to_numpy(dtype=str)

    @property
    def folds(self) -> np.ndarray:
        """Fold that predicts each sample, int."""
        return self.rows["fold"].to_numpy()

    @property
    def permutable(self) -> PermutationUnits:
        """Units of samples whose labels the null permutes."""
        return permutation_units(self.y, self.blocks, self.runs, self.stimuli, self.folds)


def pose(x: np.ndarray, samples: np.ndarray, folds: pd.DataFrame, stimuli: pd.DataFrame) -> Problem:
    """Join voxels, folds and stimuli by id.

    Parameters
    ----------
    x : ndarray, shape (samples, voxels)
    samples : ndarray of str, shape (samples,)
        Id of each row of `x`.
    folds : DataFrame
        folds.tsv.
    stimuli : DataFrame
        stimuli.tsv. No fold learns from a sample whose image is held out for testing students.

    Raises
    ------
    NeuroLoopError
        If an id has no partner, a sample's category is not its stimulus' category, a fold splits
        a block, or a fold cannot learn a category.
    """
    place = {name: row for row, name in enumerate(samples.tolist())}
    lost = [name for name in folds["sample"] if name not in place]
    if lost:
        raise NeuroLoopError(
            f"sample {lost[0]!r} of folds.tsv has no voxels: delete the subject's folder and run "
            "again"
        )
    of_stimulus = stimuli.set_index("stimulus_id")
    unknown = sorted(set(folds["stimulus_id"]) - set(of_stimulus.index))
    if unknown:
        raise NeuroLoopError(
            f"stimulus {unknown[0]!r} was shown in the scanner but is not in stimuli.tsv: "
            "delete stimuli.tsv and run again"
        )
    expected = of_stimulus.loc[folds["stimulus_id"], "category"].to_numpy()
    wrong = np.flatnonzero(folds["category"].to_numpy() != expected)
    if len(wrong):
        row = folds.iloc[wrong[0]]
        raise NeuroLoopError(
            f"sample {row['sample']!r} has category {row['category']!r}, but its stimulus "
            f"{row['stimulus_id']!r} has {expected[wrong[0]]!r} in stimuli.tsv: fix one of them"
        )
    classes = natural_sorted(set(folds["category"]))
    index = {name: number for number, name in enumerate(classes)}
    images = named_images(folds["stimulus_id"], folds["category"])
    remedy = "set fold_by: run, or unit: block where there is one run"
    check_whole(folds["fold"].to_numpy(), folds["block"], "block", remedy)
    held_out = of_stimulus.loc[folds["stimulus_id"], "held_out"].to_numpy() == 1
    shown = set(folds["stimulus_id"])
    training = stimuli[stimuli["session"] == "training"]
    made = splits(folds["fold"].to_numpy(), keep=~held_out, stimuli=images)
    check_training(made, folds["category"], ~held_out, images)
    order = [place[name] for name in folds["sample"]]
    as_given = order == list(range(len(x))) and x.flags.c_contiguous
    return Problem(
        x=x if as_given else x[order],
        rows=folds,
        classes=classes,
        y=folds["category"].map(index).to_numpy(dtype=np.int64),
        stimuli=images,
        splits=made,
        stimulus_ids=[name for name in training["stimulus_id"] if name in shown],
    )


def load_problem(voxels: StrPath, folds: StrPath, stimuli: StrPath) -> Problem:
    """Read a region's voxels, folds.tsv and stimuli.tsv, and join them by id."""
    arrays = load_arrays(voxels)
    return pose(
        arrays["x"],
        arrays["sample"],
        read_table(folds, FOLD_COLUMNS),
        read_table(stimuli, STIMULUS_COLUMNS),
    )


def decode(
    problem: Problem, fit: Fit, calibration_folds: int, decoder: str | None = None
) -> OutOfFold:
    """Predict every sample out of fold; see `soft_labels.out_of_fold`.

    Parameters
    ----------
    problem : Problem
    fit : Fit
        The decoder.
    calibration_folds : int
        Folds, of runs or blocks, inside each training fold that choose the temperature.
    decoder : str, optional
        Name for messages.
    """
    return out_of_fold(
        problem.x,
        problem.y,
        problem.runs,
        problem.stimuli,
        problem.splits,
        len(problem.classes),
        fit,
        calibration_folds,
        problem.blocks,
        decoder,
        problem.classes,
    )


def decode_parts(
    parts: Sequence[Problem], fit: Fit, calibration_folds: int, decoder: str | None = None
) -> OutOfFold:
    """Predict every sample out of fold, where folds may have voxels of their own.

    Parameters
    ----------
    parts : sequence of Problem
        The region's, or one for each fold, with its split alone.
    fit, calibration_folds, decoder
        See `decode`.
    """
    return together([decode(part, fit, calibration_folds, decoder) for part in parts])


def used_voxels(problem: Problem, asked: int | None) -> dict[str, int | None]:
    """What results say of voxels: those used (all, where a region has fewer) and asked for.

    Parameters
    ----------
    problem : Problem
    asked : int or None
        Voxels to select inside each training fold, None for all.
    """
    found = problem.x.shape[1]
    if asked and asked > found:
        log.warning("%d voxels asked for, the region has %d: all are taken", asked, found)
    return {"voxels": min(asked or found, found), "voxels_asked": asked}


def fold_facts(problem: Problem, voxels: int | None) -> list[dict[str, Any]]:
    """What each fold was trained on.

    Parameters
    ----------
    problem : Problem
    voxels : int or None
        Voxels that were selected inside each training fold, see `used_voxels`.

    Returns
    -------
    list of dict
        For each fold its number, the samples that it learned from and predicted, the classes that
        it learned, the voxels that it used, and how many samples of other folds it left out, since
        their image is held out for students or tested in the fold.
    """
    return [
        {
            "fold": number,
            "training_samples": len(split.train),
            "test_samples": len(split.test),
            "left_out": len(problem.y) - len(split.train) - len(split.test),
            "classes": [problem.classes[code] for code in np.unique(problem.y[split.train])],
            "voxels": voxels,
        }
        for number, split in enumerate(problem.splits)
    ]


def save_decoding(
    problem: Problem,
    decoded: OutOfFold,
    paths: Mapping[str, StrPath],
    facts: Mapping[str, Any],
) -> None:
    """Write logits, soft labels and samples of one region and decoder.

    Parameters
    ----------
    problem : Problem
    decoded : OutOfFold
    paths : mapping
        ``logits`` and ``soft_labels`` (.npy), ``samples`` (.npz).
    facts : mapping
        What every file says of its origin: decoder, voxels, seed, ...
    """
    logits, soft_labels = by_stimulus(
        decoded.logits, problem.rows["stimulus_id"], problem.stimulus_ids
    )
    ids = {"stimulus": problem.stimulus_ids, "class": problem.classes}
    axes = ("stimulus", "class")
    save_array(paths["logits"], logits, axes=axes, units="nat", ids=ids, **facts)
    save_array(paths["soft_labels"], soft_labels, axes=axes, units="1", ids=ids, **facts)
    save_arrays(
        paths["samples"],
        {
            "sample": problem.rows["sample"].to_numpy(dtype=str),
            "run": problem.runs,
            "fold": decoded.split,
            "truth": problem.y,
            "logits": decoded.logits,
            "temperature": decoded.temperatures,
            "confusion": metrics.confusion_matrix(decoded.logits, problem.y),
        },
        axes={
            "sample": ("sample",),
            "run": ("sample",),
            "fold": ("sample",),
            "truth": ("sample",),
            "logits": ("sample", "class"),
            "temperature": ("fold",),
            "confusion": ("true class", "predicted class"),
        },
        units={"logits": "nat"},
        classes=problem.classes,
        folds=fold_facts(problem, facts.get("voxels")),
        **facts,
    )
