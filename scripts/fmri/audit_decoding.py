"""Decode surrogates of one region as the region is decoded."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath, read_table
from neuroloop.fmri.audit.surrogates import Settings, decode_surrogate, drawing, judge
from neuroloop.fmri.decoding import FOLD_COLUMNS, load_problem
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.audit import Tally, save_checks, save_surrogates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def audit_decoding(
    *,
    voxels: StrPath,
    folds: StrPath,
    stimuli: StrPath,
    surrogates: StrPath,
    notes: StrPath,
    of: str,
    n_surrogates: int,
    permutations: int,
    decoder: Mapping[str, Any],
    n_voxels: int | None,
    calibration_folds: int,
    n_folds: int,
    fold_by: str,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Write surrogates.tsv, and which surrogates the data do not allow.

    Parameters
    ----------
    voxels, folds, stimuli : path
        voxels.npz, folds.tsv and stimuli.tsv.
    surrogates, notes : path
        surrogates.tsv and notes.json.
    of : str
        What is decoded, for tables.
    n_surrogates : int
        Surrogates; half of each kind.
    permutations : int
        Of each surrogate's null.
    decoder, n_voxels, calibration_folds, n_folds, fold_by, seed
        As the region's decoding and folds take them.
    device : str
        ``auto``, ``cpu`` or ``cuda``: of networks.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    problem = load_problem(voxels, folds, stimuli)
    unit = read_table(folds, FOLD_COLUMNS | {"unit": str})["unit"].iloc[0]
    how = Settings(
        decoder,
        n_voxels,
        calibration_folds,
        n_folds,
        fold_by,
        unit,
        permutations,
        seed,
        pick_device(device),
    )
    not_done: list[str] = []
    tally = Tally()
    listed = read_table(stimuli, STIMULUS_COLUMNS)
    for one in drawing(problem, listed, how, n_surrogates, not_done):
        with tally.surrogate("decoding", of, one.kind, one.number):
            tally.rows.append(judge(one, decode_surrogate(one, how), how, of))
    if unit == "trial" and tally.rows:
        not_done.append("surrogates take samples as they stand in the data, as if in time's order.")
    save_surrogates(surrogates, tally.rows)
    save_checks(notes, [], [*(f"{of}, {told}" for told in not_done), *tally.refused()])
    return {"device": str(how.device)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= audit_decoding(
            voxels=snakemake.input.voxels,
            folds=snakemake.input.folds,
            stimuli=snakemake.input.stimuli,
            surrogates=snakemake.output.surrogates,
            notes=snakemake.output.notes,
            of=snakemake.params.of,
            n_surrogates=snakemake.params.n_surrogates,
            permutations=snakemake.params.permutations,
            decoder=snakemake.params.decoder,
            n_voxels=snakemake.params.n_voxels,
            calibration_folds=snakemake.params.calibration_folds,
            n_folds=snakemake.params.n_folds,
            fold_by=snakemake.params.fold_by,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
        )
