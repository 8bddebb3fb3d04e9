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
    channel: int | None = setting(
        "Channel that is read, by the number that the movies' headers give it (mostly from 1); "
        "needed where they declare several. A column channel of the table of recordings wins.",
        None,
        ge=1,
    )
    plane: int | None = setting(
        "Plane that is read, from 1, where the movies' headers declare several. A column plane of "
        "the table of recordings wins.",
        None,
        ge=1,
    )
    slices_are_time: bool = setting(
        "Whether what the movies' headers call slices (z) are time points, as in a stack that "
        "ImageJ was not told is a time series.",
        False,
    )


class Session(Closed):
    """A session, of which the tables tell all."""
