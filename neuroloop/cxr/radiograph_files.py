"""Reading the files of a list of radiographs, each once: its square, its hashes, its properties."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.cxr.content_hashes import content_hashes
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import RowSpool
from neuroloop.files.intake import ReadFile
from neuroloop.images.grey_levels import ABOVE_SHARE, levels_of
from neuroloop.images.preparation import Preparation
from neuroloop.images.stored_levels import Header, read_stored
from neuroloop.jobs.progress import progress


class ReadRadiograph(NamedTuple):
    """A radiograph that was read.

    Attributes
    ----------
    file : ReadFile
    header : Header
    shape : tuple of int
        Height and width, upright.
    white : int
        Level of white.
    above : int
        Pixels above white, which took the median around them.
    mean : float
        Mean brightness of the whole radiograph, 0 (black) to 1 (white).
    bright : float
        Brightness that a thousandth of its pixels exceeds.
    binary : bool
        Whether it has two grey levels alone, as a mask.
    content : tuple of str
        Hashes of its pixels (see `content_hashes`).
    """

    file: ReadFile
    header: Header
    shape: tuple[int, int]
    white: int
    above: int
    mean: float
    bright: float
    binary: bool
    content: tuple[str, ...]

    @property
    def outside(self) -> float:
        """Share of the radiograph that lies outside its middle square."""
        return 1 - min(self.shape) / max(self.shape)


def read_radiographs(
    files: Sequence[str], folder: Path, preparation: Preparation, squares: RowSpool
) -> list[ReadRadiograph]:
    """Read radiographs and prepare them.

    Parameters
    ----------
    files : sequence of str
    folder : Path
        Where relative paths start.
    preparation : Preparation
        Of radiographs, in grey.
    squares : RowSpool
        Gets each radiograph as networks see it, uint8 of shape (size, size), in the order of
        `files`: all of them may not fit into memory.

    Returns
    -------
    list of ReadRadiograph

    Raises
    ------
    NeuroLoopError
        If radiographs cannot be used: the first is explained, and all are counted.
    """
    read, unusable = [], []
    for file in progress(files, "radiographs"):
        try:
            one, square = _read(folder / file, preparation)
        except NeuroLoopError as error:
            unusable.append(str(error))
        else:
            read.append(one)
            squares.add(square)
    if unusable:
        others = f" ({len(unusable)} of {len(files)} radiographs cannot be used)"
        raise NeuroLoopError(unusable[0] + (others if len(unusable) > 1 else ""))
    return read


def file_properties(listed: pd.DataFrame, read: Sequence[ReadRadiograph]) -> pd.DataFrame:
    """Properties of files beside what they are listed as.

    Parameters
    ----------
    listed : DataFrame
        ``file, label, patient, source``.
    read : sequence of ReadRadiograph
        Rows as in `listed`.

    Returns
    -------
    DataFrame
        Those columns, and ``format`` (JPEG, PNG, TIFF, BMP), ``bits`` (per pixel and channel),
        ``photometric`` (black is zero, white is zero, palette, colour), ``orientation`` (1 to 8, as
        the header states it), ``height`` and ``width`` (pixels, upright), ``bytes``, ``white``
        (level of white), ``above_white`` (pixels), ``mean`` (brightness of the whole radiograph, 0
        to 1), ``outside`` (share of it outside its middle square).
    """
    return listed[["file", "label", "patient", "source"]].assign(
        format=[one.header.form for one in read],
        bits=[one.header.bits for one in read],
        photometric=[one.header.photometric for one in read],
        orientation=[one.header.orientation for one in read],
        height=[one.shape[0] for one in read],
        width=[one.shape[1] for one in read],
        bytes=[one.file.bytes for one in read],
        white=[one.white for one in read],
        above_white=[one.above for one in read],
        mean=[round(one.mean, 6) for one in read],
        outside=[round(one.outside, 6) for one in read],
    )


def _read(path: Path, preparation: Preparation) -> tuple[ReadRadiograph, np.ndarray]:
    stored = read_stored(path)
    found = levels_of(stored, preparation.white)
    height, width = found.levels.shape
    one = ReadRadiograph(
        stored.file,
        stored.header,
        (height, width),
        found.white,
        found.above,
        float(found.levels.mean() / found.white),
        float(np.quantile(found.levels, 1 - ABOVE_SHARE) / found.white),
        bool(np.isin(found.levels, (found.levels.min(), found.levels.max())).all()),
        content_hashes(found.levels, found.white),
    )
    return one, preparation.radiograph(found)[0]
