"""Read and check the tables and movies of one session."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroloop.calcium.frame_plan import Selection, plan_frames
from neuroloop.calcium.movies import open_movies
from neuroloop.calcium.tables import (
    check_cells_inside,
    movie_paths,
    read_cells,
    read_recordings,
    read_stimulations,
    session_recordings,
    session_stimulations,
)
from neuroloop.files.formats import StrPath, save_table
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
) -> None:
    """Write the tables of one session, once they and its movies are found to be sound.

    Parameters
    ----------
    recordings, stimulations, cells : path
        The user's tables.
    folders : sequence of path
        Where movies are looked for.
    outputs : mapping
        ``recordings``, ``stimulations``, ``cells``.
    area, session : str
        Names in the table of recordings.
    selection : mapping
        Values of `Selection`: which frames will be used.
    """
    every = read_recordings(recordings)
    listed = session_recordings(every, area, session, recordings)
    known = read_cells(cells)
    stimulated = session_stimulations(
        read_stimulations(stimulations), every, area, session, known, stimulations
    )
    movies = open_movies(movie_paths(listed, folders))
    check_cells_inside(known, next(iter(movies.values())).shape[1:], cells)
    plan_frames(
        listed,
        stimulated,
        {name: len(movie) for name, movie in movies.items()},
        {
            row["recording"]: movies[row["recording"]].rate(row["frame_rate"])
            for row in listed.to_dict("records")
        },
        Selection(**selection),
    )
    save_table(outputs["recordings"], listed)
    save_table(outputs["stimulations"], stimulated.drop(columns="pattern"))
    save_table(outputs["cells"], known)


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
        )
