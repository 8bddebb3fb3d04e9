"""Read and check the tables and movies of one session."""

from collections.abc import Mapping, Sequence

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


def list_recordings(
    recordings: StrPath,
    stimulations: StrPath,
    cells: StrPath,
    folders: Sequence[StrPath],
    outputs: Mapping[str, StrPath],
    area: str,
    session: str,
    selection: Selection,
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
    selection : Selection
        Which frames will be used.
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
        selection,
    )
    save_table(outputs["recordings"], listed)
    save_table(outputs["stimulations"], stimulated.drop(columns="pattern"))
    save_table(outputs["cells"], known)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        list_recordings(
            snakemake.input.recordings,
            snakemake.input.stimulations,
            snakemake.input.cells,
            snakemake.params.folders,
            snakemake.output,
            snakemake.wildcards.area,
            snakemake.wildcards.session,
            Selection(**snakemake.params.selection),
        )
