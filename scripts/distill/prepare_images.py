"""Read the students' images at one size."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.distill.images import check_black, check_unknown, tell_twins
from neuroloop.files.formats import StrPath, read_table, save_array, save_table
from neuroloop.files.intake import Intake
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins, entry

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def prepare_images(
    *,
    stimuli: StrPath,
    files: Sequence[StrPath],
    images: StrPath,
    table: StrPath,
    intake: StrPath,
    source: str,
    size: int,
    options: Mapping[str, Any],
) -> None:
    """Write images.npy and images.tsv; refuse test images that students learn from as well.

    Parameters
    ----------
    stimuli : path
        stimuli.tsv.
    files : sequence of path
        Folders or files that hold the images; none for simulated subjects.
    images, table, intake : path
        images.npy, images.tsv, and what was read of the files.
    source : str
        Name of the source of images.
    size : int
        Side of an image in pixels.
    options : mapping
        What else the source reads them by.
    """
    found = Intake()
    shown = read_table(stimuli, STIMULUS_COLUMNS)
    paths = [Path(path) for path in files]
    rows, array = entry("image_source", source).read(paths, shown, size, found, **options)
    check_black(array, rows, found)
    check_unknown(array, rows)
    tell_twins(array, rows, found)
    save_table(table, rows)
    save_array(
        images,
        np.ascontiguousarray(array),
        axes=("image", "channel", "row", "column"),
        units="8-bit grey level",
        ids={"image": rows["image_id"].tolist()},
    )
    found.save(intake)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        prepare_images(
            stimuli=snakemake.input.stimuli,
            files=snakemake.input.files,
            images=snakemake.output.images,
            table=snakemake.output.table,
            intake=snakemake.output.intake,
            source=snakemake.params.source,
            size=snakemake.params.size,
            options=snakemake.params.options,
        )
