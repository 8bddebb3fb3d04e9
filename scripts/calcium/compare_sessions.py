"""Compare two sessions of an area, by four routes and with networks read across days."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.calcium.comparison_figure import comparison_figure
from neuroloop.calcium.coupling import TrialEvidence, trial_evidence
from neuroloop.calcium.design import least_squares, stimulated_cells
from neuroloop.calcium.empty_entries import why_empty
from neuroloop.calcium.frame_store import FrameStore, read_rows
from neuroloop.calcium.masks import area_mask
from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.calcium.reader import Reader, build, multi_hot, read_frames
from neuroloop.calcium.reader_maps import pattern_trials, read_map_items
from neuroloop.calcium.reading_metrics import reading_metrics
from neuroloop.calcium.routes import UNITS, Responses, compare_coupling, compare_likeness
from neuroloop.calcium.sessions import Change, common_scale
from neuroloop.calcium.tables import read_cells
from neuroloop.calcium.traces import read_trials
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, load_arrays, load_weights, save_arrays, save_table
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: In the order of the figure, and the columns of a route that are numbers.
ROUTES = ("influence", "maps", "cosine", "zncc")
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
)
NUMBERS = ("first", "second", "change", "ci_low", "ci_high", "p", "p_any")


def compare_sessions(
    *,
    inputs: Mapping[str, StrPath],
    outputs: Mapping[str, StrPath],
    session_a: str,
    session_b: str,
    reader: Mapping[str, Any],
    near: float,
    permutations: int,
    bootstraps: int,
    seed: int,
) -> None:
    """Write what changed between two sessions.

    Parameters
    ----------
    inputs : mapping of str to path
        ``cells``, ``frames``, ``table``, ``traces``, ``trials``, ``maps``, ``map_table``,
        ``evidence`` and ``weights`` of each session, with ``_a`` or ``_b`` after them.
    outputs : mapping
        ``routes``, ``matrices``, ``across``, ``figure``, ``figure_svg``, ``matrix_figure``,
        ``matrix_figure_svg``.
    session_a, session_b : str
        Names of the sessions.
    reader : mapping
        The reader's block of the config.
    near : float
        Cells nearer to each other than this are left out, pixels.
    permutations, bootstraps : int
        Exchanges of recordings between the sessions, and resamples.
    seed : int
        Root seed.
    """
    names = (session_a, session_b)
    first, second = ({key: inputs[f"{key}_{side}"] for key in INPUTS} for side in "ab")
    sides = (first, second)
    cells = read_cells(first["cells"])
    counts = {"permutations": permutations, "bootstraps": bootstraps}
    changes: dict[str, Change] = {}
    for route in ROUTES:
        generator = numpy_generator(seed, "change", route)
        try:
            changes[route] = change_of(route, sides, cells, near, generator, counts)
        except NeuroLoopError as error:  # of this route alone: a reader may have learned nothing
            logging.getLogger(__name__).warning("%s: %s", route, error)
            changes[route] = unknown_change(len(cells), str(error))
    if not any(change.panels["entries"].any() for change in changes.values()):
        raise NeuroLoopError(
            "no route can compare the sessions: "
            + "; ".join(f"{name}: {one.panels['note'].iloc[0]}" for name, one in changes.items())
        )
    routes = pd.concat([change.panels.assign(route=name) for name, change in changes.items()])
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
        cells=cells["cell"].tolist(),
        sessions=list(names),
        seed=seed,
        **counts,
    )
    across = [
        across_days(trained, tested, reader).assign(trained=names[i], tested=names[j])
        for i, trained in enumerate(sides)
        for j, tested in enumerate(sides)
        if i != j
    ]
    save_table(outputs["across"], pd.concat(across))
    save(comparison_figure(routes, UNITS, sessions=names), outputs["figure"], outputs["figure_svg"])
    shown = {"from traces": changes["influence"], "from maps": changes["maps"]}
    drawn = {title: change.matrix for title, change in shown.items()}
    named = cells["cell"].tolist()
    empty = {title: change.reasons for title, change in shown.items() if change.reasons is not None}
    save(
        matrix_figure(
            drawn,
            named,
            cells["group"].tolist(),
            title=f"Change of coupling, {names[1]} less {names[0]}",
            scales=dict.fromkeys(drawn, "change of response over the cell's own"),
            axes_names=("stimulated cell", "responding cell"),
            undefined=why_empty(empty, named, near),
        ),
        outputs["matrix_figure"],
        outputs["matrix_figure_svg"],
    )


def change_of(
    route: str,
    sides: tuple[Mapping[str, StrPath], Mapping[str, StrPath]],
    cells: pd.DataFrame,
    near: float,
    generator: np.random.Generator,
    counts: Mapping[str, int],
) -> Change:
    """What changed by one route."""
    names = cells["cell"].tolist()
    if route in ("influence", "maps"):
        first, second = (of_cells(route, side, names) for side in sides)
        return compare_coupling(first, second, cells, near, generator, **counts)
    before, after = (of_patterns(route, side, names) for side in sides)
    shape = load_arrays(sides[0]["maps"])["maps"].shape[-2:]
    return compare_likeness(before, after, route, generator, shape=shape, **counts)


def unknown_change(cells: int, note: str) -> Change:
    """What stands in the tables where a route says nothing."""
    row = {"panel": "all", "entries": 0, "recordings": 0}
    row |= dict.fromkeys(NUMBERS, np.nan) | {"note": note}
    nothing = np.full((cells, cells), np.nan)
    reasons = np.full((cells, cells), note)
    return Change(pd.DataFrame([row]), nothing, nothing, nothing, reasons)


def of_cells(
    route: str, side: Mapping[str, StrPath], names: list[str]
) -> Responses | TrialEvidence:
    """Responses of cells, or evidence for them, in each trial of a session."""
    trials = read_trials(side["trials"])
    if route == "influence":
        return Responses(load_arrays(side["traces"])["response"], trials)
    stimulated = stimulated_cells(trials["pattern"].tolist(), names)
    seen = load_arrays(side["evidence"])
    rows = read_rows(side["table"])
    return trial_evidence(seen["evidence"], rows, stimulated, seen["network"], seen["gain"])


def of_patterns(route: str, side: Mapping[str, StrPath], names: list[str]) -> Responses:
    """Responses of cells, or pixels of maps, in each trial of a session."""
    if route == "cosine":
        found = of_cells("influence", side, names)
        design = least_squares(stimulated_cells(found.trials["pattern"].tolist(), names))
        return Responses(common_scale(found.responses, design), found.trials)
    maps, trials = pattern_trials(
        load_arrays(side["maps"])["maps"], read_map_items(side["map_table"])
    )
    return Responses(maps.reshape(*maps.shape[:2], -1), trials)


def across_days(
    trained: Mapping[str, StrPath],
    tested: Mapping[str, StrPath],
    reader: Mapping[str, Any],
) -> pd.DataFrame:
    """Let a network of one session read all stimulated frames of the other."""
    cells = read_cells(trained["cells"])
    with FrameStore(tested["frames"], tested["table"]) as store:
        rows = store.rows[store.rows["kind"] == "stimulated"]
        mask = area_mask(cells, store.shape) if reader["masked"] else None
        network = build(Reader.from_block(reader), len(cells) + 1, store.shape, [0], mask)
        network.load_state_dict(load_weights(trained["weights"]))
        logits = read_frames(
            network, lambda chosen: store.read(chosen, reader["input"]), rows["row"].to_numpy()
        )
    trials = rows["recording"] + ":" + rows["trial"].astype(str)
    targets = multi_hot(rows["pattern"], cells["cell"].tolist())
    return reading_metrics(logits.transpose(1, 0, 2), targets, trials, rows["group"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        compare_sessions(
            inputs=snakemake.input,
            outputs=snakemake.output,
            session_a=snakemake.wildcards.session_a,
            session_b=snakemake.wildcards.session_b,
            reader=snakemake.params.reader,
            near=snakemake.params.near,
            permutations=snakemake.params.permutations,
            bootstraps=snakemake.params.bootstraps,
            seed=snakemake.params.seed,
        )
