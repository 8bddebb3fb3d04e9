"""Two predictions of the same films, compared over the same resampled persons."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.cxr.film_metrics import scores
from neuroloop.cxr.named_films import NamedFilms, named_films
from neuroloop.cxr.person_bootstrap import percentile_interval, person_weights, two_sided_p

#: Metrics that are compared.
COMPARED = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss")

#: Columns of a comparison.
COLUMNS = ("metric", "difference", "ci_low", "ci_high", "p", "n", "persons", "left_out")


def compare(
    predictions_a: pd.DataFrame,
    predictions_b: pd.DataFrame,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    n_boot: int = 2000,
) -> pd.DataFrame:
    """Subtract the metrics of one prediction from those of another (paired cluster bootstrap).

    Parameters
    ----------
    predictions_a, predictions_b : DataFrame
        As in `film_metrics`: the same films, in any order.
    classes : sequence of str
    contrast : (str, str) or None
        Without it there is no ``auc``.
    seed : int
        Root seed; both are scored over the same resampled persons, those of `film_metrics`.
    n_boot : int
        Resamples of persons.

    Returns
    -------
    DataFrame
        A row for each of `COMPARED`: ``metric``, ``difference`` (a less b), ``ci_low`` and
        ``ci_high`` (95 % percentiles), ``p`` (two-sided, twice (1 + resamples on the rarer side of
        zero) / (1 + resamples)), ``n`` films, ``persons``, ``left_out`` (resamples that lack a
        class that the metric needs).

    Raises
    ------
    NeuroLoopError
        If the films differ, or have other labels or persons, or cannot be scored.
    """
    first, second = (named_films(table, classes) for table in (predictions_a, predictions_b))
    _check_same(first, second)

    def differences(weights: np.ndarray) -> dict[str, np.ndarray]:
        a, b = (scores(films, weights, classes, contrast) for films in (first, second))
        return {name: a[name, ""] - b[name, ""] for name in COMPARED if (name, "") in a}

    values = differences(np.ones((1, first.n_persons)))
    parts = [differences(each) for each in person_weights(first.n_persons, n_boot, seed)]
    rows = []
    for name, value in values.items():
        draws = np.concatenate([part[name] for part in parts])
        low, high = percentile_interval(draws)
        among = np.ones(len(first.truth), dtype=bool)
        if name == "auc" and contrast:
            among = np.isin(first.truth, [list(classes).index(of) for of in contrast])
        rows.append(
            {
                "metric": name,
                "difference": float(value[0]),
                "ci_low": low,
                "ci_high": high,
                "p": two_sided_p(draws),
                "n": int(among.sum()),
                "persons": len(np.unique(first.persons[among])),
                "left_out": int(np.isnan(draws).sum()),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _check_same(first: NamedFilms, second: NamedFilms) -> None:
    """Refuse to pair films that are not the same."""
    only = sorted(set(first.films.tolist()) ^ set(second.films.tolist()))
    if only:
        raise NeuroLoopError(
            f"{len(only)} films are in one of two predictions only, first {only[0]}: compare "
            "predictions of the same films"
        )
    for what, a, b in (
        ("label", first.truth, second.truth),
        ("person", first.persons, second.persons),
    ):
        if (a != b).any():
            film = first.films[np.flatnonzero(a != b)[0]]
            raise NeuroLoopError(
                f"film {film} has another {what} in the other prediction: make both from one table"
            )
