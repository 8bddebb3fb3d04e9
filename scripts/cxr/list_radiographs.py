"""Read and check the user's chest radiographs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.cxr.lungs import lung_template
from neuroloop.cxr.radiographs import radiographs_table
from neuroloop.files.formats import StrPath, save_arrays, save_rows, save_table
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def list_radiographs(
    *,
    source: StrPath,
    outputs: Mapping[str, StrPath],
    classes: Mapping[str, str],
    size: int,
    fit: str,
    white: int | None,
    patients_of: str | None,
) -> None:
    """Write radiographs as squares of one size, with their table and what was read of their files.

    Parameters
    ----------
    source : path
        A folder with a folder for each class, or a manifest.
    outputs : mapping
        ``radiographs``, ``regions``, ``table``, ``dropped``, ``properties`` (see
        `radiographs.Radiographs`), ``intake``.
    classes : mapping
        As in `radiographs_table`.
    size : int
        Side of a radiograph in pixels.
    fit : {"crop", "pad"}
        How a radiograph that is not square is fitted into one.
    white : int or None
        Level of white in files of more than 8 bits; None: as their headers say.
    patients_of : str or None
        Whose numbering the patients follow; None: as the files' names say.
    """
    folder = Path(outputs["radiographs"]).parent
    found = radiographs_table(Path(source), classes or None, white, size, fit, folder)
    save_table(outputs["table"], found.table)
    save_table(outputs["dropped"], found.dropped)
    save_table(outputs["properties"], found.properties)
    save_rows(
        outputs["radiographs"],
        found.pixels,
        len(found.pixels),
        axes=("radiograph", "row", "column"),
        units="grey level of 255",
        ids={"radiograph": found.table["radiograph"].tolist()},
        content=found.content,
        white=found.white,
        clipped=found.clipped,
        fit=fit,
        patients_of=patients_of or found.numbering,
    )
    save_arrays(
        outputs["regions"],
        {"lungs": lung_template(size)},
        axes={"lungs": ("row", "column")},
        source="template",
    )
    found.intake.save(outputs["intake"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        list_radiographs(
            source=snakemake.input.source,
            outputs=snakemake.output,
            classes=snakemake.params.classes,
            size=snakemake.params.size,
            fit=snakemake.params.fit,
            white=snakemake.params.white,
            patients_of=snakemake.params.patients_of,
        )
