"""Compare two sessions of an area, by four routes and with networks read across days."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from neuroloop.calcium.across_days import across_table
from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.comparison_figure import comparison_figure
from neuroloop.calcium.entry_textures import empty_entries
from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.calcium.reader_level import at_chance
from neuroloop.calcium.routes import AXES, NAMES
from neuroloop.calcium.session_change import beside_untrained, change_table, changes_by_route
from neuroloop.calcium.sessions import Change
from neuroloop.calcium.shared_changes import changes_on_shared, with_shared_changes
from neuroloop.calcium.shared_frames import refuse_shared_sessions
from neuroloop.files.formats import StrPath, save_arrays, save_table
from neuroloop.jobs.job import job
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from snakemake.iocontainers import snakemake

#: Files of each session.
INPUTS = (
    "cells",
    "frames",
    "table",
    "traces",
    "trials",
    "maps",
    "map_table",
    "evidence",
    "weights",
    "reading",
)


def compare_sessions(
    *,
    inputs: Mapping[str, StrPath],
    outputs: Mapping[str, StrPath],
    session_a: str,
    session_b: str,
    reader: Mapping[str, Any],
    exclusion_radius: float,
    permutations: int,
    simulated: bool,
    seed: int,
) -> None:
    """Write what changed between two sessions.

    Parameters
    ----------
    inputs : mapping of str to path
        ``cells``, ``frames``, ``table``, ``traces``, ``trials``, ``maps``, ``map_table``,
        ``evidence``, ``weights`` and ``reading`` of each session, with ``_a`` or ``_b`` after them.
    outputs : mapping
        ``routes``, ``matrices``, ``across``, ``figure``, ``figure_svg``, ``matrix_figure``,
        ``matrix_figure_svg``.
    session_a, session_b : str
        Names of the sessions.
    reader : mapping
        The reader's block of the config.
    exclusion_radius : float
        Cells nearer to each other than this are left out, pixels.
    permutations : int
        Exchanges of recordings between the sessions.
    simulated : bool
        Whether figures say so.
    seed : int
        Root seed.
    """
    names = (session_a, session_b)
    first, second = ({key: inputs[f"{key}_{side}"] for key in INPUTS} for side in "ab")
    sides = (first, second)
    stored = [(side["frames"], side["table"]) for side in sides]
    refuse_shared_sessions(dict(zip(names, stored, strict=True)))
    cells = read_cells(first["cells"])
    listed = cells["cell"].tolist()
    changes = changes_by_route(sides, cells, exclusion_radius, permutations, seed)
    warnings = {name: at_chance(side["reading"]) for name, side in zip(names, sides, strict=True)}
    untrained = beside_untrained(sides, cells, exclusion_radius, seed)
    shared = changes_on_shared(changes, sides, cells, exclusion_radius, seed)
    routes = with_shared_changes(change_table(changes, warnings, untrained), shared)
    save_table(outputs["routes"], routes)
    arrays = {
        f"{name}_{field}": getattr(changes[name], field)
        for name in ("influence", "maps")
        for field in ("matrix", "ci_low", "ci_high", "reasons")
    }
    save_arrays(
        outputs["matrices"],
        arrays,
        axes=dict.fromkeys(arrays, ("stimulated", "responding")),
        cells=listed,
        sessions=list(names),
        seed=seed,
        permutations=permutations,
    )
    save_table(outputs["across"], across_table(sides, names, reader))
    save(
        comparison_figure(routes, AXES, NAMES, sessions=names, simulated=simulated),
        outputs["figure"],
        outputs["figure_svg"],
    )
    save(
        _matrices(changes, cells, exclusion_radius, names, simulated),
        outputs["matrix_figure"],
        outputs["matrix_figure_svg"],
    )


def _matrices(
    changes: Mapping[str, Change],
    cells: pd.DataFrame,
    exclusion_radius: float,
    sessions: tuple[str, str],
    simulated: bool,
) -> "Figure":
    """Draw the change of coupling of each pair of cells."""
    names = cells["cell"].tolist()
    shown = {"from traces": changes["influence"], "from maps": changes["maps"]}
    drawn = {title: change.matrix for title, change in shown.items()}
    empty = {title: change.reasons for title, change in shown.items() if change.reasons is not None}
    return matrix_figure(
        drawn,
        names,
        cells["group"].tolist(),
        title=f"Change of coupling, {sessions[1]} less {sessions[0]}{', simulated' * simulated}",
        scales=dict.fromkeys(drawn, "change of response over the cell's own"),
        axes_names=("stimulated cell", "responding cell"),
        empty=empty_entries(empty, names, exclusion_radius),
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        compare_sessions(
            inputs=snakemake.input,
            outputs=snakemake.output,
            session_a=snakemake.wildcards.session_a,
            session_b=snakemake.wildcards.session_b,
            reader=snakemake.params.reader,
            exclusion_radius=snakemake.params.exclusion_radius,
            permutations=snakemake.params.permutations,
            simulated=snakemake.params.simulated,
            seed=snakemake.params.seed,
        )
