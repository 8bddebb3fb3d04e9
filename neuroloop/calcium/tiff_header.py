"""What a TIFF file's header declares of its pages, whichever program wrote it.

Nothing here looks at a pixel or at another file's pages.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.calcium.headers.declared import Declared
from neuroloop.calcium.headers.imagej import read_imagej
from neuroloop.calcium.headers.micromanager import read_micromanager
from neuroloop.calcium.headers.ome import OmeImage, is_ome, read_ome
from neuroloop.calcium.headers.scanimage import read_scanimage
from neuroloop.calcium.headers.shaped import read_shaped

if TYPE_CHECKING:
    from tifffile import TiffFile


def read_header(
    tiff: "TiffFile", path: Path, pages: int, image: OmeImage | None = None
) -> Declared:
    """Read the header of a file.

    Parameters
    ----------
    tiff : TiffFile
        Open.
    path : path
        Of the file.
    pages : int
        That it holds.
    image : OmeImage, optional
        The set that the file belongs to, if another of its files told.

    Raises
    ------
    NeuroLoopError
        If the pages' order or images cannot be told from it, or it contradicts itself or them.
    """
    first = tiff.pages.first
    if image is None and is_ome(first.description):
        image = read_ome(first.description, path)
    if image is not None:
        image.check_page(path, first.shape, np.dtype(first.dtype))
        return image.declare(path, pages)
    if tiff.imagej_metadata and first.description.startswith("ImageJ="):
        return read_imagej(tiff.imagej_metadata, path)
    scanimage = read_scanimage(tiff, path, pages)
    if scanimage:
        return scanimage
    if tiff.shaped_metadata and "S" not in first.axes:
        return read_shaped(tiff.shaped_metadata, pages, first.shape, path)
    return read_micromanager(tiff, path, pages) or Declared()
