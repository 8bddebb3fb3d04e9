"""The user's own movies, with tables of recordings, stimulations and cells."""

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

ORDER = 3
LEGEND = "TIFF: recorded movies, with tables of recordings, stimulations and cells"


class Settings(Closed):
    """Settings of an area that was recorded."""

    recordings: str = setting("Table of recordings and their movies, below data_folder.")
    stimulations: str = setting("Table of stimulations, below data_folder.")
    cells: str = setting("Table of cells, below data_folder.")


class Session(Closed):
    """A session, of which the tables tell all."""
