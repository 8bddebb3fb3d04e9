"""Coupling of cells by every route, each of which may fail alone, and its table."""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.calcium.agreement import agreement
from neuroloop.calcium.coupling import trial_evidence
from neuroloop.calcium.frame_store import read_rows
from neuroloop.calcium.influence import ITSELF, NEVER, TOGETHER, Influence, estimate_influence
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, load_arrays
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.units import scope, varied


class CouplingRoutes(NamedTuple):
    """Coupling by every route, and why those failed that did.

    Attributes
    ----------
    routes : dict of str to Influence
        ``influence``, from traces, and ``maps``, from evidence.
    failed : dict of str to str
        Reasons of the routes that say nothing.
    """

    routes: dict[str, Influence]
    failed: dict[str, str]


def coupling_by_route(
    responses: Mapping[str, Callable[[], np.ndarray]],
    patterns: list[str],
    cells: pd.DataFrame,
    exclusion_radius: float,
    bootstraps: int,
    seed: int,
) -> CouplingRoutes:
    """Estimate how each cell responds to stimulation of every other, by every route.

    Parameters
    ----------
    responses : mapping of str to callable
        For each route what gives the responses of all cells in each trial.
    patterns : list of str
        Pattern of each trial.
    cells : DataFrame
        cells.tsv.
    exclusion_radius : float
        Cells nearer to each other than this are left out, pixels.
    bootstraps : int
        Resamples of trials.
    seed : int
        Root seed.

    Returns
    -------
    CouplingRoutes

    Raises
    ------
    NeuroLoopError
        If every route fails.
    """
    routes: dict[str, Influence] = {}
    failed: dict[str, str] = {}
    for name, respond in responses.items():
        try:
            routes[name] = estimate_influence(
                respond(),
                patterns,
                cells,
                numpy_generator(seed, "coupling", name),
                distance=exclusion_radius,
                followers=name == "influence",
                n_boot=bootstraps,
            )
        except NeuroLoopError as error:  # of this route alone: a reader may have learned nothing
            logging.getLogger(__name__).warning("%s: %s", name, error)
            failed[name] = str(error)
            routes[name] = unknown_influence(len(cells), str(error))
    if len(failed) == len(routes):
        raise NeuroLoopError(
            "coupling cannot be estimated by any route: "
            + "; ".join(f"{name}: {reason}" for name, reason in failed.items())
        )
    return CouplingRoutes(routes, failed)


def coupling_table(
    found: CouplingRoutes, cells: pd.DataFrame, true: np.ndarray | None, warning: str = ""
) -> pd.DataFrame:
    """A row for each route: its numbers, what they speak of, and what they do not say.

    `warning` (`reader_level.at_chance`) stands in the note of ``maps``.
    """
    names = cells["cell"].tolist()
    return pd.DataFrame(
        [
            route_facts(name, route, cells, true)
            | {
                "note": "; ".join(
                    filter(
                        None,
                        [
                            warning if name == "maps" else "",
                            found.failed.get(name) or note_of(route, names),
                        ],
                    )
                ),
                "unit": varied(["trial"]),
                "scope": scope(
                    ["trial"],
                    ["recording", *(["network"] if name == "maps" else []), "animal"],
                ),
            }
            for name, route in found.routes.items()
        ]
    )


def route_facts(
    name: str, route: Influence, cells: pd.DataFrame, true: np.ndarray | None
) -> dict[str, object]:
    """Sum up a route: pairs, how many intervals lie above 0, agreement with the truth."""
    defined = np.isfinite(route.matrix)
    row: dict[str, object] = {
        "route": name,
        "pairs": int(defined.sum()),
        "mean": route.matrix[defined].mean() if defined.any() else np.nan,
        "above_0": int((route.ci_low[defined] > 0).sum()),
        "too_near": route.excluded,
        "silent_cells": route.silent,
    }
    if true is not None:
        found = agreement(route.matrix, true)
        absent = defined & (true == 0)
        covered = (route.ci_low <= 0) & (route.ci_high >= 0)
        row |= {
            "auc": found.auc,
            "pearson": found.pearson,
            "edges": found.edges,
            "uncoupled_covering_0": covered[absent].mean() if absent.any() else np.nan,
            "uncoupled": int(absent.sum()),
        }
    return row


def unknown_influence(cells: int, reason: str) -> Influence:
    """What stands in the tables where a route says nothing, with the reason."""
    nothing = np.full((cells, cells), np.nan)
    reasons = np.full((cells, cells), reason)
    return Influence(nothing, nothing, nothing, nothing, nothing[0], 0, cells, reasons)


def note_of(route: Influence, names: list[str]) -> str:
    """Say what the numbers of a route do not: why there are none, or whose are on others' scale."""
    if np.isfinite(route.matrix).any():
        return on_others_scale(route.reasons, names)
    return "no entry: " + ", ".join(sorted(set(route.reasons.ravel().tolist()) - {"", ITSELF}))


def on_others_scale(reasons: np.ndarray, names: list[str]) -> str:
    """Say whose responses are over the others' own, as theirs is not known; empty if no one's."""
    unknown = np.isin(reasons, (NEVER, TOGETHER))
    cells = [name for name, row in zip(names, unknown, strict=True) if row.any()]
    return f"responses of {', '.join(cells)}: over the mean own response of the others" * bool(
        cells
    )


def evidence_of(evidence: StrPath, table: StrPath, stimulated: np.ndarray) -> np.ndarray:
    """Evidence for cells in each trial, with its null beside it."""
    seen = load_arrays(evidence)
    rows = read_rows(table)
    made = trial_evidence(seen["evidence"], rows, stimulated, seen["network"], seen["gain"])
    return made.responses
