"""How well the students of one teacher do on test images."""

from typing import Any

import numpy as np

from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics import metrics
from neuroloop.statistics.intervals import FEWEST_SEEDS, crossed_interval, permutation_p
from neuroloop.statistics.units import scope, varied

#: Permutations of the test labels that give the students' p value.
PERMUTATIONS = 1000


def score_students(logits: np.ndarray, truth: np.ndarray, seed: int) -> dict[str, Any]:
    """Mean metrics over seeds, with an interval over seeds and test images.

    Parameters
    ----------
    logits : ndarray, shape (seeds, test images, classes)
    truth : ndarray of int, shape (test images,)
    seed : int
        Root seed, of the permutations and the resamples.

    Returns
    -------
    dict
        Means of `classification_metrics`; ``n``, ``seeds``; ``ci_low`` and ``ci_high`` of the
        accuracy, None where seeds are too few, as ``reason`` says; ``unit`` and ``scope`` of this
        interval; ``p``, of labels permuted `PERMUTATIONS` times, and in ``null`` how it was found,
        with a unit and scope of its own: it asks whether these students know anything of the
        classes, and speaks of no others.
    """
    each = [metrics.classification_metrics(of_seed, truth) for of_seed in logits]
    predicted = np.argmax(logits, axis=2)
    hits = predicted == truth
    shuffle = numpy_generator(seed, "null")
    null = np.array([(predicted == shuffle.permutation(truth)).mean() for _ in range(PERMUTATIONS)])
    interval = crossed_interval(hits, numpy_generator(seed, "interval"))
    few = len(hits) < FEWEST_SEEDS
    units = ["seed", "image"]
    means = {
        name: None if each[0][name] is None else float(np.mean([one[name] for one in each]))
        for name in each[0]
        if name != "n"
    }
    return {
        **means,
        "n": len(truth),
        "seeds": len(logits),
        "ci_low": None if few else interval.ci_low,
        "ci_high": None if few else interval.ci_high,
        "interval": "95 %, over seeds and test images",
        "reason": f"{len(hits)} seeds do not tell how seeds differ: {FEWEST_SEEDS} are needed"
        if few
        else "",
        "unit": varied(units),
        "scope": scope(units, ["brain"]),
        "p": permutation_p(float(hits.mean()), null),
        "null": {
            "method": "labels of test images permuted",
            "permutations": len(null),
            "unit": varied(["image"]),
            "scope": scope(["image"], ["seed"]),
        },
    }
