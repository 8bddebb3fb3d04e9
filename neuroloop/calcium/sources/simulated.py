"""Simulated cells whose coupling is known (see `neuroloop.calcium.simulate`)."""

from neuroloop.calcium.simulated_settings import AreaSettings
from neuroloop.calcium.simulated_settings import SessionSettings as Session
from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

__all__ = ["LEGEND", "ORDER", "Session", "Settings"]

ORDER = 1
LEGEND = "Simulated: movies of cells whose coupling is known"


class Settings(Closed):
    """Settings of a simulated area."""

    simulation: AreaSettings = setting("Cells, coupling and times.", AreaSettings())
