"""Read and check the user's chest radiographs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.cxr.lungs import lung_template
from neuroloop.cxr.radiographs import radiographs_table
from neuroloop.files.formats import StrPath, save_array, save_arrays, save_table
from neuroloop.images.preparation import Preparation
from neuroloop.jobs.job import job
from neuroloop.jobs.progress import progress

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def list_radiographs(
    *,
    source: StrPath,
    outputs: Mapping[str, StrPath],
    classes: Mapping[str, str],
    size: int,
    white: int | None,
) -> None:
    """Write radiographs as squares of one size, with their table.

    Parameters
    ----------
    source : path
        A folder with a folder for each class, or a manifest.
    outputs : mapping
        ``radiographs``, ``regions``, ``table``, ``dropped``.
    classes : mapping
        As in `radiographs_table`.
    size : int
        Side of a radiograph in pixels.
    white : int or None
        Level of white in files of more than 8 bits; None: as their headers say.
    """
    found = radiographs_table(Path(source), classes or None, white)
    preparation = Preparation(size, channels=1, levels="radiograph", white=found.white)
    pixels = np.concatenate(
        [
            preparation.read(found.folder / file)
            for file in progress(found.table["file"].tolist(), "radiographs")
        ]
    )
    save_table(outputs["table"], found.table)
    save_table(outputs["dropped"], found.dropped)
    save_array(
        outputs["radiographs"],
        pixels,
        axes=("radiograph", "row", "column"),
        units="grey level of 255",
        ids={"radiograph": found.table["radiograph"].tolist()},
        content=found.content,
        white=found.white,
        clipped=found.clipped,
    )
    save_arrays(
        outputs["regions"],
        {"lungs": lung_template(size)},
        axes={"lungs": ("row", "column")},
        source="template",
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        list_radiographs(
            source=snakemake.input.source,
            outputs=snakemake.output,
            classes=snakemake.params.classes,
            size=snakemake.params.size,
            white=snakemake.params.white,
        )
