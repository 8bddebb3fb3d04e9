"""Train a classifier on classes that are dealt anew: what it claims of them is false."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.cxr.audit.surrogate_classes import HEADLINE, KIND, surrogate_rows
from neuroloop.cxr.cases import views_needed
from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.features import open_features
from neuroloop.cxr.radiograph_set import load_radiograph_set
from neuroloop.files.formats import StrPath
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.audit import Tally, save_checks, save_surrogates
from neuroloop.training.checkpoints import JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def audit_classifier(
    *,
    radiographs: StrPath,
    regions: StrPath,
    table: StrPath,
    features: StrPath,
    start: StrPath | None,
    surrogates: StrPath,
    notes: StrPath,
    classifier: Mapping[str, Any],
    case: str,
    folds: int | str,
    max_view: int,
    contrast: Sequence[str] | None,
    bootstraps: int,
    surrogate_count: int,
    seed: int,
    device: str,
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Write a row for each surrogate and headline.

    Parameters
    ----------
    radiographs, regions, table, features : path
        radiographs.npy, regions.npz, radiographs.tsv, features.npy.
    start : path or None
        Checkpoint that the backbone starts from.
    surrogates : path
        surrogates.tsv, in a folder named as the classifier.
    notes : path
        notes.json: surrogates that were refused.
    classifier : mapping
        The classifier's block of the config.
    case : str
        Data case.
    folds : int or "holdout"
    max_view : int
        Augmentation views that features has.
    contrast : sequence of 2 str, or None
        Classes whose distinction has an AUC of its own.
    bootstraps : int
        Resamples of patients.
    surrogate_count : int
        Surrogates.
    seed : int
        Root seed.
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
    processor = pick_device(device)
    shown = load_radiograph_set(radiographs, regions, table)
    chosen = Classifier.from_block(classifier, Path(start) if start else None)
    settings = ["audit", dict(classifier), case, folds, max_view, seed]
    states = JobStates.of(checkpoints, code, settings, table, features, start)
    of = f"{case}, {Path(surrogates).parent.name}"
    stored = open_features(features, shown.table["radiograph"].tolist())
    tally = Tally()
    for number in range(surrogate_count):
        with tally.surrogate(HEADLINE, of, KIND, number):
            tally.rows += surrogate_rows(
                shown,
                stored,
                chosen,
                of=of,
                case=case,
                folds=folds,
                max_view=max_view,
                views=range(min(chosen.test_views, views_needed(case, max_view))),
                contrast=(contrast[0], contrast[1]) if contrast else None,
                bootstraps=bootstraps,
                number=number,
                seed=seed,
                device=processor,
                checkpoint=states.part,
            )
    save_surrogates(surrogates, tally.rows)
    save_checks(notes, [], tally.refused())
    states.remove()
    return {"device": str(processor)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= audit_classifier(
            radiographs=snakemake.input.radiographs,
            regions=snakemake.input.regions,
            table=snakemake.input.table,
            features=snakemake.input.features,
            start=snakemake.input.get("start") or None,
            surrogates=snakemake.output.surrogates,
            notes=snakemake.output.notes,
            classifier=snakemake.params.classifier,
            case=snakemake.wildcards.case,
            folds=snakemake.params.folds,
            max_view=snakemake.params.max_view,
            contrast=snakemake.params.contrast,
            bootstraps=snakemake.params.bootstraps,
            surrogate_count=snakemake.params.surrogate_count,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
