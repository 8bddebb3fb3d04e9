"""Ensembles: classifiers whose probabilities for a radiograph are averaged."""

from collections.abc import Sequence

import pandas as pd

from neuroloop.errors import NeuroLoopError


def average_predictions(
    predictions: Sequence[pd.DataFrame], classes: Sequence[str]
) -> pd.DataFrame:
    """Average what several classifiers say of the same images (linear opinion pool, Stone 1961).

    Every member has its weight: nothing is chosen, so that no further data are needed.

    Parameters
    ----------
    predictions : sequence of DataFrame
        ``radiograph, patient, label, fold, shown`` and ``p_{class}`` of each member: the same
        radiographs shown in the same ways, in any order.
    classes : sequence of str

    Returns
    -------
    DataFrame
        As the first one, with mean probabilities.

    Raises
    ------
    NeuroLoopError
        If a member named other radiographs, or in another fold: it may have learned from them.
    """
    first, *others = predictions
    keys, shares = ["radiograph", "shown"], [f"p_{name}" for name in classes]
    total = first.set_index(keys)[shares]
    facts = first.set_index(keys)[["patient", "label", "fold"]]
    for other in others:
        by_radiograph = other.set_index(keys)
        if not by_radiograph[facts.columns].sort_index().equals(facts.sort_index()):
            raise NeuroLoopError(
                "config, radiographs: an ensemble's classifiers must have named the same "
                "radiographs in the "
                "same folds: delete their predictions.tsv and run again"
            )
        total = total + by_radiograph.loc[total.index, shares]
    return first.assign(**{name: (total[name] / len(predictions)).to_numpy() for name in shares})
