"""Coupling of cells by every route, each of which may fail alone, and its table."""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.calcium.agreement import agreement
from neuroloop.calcium.beside_untrained import coupling_beside, evidence_each, note_beside
from neuroloop.calcium.coupling import trial_evidence
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.frame_store import read_rows
from neuroloop.calcium.influence import ITSELF, NEVER, TOGETHER, Influence, estimate_influence
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, load_arrays
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.families import corrected
from neuroloop.statistics.units import scope, varied

#: The family of tests in which a route looks for a response, over its pairs of cells.
FAMILY = "pairs of the route"

#: q at which a pair counts as found.
LEVEL = 0.05


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
    found: CouplingRoutes,
    cells: pd.DataFrame,
    true: np.ndarray | None,
    warning: str = "",
    untrained: Mapping[str, float | int] | None = None,
) -> pd.DataFrame:
    """A row for each route: its numbers, what they speak of, and what they do not say.

    Parameters
    ----------
    found : CouplingRoutes
    cells : DataFrame
        cells.tsv.
    true : ndarray, shape (cells, cells), or None
        The simulator's coupling.
    warning : str
        What `reader_level.at_chance` says; it stands in the note of ``maps``, which then is in no
        family.
    untrained : mapping, optional
        ``maps`` beside untrained networks (`beside_untrained.coupling_beside`).

    Returns
    -------
    DataFrame
        Columns of `route_facts`, ``note``, ``unit``, ``scope``, ``family``; ``q``: the least p of
        a route's pairs, corrected over them (Benjamini & Hochberg), so that of any response;
        ``found``: pairs above 0 whose q is at most `LEVEL`; ``smallest_effect``: half of a pair's
        interval (the median), smaller responses could not be told from none; and, if given,
        columns of `untrained`.
    """
    names = cells["cell"].tolist()
    rows = []
    for name, route in found.routes.items():
        of_maps = name == "maps"
        beside = dict(untrained or {}) if of_maps else {}
        said = found.failed.get(name) or note_of(route, names)
        notes = [warning if of_maps else "", said]
        if beside:
            notes.append(note_beside(beside, "pairs above 0"))
        fixed = ["recording", *(["network"] if of_maps else []), "animal"]
        rows.append(
            route_facts(name, route, cells, true)
            | {
                "note": "; ".join(filter(None, notes)),
                "unit": varied(["trial"]),
                "scope": scope(["trial"], fixed),
            }
            | _tested(route, family="" if of_maps and warning else FAMILY)
            | beside
        )
    return pd.DataFrame(rows)


def pair_q(route: Influence) -> np.ndarray:
    """p of each pair corrected over all pairs (Benjamini & Hochberg), shape (cells, cells)."""
    p = route.p.ravel()
    return corrected(p.tolist(), [FAMILY] * len(p)).reshape(route.p.shape)


def _tested(route: Influence, family: str) -> dict[str, object]:
    """What the tests of a route's pairs say together."""
    q, half = pair_q(route), (route.ci_high - route.ci_low) / 2
    tested = bool(family) and bool(np.isfinite(q).any())
    return {
        "family": family if tested else "",
        "q": float(np.nanmin(q)) if tested else np.nan,
        "found": int(((q <= LEVEL) & (route.matrix > 0)).sum()) if tested else 0,
        "smallest_effect": float(np.nanmedian(half)) if np.isfinite(half).any() else np.nan,
    }


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


def maps_beside(
    evidence: StrPath,
    table: StrPath,
    patterns: list[str],
    cells: pd.DataFrame,
    exclusion_radius: float,
    bootstraps: int,
    seed: int,
    true: np.ndarray | None = None,
) -> dict[str, float | int]:
    """Pairs that one network tells beside those that untrained ones tell, see `coupling_beside`.

    Parameters
    ----------
    evidence, table : path
        evidence.npz of the reader and frames.tsv.
    patterns, cells, exclusion_radius, bootstraps, seed
        As in `coupling_by_route`.
    true : ndarray, shape (cells, cells), optional
        The simulator's coupling.
    """
    seen, rows = load_arrays(evidence), read_rows(table)
    stimulated = stimulated_cells(patterns, cells["cell"].tolist())
    trained, untrained = (
        evidence_each(seen[kind], rows, stimulated, networks, seen["gain"])
        for kind, networks in (
            ("evidence", seen["network"]),
            ("untrained", np.zeros_like(seen["network"])),  # one network read all
        )
    )
    return coupling_beside(
        trained, untrained, patterns, cells, exclusion_radius, bootstraps, seed, true
    )
