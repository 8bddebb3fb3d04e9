"""Simulate the movies of one session of an area."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.calcium.hybrid import hybrid_area, hybrid_frames
from neuroloop.calcium.protocol import Protocol
from neuroloop.calcium.simulate import draw_area, draw_session
from neuroloop.calcium.simulated_movie import recording_frames, write_session
from neuroloop.calcium.simulated_settings import AreaSettings, SessionSettings
from neuroloop.files.folder_contents import save_contents
from neuroloop.files.formats import StrPath, save_arrays, save_table
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def simulate_session(
    *,
    movie: StrPath | None,
    regions: StrPath | None,
    outputs: Mapping[str, StrPath],
    area: str,
    session: str,
    simulation: Mapping[str, Any],
    session_settings: Mapping[str, Any],
    seed: int,
) -> None:
    """Write movies, tables and truth of one session.

    Parameters
    ----------
    movie, regions : path or None
        A real movie and the regions drawn in it, whose background and cells a hybrid area has.
    outputs : mapping
        ``movies`` (a folder), ``recordings``, ``stimulations``, ``cells``, ``truth``.
    area, session : str
        Names; they fix the random streams.
    simulation, session_settings : mapping
        Values of `AreaSettings` (``protocol``: of `Protocol`) and of `SessionSettings`.
    seed : int
        Root seed.
    """
    values = dict(simulation)
    protocol = Protocol(**values.pop("protocol", {}))
    of_area = AreaSettings(**values, protocol=protocol)
    if movie and regions:
        truth, frames = hybrid_area(seed, area, of_area, movie, regions), hybrid_frames
    else:
        truth, frames = draw_area(seed, area, of_area), recording_frames
    drawn = draw_session(seed, truth, session, SessionSettings(**session_settings))
    movies = Path(outputs["movies"])
    positions = [f"{movies.name}/{name}.tif" for name in drawn.recordings["recording"]]
    drawn = replace(drawn, recordings=drawn.recordings.assign(path=positions))
    write_session(seed, truth, drawn, movies.parent, frames)
    save_table(outputs["recordings"], drawn.recordings)
    save_table(outputs["stimulations"], drawn.stimulations)
    save_table(outputs["cells"], truth.cells)
    pairwise = ("stimulated", "responding")
    save_arrays(
        outputs["truth"],
        {
            "coupling": drawn.coupling,
            "off_target": truth.off_target,
            "amplitude": truth.amplitudes,
            "snr": drawn.snr,
            "cell": truth.cells["cell"].to_numpy(dtype=str),
        },
        axes={
            "coupling": pairwise,
            "off_target": pairwise,
            "amplitude": ("cell",),
            "snr": ("cell",),
            "cell": ("cell",),
        },
        units={"amplitude": "dF/F"},
        photons=float(np.mean(drawn.photons)),
        seed=seed,
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        simulate_session(
            movie=snakemake.input.get("movie") or None,
            regions=snakemake.input.get("regions") or None,
            outputs=snakemake.output,
            area=snakemake.wildcards.area,
            session=snakemake.wildcards.session,
            simulation=snakemake.params.simulation,
            session_settings=snakemake.params.session_settings,
            seed=snakemake.params.seed,
        )
        save_contents(snakemake.output.movies, snakemake.output.contents)
