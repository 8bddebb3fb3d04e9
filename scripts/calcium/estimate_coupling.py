"""Estimate the coupling of a session's cells, from traces and from a reader's maps."""

from collections.abc import Callable, Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.coupling_routes import (
    CouplingRoutes,
    coupling_by_route,
    coupling_table,
    evidence_of,
    maps_beside,
    on_others_scale,
    pair_q,
)
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.distance_figure import distance_figure
from neuroloop.calcium.entry_textures import empty_entries
from neuroloop.calcium.influence_distance import distance_bins, distance_table, pair_distances
from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.calcium.pair_means import PairMean, pair_means
from neuroloop.calcium.reader_level import at_chance
from neuroloop.calcium.shared_pairs import BOTH, OWN, shared_pairs, with_shared
from neuroloop.calcium.traces import read_trials
from neuroloop.files.formats import StrPath, load_arrays, save_arrays, save_table
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from snakemake.iocontainers import snakemake

PAIRWISE = ("stimulated", "responding")

#: What each route is called in figures, and what a truth is.
TITLES = {"influence": "from traces", "maps": "from maps"}
TRUTH = "truth of the simulation"


def estimate_coupling(
    *,
    traces: StrPath,
    trials: StrPath,
    evidence: StrPath,
    reading: StrPath,
    table: StrPath,
    cells: StrPath,
    truth: StrPath | None,
    outputs: Mapping[str, StrPath],
    exclusion_radius: float,
    bootstraps: int,
    simulated: bool,
    seed: int,
) -> None:
    """Write the response of every cell to stimulation of every other, by two routes.

    Parameters
    ----------
    traces, trials : path
        traces.npz and trials.tsv of the session.
    evidence : path
        evidence.npz of the reader.
    reading : path
        reading.tsv of the reader: whether it is above chance.
    table, cells : path
        frames.tsv and cells.tsv of the session.
    truth : path or None
        truth.npz of a simulated session.
    outputs : mapping
        ``coupling``, ``table``, ``distances``, ``figure``, ``distance_figure``, each figure with
        ``_svg`` too.
    exclusion_radius : float
        Cells nearer to each other than this are left out, pixels.
    bootstraps : int
        Resamples of trials.
    simulated : bool
        Whether figures say so.
    seed : int
        Root seed.
    """
    known = read_cells(cells)
    names = known["cell"].tolist()
    patterns = read_trials(trials)["pattern"].tolist()
    responses: dict[str, Callable[[], np.ndarray]] = {
        "influence": lambda: load_arrays(traces)["response"],
        "maps": lambda: evidence_of(evidence, table, stimulated_cells(patterns, names)),
    }
    found = coupling_by_route(responses, patterns, known, exclusion_radius, bootstraps, seed)
    true = load_arrays(truth)["coupling"] if truth else None
    _save_matrices(outputs["coupling"], found, names, exclusion_radius, seed)
    warning = at_chance(reading)
    beside = (
        {}
        if "maps" in found.failed
        else maps_beside(evidence, table, patterns, known, exclusion_radius, bootstraps, seed, true)
    )
    bins = distance_bins(known, exclusion_radius)
    means = _means(found, responses, patterns, known, bins, bootstraps, seed)
    told = coupling_table(found, known, true, warning, beside)
    save_table(outputs["table"], with_shared(told, found.routes, means, known, true))
    by_distance = distance_table(found.routes, bins, means, known, true, warning)
    save_table(outputs["distances"], by_distance)
    # What a reader must know of the maps before they look at them.
    of_maps = str(told.set_index("route").loc["maps", "note"]) if beside else warning
    of_trials = f"{len(patterns)} trials of {len(set(patterns))} patterns"
    words = f"{of_trials}{', simulated' * simulated}", of_maps
    save(
        _matrices(found, known, true, exclusion_radius, *words),
        outputs["figure"],
        outputs["figure_svg"],
    )
    save(
        distance_figure(
            found.routes,
            TITLES,
            by_distance,
            pair_distances(known),
            exclusion_radius=exclusion_radius,
            title=f"Coupling by distance, {words[0]}",
            marked={"maps": warning},
        ),
        outputs["distance_figure"],
        outputs["distance_figure_svg"],
    )


def _save_matrices(
    path: StrPath, found: CouplingRoutes, names: list[str], exclusion_radius: float, seed: int
) -> None:
    """Write coupling.npz."""
    arrays = {
        f"{name}_{field}": getattr(route, field)
        for name, route in found.routes.items()
        for field in ("matrix", "ci_low", "ci_high", "p", "reasons")
    } | {f"{name}_q": pair_q(route) for name, route in found.routes.items()}
    save_arrays(
        path,
        arrays,
        axes=dict.fromkeys(arrays, PAIRWISE),
        cells=names,
        excluded={name: route.excluded for name, route in found.routes.items()},
        silent={name: route.silent for name, route in found.routes.items()},
        exclusion_radius=exclusion_radius,
        seed=seed,
    )


def _means(
    found: CouplingRoutes,
    responses: Mapping[str, Callable[[], np.ndarray]],
    patterns: list[str],
    cells: pd.DataFrame,
    bins: Mapping[str, np.ndarray],
    bootstraps: int,
    seed: int,
) -> dict[str, dict[str, PairMean]]:
    """Means of each route over its own pairs, over those that all have, and over bins."""
    both = shared_pairs(found.routes)
    return {
        name: pair_means(
            respond(),
            patterns,
            cells,
            {OWN: there, BOTH: both} | {label: there & pairs for label, pairs in bins.items()},
            numpy_generator(seed, "coupling", name, "means"),
            n_boot=bootstraps,
        )
        for name, respond in responses.items()
        if name not in found.failed
        for there in [np.isfinite(found.routes[name].matrix)]
    }


def _matrices(
    found: CouplingRoutes,
    cells: pd.DataFrame,
    true: np.ndarray | None,
    exclusion_radius: float,
    of_trials: str,
    of_maps: str,
) -> "Figure":
    """Draw coupling by every route, beside the truth of a simulation."""
    names = cells["cell"].tolist()
    matrices = {title: found.routes[name].matrix for name, title in TITLES.items()}
    reasons = {title: found.routes[name].reasons for name, title in TITLES.items()}
    empty = empty_entries(reasons, names, exclusion_radius)
    if true is not None:
        itself = np.eye(len(names), dtype=bool)
        matrices[TRUTH] = np.where(itself, np.nan, true)
        empty[:1] = [one._replace(entries={**one.entries, TRUTH: itself}) for one in empty[:1]]
    said = on_others_scale(found.routes["influence"].reasons, names)
    return matrix_figure(
        matrices,
        names,
        cells["group"].tolist(),
        title=f"Coupling: response of each cell to stimulation of another, {of_trials}",
        scales=dict.fromkeys(matrices, "response over the cell's own"),
        axes_names=("stimulated cell", "responding cell"),
        empty=empty,
        undefined="the cell itself",
        note="\n".join(fill(one, 96) for one in (said, of_maps) if one),
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        estimate_coupling(
            traces=snakemake.input.traces,
            trials=snakemake.input.trials,
            evidence=snakemake.input.evidence,
            reading=snakemake.input.reading,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            truth=snakemake.input.get("truth") or None,
            outputs=snakemake.output,
            exclusion_radius=snakemake.params.exclusion_radius,
            bootstraps=snakemake.params.bootstraps,
            simulated=snakemake.params.simulated,
            seed=snakemake.params.seed,
        )
