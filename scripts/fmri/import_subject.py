"""Read one subject's brain data, whatever their source."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroloop.contracts.source import check_imported
from neuroloop.files.formats import StrPath
from neuroloop.files.paths import paths_of
from neuroloop.fmri.copies import check_changing, check_copies
from neuroloop.fmri.responses import save_responses
from neuroloop.fmri.rest_names import warn_of_rest
from neuroloop.fmri.row_order import warn_of_order
from neuroloop.fmri.scan import save_scan
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins, entry

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def import_subject(
    *,
    source: str,
    inputs: Mapping[str, StrPath | Sequence[StrPath]],
    options: Mapping[str, Any],
    samples: StrPath,
    responses: StrPath,
    scan: StrPath,
    intake: StrPath,
) -> None:
    """Write samples.tsv, responses.h5, scan.npz and intake.json.

    Parameters
    ----------
    source : str
        Name of the source.
    inputs : mapping
        Path or paths by the name under which the source reads them.
    options : mapping
        What else the source reads them by.
    samples, responses, scan, intake : path
        samples.tsv, responses.h5, what is kept of the scan, and what was read of the files.
    """
    files = {name: paths_of(given) for name, given in inputs.items()}
    found = entry("fmri_source", source).read(files, **options)
    check_imported(source, found, responses)
    origin = next(path for paths in files.values() for path in paths)
    check_changing(found.brain, origin)
    check_copies(found.brain, origin, found.intake)
    warn_of_rest(found.brain.rows["category"], found.intake)
    warn_of_order(found.brain.rows, found.intake)
    save_responses(samples, responses, found)
    save_scan(scan, found.scan)
    found.intake.read(*(path for paths in files.values() for path in paths))
    found.intake.save(intake)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        import_subject(
            source=snakemake.params.source,
            inputs=snakemake.input,
            options=snakemake.params.options,
            samples=snakemake.output.samples,
            responses=snakemake.output.responses,
            scan=snakemake.output.scan,
            intake=snakemake.output.intake,
        )
