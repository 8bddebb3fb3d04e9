"""Estimate the coupling of a session's cells, from traces and from a reader's maps."""

from collections.abc import Callable, Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.coupling_routes import (
    coupling_by_route,
    coupling_table,
    evidence_of,
    maps_beside,
    on_others_scale,
    pair_q,
)
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.empty_entries import why_empty
from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.calcium.reader_level import at_chance
from neuroloop.calcium.traces import read_trials
from neuroloop.files.formats import StrPath, load_arrays, save_arrays, save_table
from neuroloop.jobs.job import job
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

PAIRWISE = ("stimulated", "responding")


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
        ``coupling``, ``table``, ``figure``, ``figure_svg``.
    exclusion_radius : float
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
    responses: dict[str, Callable[[], np.ndarray]] = {
        "influence": lambda: load_arrays(traces)["response"],
        "maps": lambda: evidence_of(evidence, table, stimulated_cells(patterns, names)),
    }
    found = coupling_by_route(responses, patterns, known, exclusion_radius, bootstraps, seed)
    routes = found.routes
    true = load_arrays(truth)["coupling"] if truth else None
    arrays = {
        f"{name}_{field}": getattr(route, field)
        for name, route in routes.items()
        for field in ("matrix", "ci_low", "ci_high", "p", "reasons")
    } | {f"{name}_q": pair_q(route) for name, route in routes.items()}
    save_arrays(
        outputs["coupling"],
        arrays,
        axes=dict.fromkeys(arrays, PAIRWISE),
        cells=names,
        excluded={name: route.excluded for name, route in routes.items()},
        silent={name: route.silent for name, route in routes.items()},
        exclusion_radius=exclusion_radius,
        seed=seed,
    )
    warning = at_chance(reading)
    beside = (
        {}
        if "maps" in found.failed
        else maps_beside(evidence, table, patterns, known, exclusion_radius, bootstraps, seed, true)
    )
    told = coupling_table(found, known, true, warning, beside)
    save_table(outputs["table"], told)
    # What a reader must know of the maps before they look at them.
    of_maps = str(told.set_index("route").loc["maps", "note"]) if beside else warning
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
                {title: route.reasons for title, route in shown.items()}, names, exclusion_radius
            ),
            note="\n".join(
                [
                    f"{len(listed)} trials of {len(set(patterns))} patterns",
                    *filter(None, [on_others_scale(routes["influence"].reasons, names)]),
                    *([fill(of_maps, 88)] if of_maps else []),
                ]
            ),
        ),
        outputs["figure"],
        outputs["figure_svg"],
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
            seed=snakemake.params.seed,
        )
