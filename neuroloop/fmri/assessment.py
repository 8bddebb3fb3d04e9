"""How well a region was decoded, and whether labels that say nothing would do as well."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from neuroloop import registry
from neuroloop.fmri.alike import alike
from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.permutation import label_null, retrained_null
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics import metrics
from neuroloop.statistics.intervals import cluster_interval, permutation_p
from neuroloop.statistics.units import scope, varied

#: What the null is a distribution of.
STATISTIC = "balanced accuracy"


def null_of(
    problem: Problem,
    logits: np.ndarray,
    decoder: Mapping[str, Any],
    n_voxels: int,
    permutations: int,
    seed: int,
    known: np.ndarray | None = None,
    retrain: bool = True,
) -> tuple[np.ndarray, str]:
    """Balanced accuracies on permuted labels, and how they were made.

    Linear decoders are trained again on each permutation, networks are not.

    Parameters
    ----------
    problem : Problem
    logits : ndarray, shape (samples, classes)
        Out of fold.
    decoder : mapping
        ``method`` and its settings.
    n_voxels : int
        Voxels that were selected inside each training fold.
    permutations : int
        How many; none are made where nothing can be permuted.
    seed : int
        Root seed.
    known : ndarray, shape (any number of permutations,), optional
        Beginning of the null of a decoder that is trained again, which is then not made anew.
    retrain : bool
        False where each fold has voxels of its own, which no permutation would have given it: then
        no decoder is trained again.

    Returns
    -------
    null : ndarray, shape (permutations,)
    method : str
        How the null was made, or why there is none.
    """
    permuted = problem.permutable
    if permuted.impossible:
        return np.empty(0), f"none: {permuted.impossible}"
    generator = numpy_generator(seed, "permutation")
    if not retrain or decoder["method"] not in registry.having("decoder", "decode"):
        null = label_null(
            logits.argmax(axis=1),
            problem.y,
            problem.blocks,
            problem.runs,
            generator,
            permutations,
            problem.stimuli,
            problem.folds,
        )
        return null, "held-out labels permuted, not retrained; spread widened by sqrt(2)"
    null = retrained_null(
        decoder["method"],
        problem.x,
        problem.y,
        problem.blocks,
        problem.runs,
        problem.splits,
        len(problem.classes),
        generator,
        permutations,
        n_voxels=n_voxels,
        stimuli=problem.stimuli,
        known=known,
        **{name: value for name, value in decoder.items() if name != "method"},
    )
    return null, "retrained on permuted labels"


def score(
    problem: Problem, logits: np.ndarray, null: np.ndarray, null_method: str
) -> dict[str, Any]:
    """Facts of metrics.json: metrics, their interval, and the null that they beat.

    p is that of balanced accuracy, since it must not reward a decoder for naming what has most
    rows. Chance is what these predictions would score if they knew nothing of the truth. The
    interval is of accuracy, over what is alike (see `alike`): that is the unit, and of what it
    speaks is the scope. The smallest effect that could have been seen is by how much the null's
    95th percentile exceeds its mean, in balanced accuracy.

    Parameters
    ----------
    problem : Problem
    logits : ndarray, shape (samples, classes)
        Out of fold.
    null : ndarray, shape (permutations,)
        Balanced accuracies on permuted labels; empty where nothing can be permuted, and p is None.
    null_method : str
        How the null was made, or why there is none.
    """
    truth, permuted = problem.y, problem.permutable
    shared = alike(permuted.unit, problem.runs, problem.blocks, problem.folds)
    hits = metrics.hits(logits, truth)
    interval = cluster_interval(hits, shared.clusters, crossed=shared.crossed)
    facts = metrics.classification_metrics(logits, truth)
    observed = metrics.balanced_accuracy(logits, truth)
    return {
        **facts,
        "chance": metrics.agreement_by_chance(logits, truth),
        "pairwise_chance": metrics.pairwise_by_chance(logits, truth, problem.folds),
        "ci_low": interval.ci_low,
        "ci_high": interval.ci_high,
        "p": permutation_p(observed, null) if len(null) else None,
        "interval": f"95 %, over {shared.over}",
        "unit": varied(shared.units),
        "scope": scope(shared.units, [*shared.fixed, "subject"]),
        "runs": len(set(problem.runs.tolist())),
        "null": {
            "statistic": STATISTIC,
            "method": null_method,
            "permuted": permuted.what,
            "permutations": len(null),
            "mean": float(null.mean()) if len(null) else None,
            "quantile_95": float(np.quantile(null, 0.95)) if len(null) else None,
            "smallest_effect": smallest_effect(null),
        },
    }


def smallest_effect(null: np.ndarray) -> float | None:
    """By how much the null's 95th percentile exceeds its mean; None without a null."""
    return float(np.quantile(null, 0.95) - null.mean()) if len(null) else None
