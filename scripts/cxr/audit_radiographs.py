"""Look for ways in which classes of radiographs are known without the lungs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.cxr.audit.copies import OtherSet, copy_checks, external_checks
from neuroloop.cxr.radiograph_set import load_radiograph_set
from neuroloop.files.formats import StrPath, load_array, read_table
from neuroloop.jobs.job import job
from neuroloop.report.audit import save_checks

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def audit_radiographs(
    *,
    radiographs: StrPath,
    regions: StrPath,
    folds: StrPath,
    dropped: StrPath,
    properties: StrPath,
    other_radiographs: Sequence[StrPath],
    other_tables: Sequence[StrPath],
    known: Sequence[StrPath],
    flags: StrPath,
) -> None:
    """Write flags.json.

    Parameters
    ----------
    radiographs, regions, folds, dropped, properties : path
        radiographs.npy, regions.npz, folds.tsv, dropped.tsv and file_properties.tsv.
    other_radiographs, other_tables, known : sequence of path
        radiographs.npy, radiographs.tsv and known.tsv of each set that classifiers are tested on.
    flags : path
        As `report.audit.save_checks` writes it.
    """
    name = Path(flags).parent.name
    columns = {"radiograph": str, "file": str, "label": str, "patient": str}
    shown = load_radiograph_set(radiographs, regions, folds)
    files = read_table(properties, columns)
    left_out = read_table(dropped, {"file": str, "reason": str})
    checks = copy_checks(name, shown.table, shown.pixels, files, left_out)
    checks += external_checks(
        name, shown.pixels, read_others(other_radiographs, other_tables, known)
    )
    save_checks(flags, checks)


def read_others(
    radiographs: Sequence[StrPath], tables: Sequence[StrPath], known: Sequence[StrPath]
) -> Mapping[str, OtherSet]:
    """Sets that classifiers are tested on, by name."""
    ids = {"radiograph": str}
    return {
        Path(table).parent.name: OtherSet(
            read_table(table, ids), load_array(pixels)[0], read_table(left_out, ids)
        )
        for pixels, table, left_out in zip(radiographs, tables, known, strict=True)
    }


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        audit_radiographs(
            radiographs=snakemake.input.radiographs,
            regions=snakemake.input.regions,
            folds=snakemake.input.folds,
            dropped=snakemake.input.dropped,
            properties=snakemake.input.properties,
            other_radiographs=snakemake.input.other_radiographs,
            other_tables=snakemake.input.other_tables,
            known=snakemake.input.known,
            flags=snakemake.output.flags,
        )
