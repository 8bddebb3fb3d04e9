"""A linear decoder of a configured block, as a function that fits it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.linear import fit_linear
from neuroloop.fmri.soft_labels import Fit


def linear_fit(problem: Problem, decoder: Mapping[str, Any], n_voxels: int | None) -> Fit:
    """Return what fits a linear decoder.

    Parameters
    ----------
    problem : Problem
    decoder : mapping
        ``method`` and its settings.
    n_voxels : int or None
        Voxels to select inside each training fold, None for all.
    """
    given = {name: value for name, value in decoder.items() if name != "method"}
    options = {"n_voxels": n_voxels, "stimuli": problem.stimuli, **given}
    return partial(fit_linear, decoder["method"], blocks=problem.blocks, **options)
