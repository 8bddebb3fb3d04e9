"""Compare two sessions of an area, by four routes and with networks read across days."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.calcium.across_days import across_table
from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.comparison_figure import comparison_figure
from neuroloop.calcium.entry_textures import empty_entries
from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.calcium.reader_level import at_chance
from neuroloop.calcium.routes import UNITS
from neuroloop.calcium.session_change import beside_untrained, change_table, changes_by_route
from neuroloop.calcium.shared_frames import refuse_shared_sessions
from neuroloop.files.formats import StrPath, save_arrays, save_table
from neuroloop.jobs.job import job
from neuroloop.report.figures import save

if TYPE_CHECKING:
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
    routes = change_table(changes, warnings, untrained)
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
    save(comparison_figure(routes, UNITS, sessions=names), outputs["figure"], outputs["figure_svg"])
    shown = {"from traces": changes["influence"], "from maps": changes["maps"]}
    drawn = {title: change.matrix for title, change in shown.items()}
    empty = {title: change.reasons for title, change in shown.items() if change.reasons is not None}
    save(
        matrix_figure(
            drawn,
            listed,
            cells["group"].tolist(),
            title=f"Change of coupling, {names[1]} less {names[0]}",
            scales=dict.fromkeys(drawn, "change of response over the cell's own"),
            axes_names=("stimulated cell", "responding cell"),
            empty=empty_entries(empty, listed, exclusion_radius),
        ),
        outputs["matrix_figure"],
        outputs["matrix_figure_svg"],
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
            seed=snakemake.params.seed,
        )
