"""Numbers that maps give, beside those that networks with random weights give on the same frames.

A route through maps has windows, seams and smoothness that are there without any learning, and
evidence in a cell's own place follows that cell's pixels whatever the weights are. So each number
is told of one trained network, as a mean over seeds, beside those of untrained ones. A mean over
seeds varies less than one network does: p is rather too large than too small.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from neuroloop.calcium.agreement import agreement
from neuroloop.calcium.coupling import TrialEvidence, trial_evidence
from neuroloop.calcium.influence import estimate_influence
from neuroloop.calcium.sessions import Change
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.intervals import permutation_p

#: p of `beside` above which a number counts as no more than untrained networks give.
LEVEL = 0.05


#: What a network gave of a session's trials.
Given = TypeVar("Given", covariant=True)


class OfNetworks(NamedTuple, Generic[Given]):
    """What each network gave of a session's trials.

    Attributes
    ----------
    trained, untrained : sequence
    """

    trained: Sequence[Given]
    untrained: Sequence[Given]


def beside(trained: Sequence[float], untrained: Sequence[float]) -> dict[str, float | int]:
    """Set a number of trained networks beside that of untrained ones.

    Parameters
    ----------
    trained, untrained : sequence of float
        Of each network; larger is more.

    Returns
    -------
    dict
        ``one_network`` (mean over trained ones), ``untrained`` (mean), ``untrained_low``,
        ``untrained_high`` (that hold 95 % of it), ``untrained_networks``, ``p_untrained``: how
        often an untrained network has at least as much, the trained one counted with them. NaN
        where a number is not defined.
    """
    values = np.asarray(untrained, dtype=np.float64)
    one = float(np.mean(trained))
    defined = np.isfinite(one) and np.isfinite(values).all()
    low, high = np.quantile(values, [0.025, 0.975])
    return {
        "one_network": one,
        "untrained": float(values.mean()),
        "untrained_low": float(low),
        "untrained_high": float(high),
        "untrained_networks": len(values),
        "p_untrained": permutation_p(one, values) if defined else np.nan,
    }


def note_beside(found: Mapping[str, float | int], what: str) -> str:
    """Say that a number does not beat untrained networks, or that this is not known; else nothing.

    `what` is the number, as in "pairs above 0".
    """
    p = found["p_untrained"]
    if np.isfinite(p) and p <= LEVEL:
        return ""
    if not np.isfinite(p):
        return f"{what}: not known of untrained networks"
    few = found["untrained_networks"]
    if 1 / (few + 1) > LEVEL:
        return f"{what}: {few} untrained networks are too few to beat"
    return (
        f"NOT ABOVE UNTRAINED NETWORKS: {what} {found['one_network']:.3g} of one network, "
        f"{found['untrained']:.3g} [{found['untrained_low']:.3g}, {found['untrained_high']:.3g}] "
        f"without training (p {p:.2g}), so it is no sign of what was learned"
    )


def evidence_each(
    evidence: np.ndarray,
    rows: pd.DataFrame,
    stimulated: np.ndarray,
    networks: np.ndarray,
    gains: np.ndarray,
) -> list[TrialEvidence | None]:
    """Trial evidence of every network by itself; None of one that has none for stimulated cells.

    Parameters
    ----------
    evidence : ndarray, shape (networks, rows, cells)
    rows, stimulated, networks, gains
        As in `coupling.trial_evidence`.
    """
    found: list[TrialEvidence | None] = []
    for one in evidence:
        try:
            found.append(trial_evidence(one[None], rows, stimulated, networks, gains))
        except NeuroLoopError:
            found.append(None)
    return found


def coupling_beside(
    trained: Sequence[TrialEvidence | None],
    untrained: Sequence[TrialEvidence | None],
    patterns: Sequence[str],
    cells: pd.DataFrame,
    distance: float,
    bootstraps: int,
    seed: int,
    true: np.ndarray | None = None,
) -> dict[str, float | int]:
    """Count the pairs above 0 that one network tells, beside those that untrained ones tell.

    Coupling is over the cell's own response, so that networks of any weights say the same of it on
    average; what a network that learned can do better is to be sure of it.

    Parameters
    ----------
    trained, untrained : sequence of TrialEvidence or None
        From `evidence_each`. A network without evidence tells no pair.
    patterns, cells, distance, bootstraps
        As in `influence.estimate_influence`.
    seed : int
        Root seed.
    true : ndarray, shape (cells, cells), optional
        The simulator's coupling.

    Returns
    -------
    dict
        Those of `beside`, of intervals that lie above 0; with the truth ``auc_of_one_network`` and
        ``untrained_auc``, means over those networks that have one.
    """

    def told(
        kind: str, networks: Sequence[TrialEvidence | None]
    ) -> tuple[list[float], list[float]]:
        above, areas = [], []
        for number, one in enumerate(networks):
            if one is None:
                above.append(0.0)
                continue
            generator = numpy_generator(seed, "coupling", kind, number)
            found = estimate_influence(
                one.responses,
                patterns,
                cells,
                generator,
                distance=distance,
                followers=False,
                n_boot=bootstraps,
            )
            above.append(float((found.ci_low > 0).sum()))
            if true is not None:
                areas.append(agreement(found.matrix, true).auc)
        return above, [area for area in areas if np.isfinite(area)]

    above, areas = told("one network", trained)
    without, areas_without = told("untrained", untrained)
    found = beside(above, without)
    if true is not None:
        found |= {
            "auc_of_one_network": float(np.mean(areas)) if areas else np.nan,
            "untrained_auc": float(np.mean(areas_without)) if areas_without else np.nan,
        }
    return found


def changes_beside(
    compare: Callable[[Given, Given], Change],
    first: OfNetworks[Given | None],
    second: OfNetworks[Given | None],
    measure: Callable[[pd.DataFrame], np.ndarray],
) -> list[dict[str, float | int]]:
    """Set the change that one network a session tells beside that of untrained ones.

    Parameters
    ----------
    compare : callable
        From what a network of the first and one of the second session gave to the change.
    first, second : OfNetworks
        Of each session; None of a network that tells nothing. An untrained network is compared
        with the other session's next one: networks of two sessions are two.
    measure : callable
        From `Change.panels` to a number a panel; larger is more of a change.

    Returns
    -------
    list of dict
        Those of `beside` of each panel; none where trained networks tell nothing.
    """

    def told(before: Given | None, after: Given | None) -> np.ndarray | None:
        if before is None or after is None:
            return None
        try:
            return measure(compare(before, after).panels)
        except NeuroLoopError:  # nothing that both networks define
            return None

    pairs = zip(first.trained, second.trained, strict=False)
    trained = [one for one in (told(*pair) for pair in pairs) if one is not None]
    if not trained:
        return []
    panels = len(trained[0])
    following = [*second.untrained[1:], *second.untrained[:1]]
    untrained = [told(*pair) for pair in zip(first.untrained, following, strict=False)]
    # A network that tells nothing tells no change.
    null = [np.zeros(panels) if one is None or len(one) != panels else one for one in untrained]
    return [beside([one[p] for one in trained], [one[p] for one in null]) for p in range(panels)]


def certainty(panels: pd.DataFrame) -> np.ndarray:
    """Size of each panel's change over half of its interval."""
    half = (panels["ci_high"] - panels["ci_low"]).to_numpy(dtype=float) / 2
    size = panels["change"].abs().to_numpy(dtype=float)
    return np.divide(size, half, out=np.full(len(panels), np.nan), where=half > 0)


def size(panels: pd.DataFrame) -> np.ndarray:
    """Size of each panel's change."""
    return panels["change"].abs().to_numpy(dtype=float)
