"""Calcium movies: one TIFF stack, or several that follow one another, read frame by frame."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from neuroloop.calcium.tiff_stack import Stack, frame_size, inspect
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, atomic

log = logging.getLogger(__name__)

#: Relative difference of frame rates that counts as rounding.
TOLERANCE = 0.01

#: Largest stack that is written as an ImageJ file; larger ones are BigTIFF.
IMAGEJ_BYTES = 2**32 - 2**20


class Movie:
    """A movie in one TIFF file, or in several that follow one another.

    Attributes
    ----------
    paths : tuple of Path
        The files.
    shape : (int, int, int)
        Frames, height, width.
    dtype : numpy.dtype
        Of the frames, in the machine's byte order.
    frame_rate : float or None
        Hz, from ImageJ's or OME's metadata; None if they do not say.
    """

    def __init__(self, paths: Sequence[StrPath]) -> None:
        """Open the files, look at their headers and close them.

        Raises
        ------
        NeuroLoopError
            If a file is missing, truncated, of a shape that is no movie, or unlike the first.
        """
        if not paths:
            raise ValueError("a movie needs a file")
        self._stacks = [inspect(Path(path)) for path in paths]
        first = self._stacks[0]
        for stack in self._stacks[1:]:
            if (stack.shape[1:], _native(stack)) != (first.shape[1:], _native(first)):
                raise NeuroLoopError(
                    f"{stack.path} has frames of {frame_size(stack.shape)} {stack.dtype}, "
                    f"{first.path} of {frame_size(first.shape)} {first.dtype}: the files of one "
                    "recording must agree"
                )
        self._refuse_disorder()
        self._tell_planned()
        self.paths = tuple(stack.path for stack in self._stacks)
        self.shape = (sum(stack.shape[0] for stack in self._stacks), *first.shape[1:])
        self.dtype = _native(first)
        self.frame_rate = first.frame_rate

    def _refuse_disorder(self) -> None:
        """Refuse files that are listed in another order than that of time, by their headers."""
        before: dict[str, Stack] = {}
        for stack in self._stacks:
            if stack.place is None:
                continue
            last = before.get(stack.place.acquisition, stack)
            if last.place is not None and stack.place.order < last.place.order:
                raise NeuroLoopError(
                    f"{stack.path} is listed after {last.path}, but by the headers its frames were "
                    "recorded before: list the files of a recording in the order of time"
                )
            before[stack.place.acquisition] = stack

    def _tell_planned(self) -> None:
        """Say where the files have not as many frames as their headers speak of."""
        held = sum(stack.shape[0] for stack in self._stacks)
        for stack in self._stacks:
            if stack.planned not in (None, held, stack.shape[0]):
                log.warning(
                    "%s: the recording's %d file(s) hold %d frames, all of which are read; %s",
                    stack.path,
                    len(self._stacks),
                    held,
                    stack.says,
                )

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.shape[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        """Read the frames in order, one at a time; each has the shape (height, width)."""
        for stack in self._stacks:
            yield from stack.frames(range(stack.shape[0]))

    def read(self, indices: Iterable[int]) -> np.ndarray:
        """Read some frames.

        Parameters
        ----------
        indices : iterable of int
            Places in the movie, from 0, in any order.

        Returns
        -------
        ndarray, shape (indices, height, width)
        """
        wanted = np.asarray(list(indices), dtype=int)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() < len(self)):
            raise IndexError(f"frames {wanted.min()} to {wanted.max()} of {len(self)}")
        frames = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        start = 0
        for stack in self._stacks:
            here = np.flatnonzero((wanted >= start) & (wanted < start + stack.shape[0]))
            for position, frame in zip(here, stack.frames(wanted[here] - start), strict=True):
                frames[position] = frame
            start += stack.shape[0]
        return frames

    def rate(self, stated: float | None) -> float:
        """Frame rate: the one stated in a table, or else the metadata's.

        Parameters
        ----------
        stated : float or None
            Hz; None or NaN where the table is silent.

        Returns
        -------
        float
            Hz.

        Raises
        ------
        NeuroLoopError
            If neither says.
        """
        if stated is None or np.isnan(stated):
            if self.frame_rate is None:
                raise NeuroLoopError(
                    f"{self.paths[0]} says nothing of its frame rate: fill in the column "
                    "frame_rate of the table of recordings"
                )
            return self.frame_rate
        if self.frame_rate and abs(self.frame_rate / stated - 1) > TOLERANCE:
            log.warning(
                "%s: the metadata say %g Hz, the table of recordings %g Hz: the table counts",
                self.paths[0],
                self.frame_rate,
                stated,
            )
        return stated


def _native(stack: Stack) -> np.dtype:
    """Type of a file's values in the machine's byte order."""
    return stack.dtype.newbyteorder("=")


def open_movies(paths: Mapping[str, Sequence[StrPath]]) -> dict[str, Movie]:
    """Open the movies of a session.

    Parameters
    ----------
    paths : mapping of str to sequence of path
        Recording -> its files.

    Returns
    -------
    dict of str to Movie

    Raises
    ------
    NeuroLoopError
        If a file cannot be used, or recordings differ in the size or type of their frames.
    """
    movies = {name: Movie(files) for name, files in paths.items()}
    name, first = next(iter(movies.items()))
    for other, movie in movies.items():
        if (movie.shape[1:], movie.dtype) != (first.shape[1:], first.dtype):
            raise NeuroLoopError(
                f"recording {other} has frames of {frame_size(movie.shape)} {movie.dtype}, "
                f"recording {name} of {frame_size(first.shape)} {first.dtype}: the recordings of "
                "a session must agree; crop or convert them alike"
            )
    return movies


def write_movie(
    path: StrPath,
    frames: Iterable[np.ndarray],
    shape: tuple[int, int, int],
    dtype: np.dtype | type,
    frame_rate: float,
) -> None:
    """Write a movie as a TIFF stack, frame by frame.

    Parameters
    ----------
    path : path
        Ends in ``.tif``.
    frames : iterable of ndarray, each of shape (height, width)
        The frames in order.
    shape : (int, int, int)
        Frames, height, width.
    dtype : dtype
        Of the frames.
    frame_rate : float
        Hz; kept in ImageJ's metadata, or in tifffile's where the stack exceeds 4 GB or ImageJ does
        not know the type.
    """
    import tifffile

    dtype = np.dtype(dtype)
    fits = np.prod(shape, dtype=float) * dtype.itemsize < IMAGEJ_BYTES
    imagej = bool(fits) and dtype in (np.uint8, np.uint16, np.float32)
    known = {"finterval": 1 / frame_rate} if imagej else {"fps": frame_rate}
    with atomic(path) as temporary:
        tifffile.imwrite(
            temporary,
            iter(frames),
            shape=shape,
            dtype=dtype,
            imagej=imagej,
            bigtiff=not fits,
            photometric="minisblack",
            metadata={"axes": "TYX", **known},
        )
