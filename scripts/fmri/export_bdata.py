"""Write one subject's brain data as BData, for readers other than this workflow."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath, atomic, read_json, save_json, sidecar_path
from neuroloop.files.paths import paths_of
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.joined_regions import join_regions, join_responses
from neuroloop.fmri.samples import read_samples, rows_of
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def export_bdata(
    *,
    samples: StrPath,
    responses: StrPath | Sequence[StrPath],
    sidecar: StrPath | None,
    voxels: Sequence[StrPath],
    regions: Sequence[StrPath],
    bdata: StrPath,
) -> None:
    """Write bdata.h5 and bdata.json.

    Parameters
    ----------
    samples : path
        samples.tsv.
    responses : path or sequence of path
        responses.h5, if it holds the regions, or those that were simulated of each.
    sidecar : path or None
        responses.json of the import, if there was one.
    voxels, regions : sequence of path
        voxels.npz and region.npz of every region, if each was read from files of its own.
    bdata : path
        bdata.h5.
    """
    table, whole = read_samples(samples), paths_of(responses)
    if sidecar is None:
        write_bdata(bdata, join_responses(whole), table["unit"].iloc[0])
        return
    known = read_json(sidecar)
    facts: dict[str, Any] = known.pop("facts")
    if whole:
        del known["digest"]
        with atomic(bdata) as temporary:
            shutil.copyfile(whole[0], temporary)
        save_json(sidecar_path(bdata), known | facts)
        return
    brain, xyz = join_regions(voxels, regions, rows_of(table))
    of_regions: dict[str, dict[str, Any]] = {}
    for path in regions:
        for key, value in read_json(sidecar_path(path))["facts"].items():
            of_regions.setdefault(key, {})[Path(path).parent.name] = value
    write_bdata(bdata, brain, known["unit"], xyz, known["units"], None, **of_regions, **facts)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        export_bdata(
            samples=snakemake.input.samples,
            responses=snakemake.input.responses,
            sidecar=snakemake.input.sidecar or None,
            voxels=snakemake.input.voxels,
            regions=snakemake.input.regions,
            bdata=snakemake.output.bdata,
        )
