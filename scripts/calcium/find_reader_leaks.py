"""Look for ways in which a reader of a session could know patterns without a response."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.calcium.audit.session_leaks import session_leaks
from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.movie_paths import movie_paths
from neuroloop.calcium.tables import read_recordings
from neuroloop.files.formats import StrPath, read_json, sidecar_path
from neuroloop.jobs.job import job
from neuroloop.report.audit import save_checks

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def find_reader_leaks(
    *,
    frames: StrPath,
    table: StrPath,
    cells: StrPath,
    recordings: StrPath,
    folders: Sequence[StrPath],
    flags: StrPath,
    reader: Mapping[str, Any],
    exclusion_radius: float,
    of: str,
    seed: int,
) -> None:
    """Write flags.json of a session and a reader.

    Parameters
    ----------
    frames, table, cells, recordings : path
        frames.h5, whose sidecar lies beside it, frames.tsv, cells.tsv and recordings.tsv.
    folders : sequence of path
        Where movies are looked for.
    flags : path
        Where to write.
    reader : mapping
        Of the reader's block of the config, its input and how it holds out trials.
    exclusion_radius : float
        Pixels.
    of : str
        Session and reader, for the page.
    seed : int
        Root seed.
    """
    rates = read_json(sidecar_path(frames))["frame_rate"]
    with FrameStore(frames, table) as store:
        checks, not_done = session_leaks(
            store,
            read_cells(cells),
            rates,
            movie_paths(read_recordings(recordings), folders),
            reader,
            exclusion_radius,
            of,
            seed,
            Path(flags).parent,
        )
    save_checks(flags, checks, not_done)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        find_reader_leaks(
            frames=snakemake.input.frames,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            recordings=snakemake.input.recordings,
            folders=snakemake.params.folders,
            flags=snakemake.output.flags,
            reader=snakemake.params.reader,
            exclusion_radius=snakemake.params.exclusion_radius,
            of=snakemake.params.of,
            seed=snakemake.params.seed,
        )
