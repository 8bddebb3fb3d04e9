"""Files of movies: which pages the user wants of them, and what was read, by its SHA-256."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.frame_folder import numbered_frames
from neuroloop.calcium.movies import Movie
from neuroloop.calcium.page_choice import Reading
from neuroloop.calcium.tiff_stack import ome_image
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake, ReadFile


def readings_of(recordings: pd.DataFrame, area: Mapping[str, Any]) -> dict[str, Reading]:
    """Which pages of each recording's files are its frames.

    Parameters
    ----------
    recordings : DataFrame
        Of one session; its columns ``channel`` and ``plane``, if it has them, count where they are
        filled in.
    area : mapping
        Values of `Reading`, for all recordings.

    Returns
    -------
    dict of str to Reading

    Raises
    ------
    NeuroLoopError
        If a channel or plane is no whole number from 1.
    """
    found = {}
    for row in recordings.to_dict("records"):
        values = dict(area)
        for what in ("channel", "plane"):
            text = str(row.get(what, "")).strip()
            if text in ("", "n/a"):
                continue
            # As spreadsheets write numbers of a column with gaps.
            text = text.removesuffix(".0")
            if not text.isdecimal() or len(text) > 9 or int(text) < 1:
                raise NeuroLoopError(
                    f"recording {row['recording']} has the {what} {text} in the table of "
                    "recordings: give a number from 1, or leave it empty"
                )
            values[what] = int(text)
        found[row["recording"]] = Reading(**values)
    return found


def files_of_movie(path: Path) -> list[Path]:
    """Files behind a path in the table: the frames of a folder, all files of an OME set.

    What cannot be read is left for the job that reads it to refuse.
    """
    try:
        if path.is_dir():
            return numbered_frames(path)
        if path.name.lower().endswith((".ome.tif", ".ome.tiff")):
            image = ome_image(path)
            return image.files() if image is not None and len(image.names) > 1 else [path]
    except NeuroLoopError:
        return [path]
    return [path]


def read_and_hash(movie: Movie, intake: Intake) -> Iterator[np.ndarray]:
    """Read the frames of a movie in order, and add its files to what was read whole.

    Files are hashed beside: what one reads from the disk the other finds in memory.

    Raises
    ------
    NeuroLoopError
        If a file is a copy of one that was read before.
    """
    with ThreadPoolExecutor(1) as beside:
        digests = beside.submit(read_whole, movie)
        yield from movie
        for file in digests.result():
            _refuse_copy(file, intake.files)
            intake.files.append(file)


def _refuse_copy(file: ReadFile, read: Sequence[ReadFile]) -> None:
    """Refuse a file that was read before, under another name."""
    for other in read:
        if (other.sha256, other.bytes) == (file.sha256, file.bytes):
            raise NeuroLoopError(
                f"{file.file} is a copy of {other.file}, byte by byte: correct the table of "
                "recordings, in which a movie is listed once"
            )


def read_whole(movie: Movie) -> list[ReadFile]:
    """Read all files of a movie, for their sizes and SHA-256.

    Of a folder of frames the digest is that of the frames one after another.
    """
    found = []
    for path in movie.paths:
        if path.is_dir():
            inside = [file for file in movie.files if file.parent == path]
            whole = hashlib.sha256()
            for file in inside:
                whole.update(file.read_bytes())
            size = sum(file.stat().st_size for file in inside)
            found.append(ReadFile(f"{path}/ ({len(inside)} frames)", size, whole.hexdigest()))
    for file in movie.files:
        if file.parent not in movie.paths:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found.append(ReadFile(str(file), file.stat().st_size, digest))
    return found
