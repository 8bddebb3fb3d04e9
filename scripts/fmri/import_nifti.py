"""Turn one subject's BOLD runs into labelled samples."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.masks import Region
from neuroloop.fmri.nifti import read_runs
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def import_nifti(
    *,
    bold: Sequence[StrPath],
    labels: Sequence[StrPath],
    masks: Sequence[StrPath],
    bdata: StrPath,
    cleaning: Mapping[str, Any],
    label_kind: str,
    regions: Mapping[str, Mapping[str, Any]],
) -> None:
    """Write bdata.h5 of cleaned volumes, or of means of events.

    Parameters
    ----------
    bold : sequence of path
        4-D images, one a run, or one with all runs.
    labels : sequence of path
        Events files, one a run, or one list of a label a volume.
    masks : sequence of path
        Mask of each region, in the order of `regions`.
    bdata : path
        bdata.h5.
    cleaning : mapping
        The block ``nifti`` of the dataset.
    label_kind : {"events", "volumes"}
        Which kind of labels.
    regions : mapping
        For each region what it takes of its mask: ``side``, ``label`` or ``threshold``, or all.
    """
    options = {key: value for key, value in cleaning.items() if key != "repetition_time"}
    chosen = {
        roi: Region(path, **choice)
        for (roi, choice), path in zip(regions.items(), masks, strict=True)
    }
    brain, xyz, facts = read_runs(
        bold, labels, label_kind, chosen, cleaning["repetition_time"], **options
    )
    units = "z-score within the run"
    write_bdata(bdata, brain, cleaning["unit"], xyz, units, **facts)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        import_nifti(
            bold=snakemake.input.bold,
            labels=snakemake.input.labels,
            masks=snakemake.input.masks,
            bdata=snakemake.output.bdata,
            cleaning=snakemake.params.cleaning,
            label_kind=snakemake.params.label_kind,
            regions=snakemake.params.regions,
        )
