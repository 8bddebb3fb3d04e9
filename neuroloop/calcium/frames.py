"""The stored frames of a session: one pass over its movies, memory that does not grow with them."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.calcium import recording_courses
from neuroloop.calcium.cell_table import check_cells
from neuroloop.calcium.frame_plan import Selection, plan_frames
from neuroloop.calcium.masks import Outside, cell_masks
from neuroloop.calcium.movie_check import check_mean, check_values
from neuroloop.calcium.movie_files import read_and_hash
from neuroloop.calcium.movies import Movie, open_movies
from neuroloop.calcium.page_choice import Reading
from neuroloop.calcium.patterns import NONE
from neuroloop.calcium.recording_courses import CourseRecorder
from neuroloop.calcium.registration import Aligner, make_template
from neuroloop.calcium.shared_frames import refuse_shared_frames
from neuroloop.calcium.stimulation_light import light_change
from neuroloop.files.formats import (
    StrPath,
    atomic,
    save_json,
    save_table,
    sidecar_path,
    versions,
)
from neuroloop.files.hdf5 import new_hdf5
from neuroloop.files.intake import Intake
from neuroloop.jobs.progress import progress

if TYPE_CHECKING:
    import h5py

log = logging.getLogger(__name__)

#: The baseline image is at least this part of its mean: where hardly any light comes from, dF/F
#: would be noise without bounds.
FLOOR = 0.1

#: Frames of a recording that the template for registration is made of, at most.
TEMPLATE_FRAMES = 20

#: Types that are stored as they are; all others, and registered frames, are float32.
STORED_AS_IS = ("uint8", "uint16")

#: What the datasets of the file are.
UNITS = {
    "frames": "counts",
    "before": "counts",
    "baseline": "counts",
    "scale": "counts",
    "brightness": "1",
    **recording_courses.UNITS,
}
AXES = {
    "frames": ("row", "height", "width"),
    "before": ("trial_row", "height", "width"),
    "baseline": ("height", "width"),
    "scale": ("recording_row", "lowest and highest"),
    "brightness": ("trial_row",),
    "shifts": ("row", "down and right"),
    **recording_courses.AXES,
}


def write_frames(
    path: StrPath,
    table: StrPath,
    recordings: pd.DataFrame,
    stimulations: pd.DataFrame,
    cells: pd.DataFrame,
    paths: Mapping[str, Sequence[StrPath]],
    selection: Selection,
    *,
    register: bool = False,
    origins: Mapping[str, StrPath] | None = None,
    readings: Mapping[str, Reading] | None = None,
    intake: Intake | None = None,
) -> pd.DataFrame:
    """Read the movies of a session once and store the frames that are used.

    Parameters
    ----------
    path : path
        The HDF5 file: ``frames`` (rows, height, width), in the movies' type if that is uint8 or
        uint16 and they are not registered, else float32; ``before`` (trials, height, width)
        float32, the mean of each trial's baseline frames; ``baseline`` (height, width) float32,
        the mean of these, floored; ``scale`` (recordings, 2) float32, the lowest and highest value
        of each recording; ``brightness`` (trials,) float32, the mean of each trial's baseline over
        that of the session; ``shifts`` (rows, 2) float32, pixels, if registered; and what
        `recording_courses` notes of all frames. Its sidecar lies beside it.
    table : path
        The TSV table of its rows (`frame_plan.COLUMNS`).
    recordings, stimulations, cells : DataFrame
        Of the session, from `tables`.
    paths : mapping of str to sequence of path
        Files of each recording.
    selection : Selection
        Numbers of frames around an onset.
    register : bool
        Align the kept frames with the session's template.
    origins : mapping, optional
        Files that hold the tables, for messages; of ``cells``.
    readings : mapping of str to Reading, optional
        Recording -> which pages of its files are frames.
    intake : Intake, optional
        Is told what was read, with the SHA-256 of every file.

    Returns
    -------
    DataFrame
        The table.

    Raises
    ------
    NeuroLoopError
        If a movie or a table cannot be used; then nothing is left behind.
    """
    origins, intake = origins or {}, intake or Intake()
    movies = open_movies({name: paths[name] for name in recordings["recording"]}, readings, intake)
    shape = next(iter(movies.values())).shape[1:]
    check_cells(cells, shape, origins.get("cells", "the table of cells"))
    stated = dict(zip(recordings["recording"], recordings["frame_rate"], strict=True))
    rates = {name: movie.rate(stated[name], intake) for name, movie in movies.items()}
    lengths = {name: len(movie) for name, movie in movies.items()}
    rows, trials = plan_frames(recordings, stimulations, lengths, rates, selection)
    aligner = Aligner(_template(movies, trials, selection)) if register else None
    one = min(next(iter(movies.values())).dtype.itemsize, 4)
    needed = (one * len(rows) + 4 * len(trials)) * math.prod(shape)
    with (
        atomic(sidecar_path(path)) as sidecar,
        atomic(table) as rows_file,
        new_hdf5(path, needed, libver="v110") as file,
    ):
        free = Outside(cell_masks(cells, shape))
        recorder = CourseRecorder(cells, shape, lengths)
        floored, around = _fill(
            file, movies, rows, trials, selection, aligner, free, recorder, intake
        )
        surroundings = _check_light(trials, around, selection, min(rates.values()))
        stored = {name: _described(name, dataset) for name, dataset in file.items()}
        facts = {
            "arrays": stored,
            "ids": {
                "recording_row": recordings["recording"].tolist(),
                "trial_row": [f"{t.recording}:{t.trial}" for t in trials.itertuples()],
            },
            "frame_rate": rates,
            "selection": vars(selection),
            "registered": register,
            "frames_not_aligned": aligner.failed if aligner else 0,
            "pixels_floored": floored,
            "surroundings": surroundings,
            "versions": versions(),
        }
        save_json(sidecar, facts)
        save_table(rows_file, rows)
    return rows


def _fill(
    file: "h5py.File",
    movies: Mapping[str, Movie],
    rows: pd.DataFrame,
    trials: pd.DataFrame,
    selection: Selection,
    aligner: Aligner | None,
    free: Outside,
    recorder: CourseRecorder,
    intake: Intake,
) -> tuple[int, dict[str, np.ndarray]]:
    """Write all datasets; return the number of pixels whose baseline was floored.

    `free` are the pixels of no cell, by which light of the stimulation is told: their mean in every
    frame of each recording that it is told by is returned too; NaN in all others.
    """
    first = next(iter(movies.values()))
    size = first.shape[1:]
    as_is = aligner is None and first.dtype.name in STORED_AS_IS
    dtype = first.dtype.newbyteorder("<") if as_is else np.dtype("<f4")
    frames = _dataset(file, "frames", (len(rows), *size), dtype)
    before = _dataset(file, "before", (len(trials), *size), np.dtype("<f4"))
    shifts = np.zeros((len(rows), 2), dtype="<f4")
    scale = np.zeros((len(movies), 2), dtype="<f4")
    total, means = np.zeros(size), np.zeros(len(trials))
    around = {name: np.full(len(movie), np.nan) for name, movie in movies.items()}
    # Made once: fresh memory for every trial took as long as the sums.
    baseline, mean = np.zeros((2, *size))
    for position, (name, movie) in enumerate(progress(movies.items(), "recordings", len(movies))):
        row_of = _places(rows, name, "frame")
        trial_of = {
            onset + offset: trial
            for onset, trial in _places(trials, name, "onset_frame").items()
            for offset in selection.baseline_offsets
        }
        # The frame that follows the stimulated ones is told by, but not kept.
        next_to = {
            onset + selection.stimulated for onset in _places(trials, name, "onset_frame")
        } - (row_of.keys() | trial_of.keys())
        lowest, highest = np.inf, -np.inf
        left, black = selection.baseline, 0
        for index, frame in enumerate(read_and_hash(movie, intake)):
            low, high = frame.min(), frame.max()
            black += bool(low == high == 0)
            # Python's own min and max would lose a NaN.
            lowest = np.minimum(lowest, low)
            highest = np.maximum(highest, high)
            if index in next_to:
                around[name][index] = free.mean(frame)
            if index not in row_of and index not in trial_of:
                recorder.add(position, index, frame, frame)
                continue
            raw, shift = frame, np.zeros(2)
            if aligner is not None:
                frame, shift = aligner.align(frame)
            recorder.add(position, index, raw, frame)
            around[name][index] = free.mean(frame)
            if index in row_of:
                shifts[row_of[index]] = shift
                _write_chunk(frames, row_of[index], frame)
            else:
                baseline += frame
                left -= 1
            if not left:
                np.divide(baseline, selection.baseline, out=mean)
                _write_chunk(before, trial_of[index], mean)
                total += mean
                means[trial_of[index]] = mean.mean()
                baseline[:], left = 0, selection.baseline
        check_values(movie.paths[0], lowest, highest)
        if black:
            intake.warn(f"Recording {name}: {black} of {len(movie)} frames are black (all 0).")
        scale[position] = lowest, highest
    image = total / len(trials)
    check_mean(first.paths[0], image.mean())
    floor = FLOOR * image.mean()
    floored = int((image < floor).sum())
    if floored:
        log.warning("the baseline is below %g in %d pixels: set to that", floor, floored)
    plain: dict[str, np.ndarray] = {
        "baseline": np.maximum(image, floor),
        "scale": scale,
        "brightness": np.maximum(means / image.mean(), FLOOR),
    }
    if aligner is not None:
        plain["shifts"] = shifts
        if aligner.failed:
            log.warning("%d frames could not be aligned: left as they are", aligner.failed)
    for name, array in plain.items():
        file.create_dataset(name, data=array.astype("<f4"), track_times=False)
    noted = recorder.arrays()
    parts = np.split(noted["courses"], np.cumsum(noted["lengths"])[:-1])
    refuse_shared_frames(
        {
            f"recording {name} ({movie.paths[0]})": part
            for (name, movie), part in zip(movies.items(), parts, strict=True)
        }
    )
    for name, array in noted.items():
        file.create_dataset(name, data=array, track_times=False)
    return floored, around


def _check_light(
    trials: pd.DataFrame, around: Mapping[str, np.ndarray], selection: Selection, frame_rate: float
) -> dict[str, Any]:
    """Refuse light of the stimulation by the pixels of no cell; return how these change."""
    shown = trials[trials["pattern"] != NONE]
    late = range(selection.skip, selection.stimulated + 1)
    offsets = [*range(-selection.before, 0), *late]
    means = np.array(
        [
            [means[at] if at < len(means) else np.nan for at in np.add(offsets, onset)]
            for means, onset in zip(
                map(around.__getitem__, shown["recording"]), shown["onset_frame"], strict=True
            )
        ]
    ).reshape(len(shown), len(offsets))
    if not len(shown):
        return {}
    if not (means[:, : selection.before] > 0).all():
        doubt = (
            "where no cell is, frames before an onset have no mean above 0, or every pixel is a "
            "cell's: light of the stimulation, which coupling would include, cannot be told"
        )
        log.warning("%s", doubt)
        return {"doubt": doubt}
    every = {"all recordings": np.ones(len(shown), dtype=bool)}
    some = {
        f"{column} {value}": (shown[column] == value).to_numpy()
        for column in ("recording", "pattern")
        for value in shown[column].unique()
    }
    change, doubt = light_change(means, offsets, every | some, frame_rate)
    if doubt:
        log.warning("%s", doubt)
    # What follows may lie past the end of every movie.
    found = [None if np.isnan(one) else round(float(one), 5) for one in change]
    return {"offset": offsets, "change": found, "doubt": doubt}


def _places(table: pd.DataFrame, recording: str, column: str) -> dict[int, int]:
    """Value of a column -> row, for the rows of a recording."""
    here = table.loc[table["recording"] == recording, column]
    return dict(zip(here.tolist(), here.index.tolist(), strict=True))


def _template(
    movies: Mapping[str, Movie], trials: pd.DataFrame, selection: Selection
) -> np.ndarray:
    """Template from the frames of every recording that come before any that is used."""

    def early(name: str, movie: Movie) -> np.ndarray:
        onset = int(trials.loc[trials["recording"] == name, "onset_frame"].min())
        # A recording that starts with its first trial has only that trial's own.
        end = onset - selection.before or onset
        positions = np.linspace(0, end - 1, min(end, TEMPLATE_FRAMES)).astype(int)
        return movie.read(np.unique(positions))

    return make_template(early(name, movie) for name, movie in movies.items())


def _dataset(
    file: "h5py.File", name: str, shape: tuple[int, ...], dtype: np.dtype
) -> "h5py.Dataset":
    """Create a dataset with one image a chunk; without the time of its making."""
    return file.create_dataset(
        name, shape, dtype, chunks=(1, *shape[1:]), track_times=False, fillvalue=0
    )


def _write_chunk(dataset: "h5py.Dataset", row: int, image: np.ndarray) -> None:
    # Past HDF5's own buffers, which are slow for one chunk at a time.
    data = np.ascontiguousarray(image, dtype=dataset.dtype)
    dataset.id.write_direct_chunk((row, *[0] * image.ndim), data)


def _described(name: str, dataset: "h5py.Dataset") -> dict[str, Any]:
    return {
        "shape": list(dataset.shape),
        "dtype": str(dataset.dtype),
        "axes": list(AXES[name]),
        "units": UNITS.get(name, "pixels"),
    }
