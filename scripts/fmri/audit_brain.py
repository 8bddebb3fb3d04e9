"""Look for ways in which labels of one subject leak."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop import registry
from neuroloop.files.formats import StrPath, read_table
from neuroloop.files.paths import paths_of
from neuroloop.fmri.audit.subject import audit_subject, measured
from neuroloop.fmri.bdata import read_voxel_rows
from neuroloop.fmri.decoding import FOLD_COLUMNS
from neuroloop.fmri.joined_regions import join_regions, join_responses
from neuroloop.fmri.region_voxels import load_region
from neuroloop.fmri.samples import read_samples, rows_of
from neuroloop.fmri.scan import load_scan
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.audit import save_checks

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def audit_brain(
    *,
    samples: StrPath,
    responses: StrPath | Sequence[StrPath],
    voxels: Sequence[StrPath],
    regions: Sequence[StrPath],
    folds: StrPath,
    stimuli: StrPath,
    scan: StrPath | None,
    bold: StrPath | Sequence[StrPath],
    confounds: StrPath | Sequence[StrPath],
    source: str,
    shift: float,
    subject: str,
    seed: int,
    flags: StrPath,
) -> None:
    """Write flags.json.

    Parameters
    ----------
    samples, folds, stimuli : path
        samples.tsv and folds.tsv of the subject, and stimuli.tsv of the dataset.
    responses : path or sequence of path
        responses.h5, if it holds the regions, or those that were simulated of each.
    voxels, regions : sequence of path
        voxels.npz and region.npz of every region, if each was read from files of its own.
    scan : path or None
        scan.npz, where the source reads files.
    bold, confounds : path or sequence of path
        Images of the scan and their tables of confounds; none where the source has none.
    source : str
        Name of the source.
    shift : float
        Seconds by which labels were moved to later volumes.
    subject : str
        Name, for what is told.
    seed : int
        Root seed.
    flags : path
        flags.json.
    """
    table = read_samples(samples)
    rows = rows_of(table)
    kept = load_scan(scan) if scan else None
    whole = paths_of(responses)
    if len(whole) == 1:
        looked_at = measured(rows, read_voxel_rows(whole[0]))
    elif whole:
        looked_at = measured(rows, [join_responses(whole).voxels])
    else:
        brain, _ = join_regions(voxels, regions, rows)
        looked_at = measured(brain.rows, [brain.voxels])
        if kept is not None:
            kept = kept.with_regions(
                {Path(path).parent.name: load_region(path) for path in regions}
            )
    courses = None
    if bold and kept is not None and kept.followed:
        files = {"bold": paths_of(bold), "confounds": paths_of(confounds)}
        courses = registry.entry("fmri_source", source).courses(files, kept)
    checks, not_done = audit_subject(
        subject,
        looked_at,
        read_table(folds, FOLD_COLUMNS),
        read_table(stimuli, STIMULUS_COLUMNS),
        table["unit"].iloc[0],
        kept,
        courses,
        shift,
        seed,
    )
    save_checks(flags, checks, not_done)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        audit_brain(
            samples=snakemake.input.samples,
            responses=snakemake.input.responses,
            voxels=snakemake.input.voxels,
            regions=snakemake.input.regions,
            folds=snakemake.input.folds,
            stimuli=snakemake.input.stimuli,
            scan=snakemake.input.scan or None,
            bold=snakemake.input.bold,
            confounds=snakemake.input.confounds,
            source=snakemake.params.source,
            shift=snakemake.params.shift,
            subject=snakemake.wildcards.subject,
            seed=snakemake.params.seed,
            flags=snakemake.output.flags,
        )
