"""Take one region's voxels of the training samples."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.contracts.source import check_region
from neuroloop.files.formats import StrPath, read_table, save_arrays
from neuroloop.files.intake import Intake
from neuroloop.files.paths import paths_of
from neuroloop.fmri.bdata import read_region, read_region_voxels
from neuroloop.fmri.brain import BrainData
from neuroloop.fmri.copies import check_changing
from neuroloop.fmri.region_voxels import save_region
from neuroloop.fmri.samples import read_samples, rows_of
from neuroloop.fmri.scan import load_scan
from neuroloop.fmri.source import ImportedRegion
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins, entry

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: Inputs that are no file of the region's own.
SHARED = ("samples", "folds", "scan")


def extract_region(
    *,
    source: str,
    inputs: Mapping[str, StrPath | Sequence[StrPath]],
    options: Mapping[str, Any] | None,
    region: str,
    samples: StrPath,
    folds: StrPath,
    scan: StrPath | None,
    voxels: StrPath,
    places: StrPath,
    intake: StrPath,
) -> None:
    """Write voxels.npz (activity and sample ids, rows as in folds.tsv), region.npz and intake.json.

    Parameters
    ----------
    source : str
        Name of the source.
    inputs : mapping
        Path or paths by name: ``responses``, or what the source reads the region from.
    options : mapping or None
        How the source reads the region; None if the responses hold it.
    region : str
        Name of the region or of its flag, or a condition such as ``ROI_LOC = 1 | ROI_FFA = 1``.
    samples, folds : path
        samples.tsv and folds.tsv of the subject.
    scan : path or None
        scan.npz, if the source reads the region.
    voxels, places, intake : path
        voxels.npz, region.npz, and what was read of the region's own files.
    """
    files = {name: paths_of(given) for name, given in inputs.items() if name not in SHARED}
    if options is None:
        (responses,) = files["responses"]
        x, rows = read_region(responses, region)
        found = ImportedRegion(x, read_region_voxels(responses, region), intake=Intake())
    else:
        rows = rows_of(read_samples(samples))
        kept = load_scan(scan) if scan else None
        found = entry("fmri_source", source).read_region(files, region, kept, **options)
        (*_, own) = files.values()  # what all regions read comes before
        origin = f"{', '.join(map(str, own))}, region {region}"
        check_region(source, found, len(rows), origin)
        flags = {region: np.ones(found.x.shape[1], dtype=bool)}
        check_changing(BrainData(found.x, rows, flags), origin)
        found.intake.read(*(path for paths in files.values() for path in paths))
    position = {name: row for row, name in enumerate(rows["sample"])}
    dealt = read_table(folds, {"sample": str})["sample"].tolist()
    save_arrays(
        voxels,
        {"x": found.x[[position[name] for name in dealt]], "sample": np.array(dealt)},
        axes={"x": ("sample", "voxel"), "sample": ("sample",)},
        region=region,
    )
    save_region(places, found.voxels, **found.facts)
    found.intake.save(intake)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        extract_region(
            source=snakemake.params.source,
            inputs=snakemake.input,
            options=snakemake.params.options,
            region=snakemake.params.region,
            samples=snakemake.input.samples,
            folds=snakemake.input.folds,
            scan=snakemake.input.scan or None,
            voxels=snakemake.output.voxels,
            places=snakemake.output.places,
            intake=snakemake.output.intake,
        )
