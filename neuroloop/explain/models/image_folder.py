"""Images of a folder as a network takes them, read when they are asked for.

A folder may hold more of them than memory does, and most methods need a few: what is opened here
are paths and shapes alone.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.image_rows import RowsOnDemand
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.files.natural_order import natural_sorted
from neuroloop.images.upright import read_upright

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


def open_folder(
    folder: Path,
    size: int,
    grey: bool,
    mean: Sequence[float],
    std: Sequence[float],
    classes: Sequence[str],
) -> ModelImages:
    """Open all images below a folder, in natural order.

    Parameters
    ----------
    folder : Path
    size : int
        Side in pixels: the shorter side is scaled to it, the middle of the longer one is cut out.
        Images are turned as their header says (EXIF).
    grey : bool
        One channel, else red, green and blue.
    mean, std : sequence of float
        What pixels in [0, 1] are normalised by: one value, or one a channel.
    classes : sequence of str
        If every image lies in a folder with the name of a class, that is its truth.

    Returns
    -------
    ModelImages
        `display` is the mean over channels, in [0, 1].

    Raises
    ------
    NeuroLoopError
        If there are no images; and where one is read that is damaged, has more than 8 bits a
        channel, or is several.
    """
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise NeuroLoopError(f"{folder} holds no images: mend images.folder or fill the folder")
    by_id = {path.relative_to(folder).as_posix(): path for path in paths}
    ids = natural_sorted(by_id)
    centre, spread = (np.asarray(v, dtype=np.float32).reshape(-1, 1, 1) for v in (mean, std))
    numbers = {name: number for number, name in enumerate(classes)}
    truth = [numbers.get(by_id[name].parent.name, -1) for name in ids]

    def pixels(row: int) -> np.ndarray:
        return _read(by_id[ids[row]], size, grey)

    return ModelImages(
        RowsOnDemand(
            (len(ids), 1 if grey else 3, size, size), lambda row: (pixels(row) - centre) / spread
        ),
        np.array(ids),
        None if -1 in truth else np.array(truth, dtype=np.int64),
        display=RowsOnDemand((len(ids), size, size), lambda row: pixels(row).mean(axis=0)),
    )


def _read(path: Path, size: int, grey: bool) -> np.ndarray:
    """Pixels in [0, 1] of one image, float32, shape (channels, size, size)."""
    from PIL import Image, ImageOps

    try:
        made = read_upright(path).convert("L" if grey else "RGB")
        made = ImageOps.fit(made, (size, size), Image.Resampling.BILINEAR)
    except Exception as error:  # whatever a damaged file makes a decoder do
        reason = " ".join(str(error).split())
        raise NeuroLoopError(f"image {path} cannot be read ({reason}): replace it") from error
    pixels = np.asarray(made, dtype=np.float32) / 255
    return pixels[None] if grey else np.ascontiguousarray(pixels.transpose(2, 0, 1))
