"""Calcium movies: one TIFF stack, several that follow one another, or a folder of frames."""

import hashlib
import logging
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from neuroloop.calcium.frame_folder import KINDS, FrameFolder, numbered_frames, start_of
from neuroloop.calcium.headers.declared import Place
from neuroloop.calcium.page_choice import Reading
from neuroloop.calcium.tiff_stack import Stack, frame_size, inspect, ome_image
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, atomic
from neuroloop.files.intake import Intake

log = logging.getLogger(__name__)

#: Relative difference of frame rates that counts as rounding.
TOLERANCE = 0.01

#: Largest stack that is written as an ImageJ file; larger ones are BigTIFF.
IMAGEJ_BYTES = 2**32 - 2**20

#: Frames of a movie by which two are first compared.
COMPARED = 3


class Movie:
    """A movie in one TIFF file, in several that follow one another, or in a folder of frames.

    Attributes
    ----------
    paths : tuple of Path
        The files or the folder.
    files : tuple of Path
        All files that frames are read from.
    shape : (int, int, int)
        Frames, height, width.
    dtype : numpy.dtype
        Of the frames, in the machine's byte order.
    frame_rate : float or None
        Hz of these frames, from the header; None if it does not say.
    choice : str
        Which channel and plane was taken, where the files have several.
    """

    def __init__(
        self,
        paths: Sequence[StrPath],
        reading: Reading | None = None,
        intake: Intake | None = None,
    ) -> None:
        """Open the files, look at their headers and close them.

        Parameters
        ----------
        paths : sequence of path
            TIFF files, or a folder of numbered frames. Any file of an OME set stands for the set.
        reading : Reading, optional
            Which pages are the frames.
        intake : Intake, optional
            Where to say what has to be known of them.

        Raises
        ------
        NeuroLoopError
            If a file is missing, damaged, of a shape that is no movie, or unlike the first.
        """
        if not paths:
            raise ValueError("a movie needs a file")
        tell = intake or Intake()
        self.paths = tuple(Path(path) for path in paths)
        self._parts = _parts(self.paths, reading or Reading())
        first = self._parts[0]
        for part in self._parts[1:]:
            if (part.shape[1:], _native(part)) != (first.shape[1:], _native(first)):
                raise NeuroLoopError(
                    f"{part.path} has frames of {frame_size(part.shape)} {part.dtype}, "
                    f"{first.path} of {frame_size(first.shape)} {first.dtype}: the files of one "
                    "recording must agree"
                )
        self._refuse_disorder()
        self.files = tuple(file for part in self._parts for file in part.files)
        self.shape = (sum(part.shape[0] for part in self._parts), *first.shape[1:])
        self.dtype = _native(first)
        self.frame_rate = self._one_rate()
        self.choice = first.choice
        for sentence in dict.fromkeys([*self._planned(), *self._late(), *self._warnings()]):
            tell.warn(sentence)

    def _refuse_disorder(self) -> None:
        """Refuse files in another order than that of time, or not all, by their headers."""
        before: dict[str, Stack | FrameFolder] = {}
        for part in self._parts:
            if part.place is None:
                continue
            last = before.get(part.place.acquisition, part)
            if last.place is None or last is part:
                pass
            elif _left_out(last.place, part.place):
                raise NeuroLoopError(
                    f"{part.path} does not go on where {last.path} ends: by the headers its first "
                    f"frame has the number {part.place.order[-1]:g}, where "
                    f"{(last.place.after or (0,))[-1]:g} should follow: list all files of the "
                    "recording"
                )
            elif part.place.order < last.place.order:
                raise NeuroLoopError(
                    f"{part.path} is listed after {last.path}, but by the headers its frames were "
                    "recorded before: list the files of a recording in the order of time"
                )
            before[part.place.acquisition] = part

    def _one_rate(self) -> float | None:
        """The frame rate of all files that say one."""
        stated = [part for part in self._parts if part.frame_rate]
        for part in stated:
            one, first = part.frame_rate or 0, stated[0].frame_rate or 1
            if abs(one / first - 1) > TOLERANCE:
                raise NeuroLoopError(
                    f"{part.path} was recorded at {one:g} Hz by its header, {stated[0].path} at "
                    f"{first:g} Hz: the files of one recording must agree"
                )
        return stated[0].frame_rate if stated else None

    def _planned(self) -> Iterator[str]:
        """Say where the files have not as many frames as their headers speak of."""
        held = sum(part.shape[0] for part in self._parts)
        for part in self._parts:
            if part.planned not in (None, held, part.shape[0]):
                yield (
                    f"{part.path}: the recording's {len(self._parts)} file(s) hold {held} frames, "
                    f"all of which are read; {part.says}"
                )

    def _late(self) -> Iterator[str]:
        """Say where the frames of a folder start with a number that is no first one."""
        for path in self.paths:
            start = start_of(numbered_frames(path)) if path.is_dir() else 0
            if start > 1:
                yield (
                    f"{path}: the first frame in it has the number {start}; onset frames count "
                    "from 0 at that one."
                )

    def _warnings(self) -> Iterator[str]:
        for part in self._parts:
            yield from part.warnings

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.shape[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        """Read the frames in order, one at a time; each has the shape (height, width)."""
        for part in self._parts:
            yield from part.frames(range(part.shape[0]))

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
        for part in self._parts:
            here = np.flatnonzero((wanted >= start) & (wanted < start + part.shape[0]))
            for position, frame in zip(here, part.frames(wanted[here] - start), strict=True):
                frames[position] = frame
            start += part.shape[0]
        return frames

    def sample(self, count: int) -> np.ndarray:
        """Read some frames of every file, the first and the last among them."""
        places, start = [], 0
        for part in self._parts:
            length = part.shape[0]
            some = min(count, length)
            places += (start + np.linspace(0, length - 1, some).astype(int)).tolist()
            start += length
        return self.read(places)

    def rate(self, stated: float | None, intake: Intake | None = None) -> float:
        """Frame rate: the one stated in a table, or else the header's.

        Parameters
        ----------
        stated : float or None
            Hz; None or NaN where the table is silent.
        intake : Intake, optional
            Where to say that the two differ.

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
                doubt = next((part.doubt for part in self._parts if part.doubt), "")
                raise NeuroLoopError(
                    f"{self.paths[0]} {doubt and 'contradicts itself: '}"
                    f"{doubt or 'says nothing of its frame rate'}: fill in the column frame_rate "
                    "of the table of recordings"
                )
            return self.frame_rate
        if self.frame_rate and abs(self.frame_rate / stated - 1) > TOLERANCE:
            (intake or Intake()).warn(
                f"{self.paths[0]}: the header says {self.frame_rate:g} Hz"
                f"{' of ' + self.choice.split(' (')[0] if self.choice else ''}, the table of "
                f"recordings {stated:g} Hz: the table counts"
            )
        return stated


def _left_out(last: Place, place: Place) -> bool:
    """Whether files of one acquisition are left out between two."""
    return (
        last.after is not None
        and place.order[:-1] == last.after[:-1]
        and place.order[-1] > last.after[-1]
    )


def _native(part: Stack | FrameFolder) -> np.dtype:
    """Type of a file's values in the machine's byte order."""
    return part.dtype.newbyteorder("=")


def _parts(paths: Sequence[Path], reading: Reading) -> list[Stack | FrameFolder]:
    """Files of a movie in order; of an OME set all, wherever one of them is listed."""
    parts: list[Stack | FrameFolder] = []
    seen: set[Path] = set()
    files: list[Path] = []
    alone: list[Stack] = []
    for path in paths:
        if path.is_dir() and KINDS[numbered_frames(path)[0].suffix.lower()] != "TIFF":
            parts.append(FrameFolder(path, reading))
        else:
            files += numbered_frames(path) if path.is_dir() else [path]
    if parts and (files or len(parts) > 1):
        raise NeuroLoopError(
            f"{parts[0].path} is a folder of frames, which is a movie by itself: list it alone"
        )
    for path in files:
        if path.resolve() in seen:
            continue
        image = ome_image(path)
        members = [path] if image is None or len(image.names) == 1 else image.files()
        stacks = [inspect(member, reading, image) for member in members]
        seen |= {member.resolve() for member in members}
        if len(members) > 1 and image is not None:
            times = np.concatenate([stack.times for stack in stacks])
            if not np.array_equal(times, np.arange(len(times))):
                raise NeuroLoopError(
                    f"{path} and the other files of its set hold time points in disorder, or not "
                    f"all: {image.says}; save the movie as a plain TIFF"
                )
        parts += [stack for stack in stacks if stack.shape[0] or len(members) == 1]
        if len(members) == 1 and path.parent in paths and stacks[0].place is None:
            alone.append(stacks[0])
    _refuse_uneven(alone)
    if not parts:
        raise NeuroLoopError(f"{paths[0]} holds no frame of what was chosen: choose another plane")
    return parts


def _refuse_uneven(stacks: Sequence[Stack]) -> None:
    """Refuse numbered files of a folder of which one holds more, or fewer, frames than others.

    Nothing in them says which frames they hold; only the last may have stopped before it was full.
    """
    for stack in stacks[1:]:
        first, frames = stacks[0].shape[0], stack.shape[0]
        if frames != first and not (stack is stacks[-1] and frames < first):
            raise NeuroLoopError(
                f"{stack.path} holds {frames} frames, {stacks[0].path.name} {first}: files of a "
                "folder hold one frame each, or parts of a movie of one length; put what belongs "
                "elsewhere into a folder of its own"
            )


def open_movies(
    paths: Mapping[str, Sequence[StrPath]],
    readings: Mapping[str, Reading] | None = None,
    intake: Intake | None = None,
) -> dict[str, Movie]:
    """Open the movies of a session.

    Parameters
    ----------
    paths : mapping of str to sequence of path
        Recording -> its files.
    readings : mapping of str to Reading, optional
        Recording -> which pages are its frames.
    intake : Intake, optional
        Where to say what was recognised, and what has to be known.

    Returns
    -------
    dict of str to Movie

    Raises
    ------
    NeuroLoopError
        If a file cannot be used, recordings differ in the size or type of their frames, or two
        are one movie.
    """
    readings, intake = readings or {}, intake or Intake()
    movies = {name: Movie(files, readings.get(name), intake) for name, files in paths.items()}
    name, first = next(iter(movies.items()))
    for other, movie in movies.items():
        if (movie.shape[1:], movie.dtype) != (first.shape[1:], first.dtype):
            raise NeuroLoopError(
                f"recording {other} has frames of {frame_size(movie.shape)} {movie.dtype}, "
                f"recording {name} of {frame_size(first.shape)} {first.dtype}: the recordings of "
                "a session must agree; crop or convert them alike"
            )
    _refuse_shared_files(movies)
    _refuse_copies(movies)
    for choice, count in Counter(movie.choice for movie in movies.values()).items():
        if choice:
            intake.recognise(f"read of {count} movie(s): {choice}")
    return movies


def _refuse_shared_files(movies: Mapping[str, Movie]) -> None:
    """Refuse two recordings that read one file, under whatever names."""
    owners: dict[tuple[int, int], str] = {}
    for name, movie in movies.items():
        for file in movie.files:
            status = file.stat()
            owner = owners.setdefault((status.st_dev, status.st_ino), name)
            if owner != name:
                raise NeuroLoopError(
                    f"recordings {owner} and {name} are one movie: both read {file} (the files of "
                    "an OME set are one movie, whichever is listed); list it for one recording, or "
                    "save each recording as a plain TIFF"
                )


def _refuse_copies(movies: Mapping[str, Movie]) -> None:
    """Refuse two recordings whose frames are equal, pixel by pixel."""
    alike: dict[tuple[int, str], list[str]] = {}
    for name, movie in movies.items():
        some = movie.read(np.linspace(0, len(movie) - 1, COMPARED).astype(int))
        digest = hashlib.sha256(some.tobytes()).hexdigest()
        alike.setdefault((len(movie), digest), []).append(name)
    for names in alike.values():
        for name in names[1:]:
            pairs = zip(movies[names[0]], movies[name], strict=True)
            if all(np.array_equal(one, other) for one, other in pairs):
                raise NeuroLoopError(
                    f"recordings {names[0]} and {name} are one movie: every pixel of "
                    f"{movies[names[0]].paths[0]} and {movies[name].paths[0]} is equal; correct "
                    "the path of one, or take it out of the table"
                )


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
    size = math.prod(shape) * dtype.itemsize
    fits = size < IMAGEJ_BYTES
    imagej = fits and dtype in (np.uint8, np.uint16, np.float32)
    known = {"finterval": 1 / frame_rate} if imagej else {"fps": frame_rate}
    with atomic(path, size) as temporary:
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
