"""Teach students by surrogates of one region, as the region teaches them."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.distill.ablation import KEYS
from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.kept_group import load_group
from neuroloop.distill.students import Student
from neuroloop.distill.surrogate_students import judge_surrogate, no_claim, train_surrogate
from neuroloop.files.formats import StrPath, read_json, read_table
from neuroloop.fmri.audit.surrogates import SHIFTED, Settings, decode_surrogate, draw
from neuroloop.fmri.decoding import FOLD_COLUMNS, load_problem
from neuroloop.fmri.soft_labels import by_stimulus
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.audit import CLAIM, Tally, save_checks, save_surrogates
from neuroloop.training.checkpoints import Checkpoint, JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def audit_students(
    *,
    voxels: StrPath,
    folds: StrPath,
    stimuli: StrPath,
    images: StrPath,
    table: StrPath,
    start: StrPath | None,
    predictions: StrPath,
    metrics: StrPath,
    surrogates: StrPath,
    notes: StrPath,
    names: Sequence[str],
    n_surrogates: int,
    decoder: Mapping[str, Any],
    n_voxels: int | None,
    calibration_folds: int,
    n_folds: int,
    fold_by: str,
    student: Mapping[str, Any],
    seed: int,
    device: str,
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Write taught_surrogates.tsv, and which surrogates the data do not allow.

    Parameters
    ----------
    voxels, folds, stimuli : path
        voxels.npz, folds.tsv and stimuli.tsv.
    images, table : path
        images.npy and images.tsv.
    start : path or None
        Checkpoint that the students start from.
    predictions, metrics : path
        predictions.npz and metrics.json of students of the labels alone.
    surrogates, notes : path
        taught_surrogates.tsv and notes.json.
    names : sequence of str
        Subject, region, decoder, teacher and student.
    n_surrogates : int
        Surrogates, all with labels shifted.
    decoder, n_voxels, calibration_folds, n_folds, fold_by, seed
        As the region's decoding and folds take them.
    student : mapping
        The student's block of the config.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    checkpoints : Path
        Folder of training states, emptied at the end.
    code : str
        Hash of the code, part of the name of the training states.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    keys, torch_device = dict(zip(KEYS, names, strict=True)), pick_device(device)
    of = ", ".join(value for key, value in keys.items() if key != "teacher")
    alone = load_group(Path(predictions), read_json(metrics))
    shown = load_image_set(images, table)
    chosen = Student.from_block(student, Path(start) if start else None)
    problem = load_problem(voxels, folds, stimuli)
    unit = read_table(folds, FOLD_COLUMNS | {"unit": str})["unit"].iloc[0]
    how = Settings(
        decoder, n_voxels, calibration_folds, n_folds, fold_by, unit, 0, seed, torch_device
    )
    reason = no_claim(alone.seeds)
    drawn, not_done = draw(
        problem,
        read_table(stimuli, STIMULUS_COLUMNS),
        how,
        0 if reason else n_surrogates,
        [SHIFTED],
    )
    settings: list[Any] = [*names, dict(decoder), n_voxels, calibration_folds, n_folds, fold_by]
    settings += [dict(student), alone.seeds, seed]
    states = JobStates.of(checkpoints, code, settings, images, table, voxels, folds, stimuli, start)
    tally = Tally()
    for one in drawn:
        claim = ("teaching", of, one.kind, one.number)
        with tally.surrogate(*claim):
            decoded = decode_surrogate(one, how)
            logits, _ = by_stimulus(
                decoded.logits, one.problem.rows["stimulus_id"], one.problem.stimulus_ids
            )
            taught = train_surrogate(
                shown,
                logits,
                one.problem.stimulus_ids,
                one.problem.classes,
                alone,
                keys,
                chosen,
                seed,
                torch_device,
                partial(_state, states, one.number),
            )
            named = dict(zip(CLAIM, claim, strict=True))
            tally.rows.append(named | judge_surrogate(taught, alone, seed))
    save_surrogates(surrogates, tally.rows)
    told = [reason] if reason else [f"teaching, {sentence}" for sentence in not_done]
    save_checks(notes, [], [*(f"{of}, {sentence}" for sentence in told), *tally.refused()])
    states.remove()
    return {"device": str(torch_device)}


def _state(states: JobStates, number: int, name: str) -> Checkpoint:
    """Training state of a part of the students of one surrogate."""
    return states.part(f"surrogate{number}-{name}")


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= audit_students(
            voxels=snakemake.input.voxels,
            folds=snakemake.input.folds,
            stimuli=snakemake.input.stimuli,
            images=snakemake.input.images,
            table=snakemake.input.table,
            start=snakemake.input.get("start") or None,
            predictions=snakemake.input.predictions,
            metrics=snakemake.input.metrics,
            surrogates=snakemake.output.surrogates,
            notes=snakemake.output.notes,
            names=snakemake.params.names,
            n_surrogates=snakemake.params.n_surrogates,
            decoder=snakemake.params.decoder,
            n_voxels=snakemake.params.n_voxels,
            calibration_folds=snakemake.params.calibration_folds,
            n_folds=snakemake.params.n_folds,
            fold_by=snakemake.params.fold_by,
            student=snakemake.params.student,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
