"""Where jobs find the data folder: by its link, which leads to one place while a run lives."""

import os
from pathlib import Path

from neuroloop.files.data_link import LINK, lead_to, target
from neuroloop.workflow.folder_lock import FolderInUse, holder


def place_data(folder: Path, here: Path) -> Path:
    """Have the link lead to the data folder, and return the path by which jobs name that.

    Parameters
    ----------
    folder : Path
        The data folder.
    here : Path
        Where results are written.

    Returns
    -------
    Path
        The link; or the folder itself where the file system has no links: data that move are then
        other data.

    Raises
    ------
    FolderInUse
        If another run lives there, whose data lie elsewhere.
    """
    wanted = os.path.abspath(folder)  # noqa: PTH100  (a link keeps its name: what it leads to may move)
    known = target()
    if known == wanted:
        return LINK
    if known and (run := holder(here)):
        raise FolderInUse(
            f"another run works in this folder ({run}) and reads its data from {known}: wait for "
            f"its end before data_folder is {wanted}, or use another folder (--directory)"
        )
    try:
        lead_to(Path(wanted))
    except OSError:
        return folder
    return LINK
