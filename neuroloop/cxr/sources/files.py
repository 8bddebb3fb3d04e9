"""The user's own chest radiographs: a folder, or a table that lists them."""

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
        "Grey level that is white; null: what the files' depth says.", None, ge=255, le=65535
    )
