"""Correlate the maps of a session's patterns."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.map_figure import map_figure
from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.calcium.pattern_pairs import label_overlap, panel_table
from neuroloop.calcium.reader_maps import pattern_maps, read_map_items
from neuroloop.calcium.tables import read_cells
from neuroloop.calcium.zncc import split_half, zncc
from neuroloop.calcium.zncc_null_figure import null_figure
from neuroloop.calcium.zncc_nulls import null_table
from neuroloop.files.formats import (
    StrPath,
    load_arrays,
    read_json,
    save_array,
    save_arrays,
    save_table,
    sidecar_path,
)
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def correlate_maps(
    *,
    maps: StrPath,
    map_table: StrPath,
    frames: StrPath,
    table: StrPath,
    cells: StrPath,
    outputs: Mapping[str, StrPath],
    session: str,
    seed: int,
) -> None:
    """Write ZNCC of all pairs of patterns, as published and between halves, beside its nulls.

    Parameters
    ----------
    maps, map_table : path
        maps.npz and maps.tsv of a reader.
    frames, table, cells : path
        frames.h5, frames.tsv and cells.tsv of the session.
    outputs : mapping
        ``cams``, ``zncc``, ``panels``, ``nulls``, and ``figure``, ``maps_figure`` and
        ``null_figure``, each with ``_svg`` too.
    session : str
        Its name, for the titles.
    seed : int
        Root seed.
    """
    items = read_map_items(map_table)
    loaded = load_arrays(maps)
    by_trial, patterns = pattern_maps(loaded["maps"], items)
    untrained, _ = pattern_maps(loaded["untrained"], items)
    groups = items.drop_duplicates("pattern").set_index("pattern")["group"].loc[patterns].tolist()
    raw = [zncc(of_seed.mean(axis=0)) for of_seed in by_trial]
    halves = [
        split_half(of_seed, numpy_generator(seed, "split half", number))
        for number, of_seed in enumerate(by_trial)
    ]
    facts = {"patterns": patterns, "groups": groups, "seed": seed}
    mean_maps = by_trial.mean(axis=(0, 1))
    save_array(
        outputs["cams"],
        mean_maps,
        axes=("pattern", "height", "width"),
        units="1",
        ids={"pattern": patterns},
        trials_each=by_trial.shape[1],
        seeds=len(by_trial),
    )
    pairwise = ("seed", "pattern", "pattern")
    save_arrays(
        outputs["zncc"],
        {
            "zncc": np.stack([one.matrix for one in raw]),
            "split_half": np.stack([one.matrix for one in halves]),
            "ceiling": np.stack([one.ceiling for one in halves]),
            "label_overlap": label_overlap(patterns),
        },
        axes={
            "zncc": pairwise,
            "split_half": pairwise,
            "ceiling": pairwise,
            "label_overlap": ("pattern", "pattern"),
        },
        constant_maps=[int(one.constant.sum()) for one in raw],
        undefined_maps=[int(one.undefined.sum()) for one in raw],
        **facts,
    )
    tables = [
        panel_table(matrix, patterns, groups).assign(seed=number, kind=kind)
        for kind, matrices in (("zncc", raw), ("split_half", halves))
        for number, matrix in enumerate(one.matrix for one in matrices)
    ]
    save_table(outputs["panels"], pd.concat(tables))
    nulls = null_table(by_trial, untrained, patterns, groups, numpy_generator(seed, "ZNCC nulls"))
    save_table(outputs["nulls"], nulls)
    save(null_figure(nulls, session=session), outputs["null_figure"], outputs["null_figure_svg"])
    raw_mean = np.mean([one.matrix for one in raw], axis=0)
    with np.errstate(invalid="ignore"):
        corrected = np.mean([one.matrix / one.ceiling for one in halves], axis=0)
    likeness, of_noise = "ZNCC", "ZNCC / noise ceiling"
    matrices = {
        "as published": raw_mean,
        "its square": raw_mean**2,
        "between halves of the trials": corrected,
        "of shared cells alone": label_overlap(patterns),
    }
    trials, seeds = by_trial.shape[1], len(by_trial)
    save(
        matrix_figure(
            matrices,
            patterns,
            groups,
            title=f"ZNCC of maps, session {session}",
            scales=dict(zip(matrices, (likeness, "R^2", of_noise, likeness), strict=True)),
            sequential=("its square",),
            undefined="a map that is constant, or not the same twice",
            note=f"maps of {trials} held-out trial{'s' * (trials > 1)} a pattern, "
            f"mean over {seeds} seed{'s' * (seeds > 1)}"
            + ("; a single trial has no halves" if trials == 1 else ""),
        ),
        outputs["figure"],
        outputs["figure_svg"],
    )
    with FrameStore(frames, table) as store:
        image = store.baseline
    save(
        map_figure(
            mean_maps,
            patterns,
            image,
            read_cells(cells),
            session=session,
            method=str(read_json(sidecar_path(maps))["method"]),
            trials=trials,
            seeds=seeds,
        ),
        outputs["maps_figure"],
        outputs["maps_figure_svg"],
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        correlate_maps(
            maps=snakemake.input.maps,
            map_table=snakemake.input.map_table,
            frames=snakemake.input.frames,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            outputs=snakemake.output,
            session=snakemake.wildcards.session,
            seed=snakemake.params.seed,
        )
