"""Correlate the maps of a session's patterns."""

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.calcium.alike_patterns import alike_patterns
from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.map_figure import map_figure
from neuroloop.calcium.map_gallery import map_gallery
from neuroloop.calcium.map_likeness import MapLikeness, map_likeness
from neuroloop.calcium.mapped_trials import read_map_items
from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.calcium.reader_level import at_chance
from neuroloop.calcium.zncc_null_figure import null_figure
from neuroloop.files.formats import (
    StrPath,
    load_arrays,
    read_json,
    save_array,
    save_arrays,
    save_json,
    save_table,
    sidecar_path,
)
from neuroloop.jobs.job import job
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from snakemake.iocontainers import snakemake


def correlate_maps(
    *,
    maps: StrPath,
    map_table: StrPath,
    reading: StrPath,
    frames: StrPath,
    table: StrPath,
    cells: StrPath,
    outputs: Mapping[str, StrPath],
    session: str,
    simulated: bool,
    seed: int,
) -> None:
    """Write ZNCC of all pairs of patterns, as published and between halves, beside its nulls.

    Parameters
    ----------
    maps, map_table : path
        maps.npz and maps.tsv of a reader.
    reading : path
        reading.tsv of the reader: whether it is above chance.
    frames, table, cells : path
        frames.h5, frames.tsv and cells.tsv of the session.
    outputs : mapping
        ``cams``, ``zncc``, ``panels``, ``nulls``, ``patterns``, ``gallery``, and ``figure``,
        ``maps_figure`` and ``null_figure``, each with ``_svg`` too.
    session : str
        Its name, for the titles.
    simulated : bool
        Whether figures say so.
    seed : int
        Root seed.
    """
    loaded = load_arrays(maps)
    found = map_likeness(loaded["maps"], loaded["untrained"], read_map_items(map_table), seed)
    patterns, groups = found.patterns, found.groups
    seeds, trials = found.maps.shape[:2]
    save_array(
        outputs["cams"],
        found.mean_maps,
        axes=("pattern", "height", "width"),
        units="1",
        ids={"pattern": patterns},
        trials_each=trials,
        seeds=seeds,
    )
    pairwise = ("seed", "pattern", "pattern")
    save_arrays(
        outputs["zncc"],
        found.arrays(),
        axes={
            "zncc": pairwise,
            "split_half": pairwise,
            "ceiling": pairwise,
            "label_overlap": ("pattern", "pattern"),
        },
        constant_maps=[int(one.constant.sum()) for one in found.raw],
        undefined_maps=[int(one.undefined.sum()) for one in found.raw],
        patterns=patterns,
        groups=groups,
        seed=seed,
    )
    warning = at_chance(reading)
    save_table(outputs["panels"], found.panels().assign(reader=warning))
    nulls = found.nulls(seed, warning).assign(reader=warning)
    save_table(outputs["nulls"], nulls)
    save(
        null_figure(nulls, session=session, simulated=simulated, warning=warning),
        outputs["null_figure"],
        outputs["null_figure_svg"],
    )
    matrices = found.mean_matrices()
    alike = alike_patterns(matrices["as published"], patterns, groups)
    save_table(outputs["patterns"], alike.assign(reader=warning))
    words: dict[str, Any] = {"session": session, "simulated": simulated, "warning": warning}
    save(_matrices(found, matrices, **words), outputs["figure"], outputs["figure_svg"])
    with FrameStore(frames, table) as store:
        image = store.baseline
    known, method = read_cells(cells), str(read_json(sidecar_path(maps))["method"])
    counts: dict[str, Any] = {"method": method, "trials": trials, "seeds": seeds}
    gallery = map_gallery(
        found.mean_maps, patterns, image, known, session=session, reader=warning, **counts
    )
    save_json(outputs["gallery"], gallery)
    save(
        map_figure(found.mean_maps, patterns, image, known, **counts, **words),
        outputs["maps_figure"],
        outputs["maps_figure_svg"],
    )


def _matrices(
    found: MapLikeness,
    matrices: Mapping[str, np.ndarray],
    session: str,
    simulated: bool,
    warning: str,
) -> "Figure":
    """Draw ZNCC of all pairs of patterns."""
    seeds, trials = found.maps.shape[:2]
    likeness, over_noise = "ZNCC", "ZNCC / noise ceiling"
    note = (
        f"maps of {trials} held-out trial{'s' * (trials > 1)} a pattern, "
        f"mean over {seeds} seed{'s' * (seeds > 1)}"
        + ("; a single trial has no halves" if trials == 1 else "")
        + (f"\n{fill(warning, 88)}" if warning else "")
    )
    return matrix_figure(
        matrices,
        found.patterns,
        found.groups,
        title=f"ZNCC of maps, session {session}{', simulated' * simulated}",
        scales=dict(zip(matrices, (likeness, "ZNCC²", over_noise, likeness), strict=True)),
        sequential=("its square",),
        undefined="a map that is constant, or not the same twice",
        note=note,
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        correlate_maps(
            maps=snakemake.input.maps,
            map_table=snakemake.input.map_table,
            reading=snakemake.input.reading,
            frames=snakemake.input.frames,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            outputs=snakemake.output,
            session=snakemake.wildcards.session,
            simulated=snakemake.params.simulated,
            seed=snakemake.params.seed,
        )
