"""The decoder of a brain that saw other images: voxels are dealt anew to the samples.

Whole units of samples (blocks, or images with their blocks) exchange their voxels with units of the
same stratum, all permutations being equally likely: what the test of a decoding does with labels
(see `units.permutation_units`). Labels keep their images, runs and folds. Rows of an image are
given rows of one other image, so that its soft label holds nothing of the image either: were the
labels of the training rows alone permuted, images whose voxels are alike would still get soft
labels that are alike.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.units import PermutationUnits
from neuroloop.fmri.variant import Asked

ORDER = 1
LEGEND = "voxels of other samples, dealt by chance: a decoder without a signal"
COMPARES, LINEAR = False, False


def choose(problem: Problem, how: Asked) -> dict[str, Any]:
    """Say what is exchanged.

    Raises
    ------
    NeuroLoopError
        If the design allows no exchange.
    """
    permuted = problem.permutable
    if permuted.impossible:
        raise NeuroLoopError(f"variant voxelnull: {permuted.impossible}; or leave the variant out")
    return {"permuted": permuted.what.replace("labels", "voxels", 1)}


def vary(problem: Problem, facts: dict[str, Any]) -> list[Problem]:
    """Give every sample the voxels of another."""
    rows = dealt(problem.permutable, np.random.default_rng(facts["seed"]))
    return [replace(problem, x=problem.x[rows])]


def dealt(units: PermutationUnits, generator: np.random.Generator) -> np.ndarray:
    """For each row, the row whose voxels it is given.

    Parameters
    ----------
    units : PermutationUnits
    generator : numpy.random.Generator

    Returns
    -------
    ndarray of int, (rows,)
        Where units are as long as each other, every row occurs once. A shorter unit's rows are
        spread over a longer one: some occur twice; of a longer one some are left out.
    """
    rows_of = [np.flatnonzero(units.unit == unit) for unit in range(len(units.label))]
    giver = np.arange(len(units.label))
    for stratum in np.unique(units.stratum):
        inside = np.flatnonzero(units.stratum == stratum)
        giver[inside] = generator.permutation(inside)
    source = np.empty(len(units.unit), dtype=np.int64)
    for unit, rows in enumerate(rows_of):
        given = rows_of[giver[unit]]
        source[rows] = given[np.arange(len(rows)) * len(given) // len(rows)]
    return source
