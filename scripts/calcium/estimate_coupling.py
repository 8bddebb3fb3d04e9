"""Estimate the coupling of a session's cells, from traces and from a reader's maps."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.agreement import agreement
from neuroloop.calcium.coupling import trial_evidence
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.empty_entries import why_empty
from neuroloop.calcium.frame_store import read_rows
from neuroloop.calcium.influence import ITSELF, NEVER, TOGETHER, Influence, estimate_influence
from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.calcium.tables import read_cells
from neuroloop.calcium.traces import read_trials
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, load_arrays, save_arrays, save_table
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PAIRWISE = ("stimulated", "responding")


def estimate_coupling(
    *,
    traces: StrPath,
    trials: StrPath,
    evidence: StrPath,
    table: StrPath,
    cells: StrPath,
    truth: StrPath | None,
    outputs: Mapping[str, StrPath],
    near: float,
    bootstraps: int,
    seed: int,
) -> None:
    """Write the response of every cell to stimulation of every other, by two routes.

    Parameters
    ----------
    traces, trials : path
        traces.npz and trials.tsv of the session.
    evidence : path
        evidence.npz of the reader.
    table, cells : path
        frames.tsv and cells.tsv of the session.
    truth : path or None
        truth.npz of a simulated session.
    outputs : mapping
        ``coupling``, ``table``, ``figure``, ``figure_svg``.
    near : float
        Cells nearer to each other than this are left out, pixels.
    bootstraps : int
        Resamples of trials.
    seed : int
        Root seed.
    """
    known = read_cells(cells)
    names = known["cell"].tolist()
    listed = read_trials(trials)
    patterns = listed["pattern"].tolist()
    routes, failed = {}, {}
    for name, respond in {
        "influence": lambda: load_arrays(traces)["response"],
        "maps": lambda: evidence_of(evidence, table, stimulated_cells(patterns, names)),
    }.items():
        try:
            routes[name] = estimate_influence(
                respond(),
                patterns,
                known,
                numpy_generator(seed, "coupling", name),
                distance=near,
                followers=name == "influence",
                n_boot=bootstraps,
            )
        except NeuroLoopError as error:  # of this route alone: a reader may have learned nothing
            logging.getLogger(__name__).warning("%s: %s", name, error)
            failed[name] = str(error)
            routes[name] = unknown_influence(len(names), str(error))
    if len(failed) == len(routes):
        raise NeuroLoopError(
            "coupling cannot be estimated by any route: "
            + "; ".join(f"{name}: {reason}" for name, reason in failed.items())
        )
    true = load_arrays(truth)["coupling"] if truth else None
    arrays = {
        f"{name}_{field}": getattr(route, field)
        for name, route in routes.items()
        for field in ("matrix", "ci_low", "ci_high", "p", "reasons")
    }
    save_arrays(
        outputs["coupling"],
        arrays,
        axes=dict.fromkeys(arrays, PAIRWISE),
        cells=names,
        excluded={name: route.excluded for name, route in routes.items()},
        silent={name: route.silent for name, route in routes.items()},
        near=near,
        seed=seed,
    )
    rows = [
        facts(name, route, known, true) | {"note": failed.get(name) or note_of(route, names)}
        for name, route in routes.items()
    ]
    save_table(outputs["table"], pd.DataFrame(rows))
    unit = "response over the cell's own"
    shown = {"from traces": routes["influence"], "from maps": routes["maps"]}
    matrices = {title: route.matrix for title, route in shown.items()}
    if true is not None:
        hidden = np.isnan(routes["influence"].matrix)
        matrices["truth of the simulation"] = np.where(hidden, np.nan, true)
    save(
        matrix_figure(
            matrices,
            names,
            known["group"].tolist(),
            title="Coupling: response of each cell to stimulation of another",
            scales=dict.fromkeys(matrices, unit),
            axes_names=("stimulated cell", "responding cell"),
            undefined=why_empty(
                {title: route.reasons for title, route in shown.items()}, names, near
            ),
            note="\n".join(
                [
                    f"{len(listed)} trials of {len(set(patterns))} patterns",
                    *filter(None, [on_others_scale(routes["influence"].reasons, names)]),
                ]
            ),
        ),
        outputs["figure"],
        outputs["figure_svg"],
    )


def on_others_scale(reasons: np.ndarray, names: list[str]) -> str:
    """Say whose responses are over the others' own, as theirs is not known; empty if no one's."""
    rows = np.isin(reasons, (NEVER, TOGETHER)).any(axis=1)
    cells = [name for name, one in zip(names, rows, strict=True) if one]
    return f"responses of {', '.join(cells)}: over the mean own response of the others" * bool(
        cells
    )


def note_of(route: Influence, names: list[str]) -> str:
    """Say what the numbers of a route do not: why there are none, or whose are on others' scale."""
    if np.isfinite(route.matrix).any():
        return on_others_scale(route.reasons, names)
    return "no entry: " + ", ".join(sorted(set(route.reasons.ravel().tolist()) - {"", ITSELF}))


def evidence_of(evidence: StrPath, table: StrPath, stimulated: np.ndarray) -> np.ndarray:
    """Evidence for cells in each trial, with its null beside it."""
    seen = load_arrays(evidence)
    rows = read_rows(table)
    made = trial_evidence(seen["evidence"], rows, stimulated, seen["network"], seen["gain"])
    return made.responses


def unknown_influence(cells: int, reason: str) -> Influence:
    """What stands in the tables where a route says nothing, with the reason."""
    nothing = np.full((cells, cells), np.nan)
    reasons = np.full((cells, cells), reason)
    return Influence(nothing, nothing, nothing, nothing, nothing[0], 0, cells, reasons)


def facts(
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


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        estimate_coupling(
            traces=snakemake.input.traces,
            trials=snakemake.input.trials,
            evidence=snakemake.input.evidence,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            truth=snakemake.input.get("truth") or None,
            outputs=snakemake.output,
            near=snakemake.params.near,
            bootstraps=snakemake.params.bootstraps,
            seed=snakemake.params.seed,
        )
