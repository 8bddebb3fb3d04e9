"""Settings of simulated areas and sessions; the default is a small area that runs in seconds."""

from neuroloop.calcium.protocol import Protocol
from neuroloop.config.settings import Settings, setting


class AreaSettings(Settings):
    """An area and what all of its sessions share."""

    height: int = setting("Height of a frame.", 48, ge=1, unit="pixels")
    width: int = setting("Width of a frame.", 48, ge=1, unit="pixels")
    groups: int = setting("Groups of cells, which lie side by side.", 2, ge=1)
    cells_per_group: int = setting("Cells of each group.", 4, ge=1)
    radius: float = setting("Radius of a cell, on average.", 3.0, gt=0, unit="pixels")
    radius_spread: float = setting("Relative standard deviation of the cells' radii.", 0.15, ge=0)
    gap: float = setting("Least distance between the edges of two cells.", 2.0, ge=0, unit="pixels")
    pairs: int | None = setting(
        "Pairs of cells that are stimulated together; null: all pairs within groups.", 6, ge=0
    )
    none: int = setting("Recordings without stimulation.", 1, ge=0)
    protocol: Protocol = setting("Times of a recording.", Protocol())
    rise: float = setting(
        "Time constant of the indicator's rise (GCaMP6s: about 0.2).", 0.2, gt=0, unit="s"
    )
    decay: float = setting(
        "Time constant of the indicator's decay (GCaMP6s: about 1).", 1.0, gt=0, unit="s"
    )
    response: float = setting(
        "Peak of the disc mean of a cell that is stimulated, at rest and without fatigue: the mean "
        "over cells.",
        0.5,
        gt=0,
        unit="dF/F",
    )
    response_spread: float = setting(
        "Relative standard deviation of that peak from cell to cell.", 0.15, ge=0
    )
    trial_spread: float = setting(
        "Relative standard deviation of a cell's response from trial to trial.", 0.2, ge=0
    )
    density: float = setting(
        "Part of the pairs of a group's cells that are coupled.", 0.3, ge=0, le=1
    )
    strength: float = setting(
        "Response of a coupled cell, over its own when it is stimulated, on average.", 0.3, ge=0
    )
    strength_spread: float = setting("Relative standard deviation of that strength.", 0.5, ge=0)
    spill: float = setting(
        "Part of its own response that a cell shows when light falls right beside it.", 0.2, ge=0
    )
    spill_distance: float = setting(
        "Distance over which that falls by a factor of e.", 4.0, gt=0, unit="pixels"
    )
    cell_spread: float = setting(
        "Relative standard deviation of the cells' brightness at rest.", 0.2, ge=0
    )
    neuropil: float = setting("Brightness of the neuropil, over that of the cells.", 0.5, ge=0)
    neuropil_fluctuation: float = setting(
        "Relative standard deviation of the neuropil's brightness over time.", 0.03, ge=0
    )
    texture: float = setting("Relative standard deviation of the neuropil over space.", 0.2, ge=0)
    unevenness: float = setting("Fall of the illumination from the middle to the edge.", 0.4, ge=0)


class SessionSettings(Settings):
    """One session."""

    snr: float = setting(
        "Peak signal-to-noise ratio of a single trial, mean over cells; it sets the photons.",
        3.0,
        gt=0,
    )
    brightness: float = setting(
        "Gain of the detector: multiplies counts, and leaves the signal-to-noise ratio alone.",
        1.0,
        gt=0,
    )
    brightness_spread: float = setting(
        "Relative standard deviation of the recordings' light, and so of their photons.", 0.1, ge=0
    )
    fatigue_trials: float = setting(
        "Responses shrink by exp(-fatigue) from each trial to the next.", 0.05, ge=0
    )
    fatigue_groups: float = setting(
        "Responses shrink by exp(-fatigue) from each group of cells to the next.", 0.1, ge=0
    )
    bleaching: float = setting(
        "Fluorescence falls by exp(-bleaching) over a recording.", 0.05, ge=0
    )
    drift: float = setting(
        "Relative standard deviation of slowly wandering brightness within a recording.", 0.01, ge=0
    )
    motion: float = setting(
        "Standard deviation of slowly wandering tissue along each axis.", 0.3, ge=0, unit="pixels"
    )
    coupling_gain: float = setting("What the area's coupling is multiplied by.", 1.0, ge=0)
    new_density: float = setting(
        "Part of the uncoupled pairs that become coupled.", 0.0, ge=0, le=1
    )
    changed_groups: tuple[str, ...] | None = setting(
        "Groups of cells whose coupling changes; null: all.", None
    )
    counts: float = setting("Counts a photon, at brightness 1.", 50.0, gt=0)
