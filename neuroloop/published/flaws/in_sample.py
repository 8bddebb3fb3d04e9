"""Soft labels predicted for the decoder's own training rows."""

from typing import Any

import numpy as np

from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.linear import fit_linear
from neuroloop.fmri.soft_labels import temperature
from neuroloop.statistics.folds import Split

ORDER = 6
TITLE = "in-sample labels"
DONE = "the decoder predicts the rows that it learned from, and is calibrated on them"


def decode(problem: Problem) -> np.ndarray:
    """Learn from all rows and predict copies of them, which the product cannot know for such."""
    from neuroloop.published.decoding import DECODER, KEPT

    n = len(problem.y)
    split = Split(np.arange(n), np.arange(n, 2 * n))
    settings: dict[str, Any] = {name: DECODER[name] for name in DECODER if name != "method"}
    twice = (np.tile(problem.x, (2, 1)), np.tile(problem.y, 2), np.tile(problem.runs, 2))
    names = np.arange(2 * n).astype(str)
    classes = len(problem.classes)
    rows = (*twice, [split], classes, KEPT)
    (scores,) = fit_linear(str(DECODER["method"]), *rows, blocks=names, **settings)
    return scores / temperature(scores, problem.y)
