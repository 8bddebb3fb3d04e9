"""True connections of simulated cells: coupling, its change, and light that misses its target."""

from collections.abc import Collection

import numpy as np
import pandas as pd


def draw_coupling(
    generator: np.random.Generator,
    cells: pd.DataFrame,
    density: float,
    strength: float,
    spread: float,
) -> np.ndarray:
    """Draw directed edges within groups.

    Parameters
    ----------
    generator : numpy.random.Generator
        Draws edges and strengths.
    cells : DataFrame
        ``group`` of each cell.
    density : float
        Part of the ordered pairs of a group that are edges; their number is rounded, so that each
        group has as many as another of its size.
    strength : float
        Mean strength of an edge.
    spread : float
        Strengths are uniform within ``strength * (1 +- spread)``.

    Returns
    -------
    ndarray of float64, shape (cells, cells)
        ``[i, j]``: peak dF/F of j when i is stimulated, over that when j itself is stimulated; 0
        where there is no edge, and on the diagonal.
    """
    coupling = np.zeros((len(cells), len(cells)))
    group = cells["group"].to_numpy()
    for name in dict.fromkeys(group):
        inside = np.argwhere(np.logical_and.outer(group == name, group == name))
        inside = inside[inside[:, 0] != inside[:, 1]]
        number = round(density * len(inside))
        edges = inside[generator.permutation(len(inside))[:number]]
        coupling[tuple(edges.T)] = strength * generator.uniform(1 - spread, 1 + spread, number)
    return coupling


def change_coupling(
    generator: np.random.Generator,
    coupling: np.ndarray,
    cells: pd.DataFrame,
    gain: float,
    new_density: float,
    strength: float,
    spread: float,
    groups: Collection[str] | None = None,
) -> np.ndarray:
    """Change the coupling of some groups.

    Parameters
    ----------
    generator : numpy.random.Generator
        Draws new edges.
    coupling : ndarray, shape (cells, cells)
        From `draw_coupling`.
    cells : DataFrame
        ``group`` of each cell.
    gain : float
        Multiplies the edges that there are.
    new_density : float
        Part of the ordered pairs of a group that become edges (where there is none yet).
    strength, spread : float
        Of new edges, see `draw_coupling`.
    groups : collection of str, optional
        Groups that change; all if None.

    Returns
    -------
    ndarray of float64, shape (cells, cells)
    """
    added = draw_coupling(generator, cells, new_density, strength, spread)
    changed = np.where(coupling > 0, gain * coupling, added)
    chosen = cells["group"].isin(set(cells["group"] if groups is None else groups)).to_numpy()
    return np.where(chosen[:, None] & chosen, changed, coupling)


def off_target(cells: pd.DataFrame, strength: float, distance: float) -> np.ndarray:
    """Direct response of cells beside the target to light that spills over.

    Parameters
    ----------
    cells : DataFrame
        ``row``, ``column``, pixels.
    strength : float
        Response at no distance, over the response of the target itself.
    distance : float
        Standard deviation of the Gaussian fall-off between centres, pixels.

    Returns
    -------
    ndarray of float64, shape (cells, cells)
        ``[i, j]``: response of j to light aimed at i; 0 on the diagonal. No coupling: it is the
        same in all sessions.
    """
    positions = cells[["row", "column"]].to_numpy(float)
    apart = np.linalg.norm(positions[:, None] - positions, axis=2)
    spill = strength * np.exp(-0.5 * (apart / distance) ** 2)
    np.fill_diagonal(spill, 0)
    return spill
