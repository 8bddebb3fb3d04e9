"""Outcomes of one teacher's students, of what their files keep: tables of seeds and images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from neuroloop.distill.ablation import Group
from neuroloop.distill.outcomes.calibration import brier_cells, calibration_cells, log_loss_cells

#: Stands for the mean over strengths, in the column of strengths.
MEAN_STRENGTH = "mean"

#: Measures of calibration.
CALIBRATION = {
    "calibration_error": calibration_cells,
    "brier": brier_cells,
    "log_loss": log_loss_cells,
}

#: Outcomes of which less is better.
LOWER_IS_BETTER = tuple(CALIBRATION)


@dataclass(frozen=True, eq=False)
class MeasuredStudents:
    """Students that differ only in their seed, and what they came to.

    Attributes
    ----------
    group : Group
        Which they are, and which test images they name right.
    cells : mapping of (str, str) to ndarray of float64, shape (seeds, images)
        By outcome and strength; the mean over cells is the outcome. The strength is ``"mean"`` for
        the mean over strengths, and empty where there is none.
    """

    group: Group
    cells: Mapping[tuple[str, str], np.ndarray]


def measured(
    group: Group, arrays: Mapping[str, np.ndarray], outcomes: Sequence[str]
) -> MeasuredStudents:
    """Measure the students of one teacher.

    Parameters
    ----------
    group : Group
    arrays : mapping of str to ndarray
        Of predictions.npz.
    outcomes : sequence of str
        ``calibration``, ``corruptions`` and ``adversarial`` are measured here.

    Returns
    -------
    MeasuredStudents
    """
    cells: dict[tuple[str, str], np.ndarray] = {}
    if "calibration" in outcomes:
        logits, truth = arrays["logits"], arrays["truth"]
        cells |= {(name, ""): measure(logits, truth) for name, measure in CALIBRATION.items()}
    if "corruptions" in outcomes:
        strengths = arrays["strength"]
        cells |= _accuracies(group, arrays["corrupted"], arrays["corruption"], strengths)
    if "adversarial" in outcomes:
        names = arrays["attack"]
        sizes = np.tile(arrays["epsilon"], (len(names), 1))
        cells |= _accuracies(group, arrays["attacked"], names, sizes)
    return MeasuredStudents(group, cells)


def _accuracies(
    group: Group, hits: np.ndarray, names: np.ndarray, strengths: np.ndarray
) -> dict[tuple[str, str], np.ndarray]:
    """Accuracy without, at each strength, and its mean over strengths, of each kind."""
    cells: dict[tuple[str, str], np.ndarray] = {}
    for name in names:
        cells[str(name), "0"] = np.asarray(group.hits, dtype=float)
    for kind, place in product(range(hits.shape[1]), range(hits.shape[2])):
        strength = f"{strengths[kind, place]:.3g}"
        cells[str(names[kind]), strength] = hits[:, kind, place].astype(float)
    for kind, name in enumerate(names):
        cells[str(name), MEAN_STRENGTH] = hits[:, kind].mean(axis=1)
    order = [str(name) for name in names]
    return dict(sorted(cells.items(), key=lambda item: order.index(item[0][0])))
