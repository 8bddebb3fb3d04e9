"""What a radiograph's file tells of how and where it was made and stored.

Names and dates are looked at by themselves (`names`).
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from neuroloop.cxr.property_leak import NAMES, NUMBERS, property_table
from neuroloop.cxr.radiograph_folders import SPLIT_FOLDERS
from neuroloop.files.array_rows import Rows
from neuroloop.files.door import outside
from neuroloop.files.natural_order import natural_sorted
from neuroloop.images.stored_levels import REMEDY, read_stored
from neuroloop.jobs.progress import progress

#: Columns that hang on what is seen too, as opacities compress otherwise.
CONTENT = ("bytes per pixel", "blocks", "levels")

#: Folders below those of classes that name a view or a place, where patients' have numbers.
PLACE = re.compile(
    r"ap|pa|ll|lat|lateral|frontal|supine|erect"
    r"|(site|hospital|scanner|cent(er|re)|source|device)[-_ ]?\w*",
    re.IGNORECASE,
)

#: Tags of a header that have a date: when a radiograph was taken, and written.
DATES = (36867, 306)

#: Side of the blocks that JPEG compresses by itself, pixels.
BLOCK = 8


def kind_cues(files: pd.DataFrame, pixels: Rows) -> pd.DataFrame:
    """Format, depth, size, orientation, level of white: what file_properties.tsv has.

    Parameters
    ----------
    files : DataFrame
        Rows of file_properties.tsv, one a radiograph.
    pixels : ndarray of uint8, shape (radiographs, size, size)
        In the same order.
    """
    known = [name for name in (*NUMBERS, *NAMES) if name in files and name != "source"]
    table = property_table(files[known], pixels)
    return table[[name for name in map(str, table) if "corner" not in name and name != "bytes"]]


class StoredFiles(NamedTuple):
    """What files hold.

    Attributes
    ----------
    cues : DataFrame
        ``quality`` (mean of JPEG's quantisation tables; 0 of others), ``tags`` (in the header),
        ``dpi``, one column a mode; ``blocks`` (how much more neighbours differ across the borders
        of JPEG's blocks than inside them: compression that a file has behind it) and ``levels``
        (share of the grey levels between the darkest and the brightest that occur: less after
        stretching).
    statistics : DataFrame
        ``stored mean`` and ``stored deviation``, in grey levels of 255.
    dates : list of str
        When it was taken or written, as the header says; empty where it does not.
    """

    cues: pd.DataFrame
    statistics: pd.DataFrame
    dates: list[str]


def stored_cues(paths: Sequence[Path]) -> StoredFiles:
    """Read of each file how it is compressed, its mode, tags and resolution, and its grey levels.

    Raises
    ------
    NeuroLoopError
        If a file cannot be read.
    """
    rows, modes, statistics, dates = [], [], [], []
    for path in progress(paths, "radiographs"):
        with outside(path, "a radiograph", REMEDY), Image.open(path) as image:
            tables = getattr(image, "quantization", None) or {}
            quality = float(np.mean([np.mean(table) for table in tables.values()])) if tables else 0
            header = image.getexif()
            tags = len(header) + len(image.info)
            dates.append(next((str(header[tag]) for tag in DATES if tag in header), ""))
            dpi = float(image.info.get("dpi", (0, 0))[0])
            modes.append(image.mode)
        levels = read_stored(path).levels
        seen = np.bincount(levels.ravel())
        full = len(seen) - int(np.flatnonzero(seen)[0])
        rows.append([quality, _blocks(levels), (seen > 0).sum() / full, tags, dpi])
        white = np.iinfo(levels.dtype).max / 255
        statistics.append([levels.mean() / white, levels.std() / white])
    made = pd.DataFrame(rows, columns=["quality", "blocks", "levels", "tags", "dpi"])
    for mode in natural_sorted(set(modes)):
        made[f"mode {mode}"] = np.array(modes) == mode
    levels_of_255 = pd.DataFrame(statistics, columns=["stored mean", "stored deviation"])
    return StoredFiles(made.astype(float), levels_of_255, dates)


def sources_of(table: pd.DataFrame, files: pd.DataFrame) -> dict[str, list[str]]:
    """Where radiographs come from: the manifest's site, folders above classes, views below them.

    Parameters
    ----------
    table : DataFrame
        folds.tsv: ``site``, where a manifest has it.
    files : DataFrame
        Rows of file_properties.tsv, in the same order.

    Returns
    -------
    dict of str to list of str
        ``site`` and ``folder`` of each radiograph, where they are known.
    """
    made = {}
    if "site" in table:
        made["site"] = table["site"].fillna("").tolist()
    if "source" in files:
        both = zip(files["file"], files["source"], strict=True)
        made["folder"] = [_folder(file or "", source or "") for file, source in both]
    return made


def place_cues(sources: Mapping[str, Sequence[str]], rows: int) -> pd.DataFrame:
    """`sources_of` as columns, a column a place."""
    made = {
        f"{what} {name or 'none'}": [float(one == name) for one in names]
        for what, names in sources.items()
        for name in natural_sorted(set(names))
    }
    return pd.DataFrame(made, index=range(rows))


def _folder(file: str, source: str) -> str:
    """Folders that say where a radiograph comes from: above its class's, and views and places."""
    above = PurePosixPath(source).parts
    own = PurePosixPath(file).parts[:-1]
    if above == own:  # of a manifest: they may be called as classes
        above = tuple(part for part in own if part.casefold() in SPLIT_FOLDERS)
    below = [part for part in own[len(above) :] if PLACE.fullmatch(part)]
    return "/".join([*above, *below]).casefold()


def _blocks(levels: np.ndarray) -> float:
    """Logarithm of the mean step between neighbours across borders of blocks, less that inside."""
    found = []
    for axis in (0, 1):
        steps = np.abs(np.diff(levels.astype(np.float64), axis=axis)).mean(axis=1 - axis)
        border = np.arange(len(steps)) % BLOCK == BLOCK - 1
        if border.any() and not border.all():
            found.append(np.log(steps[border].mean() + 0.1) - np.log(steps[~border].mean() + 0.1))
    return float(np.mean(found)) if found else 0.0
