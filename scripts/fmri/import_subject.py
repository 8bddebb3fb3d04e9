"""Read one subject's brain data, whatever their source."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroloop.contracts.source import check_imported
from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import write_bdata
from neuroloop.jobs.job import job
from neuroloop.registry import entry


def import_subject(
    *,
    source: str,
    files: Mapping[str, Sequence[StrPath]],
    options: Mapping[str, Any],
    output: StrPath,
) -> None:
    """Write bdata.h5.

    Parameters
    ----------
    source : str
        Name of the source.
    files : mapping
        Paths by the name under which the source reads them.
    options : mapping
        What else the source reads them by.
    output : path
        bdata.h5.
    """
    paths = {name: [Path(path) for path in given] for name, given in files.items()}
    found = entry("fmri_source", source).read(paths, **options)
    check_imported(source, found, output)
    write_bdata(output, found.brain, found.unit, found.voxel_xyz, found.units, **found.facts)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        import_subject(
            source=snakemake.params.source,
            files={
                name: [given] if isinstance(given, str) else list(given)
                for name, given in snakemake.input.items()
            },
            options=snakemake.params.options,
            output=snakemake.output.bdata,
        )
