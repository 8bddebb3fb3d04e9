"""Noise on the voxels until every region of a subject decodes as its weakest does.

A region that is decoded better may teach better for that alone. So normal noise is added to the
voxels of each region until it decodes as the weakest of those that are above chance; regions at
chance, and the weakest itself, stay as they are. All of that is chosen anew for each fold, by
decoding its training rows from each other, so that the rows that a fold tests change nothing. The
noise falls on the training rows and on the test rows alike.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.linear_fit import linear_fit
from neuroloop.fmri.nested import inner_groups
from neuroloop.fmri.permutation import balanced_accuracies, label_null
from neuroloop.fmri.soft_labels import inner_splits
from neuroloop.fmri.units import permutation_units
from neuroloop.fmri.variant import Asked, Region
from neuroloop.jobs.progress import progress
from neuroloop.statistics.folds import Split
from neuroloop.statistics.intervals import permutation_p

ORDER = 3
LEGEND = "noise until every region decodes as the weakest one above chance does"
COMPARES, LINEAR = True, True

#: p, of so many permutations, up to which a region is above chance.
ABOVE_CHANCE, PERMUTATIONS = 0.05, 199

#: Draws of the noise over which an accuracy is averaged while its level is chosen.
DRAWS = 4

#: The level is doubled from the first up to the last, in standard deviations of a voxel, and the
#: interval that is found is halved so many times.
FIRST, LAST, HALVINGS = 0.25, 64.0, 6


class Chosen(NamedTuple):
    """Noise in one fold.

    Attributes
    ----------
    noise : float
        In standard deviations of each voxel over the fold's training rows.
    before, reached : float
        Balanced accuracy inside the training rows without and with it.
    aimed : float or None
        That of the weakest region above chance; None if there is none.
    weakest : str or None
        Which one that is.
    """

    noise: float
    before: float
    reached: float
    aimed: float | None
    weakest: str | None


def choose(problem: Problem, how: Asked) -> dict[str, Any]:
    """Choose the noise of each fold inside its training rows: lists, one value a fold."""
    own = Region(problem, how.n_voxels)
    chosen = [
        _in_fold(fold, split, own, how)
        for fold, split in enumerate(progress(problem.splits, "noise of folds"))
    ]
    return {name: [getattr(one, name) for one in chosen] for name in Chosen._fields}


def vary(problem: Problem, facts: dict[str, Any]) -> list[Problem]:
    """Add noise to the voxels: another problem for each fold."""
    return [
        replace(problem, x=_noisy(problem.x, split, level, (facts["seed"], fold)), splits=[split])
        for fold, (split, level) in enumerate(zip(problem.splits, facts["noise"], strict=True))
    ]


def _in_fold(fold: int, split: Split, own: Region, how: Asked) -> Chosen:
    """Choose the noise of a region in one fold."""
    parts = _inside(own.problem, split, how.calibration_folds)
    before, found = _decoded(own, own.problem.x, parts, how)
    weakest, aimed = None, None
    for name, region in how.regions.items():
        accuracy, named = _decoded(region, region.problem.x, parts, how)
        lower = aimed is None or accuracy < aimed
        if lower and _above_chance(region.problem, parts, named, how.seed):
            weakest, aimed = name, accuracy
    if aimed is None or before <= aimed or not _above_chance(own.problem, parts, found, how.seed):
        return Chosen(0.0, before, before, aimed, weakest)

    def at(level: float) -> float:
        """Balanced accuracy at a level, the mean over draws that are those of every level."""
        drawn = (
            _noisy(own.problem.x, split, level, (how.seed, fold, draw)) for draw in range(DRAWS)
        )
        return float(np.mean([_decoded(own, x, parts, how)[0] for x in drawn]))

    low, high = 0.0, FIRST
    while high < LAST and at(high) > aimed:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) > aimed else (low, middle)
    return Chosen(high, before, at(high), aimed, weakest)


def _inside(problem: Problem, split: Split, n_folds: int) -> list[Split]:
    """Folds inside a training set, those that calibrate the decoder's scores."""
    y, blocks, stimuli = problem.y, problem.blocks, problem.stimuli
    groups = inner_groups(split, y, problem.runs, blocks, stimuli, apart=True)
    return inner_splits(np.array(problem.classes)[y], groups, stimuli, split.train, n_folds)


def _decoded(
    region: Region, x: np.ndarray, parts: Sequence[Split], how: Asked
) -> tuple[float, np.ndarray]:
    """Balanced accuracy of a region's training rows decoded from each other, and their classes."""
    problem = region.problem
    fit = linear_fit(problem, how.decoder, region.n_voxels or x.shape[1])
    scores = fit(x, problem.y, problem.runs, parts, len(problem.classes))
    named = np.concatenate(scores).argmax(axis=1)
    return float(balanced_accuracies(problem.y[_tested(parts)][None], named)[0]), named


def _above_chance(problem: Problem, parts: Sequence[Split], named: np.ndarray, seed: int) -> bool:
    """Whether permuted labels of the training rows seldom fit what was decoded as well."""
    rows = _tested(parts)
    folds = np.repeat(np.arange(len(parts)), [len(part.test) for part in parts])
    y, blocks, runs = problem.y[rows], problem.blocks[rows], problem.runs[rows]
    stimuli = problem.stimuli[rows]
    if permutation_units(y, blocks, runs, stimuli, folds).impossible:
        return False
    generator = np.random.default_rng(seed)
    null = label_null(named, y, blocks, runs, generator, PERMUTATIONS, stimuli, folds)
    observed = float(balanced_accuracies(y[None], named)[0])
    return permutation_p(observed, null) <= ABOVE_CHANCE


def _tested(parts: Sequence[Split]) -> np.ndarray:
    return np.concatenate([part.test for part in parts])


def _noisy(x: np.ndarray, split: Split, level: float, seed: tuple[int, ...]) -> np.ndarray:
    """Activity with noise that is independent over rows and voxels."""
    noise = np.random.default_rng(seed).standard_normal(x.shape, dtype=np.float32)
    unit = level * x[split.train].std(axis=0)
    return np.asarray(x + unit.astype(np.float32) * noise, dtype=x.dtype)
