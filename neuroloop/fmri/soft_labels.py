"""Out-of-fold soft labels: scores, calibrated inside the training set, joined to stimuli by id.

Every row is predicted by a fit that did not see it. Scores become logits by one temperature per
split, chosen on predictions of training rows that are themselves out-of-fold (temperature scaling:
Guo et al. 2017, On Calibration of Modern Neural Networks, with nested cross-validation instead of a
validation set).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from scipy.special import log_softmax, softmax

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.nested import inner_folds, inner_groups
from neuroloop.fmri.scores import checked
from neuroloop.fmri.units import following
from neuroloop.statistics import folds
from neuroloop.statistics.folds import Split

#: The temperature is searched for within this factor of the mean range of a row's scores.
TEMPERATURE_RANGE = 1e4

#: Activity up to here has squares that float32 holds.
LARGEST = 1e18


class Fit(Protocol):
    """Trains one model per split and scores the split's test rows.

    It may look at activity and labels of training rows, and at activity of test rows to score
    them. `functools.partial(linear.fit_linear, name, ...)` is one; networks train all splits
    side by side, which is why it gets all of them at once.
    """

    def __call__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray,
        splits: Sequence[Split],
        n_classes: int,
    ) -> Sequence[np.ndarray]:
        """Return one array (test rows, classes) per split, finite, higher is likelier."""
        ...


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Predictions of rows by fits that did not see them.

    Attributes
    ----------
    scores : ndarray, (n, classes) float64
        What the decoder gave; NaN where no split predicts the row.
    logits : ndarray, (n, classes) float64
        Scores / temperature of the row's split.
    temperatures : ndarray, (splits,) float64
        In units of the scores.
    split : ndarray of int, (n,)
        Split that predicts the row; -1 where none does.
    """

    scores: np.ndarray
    logits: np.ndarray
    temperatures: np.ndarray
    split: np.ndarray


def out_of_fold(
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    stimuli: np.ndarray | None,
    splits: Sequence[Split],
    n_classes: int,
    fit: Fit,
    calibration_folds: int,
    blocks: np.ndarray | None = None,
    decoder: str | None = None,
    classes: Sequence[str] | None = None,
) -> OutOfFold:
    """Score every test row, and calibrate only on the training rows of its split.

    All models, those of the splits and those of the calibration inside them, are trained by one
    call of `fit`.

    Parameters
    ----------
    x : ndarray, (n, voxels)
        Activity.
    y : ndarray of int, (n,)
        Class indices.
    groups : ndarray of str, (n,)
        Run of each row: calibration folds consist of runs, or of blocks (see `inner_groups`).
    stimuli : ndarray of str, (n,), or None
        Stimulus of each row, empty where unknown; None if all are. No stimulus is on both sides of
        a calibration fold.
    splits : sequence of Split
        No row is in two test sets.
    n_classes : int
        Classes of the data set.
    fit : Fit
        The decoder.
    calibration_folds : int
        Folds inside every training set (see `inner_folds`).
    blocks : ndarray of str, (n,), optional
        Block of each row; by default rows of one class that follow one another in a run.
    decoder : str, optional
        Name for messages.
    classes : sequence of str, (n_classes,), optional
        Names of the classes for messages, in natural order.

    Returns
    -------
    OutOfFold

    Raises
    ------
    NeuroLoopError
        If `y` does not hold class indices, a split cannot learn a class or has nothing to calibrate
        on, or the decoder's scores are not finite numbers, one per row and class.
    """
    x, y, groups = np.asarray(x), np.asarray(y), np.asarray(groups).astype(str)
    stimuli = np.full(len(y), "") if stimuli is None else np.asarray(stimuli).astype(str)
    check_rows(x, y, groups, stimuli, n_classes)
    labels = y if classes is None else np.array(classes)[y]
    folds.check_training(splits, labels, stimuli=stimuli)
    blocks = following(groups, y) if blocks is None else blocks
    inner = []
    for split in splits:
        kept = inner_groups(split, y, groups, blocks, stimuli, apart=True)
        inner.append(inner_splits(labels, kept, stimuli, split.train, calibration_folds))
    every = [*splits, *(part for parts in inner for part in parts)]
    for index, split in enumerate(every):
        _check_training(split, y, calibrates=index >= len(splits))
    fitted = list(fit(x, y, groups, every, n_classes))
    _check_scores(fitted, every, len(splits), n_classes, decoder or _name(fit))
    rest = iter(fitted[len(splits) :])

    scores = np.full((len(y), n_classes), np.nan)
    logits = scores.copy()
    owner = np.full(len(y), -1)
    temperatures = np.empty(len(splits))
    for index, (split, parts) in enumerate(zip(splits, inner, strict=True)):
        if (owner[split.test] >= 0).any():
            raise ValueError(f"split {index} tests rows that an earlier split tests")
        temperatures[index] = calibrate(y, parts, [next(rest) for _ in parts])
        owner[split.test] = index
        scores[split.test] = fitted[index]
        logits[split.test] = fitted[index] / temperatures[index]
    return OutOfFold(scores, logits, temperatures, owner)


def together(parts: Sequence[OutOfFold]) -> OutOfFold:
    """Put predictions of the same rows together, of which each part has those of its own splits.

    Parameters
    ----------
    parts : sequence of OutOfFold
        No row is predicted by two of them.

    Returns
    -------
    OutOfFold
        Splits are numbered through, part after part.
    """
    if len(parts) == 1:
        return parts[0]
    made = [np.full_like(parts[0].scores, np.nan) for _ in range(2)]
    owner, before = np.full(len(parts[0].split), -1), 0
    for part in parts:
        rows = part.split >= 0
        made[0][rows], made[1][rows] = part.scores[rows], part.logits[rows]
        owner[rows] = before + part.split[rows]
        before += len(part.temperatures)
    temperatures = np.concatenate([part.temperatures for part in parts])
    return OutOfFold(made[0], made[1], temperatures, owner)


def inner_splits(
    y: np.ndarray, groups: np.ndarray, stimuli: np.ndarray, train: np.ndarray, n_folds: int
) -> list[Split]:
    """Split the rows `train` once more, by group and, as in the outer folds, by stimulus.

    Returns
    -------
    list of Split
        Their indices refer to all rows; splits whose training set would be empty are left out.
    """
    inner = inner_folds(groups[train], y[train], n_folds)
    cut = folds.splits(inner, stimuli=map(str, stimuli[train]))
    return [Split(train[part.train], train[part.test]) for part in cut if len(part.train)]


def calibrate(y: np.ndarray, splits: Sequence[Split], scores: Sequence[np.ndarray]) -> float:
    """Find the temperature from the out-of-fold scores of one training set.

    Rows whose class was absent from their split's training set are left out: their loss reflects
    how low an unknown class was scored, not how certain the decoder may be.

    Raises
    ------
    NeuroLoopError
        If no row is left.
    """
    kept_scores, truth = [], []
    for split, given in zip(splits, scores, strict=True):
        known = np.isin(y[split.test], y[split.train])
        kept_scores.append(given[known])
        truth.append(y[split.test][known])
    if not sum(map(len, truth)):
        raise NeuroLoopError(
            "no training row can calibrate the decoder, since no fold learns a class from two runs "
            "that show different images of it: use fewer folds, set fold_by: stimulus, which deals "
            "whole images, or show other images of each class in further runs"
        )
    return temperature(np.concatenate(kept_scores), np.concatenate(truth))


def temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """Find the temperature T that minimises the log loss of softmax(scores / T).

    To the loss of the n rows one more is added, with average scores and an unknown class:
    sum_i -log p_i(truth_i) + mean_ik -log p_i(k). Without it, decoders that predict every row
    correctly would get T = 0 and claim a certainty that n rows cannot give; with it they expect
    about one error in n + 1 (the targets of Platt 1999, Probabilistic outputs for support vector
    machines, rest on the same rule of succession).

    Parameters
    ----------
    scores : ndarray, (n, classes)
        Scores of rows that were not trained on.
    truth : ndarray of int, (n,)
        Their classes.

    Returns
    -------
    float
        In units of the scores. At most `TEMPERATURE_RANGE` times the mean range of a row, which
        makes softmax uniform: scores without information end there. 1 if no row has a range.
    """
    from scipy.optimize import minimize_scalar  # slow, and most jobs that read scores fit nothing

    scale = float(np.ptp(scores, axis=1).mean())
    if scale == 0:
        return 1.0
    unit = np.asarray(scores, dtype=np.float64) / scale
    rows = np.arange(len(truth))

    def loss(log_t: float) -> float:
        log_p = log_softmax(unit / np.exp(log_t), axis=1)
        return float(-log_p[rows, truth].sum() - log_p.mean())

    bound = np.log(TEMPERATURE_RANGE)
    found = minimize_scalar(loss, bounds=(-bound, bound), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x) * scale)


def by_stimulus(
    logits: np.ndarray, row_stimuli: Iterable[str], stimulus_ids: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Average logits over the rows of each stimulus, joined by id, and take their softmax.

    Parameters
    ----------
    logits : ndarray, (n, classes)
        NaN in rows that no split predicts; they are left out.
    row_stimuli : iterable of str, (n,)
        Stimulus of each row, in any order; rows with an empty name are left out.
    stimulus_ids : sequence of str, (stimuli,)
        The rows of the result.

    Returns
    -------
    logits, soft_labels : ndarray, (stimuli, classes) float32
        Rows of `soft_labels` sum to 1.

    Raises
    ------
    NeuroLoopError
        If a stimulus has no predicted row, or a row has an unknown stimulus.
    """
    index_of = {name: index for index, name in enumerate(stimulus_ids)}
    if len(index_of) != len(stimulus_ids):
        raise ValueError("a stimulus id occurs twice")
    names = np.array(list(row_stimuli), dtype=str)
    if len(names) != len(logits):
        raise ValueError(f"{len(logits)} rows of logits, but {len(names)} stimuli of rows")
    used = ~np.isnan(logits).any(axis=1) & (names != "")
    strange = sorted(set(names[used].tolist()) - set(index_of))
    if strange:
        raise NeuroLoopError(
            f"{len(strange)} stimuli of brain rows are not in the table of stimuli, e.g. "
            f"{strange[0]!r}: fix stimuli.tsv or the rows' stimulus_id"
        )
    targets = np.array([index_of[name] for name in names[used].tolist()], dtype=np.int64)
    counts = np.bincount(targets, minlength=len(index_of))
    if not counts.all():
        lost = [name for name, count in zip(stimulus_ids, counts, strict=True) if not count]
        raise NeuroLoopError(
            f"{len(lost)} of {len(index_of)} stimuli have no brain row that was predicted out of "
            f"fold, e.g. {lost[0]!r}: fix stimuli.tsv or the rows' stimulus_id"
        )
    sums = np.zeros((len(index_of), logits.shape[1]))
    np.add.at(sums, targets, logits[used])
    mean = (sums / counts[:, None]).astype(np.float32)
    return mean, softmax(mean.astype(np.float64), axis=1).astype(np.float32)


def _check_training(split: Split, y: np.ndarray, calibrates: bool) -> None:
    n_classes = len(np.unique(y[split.train]))
    if n_classes >= 2:
        return
    if len(np.unique(y)) < 2:
        raise NeuroLoopError(
            f"all {len(y)} rows are of one class, and a decoder needs 2 classes: give others"
        )
    what = "a calibration fold, inside the training set of a fold," if calibrates else "a fold"
    remedy = (
        "set calibration_folds to another number, or show each class in more runs"
        if calibrates
        else "use more folds"
    )
    raise NeuroLoopError(
        f"{what} has {len(split.train)} training rows of {n_classes} classes, and a decoder "
        f"needs 2 classes: {remedy}"
    )


def check_rows(
    x: np.ndarray, y: np.ndarray, runs: np.ndarray, stimuli: np.ndarray, n_classes: int
) -> None:
    """Refuse arrays that do not have one value per row, or classes that are not indices."""
    if x.ndim != 2 or y.shape != x.shape[:1] or {runs.shape, stimuli.shape} != {y.shape}:
        raise NeuroLoopError(
            f"activity of shape {x.shape}, classes {y.shape}, runs {runs.shape} and stimuli "
            f"{stimuli.shape} do not match: activity has a row for each volume, block or trial and "
            "a column for each voxel, and the others one value per row"
        )
    if y.dtype.kind not in "iu":
        raise NeuroLoopError(
            f"classes are {y.dtype}, not indices from 0: make them by numpy.unique(labels, "
            "return_inverse=True), or call decode_arrays, which takes names"
        )
    if not len(y) or y.min() < 0 or y.max() >= n_classes:
        raise NeuroLoopError(
            f"{len(y)} rows of {n_classes} classes: classes must be indices from 0 to "
            f"{n_classes - 1}"
        )
    if not np.isfinite(x).all():
        raise NeuroLoopError(
            "activity holds NaN or infinite values: leave those voxels or rows out first"
        )
    if np.abs(x).max(initial=0) > LARGEST:
        raise NeuroLoopError(
            f"activity reaches {np.abs(x).max():.3g}, whose square float32 cannot hold: scale it "
            "first, or leave damaged voxels out"
        )


def _name(fit: Fit) -> str:
    """Name of a decoder, as far as its function tells."""
    if isinstance(fit, partial):
        return str(fit.args[0]) if fit.args else _name(fit.func)
    return str(getattr(fit, "__name__", type(fit).__name__))


def _check_scores(
    fitted: Sequence[np.ndarray], splits: Sequence[Split], outer: int, n_classes: int, name: str
) -> None:
    """Refuse scores that no calibration can use, at the decoder that gave them."""
    if len(fitted) != len(splits):
        raise NeuroLoopError(f"decoder {name!r} scored {len(fitted)} of {len(splits)} folds")
    for index, (given, split) in enumerate(zip(fitted, splits, strict=True)):
        fold = f"fold {index}" if index < outer else f"calibration fold {index - outer}"
        checked(given, (len(split.test), n_classes), f"decoder {name!r}, {fold}")
