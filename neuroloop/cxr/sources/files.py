"""The user's own chest radiographs: a folder, or a table that lists them."""

from typing import Literal

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

ORDER = 2
LEGEND = "Files: radiographs in a folder, or listed in a table"


class Settings(Closed):
    """Settings of radiographs that were taken."""

    path: str = setting(
        "Folder with a folder of radiographs per class, or CSV that lists them, below data_folder."
    )
    classes: dict[str, str] = setting(
        "Class that each label of the files stands for; without any, labels are classes.", {}
    )
    white_level: int | None = setting(
        "Grey level that is white in files of more than 8 bits; null: what their headers say.",
        None,
        ge=255,
        le=65535,
    )
    fit: Literal["crop", "pad"] = setting(
        "How a radiograph that is not square becomes one: crop takes its middle square, pad all of "
        "it between black bars.",
        "crop",
    )
    patients_of: str | None = setting(
        "Whose numbering the patients follow: sets that name the same here share their patients; "
        "null: what the files' names say (Kermany's, NIH's), else the set's own.",
        None,
    )
