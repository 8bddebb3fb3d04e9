"""Simulated responses on the background of a real movie (see `neuroloop.calcium.hybrid`)."""

from neuroloop.calcium.simulated_settings import AreaSettings
from neuroloop.calcium.simulated_settings import SessionSettings as Session
from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

__all__ = ["LEGEND", "ORDER", "Session", "Settings"]

ORDER = 2
LEGEND = "Hybrid: simulated responses of the cells of a real movie, on its background"


class Settings(Closed):
    """Settings of a hybrid area."""

    movie: str = setting("TIFF of the real movie, below data_folder.")
    regions: str = setting("JSON of the regions drawn in it, below data_folder.")
    simulation: AreaSettings = setting("Cells, coupling and times.", AreaSettings())
