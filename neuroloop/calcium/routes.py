"""Four routes to what changed between two sessions, each a measure that `sessions` compares.

``influence`` and ``maps`` measure coupling (response to another cell's stimulation over the direct
response) from traces and from evidence in a network's maps. ``cosine`` and ``zncc`` are the study's
routes: likeness of patterns by their mean responses, and by their mean maps, as published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from neuroloop.calcium.coupling import TrialEvidence
from neuroloop.calcium.design import influence_measure, least_squares, stimulated_cells
from neuroloop.calcium.influence import SILENT, TWO_SCALES, UNSCALED, too_near, why_hidden
from neuroloop.calcium.pattern_pairs import sharing
from neuroloop.calcium.patterns import pattern_cells
from neuroloop.calcium.session_pairs import match_trials
from neuroloop.calcium.sessions import Change, Measure, common_scale, compare_sessions
from neuroloop.calcium.trace_similarity import averaging, noiseless_cosine, pattern_order
from neuroloop.calcium.trial_products import TrialProducts
from neuroloop.calcium.zncc import zncc
from neuroloop.files.natural_order import natural_sorted

#: Unit of each route's values.
UNITS = {
    "influence": "response / direct response",
    "maps": "evidence / direct evidence",
    "cosine": "cosine of mean responses, less noise",
    "zncc": "ZNCC of mean maps",
}

#: Routes whose changes have one unit, by what is written at their axis.
AXES = {
    "change of response over the cell's own": ("influence", "maps"),
    "change of likeness of patterns (cosine of responses, ZNCC of maps)": ("cosine", "zncc"),
}

#: What each route is called.
NAMES = {
    "influence": "coupling from traces",
    "maps": "coupling from maps",
    "cosine": "likeness of responses",
    "zncc": "likeness of maps",
}


@dataclass(frozen=True, eq=False)
class Responses:
    """What every trial of a session gave a route.

    Attributes
    ----------
    responses : ndarray of float, shape (trials, values) or (seeds, trials, values)
        Responses or evidence of cells, or pixels of maps.
    trials : DataFrame
        ``recording, trial, pattern, group`` of each trial.
    """

    responses: np.ndarray
    trials: pd.DataFrame


def compare_coupling(
    first: Responses | TrialEvidence,
    second: Responses | TrialEvidence,
    cells: pd.DataFrame,
    distance: float,
    generator: np.random.Generator,
    *,
    permutations: int,
    intervals: bool = True,
    only: np.ndarray | None = None,
) -> Change:
    """Compare coupling, of traces or of evidence, between two sessions.

    Parameters
    ----------
    first, second : Responses or TrialEvidence
    cells : DataFrame
        The table of cells.
    distance : float
        Cells nearer to each other than this are left out, pixels.
    generator : numpy.random.Generator
    permutations : int
        Number of permutations of recordings.
    intervals : bool
        Make the intervals too.
    only : ndarray of bool, shape (cells, cells), optional
        Pairs that are compared; others have no reason here.

    Returns
    -------
    Change
        Panels: ``all``, and each group of cells if there are several.
    """
    names = cells["cell"].tolist()
    matched = match_trials(first.trials, second.trials)
    stimulated = stimulated_cells(matched.patterns, names)
    followers = not isinstance(first, TrialEvidence)
    scaled, told = [], []
    silent = np.zeros(len(cells), dtype=bool)
    for session, chosen in ((first, matched.first), (second, matched.second)):
        patterns = session.trials["pattern"].tolist()
        own = least_squares(stimulated_cells(patterns, names))
        scaled.append(common_scale(session.responses, own)[..., chosen, :])
        answers = scaled[-1].reshape(-1, scaled[-1].shape[-1])[:, : len(cells)]
        silent |= own.told & (answers == 0).all(axis=0)
        told.append(own.told)
    # On scales of two kinds nothing can be compared.
    mixed = (told[0] != told[1]) & ~silent
    design = least_squares(stimulated)
    reasons = why_hidden(too_near(cells, distance), design, silent | mixed, followers=followers)
    reasons[:, mixed] = np.where(reasons[:, mixed] == SILENT, TWO_SCALES, reasons[:, mixed])
    shown = reasons == "" if only is None else (reasons == "") & only
    groups = cells["group"].to_numpy(dtype=str)
    inside = {name: shown & np.outer(groups == name, groups == name) for name in several(groups)}
    if only is not None:
        inside = {name: pairs for name, pairs in inside.items() if pairs.any()}
    panels = {"all": shown} | inside
    made = compare_sessions(
        scaled[0],
        scaled[1],
        matched.units,
        influence_measure(stimulated, ~shown),
        panels,
        generator,
        n_permutations=permutations,
        intervals=intervals,
    )
    unknown = np.where(design.told, SILENT, UNSCALED)
    return made._replace(reasons=np.where(shown & ~np.isfinite(made.matrix), unknown, reasons))


def compare_likeness(
    first: Responses,
    second: Responses,
    route: str,
    generator: np.random.Generator,
    *,
    shape: tuple[int, int] | None = None,
    permutations: int,
    intervals: bool = True,
) -> Change:
    """Compare how alike the patterns of two sessions are, pairs that share no cell.

    Parameters
    ----------
    first, second : Responses
        Of ``cosine``: responses of cells. Of ``zncc``: pixels of maps.
    route : {"cosine", "zncc"}
    generator : numpy.random.Generator
    shape : (int, int), optional
        Height and width of a map.
    permutations : int
        Number of permutations of recordings.
    intervals : bool
        Make the intervals too.

    Returns
    -------
    Change
        Panels: ``all`` pairs of patterns of one group, and those of each group if several.
    """
    matched = match_trials(first.trials, second.trials)
    names = pattern_order(matched.patterns)
    keep = np.isin(matched.patterns, names)
    patterns = [name for name, kept in zip(matched.patterns, keep, strict=True) if kept]
    sides = [
        session.responses[..., chosen[keep], :]
        for session, chosen in ((first, matched.first), (second, matched.second))
    ]
    products = None
    if route == "zncc" and (permutations or intervals):
        # Trials are then named by unit vectors: exchanging them needs no pixels.
        products = TrialProducts.of(np.concatenate([_over_seeds(side) for side in sides]))
        sides = np.split(np.eye(len(products.products)), 2)
    columns: dict[str, int] = {}
    if route == "cosine" and _own_columns(first) == _own_columns(second):
        columns = _own_columns(first)

    def of(rows: np.ndarray) -> Measure:
        some = [patterns[row] for row in rows]
        positions = [names.index(name) for name in pattern_order(some)]
        if products is not None:
            measured: Measure = partial(_trial_zncc, patterns=some, products=products)
        elif route == "zncc":
            assert shape is not None
            measured = partial(_mean_zncc, patterns=some, shape=shape)
        else:
            measured = _scaled_cosine(some, columns)

        def measure(values: np.ndarray) -> np.ndarray:
            made = np.full((len(names), len(names)), np.nan)
            made[np.ix_(positions, positions)] = measured(values)
            return made

        return measure

    return compare_sessions(
        sides[0],
        sides[1],
        matched.units[keep],
        of,
        _pattern_panels(names, first.trials),
        generator,
        n_permutations=permutations,
        intervals=intervals,
    )


def _own_columns(session: Responses) -> dict[str, int]:
    """Cell -> column, of responses on the common scale: there its own stimulation is 1."""
    patterns = session.trials["pattern"].tolist()
    cells = natural_sorted({cell for name in patterns for cell in pattern_cells(name)})
    values = session.responses.mean(axis=0) if session.responses.ndim == 3 else session.responses
    weights = least_squares(stimulated_cells(patterns, cells)).weights
    own = np.isclose(weights @ values, 1, rtol=0, atol=1e-9)
    return {
        cell: int(np.flatnonzero(row)[0])
        for cell, row in zip(cells, own, strict=True)
        if row.sum() == 1
    }


def _scaled_cosine(patterns: list[str], columns: Mapping[str, int]) -> Measure:
    """Cosine of patterns, on the scale of these trials themselves.

    Without it the error of a session's scale would be in its cosines, but not in those of trials
    exchanged between sessions.
    """
    cells, positions = list(columns), list(columns.values())
    if not cells:
        return partial(noiseless_cosine, patterns=patterns)
    stimulated = np.array([[cell in pattern_cells(name) for cell in cells] for name in patterns])
    weights = least_squares(stimulated).weights

    def measure(values: np.ndarray) -> np.ndarray:
        direct = np.einsum("ct,tc->c", weights, values[:, positions])
        scale = np.ones(values.shape[-1])
        scale[positions] = np.where(direct > 0, direct, 1)
        return noiseless_cosine(values / scale, patterns)

    return measure


def _mean_zncc(pixels: np.ndarray, patterns: list[str], shape: tuple[int, int]) -> np.ndarray:
    """ZNCC of the mean maps of patterns; shape (patterns, patterns)."""
    weights = averaging(patterns, pattern_order(patterns))
    return zncc((weights @ pixels).reshape(-1, *shape)).matrix


def _trial_zncc(trials: np.ndarray, patterns: list[str], products: TrialProducts) -> np.ndarray:
    """ZNCC of the mean maps of patterns, of trials that are told by unit vectors."""
    return products.zncc(averaging(patterns, pattern_order(patterns)) @ trials)


def _over_seeds(responses: np.ndarray) -> np.ndarray:
    """Mean over seeds, if there are several; shape (trials, values)."""
    return responses.mean(axis=0) if responses.ndim == 3 else responses


def _pattern_panels(names: Sequence[str], trials: pd.DataFrame) -> Mapping[str, np.ndarray]:
    """Pairs of different patterns of one group that share no cell, each once."""
    of_pattern = trials.drop_duplicates("pattern").set_index("pattern")["group"]
    groups = of_pattern.loc[list(names)].to_numpy(dtype=str)
    apart = np.triu(~sharing(names), k=1)
    same = groups[:, None] == groups
    return {"all": apart & same} | {
        name: apart & same & (groups == name)[:, None]
        for name in several(groups)
        if (apart & same & (groups == name)[:, None]).any()
    }


def several(groups: np.ndarray) -> list[str]:
    """Names of the groups in natural order; none if there is one, which is all."""
    names = natural_sorted(set(groups.tolist()))
    return names if len(names) > 1 else []
