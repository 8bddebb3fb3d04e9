"""Committees: classifiers whose probabilities for a film are averaged."""

from collections.abc import Sequence

import pandas as pd

from neuroloop.errors import NeuroLoopError


def average_predictions(
    predictions: Sequence[pd.DataFrame], classes: Sequence[str]
) -> pd.DataFrame:
    """Average what several classifiers say of the same films (linear opinion pool, Stone 1961).

    Every member has its weight: nothing is chosen, so that no further data are needed.

    Parameters
    ----------
    predictions : sequence of DataFrame
        ``film, person, label, fold, shown`` and ``p_{class}`` of each member: the same films shown
        in the same ways, in any order.
    classes : sequence of str

    Returns
    -------
    DataFrame
        As the first one, with mean probabilities.

    Raises
    ------
    NeuroLoopError
        If a member named other films, or in another fold: it may have learned from them.
    """
    first, *others = predictions
    keys, shares = ["film", "shown"], [f"p_{name}" for name in classes]
    total = first.set_index(keys)[shares]
    facts = first.set_index(keys)[["person", "label", "fold"]]
    for other in others:
        by_film = other.set_index(keys)
        if not by_film[facts.columns].sort_index().equals(facts.sort_index()):
            raise NeuroLoopError(
                "config, films: a committee's classifiers must have named the same films in the "
                "same folds: delete their predictions.tsv and run again"
            )
        total = total + by_film.loc[total.index, shares]
    return first.assign(**{name: (total[name] / len(predictions)).to_numpy() for name in shares})
