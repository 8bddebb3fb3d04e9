"""Read and check the tables and movies of one session."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroloop.calcium.cell_table import check_cells, read_cells
from neuroloop.calcium.frame_plan import Selection, plan_frames
from neuroloop.calcium.movie_check import look_at_movies
from neuroloop.calcium.movie_files import readings_of
from neuroloop.calcium.movie_paths import movie_paths
from neuroloop.calcium.movies import open_movies
from neuroloop.calcium.onsets import frames_of_onsets
from neuroloop.calcium.session_intake import (
    CELLS,
    RECORDINGS,
    STIMULATIONS,
    tell_columns,
    tell_session,
)
from neuroloop.calcium.tables import (
    read_recordings,
    read_stimulations,
    session_recordings,
    session_stimulations,
)
from neuroloop.calcium.trial_splits import check_readers
from neuroloop.files.formats import StrPath, save_table
from neuroloop.files.intake import Intake
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def list_recordings(
    *,
    recordings: StrPath,
    stimulations: StrPath,
    cells: StrPath,
    folders: Sequence[StrPath],
    outputs: Mapping[str, StrPath],
    area: str,
    session: str,
    selection: Mapping[str, Any],
    readers: Mapping[str, Mapping[str, Any]],
    reading: Mapping[str, Any],
) -> None:
    """Write the tables of one session, once they and its movies are found to be sound.

    Parameters
    ----------
    recordings, stimulations, cells : path
        The user's tables.
    folders : sequence of path
        Where movies are looked for.
    outputs : mapping
        ``recordings``, ``stimulations``, ``cells``, ``intake``.
    area, session : str
        Names in the table of recordings.
    selection : mapping
        Values of `Selection`: which frames will be used.
    readers : mapping
        Of each, how it will hold out trials: ``split``, ``last`` and ``folds``.
    reading : mapping
        Values of `Reading`: which pages of the movies are frames.
    """
    intake = Intake()
    intake.read(recordings, stimulations, cells)
    every = read_recordings(recordings)
    listed = session_recordings(every, area, session, recordings)
    known = read_cells(cells)
    events = session_stimulations(
        read_stimulations(stimulations), every, area, session, known, stimulations
    )
    movies = open_movies(movie_paths(listed, folders), readings_of(listed, reading), intake)
    look_at_movies(movies, intake)
    check_cells(known, next(iter(movies.values())).shape[1:], cells, intake)
    rates = {
        row["recording"]: movies[row["recording"]].rate(row["frame_rate"], intake)
        for row in listed.to_dict("records")
    }
    planned = frames_of_onsets(events, rates, stimulations)
    lengths = {name: len(movie) for name, movie in movies.items()}
    rows, _ = plan_frames(listed, planned, lengths, rates, Selection(**selection))
    check_readers(rows, readers, stimulations)
    tell_session(intake, listed, events, known, movies, rates)
    tell_columns(
        intake,
        {
            recordings: (listed, RECORDINGS),
            stimulations: (events, STIMULATIONS),
            cells: (known, CELLS),
        },
    )
    save_table(outputs["recordings"], listed)
    save_table(outputs["stimulations"], planned.drop(columns="pattern"))
    save_table(outputs["cells"], known)
    intake.save(outputs["intake"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        list_recordings(
            recordings=snakemake.input.recordings,
            stimulations=snakemake.input.stimulations,
            cells=snakemake.input.cells,
            folders=snakemake.params.folders,
            outputs=snakemake.output,
            area=snakemake.wildcards.area,
            session=snakemake.wildcards.session,
            selection=snakemake.params.selection,
            readers=snakemake.params.readers,
            reading=snakemake.params.reading,
        )
