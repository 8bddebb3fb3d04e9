"""Simulated calcium imaging with known truth: photostimulated cells that drive one another.

An area has cells, wiring and patterns; its sessions record every pattern once, with a coupling, an
SNR, a brightness and a fatigue of their own. What was drawn for one recording depends on the seed
and on names alone, so that recordings can be made in any order.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.calcium.background import Background
from neuroloop.calcium.layout import place_cells
from neuroloop.calcium.protocol import draw_patterns, draw_recordings
from neuroloop.calcium.scene import Scene, draw_scene
from neuroloop.calcium.simulated_settings import AreaSettings, SessionSettings
from neuroloop.calcium.wiring import change_coupling, draw_coupling, off_target
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator


@dataclass(frozen=True, eq=False)
class Area:
    """Truth of an area.

    Attributes
    ----------
    name : str
        Its name.
    settings : AreaSettings
        What it was drawn from.
    cells : DataFrame
        ``cell, row, column, radius, group``: the table of cells.
    amplitudes : ndarray of float64, shape (cells,)
        Peak dF/F of the disc mean for the cell's own direct response.
    coupling, off_target : ndarray of float64, shape (cells, cells)
        Of a session without change, and light that misses its target (see `wiring`).
    patterns : list of str
        A name for each recording of a session.
    scene : Scene or Background
        Still images, or a real movie.
    """

    name: str
    settings: AreaSettings
    cells: pd.DataFrame
    amplitudes: np.ndarray
    coupling: np.ndarray
    off_target: np.ndarray
    patterns: list[str]
    scene: Scene | Background

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a frame."""
        return self.settings.height, self.settings.width


@dataclass(frozen=True, eq=False)
class Session:
    """Truth and tables of a session.

    Attributes
    ----------
    name : str
        Its name.
    settings : SessionSettings
        What it was drawn from.
    coupling : ndarray of float64, shape (cells, cells)
        ``[i, j]``: peak dF/F of j when i is stimulated, over that when j itself is.
    influence : ndarray of float64, shape (cells, cells)
        Coupling, spilled light, and 1 on the diagonal: what an experiment can see.
    photons : float
        Photons a pixel and frame for one unit of fluorescence; on a real background, counts for
        one unit of its noise.
    snr : ndarray of float64, shape (cells,)
        Single-trial peak SNR of each cell.
    recordings, stimulations : DataFrame
        The tables (see `tables`).
    """

    name: str
    settings: SessionSettings
    coupling: np.ndarray
    influence: np.ndarray
    photons: float
    snr: np.ndarray
    recordings: pd.DataFrame
    stimulations: pd.DataFrame


def draw_area(seed: int, name: str, settings: AreaSettings) -> Area:
    """Draw cells, wiring, patterns and still images.

    Raises
    ------
    NeuroLoopError
        If the cells find no room, or there are not so many pairs.
    """
    shape = (settings.height, settings.width)
    cells = place_cells(
        numpy_generator(seed, "calcium", name, "cells"),
        shape,
        settings.groups,
        settings.cells_per_group,
        settings.radius,
        settings.radius_spread,
        settings.gap,
    )
    amplitudes = settings.response * unit_factors(
        numpy_generator(seed, "calcium", name, "amplitudes"), settings.response_spread, len(cells)
    )
    scene = draw_scene(
        numpy_generator(seed, "calcium", name, "scene"),
        cells,
        shape,
        margin=round(2 * settings.radius) + 2,
        amplitudes=amplitudes,
        cell_spread=settings.cell_spread,
        neuropil=settings.neuropil,
        neuropil_fluctuation=settings.neuropil_fluctuation,
        texture=settings.texture,
        unevenness=settings.unevenness,
    )
    return wire_area(seed, name, settings, cells, amplitudes, scene)


def wire_area(
    seed: int,
    name: str,
    settings: AreaSettings,
    cells: pd.DataFrame,
    amplitudes: np.ndarray,
    scene: Scene | Background,
) -> Area:
    """Draw wiring and patterns for cells that are placed already.

    Parameters
    ----------
    seed, name, settings
        As for `draw_area`.
    cells : DataFrame
        The table of cells.
    amplitudes : ndarray, shape (cells,)
        See `Area`.
    scene : Scene or Background
        What the cells lie in.

    Raises
    ------
    NeuroLoopError
        If there are not so many pairs.
    """
    return Area(
        name=name,
        settings=settings,
        cells=cells,
        amplitudes=amplitudes,
        coupling=draw_coupling(
            numpy_generator(seed, "calcium", name, "coupling"),
            cells,
            settings.density,
            settings.strength,
            settings.strength_spread,
        ),
        off_target=off_target(cells, settings.spill, settings.spill_distance),
        patterns=draw_patterns(
            numpy_generator(seed, "calcium", name, "patterns"),
            cells,
            settings.pairs,
            settings.none,
        ),
        scene=scene,
    )


def draw_session(seed: int, area: Area, name: str, settings: SessionSettings) -> Session:
    """Draw the coupling, the number of photons and the order of recordings of a session.

    Raises
    ------
    NeuroLoopError
        If a changed group is unknown, or the SNR cannot be had.
    """
    groups = list(dict.fromkeys(area.cells["group"]))
    unknown = set(settings.changed_groups or ()) - set(groups)
    if unknown:
        raise NeuroLoopError(
            f"simulated session {name}: changed_groups names {', '.join(sorted(unknown))}: "
            f"the area has {', '.join(groups)}"
        )
    coupling = change_coupling(
        numpy_generator(seed, "calcium", area.name, name, "coupling"),
        area.coupling,
        area.cells,
        settings.coupling_gain,
        settings.new_density,
        area.settings.strength,
        area.settings.strength_spread,
        settings.changed_groups,
    )
    photons, snr = area.scene.calibrate(settings.snr)
    recordings, stimulations = draw_recordings(
        numpy_generator(seed, "calcium", area.name, name, "order"),
        area.name,
        name,
        area.patterns,
        area.cells,
        area.settings.protocol,
    )
    return Session(
        name=name,
        settings=settings,
        coupling=coupling,
        influence=coupling + area.off_target + np.eye(len(coupling)),
        photons=photons,
        snr=snr,
        recordings=recordings,
        stimulations=stimulations,
    )


def unit_factors(generator: np.random.Generator, spread: float, number: int) -> np.ndarray:
    """Positive factors with mean 1 and standard deviation `spread`, shape (number,)."""
    if spread == 0:
        return np.ones(number)
    return generator.gamma(1 / spread**2, spread**2, number)
