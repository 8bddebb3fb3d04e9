"""Surrogates of brain data, decoded and judged as the data are.

Half have their labels shifted within runs, half the phases of their voxels drawn anew. Both must
lose what labels have to do with the data: a shift that keeps more of it than permutations do (by a
volume of a long block, or by a whole period of an order that returns), or whose labels cannot be
dealt to folds, is drawn again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.assessment import null_of, score
from neuroloop.fmri.audit.fits import fit_of
from neuroloop.fmri.dealing import deal
from neuroloop.fmri.decoding import Problem, decode, pose, used_voxels
from neuroloop.fmri.permutation import permutations
from neuroloop.fmri.soft_labels import OutOfFold
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.surrogates import GAIN, ONE_SIDED, phase_randomised, shifted_rows

if TYPE_CHECKING:
    import torch

SHIFTED, RANDOMISED = "labels shifted", "phases randomised"

#: Columns that move with labels.
LABELS = ["block", "stimulus_id", "category"]

#: Shifts that are drawn until one keeps no more than permutations do; those compared with.
DRAWS, COMPARED = 100, 99

#: Share of the permutations that a shift may not exceed in what it keeps.
KEPT = 0.9

#: Fewest rows of a run whose phases, or shifts, are varied enough.
ROWS = 8

#: p of a finding.
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Settings:
    """How a region is decoded and judged.

    Attributes
    ----------
    decoder : mapping
        ``method`` and its settings.
    n_voxels : int or None
    calibration_folds, n_folds, permutations : int
    fold_by : str
    unit : str
        What a row is.
    seed : int
    device : torch.device or None
        Of networks.
    """

    decoder: Mapping[str, Any]
    n_voxels: int | None
    calibration_folds: int
    n_folds: int
    fold_by: str
    unit: str
    permutations: int
    seed: int
    device: "torch.device | None" = None


@dataclass(frozen=True, eq=False)
class Drawn:
    """A surrogate.

    Attributes
    ----------
    kind : str
        `SHIFTED` or `RANDOMISED`.
    number : int
    problem : Problem
    """

    kind: str
    number: int
    problem: Problem


def kept(y: np.ndarray, other: np.ndarray) -> float:
    """How much labels tell of others: chi squared of their table, over its rows."""
    table = np.zeros((int(y.max()) + 1, int(other.max()) + 1))
    np.add.at(table, (y, other), 1.0)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    with np.errstate(invalid="ignore"):
        parts = np.where(expected > 0, (table - expected) ** 2 / expected, 0.0)
    return float(parts.sum() / len(y))


def draw(
    problem: Problem,
    stimuli: pd.DataFrame,
    how: Settings,
    count: int,
    kinds: Sequence[str] = (SHIFTED, RANDOMISED),
) -> tuple[list[Drawn], list[str]]:
    """Draw surrogates of a region, all at once (see `drawing`).

    Returns
    -------
    drawn : list of Drawn
    not_done : list of str
        Kinds that the data do not allow, and why.
    """
    not_done: list[str] = []
    return list(drawing(problem, stimuli, how, count, not_done, kinds)), not_done


def drawing(
    problem: Problem,
    stimuli: pd.DataFrame,
    how: Settings,
    count: int,
    not_done: list[str],
    kinds: Sequence[str] = (SHIFTED, RANDOMISED),
) -> Iterator[Drawn]:
    """Draw surrogates of a region one after the other: each has voxels of its own.

    Parameters
    ----------
    problem : Problem
    stimuli : DataFrame
        stimuli.tsv.
    how : Settings
    count : int
        As many of each kind; of two kinds and an odd count, one more of the first.
    not_done : list of str
        Gets the kinds that the data do not allow, and why.
    kinds : sequence of str
        Of `SHIFTED` and `RANDOMISED`.
    """
    fewest = int(pd.Series(problem.runs).value_counts().min())
    for place, kind in enumerate(kinds):
        many = (count + len(kinds) - 1 - place) // len(kinds)
        if not many:
            continue
        if fewest < ROWS:
            not_done.append(f"{kind}: a run has {fewest} samples, {ROWS} are needed.")
            continue
        made = enumerate(
            (_shifted if kind == SHIFTED else _randomised)(problem, stimuli, how, many)
        )
        while True:
            try:
                number, one = next(made)
            except StopIteration:
                break
            except NeuroLoopError as error:
                not_done.append(f"{kind}: {error}.")
                break
            yield Drawn(kind, number, one)


def _shifted(
    problem: Problem, stimuli: pd.DataFrame, how: Settings, count: int
) -> Iterator[Problem]:
    generator = numpy_generator(how.seed, "audit", "shifts")
    permuted = permutations(
        problem.y,
        problem.blocks,
        problem.runs,
        generator,
        COMPARED if not problem.permutable.impossible else 0,
        problem.stimuli,
        problem.folds,
    )
    most = float(np.quantile([kept(problem.y, y) for y in permuted], KEPT)) if len(permuted) else 0
    rows, samples = problem.rows, problem.rows["sample"].to_numpy(dtype=str)
    for _ in range(count):
        reason = (
            f"none of {DRAWS} shifts within runs takes the labels away from what was shown: "
            "their order returns too regularly"
        )
        for _ in range(DRAWS):
            taken = shifted_rows(problem.runs.tolist(), generator)
            if len(permuted) and kept(problem.y, problem.y[taken]) > most:
                continue
            moved = rows.copy()
            moved[LABELS] = rows[LABELS].iloc[taken].to_numpy()
            stream = numpy_generator(how.seed, "folds")
            try:
                folds = deal(moved, how.unit, how.n_folds, how.fold_by, stream)
                one = pose(problem.x, samples, moved.assign(fold=folds), stimuli)
            except NeuroLoopError as error:
                reason = str(error)
                continue
            yield one
            break
        else:
            raise NeuroLoopError(reason)


def _randomised(
    problem: Problem, stimuli: pd.DataFrame, how: Settings, count: int
) -> Iterator[Problem]:
    generator = numpy_generator(how.seed, "audit", "phases")
    samples = problem.rows["sample"].to_numpy(dtype=str)
    for _ in range(count):
        x = phase_randomised(problem.x, problem.runs.tolist(), generator)
        yield pose(x, samples, problem.rows, stimuli)


def decode_surrogate(drawn: Drawn, how: Settings) -> OutOfFold:
    """Decode a surrogate out of fold, as the region is."""
    problem = drawn.problem
    fit = fit_of(problem, how.decoder, _voxels(problem, how), how.seed, how.device)
    return decode(problem, fit, how.calibration_folds, how.decoder["method"])


def judge(drawn: Drawn, decoded: OutOfFold, how: Settings, of: str) -> dict[str, object]:
    """Judge a surrogate as the region is: a row of surrogates.tsv.

    It is significant if its p is 0.05 or less, or, where labels cannot be permuted, if its interval
    lies above chance.
    """
    problem = drawn.problem
    seed = how.seed + 1 + drawn.number
    null, method = null_of(
        problem, decoded.logits, how.decoder, _voxels(problem, how), how.permutations, seed
    )
    facts = score(problem, decoded.logits, null, method)
    if facts["p"] is None:
        significant, allowed = facts["ci_low"] > facts["chance"], GAIN
    else:
        significant, allowed = facts["p"] <= LEVEL + 1e-12, ONE_SIDED
    return {
        "headline": "decoding",
        "of": of,
        "kind": drawn.kind,
        "surrogate": drawn.number,
        "value": facts["accuracy"],
        "chance": facts["chance"],
        "p": facts["p"],
        "significant": int(significant),
        "allowed": allowed,
    }


def _voxels(problem: Problem, how: Settings) -> int:
    """Voxels that are selected inside each training fold."""
    return used_voxels(problem, how.n_voxels)["voxels"] or problem.x.shape[1]
