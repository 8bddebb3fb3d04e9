"""What files say of a pattern before a pixel is read: their size, length, type and compression."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuroloop.files.formats import StrPath
from neuroloop.statistics.folds import Split


def whole_recordings(trials: pd.DataFrame, splits: Sequence[Split]) -> str:
    """Say why files cannot be looked at; empty if each recording has one pattern and one fold.

    Parameters
    ----------
    trials : DataFrame
        ``recording, pattern`` of each trial.
    splits : sequence of Split
        Places of trials.
    """
    names = trials["recording"].to_numpy()
    if trials.groupby("recording")["pattern"].nunique().max() > 1:
        return "a file holds several patterns, so that its properties name none"
    if any(set(names[one.train]) & set(names[one.test]) for one in splits):
        return (
            "each recording has trials in training and in test, whose file is one, so that its "
            "properties say nothing that the recording does not"
        )
    return ""


def file_properties(paths: Mapping[str, Sequence[StrPath]]) -> pd.DataFrame:
    """Size of each recording's files unless they are compressed, their number, type and tags.

    Parameters
    ----------
    paths : mapping of str to sequence of path
        Files of each recording, or a folder of frames.

    Returns
    -------
    DataFrame
        A row a recording, by name; numbers alone, texts by their order.
    """
    found = {name: _properties([Path(one) for one in files]) for name, files in paths.items()}
    table = pd.DataFrame.from_dict(found, orient="index")
    for column in table.select_dtypes(exclude="number"):
        table[column] = np.unique(table[column].astype(str), return_inverse=True)[1]
    return table.astype(float)


def _properties(files: Sequence[Path]) -> dict[str, object]:
    import tifffile

    inside = [
        one for file in files for one in (sorted(file.iterdir()) if file.is_dir() else [file])
    ]
    size = sum(one.stat().st_size for one in inside)
    facts: dict[str, object] = {"files": len(inside), "kind": inside[0].suffix.lower()}
    try:
        with tifffile.TiffFile(inside[0]) as tiff:
            page = tiff.pages.first
            plain = page.compression == 1
            facts |= {
                "pages": len(tiff.pages),
                "type": str(page.dtype),
                "compression": int(page.compression),
                "order": tiff.byteorder,
                "tags": " ".join(str(tag.code) for tag in page.tags),
            }
            for name in ("Software", "Artist", "HostComputer", "XResolution", "ImageDescription"):
                if name in page.tags:
                    facts[name] = _text(page.tags[name].value)
    except tifffile.TiffFileError:
        plain = False
    # What compression leaves depends on the picture.
    return facts | {"bytes": size if plain else 0}


def _text(value: object) -> str:
    """A tag without its digits, which count frames and times."""
    return "".join(one for one in str(value)[:500] if not one.isdigit())
