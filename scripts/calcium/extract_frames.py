"""Store the frames of a session that are used."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.frames import write_frames
from neuroloop.calcium.movie_files import readings_of
from neuroloop.calcium.movie_paths import movie_paths
from neuroloop.calcium.tables import read_recordings, read_stimulations
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def extract_frames(
    *,
    recordings: StrPath,
    stimulations: StrPath,
    cells: StrPath,
    folders: Sequence[StrPath],
    outputs: Mapping[str, StrPath],
    selection: Mapping[str, Any],
    register: bool,
    reading: Mapping[str, Any],
) -> None:
    """Write frames.h5 and frames.tsv of one session.

    Parameters
    ----------
    recordings, stimulations, cells : path
        Tables of the session.
    folders : sequence of path
        Where movies are looked for.
    outputs : mapping
        ``frames``, ``table``, ``intake``.
    selection : mapping
        Values of `Selection`.
    register : bool
        Whether frames are moved onto each other.
    reading : mapping
        Values of `Reading`: which pages of the movies are frames.
    """
    listed, intake = read_recordings(recordings), Intake()
    write_frames(
        outputs["frames"],
        outputs["table"],
        listed,
        read_stimulations(stimulations),
        read_cells(cells),
        movie_paths(listed, folders),
        Selection(**selection),
        register=register,
        readings=readings_of(listed, reading),
        intake=intake,
    )
    intake.save(outputs["intake"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        extract_frames(
            recordings=snakemake.input.recordings,
            stimulations=snakemake.input.stimulations,
            cells=snakemake.input.cells,
            folders=snakemake.params.folders,
            outputs=snakemake.output,
            selection=snakemake.params.selection,
            register=snakemake.params.register,
            reading=snakemake.params.reading,
        )
