"""What changed between two sessions, by four routes, each of which may fail alone."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neuroloop.calcium.beside_untrained import (
    OfNetworks,
    certainty,
    changes_beside,
    evidence_each,
    note_beside,
    size,
)
from neuroloop.calcium.coupling import TrialEvidence, trial_evidence
from neuroloop.calcium.design import least_squares, stimulated_cells
from neuroloop.calcium.frame_store import read_rows
from neuroloop.calcium.mapped_trials import pattern_trials, read_map_items
from neuroloop.calcium.routes import Responses, compare_coupling, compare_likeness
from neuroloop.calcium.sessions import Change, common_scale
from neuroloop.calcium.traces import read_trials
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, load_arrays
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.families import corrected
from neuroloop.statistics.units import scope, varied

#: In the order of the figure, and the columns of a route that are numbers.
ROUTES = ("influence", "maps", "cosine", "zncc")


NUMBERS = ("first", "second", "change", "ci_low", "ci_high", "p", "p_any")

#: The family of tests in which a comparison looks for a change, over routes and panels.
FAMILY = "change"

#: The published route belongs to none: it is true wherever two networks differ.
OF_NETWORKS = "maps of two days' networks differ without a change of cells: in no family"

#: What of a route through maps is set beside untrained networks. Coupling, over the cell's own
#: response, is alike by all networks, but a trained one can be surer; ZNCC has a scale of its own.
BESIDE = {"maps": ("change over half of its interval", certainty), "zncc": ("size of change", size)}

#: Files of two sessions, by what they hold.
Sides = tuple[Mapping[str, StrPath], Mapping[str, StrPath]]


def changes_by_route(
    sides: Sides,
    cells: pd.DataFrame,
    exclusion_radius: float,
    permutations: int,
    seed: int,
) -> dict[str, Change]:
    """What changed between two sessions, by every route.

    Parameters
    ----------
    sides : pair of mappings of str to path
        ``table``, ``traces``, ``trials``, ``maps``, ``map_table`` and ``evidence`` of each session.
    cells : DataFrame
        cells.tsv.
    exclusion_radius : float
        Cells nearer to each other than this are left out, pixels.
    permutations : int
        Permutations of recordings between the sessions.
    seed : int
        Root seed.

    Returns
    -------
    dict of str to Change
        In the order of `ROUTES`. A route that says nothing is empty, with the reason.

    Raises
    ------
    NeuroLoopError
        If no route says anything.
    """
    changes: dict[str, Change] = {}
    for route in ROUTES:
        generator = numpy_generator(seed, "change", route)
        try:
            changes[route] = change_of(
                route, sides, cells, exclusion_radius, generator, permutations
            )
        except NeuroLoopError as error:  # of this route alone: a reader may have learned nothing
            logging.getLogger(__name__).warning("%s: %s", route, error)
            changes[route] = unknown_change(len(cells), str(error))
    if not any(change.panels["entries"].any() for change in changes.values()):
        raise NeuroLoopError(
            "no route can compare the sessions: "
            + "; ".join(f"{name}: {one.panels['note'].iloc[0]}" for name, one in changes.items())
        )
    return changes


def beside_untrained(
    sides: Sides, cells: pd.DataFrame, exclusion_radius: float, seed: int
) -> dict[str, list[dict[str, float | int]]]:
    """Changes by the routes through maps beside those that untrained networks tell.

    Parameters
    ----------
    sides, cells, exclusion_radius, seed
        As in `changes_by_route`.

    Returns
    -------
    dict of str to list of dict
        For ``maps`` and ``zncc`` one of `beside_untrained.changes_beside` a panel; none where the
        route says nothing.
    """
    shape = load_arrays(sides[0]["maps"])["maps"].shape[-2:]

    def coupling(first: TrialEvidence, second: TrialEvidence) -> Change:
        generator = numpy_generator(seed, "change", "maps", "one network")
        return compare_coupling(first, second, cells, exclusion_radius, generator, permutations=0)

    def likeness(first: Responses, second: Responses) -> Change:
        generator = numpy_generator(seed, "change", "zncc", "one network")
        return compare_likeness(
            first, second, "zncc", generator, shape=shape, permutations=0, intervals=False
        )

    names = cells["cell"].tolist()
    before, after = (_evidence_each(side, names) for side in sides)
    earlier, later = (_maps_each(side) for side in sides)
    return {
        "maps": changes_beside(coupling, before, after, BESIDE["maps"][1]),
        "zncc": changes_beside(likeness, earlier, later, BESIDE["zncc"][1]),
    }


def _evidence_each(
    side: Mapping[str, StrPath], names: list[str]
) -> OfNetworks[TrialEvidence | None]:
    """Evidence of each network of a session."""
    seen, rows = load_arrays(side["evidence"]), read_rows(side["table"])
    stimulated = stimulated_cells(read_trials(side["trials"])["pattern"].tolist(), names)
    one = np.zeros_like(seen["network"])  # an untrained network reads all
    return OfNetworks(
        evidence_each(seen["evidence"], rows, stimulated, seen["network"], seen["gain"]),
        evidence_each(seen["untrained"], rows, stimulated, one, seen["gain"]),
    )


def _maps_each(side: Mapping[str, StrPath]) -> OfNetworks[Responses]:
    """Pixels of the maps of each network of a session."""
    loaded, items = load_arrays(side["maps"]), read_map_items(side["map_table"])
    both = (pattern_trials(loaded[name], items) for name in ("maps", "untrained"))
    return OfNetworks(
        *([Responses(one.reshape(len(one), -1), trials) for one in maps] for maps, trials in both)
    )


def change_table(
    changes: Mapping[str, Change],
    warnings: Mapping[str, str] | None = None,
    untrained: Mapping[str, Sequence[Mapping[str, float | int]]] | None = None,
) -> pd.DataFrame:
    """List the changes by all routes, each with what it speaks of.

    Parameters
    ----------
    changes : mapping of str to Change
        From `changes_by_route`.
    warnings : mapping of str to str, optional
        For each session, what `reader_level.at_chance` says of its reader. It stands in the notes
        of the routes through maps, which then belong to no family.
    untrained : mapping of str to sequence of mapping, optional
        From `beside_untrained`.

    Returns
    -------
    DataFrame
        Columns of `Change.panels`, ``route``, and ``unit``, ``scope`` (see `units`), ``family``,
        ``q`` and ``q_any`` (p and p of any change, corrected together in the family over routes and
        panels: Benjamini & Hochberg), ``smallest_effect`` (half of the interval: smaller changes
        could not be told from none), and where untrained networks are given the columns of
        `beside_untrained.beside` with ``against_untrained``: what they are numbers of.
    """
    table = pd.concat(
        [change.panels.assign(route=name) for name, change in changes.items()], ignore_index=True
    )
    of_networks = table["route"].isin(("maps", "zncc"))
    published = table["route"] == "zncc"
    table["note"] = table["note"].mask(published & (table["note"] == ""), OF_NETWORKS)
    said = [f"{name}: {warning}" for name, warning in (warnings or {}).items() if warning]
    if said:
        notes = table["note"].map(lambda note: "; ".join([*said, *filter(None, [note])]))
        table["note"] = table["note"].mask(of_networks, notes)
    table["unit"] = varied(["recording"])
    table["scope"] = np.where(
        of_networks,
        scope(["recording"], ["network", "animal"]),
        scope(["recording"], ["animal"]),
    )
    tested = table["p"].notna() & ~published & ~(of_networks & bool(said))
    table["family"] = np.where(tested, FAMILY, "")
    both = corrected([*table["p"], *table["p_any"]], 2 * table["family"].tolist())
    table["q"], table["q_any"] = np.split(both, 2)
    table["smallest_effect"] = (table["ci_high"] - table["ci_low"]) / 2
    return _with_untrained(table, untrained or {})


def _with_untrained(
    table: pd.DataFrame, untrained: Mapping[str, Sequence[Mapping[str, float | int]]]
) -> pd.DataFrame:
    """Add what untrained networks tell to the rows of routes through maps."""
    for route, found in untrained.items():
        rows = table.index[table["route"] == route]
        for row, one in zip(rows, found, strict=False):
            what = BESIDE[route][0]
            for column, value in {"against_untrained": what, **one}.items():
                table.loc[row, column] = value
            notes = [table.loc[row, "note"], note_beside(one, what)]
            table.loc[row, "note"] = "; ".join(filter(None, notes))
    if "against_untrained" in table:
        table["against_untrained"] = table["against_untrained"].fillna("")
    return table


def change_of(
    route: str,
    sides: Sides,
    cells: pd.DataFrame,
    exclusion_radius: float,
    generator: np.random.Generator,
    permutations: int,
) -> Change:
    """What changed by one route."""
    names = cells["cell"].tolist()
    if route in ("influence", "maps"):
        first, second = (cell_responses(route, side, names) for side in sides)
        return compare_coupling(
            first, second, cells, exclusion_radius, generator, permutations=permutations
        )
    before, after = (pattern_responses(route, side, names) for side in sides)
    shape = load_arrays(sides[0]["maps"])["maps"].shape[-2:]
    return compare_likeness(before, after, route, generator, shape=shape, permutations=permutations)


def unknown_change(cells: int, note: str) -> Change:
    """What stands in the tables where a route says nothing."""
    row = {"panel": "all", "entries": 0, "recordings": 0}
    row |= dict.fromkeys(NUMBERS, np.nan) | {"note": note}
    nothing = np.full((cells, cells), np.nan)
    reasons = np.full((cells, cells), note)
    return Change(pd.DataFrame([row]), nothing, nothing, nothing, reasons)


def cell_responses(
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


def pattern_responses(route: str, side: Mapping[str, StrPath], names: list[str]) -> Responses:
    """Responses of cells, or pixels of maps, in each trial of a session."""
    if route == "cosine":
        found = cell_responses("influence", side, names)
        design = least_squares(stimulated_cells(found.trials["pattern"].tolist(), names))
        return Responses(common_scale(found.responses, design), found.trials)
    maps, trials = pattern_trials(
        load_arrays(side["maps"])["maps"], read_map_items(side["map_table"])
    )
    return Responses(maps.reshape(*maps.shape[:2], -1), trials)
