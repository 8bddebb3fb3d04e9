"""Settings of simulated areas and sessions; the default is a small area that runs in seconds."""

from dataclasses import dataclass, field

from neuroloop.calcium.protocol import Protocol


@dataclass(frozen=True)
class AreaSettings:
    """An area and what all of its sessions share.

    Attributes
    ----------
    height, width : int
        Of a frame, pixels.
    groups, cells_per_group : int
        Cells; groups lie side by side.
    radius, radius_spread, gap : float
        See `layout.place_cells`, pixels.
    pairs : int or None
        Pairs of cells stimulated together, all within groups if None.
    none : int
        Recordings without stimulation.
    protocol : Protocol
        Times.
    rise, decay : float
        Time constants of the indicator, seconds (GCaMP6s: about 0.2 and 1).
    response, response_spread : float
        Peak dF/F of the disc mean of a cell that is stimulated, at rest and without fatigue: mean
        over cells, and relative standard deviation.
    trial_spread : float
        Relative standard deviation of a cell's response from trial to trial.
    density, strength, strength_spread : float
        See `wiring.draw_coupling`.
    spill, spill_distance : float
        See `wiring.off_target`; pixels.
    cell_spread, neuropil, neuropil_fluctuation, texture, unevenness : float
        See `scene.draw_scene`.
    """

    height: int = 48
    width: int = 48
    groups: int = 2
    cells_per_group: int = 4
    radius: float = 3.0
    radius_spread: float = 0.15
    gap: float = 2.0
    pairs: int | None = 6
    none: int = 1
    protocol: Protocol = field(default_factory=Protocol)
    rise: float = 0.2
    decay: float = 1.0
    response: float = 0.5
    response_spread: float = 0.15
    trial_spread: float = 0.2
    density: float = 0.3
    strength: float = 0.3
    strength_spread: float = 0.5
    spill: float = 0.2
    spill_distance: float = 4.0
    cell_spread: float = 0.2
    neuropil: float = 0.5
    neuropil_fluctuation: float = 0.03
    texture: float = 0.2
    unevenness: float = 0.4


@dataclass(frozen=True)
class SessionSettings:
    """One session.

    Attributes
    ----------
    snr : float
        Single-trial peak SNR, mean over cells (`scene.peak_snr`); it sets the photons.
    brightness : float
        Detector gain: multiplies counts, and leaves the SNR alone.
    brightness_spread : float
        Relative standard deviation of the recordings' light (and so of their photons).
    fatigue_trials, fatigue_groups : float
        Responses shrink by ``exp(-fatigue)`` from each trial, and from each group, to the next.
    bleaching : float
        Fluorescence falls by ``exp(-bleaching)`` over a recording.
    drift : float
        Standard deviation of slowly wandering brightness within a recording, relative.
    motion : float
        Standard deviation of slowly wandering tissue, pixels along each axis.
    coupling_gain, new_density, changed_groups
        Change from the area's coupling: see `wiring.change_coupling`. The default is no change.
    counts : float
        Counts a photon, at brightness 1.
    """

    snr: float = 3.0
    brightness: float = 1.0
    brightness_spread: float = 0.1
    fatigue_trials: float = 0.05
    fatigue_groups: float = 0.1
    bleaching: float = 0.05
    drift: float = 0.01
    motion: float = 0.3
    coupling_gain: float = 1.0
    new_density: float = 0.0
    changed_groups: tuple[str, ...] | None = None
    counts: float = 50.0
