"""How large the networks are that read calcium frames, and the frames: known before a job runs."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Pixels of a frame that is not there yet, or whose header cannot be read.
USUAL = 512**2

#: Images that are predicted at once: half as much is held of each as of one that is learned from.
PREDICTED = 16


def frame_pixels(path: Path) -> int:
    """Pixels of a movie's first frame, by its header: of a TIFF, or a folder of images."""
    from PIL import Image

    if path.is_dir():
        found = sorted(one for one in path.iterdir() if not one.name.startswith("."))
        return frame_pixels(found[0]) if found else USUAL
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            return image.width * image.height
    except (OSError, ValueError, Image.DecompressionBombError):
        return USUAL


def reader_items(reader: Mapping[str, Any], pixels: int, members: int = 1) -> dict[str, float]:
    """What readers hold of frames, and their weights.

    Parameters
    ----------
    reader : mapping
        The reader's block of the config: ``head``, ``widths``, ``hidden_units``, ``batch_size``.
    pixels : int
        Of a frame.
    members : int
        Networks that train at once.

    Returns
    -------
    dict of str to float
        ``read byte``: of the convolutions' outputs, of a batch; ``reader weight``.
    """
    widths = tuple(reader["widths"])
    batch = max(int(reader["batch_size"]), PREDICTED // 2)
    outputs = sum(width / 4**stage for stage, width in enumerate(widths))
    places = pixels / 4 ** len(widths)
    dense = widths[-1] * places * int(reader["hidden_units"]) if reader["head"] == "flatten" else 0
    return {"read byte": 4 * pixels * batch * outputs * members, "reader weight": dense * members}
