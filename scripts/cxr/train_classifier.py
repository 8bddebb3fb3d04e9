"""Train a classifier, a network per fold, and predict the radiographs that each never saw."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.cxr.cases import views_needed
from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.classifier_folds import make_folds, train_folds
from neuroloop.cxr.features import open_features
from neuroloop.cxr.kept_classifier import save_classifier
from neuroloop.cxr.partitions import predict_partitions
from neuroloop.cxr.radiograph_set import load_radiograph_set
from neuroloop.cxr.transfer import Fold
from neuroloop.files.formats import StrPath, save_json, save_table, save_weights
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.networks.transfer_network import TransferNetwork
from neuroloop.registry import add_plugins
from neuroloop.training.checkpoints import JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def train_classifier(
    *,
    radiographs: StrPath,
    regions: StrPath,
    table: StrPath,
    features: StrPath,
    start: StrPath | None,
    classifier: Mapping[str, Any],
    case: str,
    split: str,
    folds: int | str,
    max_view: int,
    repeats: int,
    seed: int,
    device: str,
    outputs: Mapping[str, StrPath],
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Train on every fold but one, test on it, for each fold.

    Parameters
    ----------
    radiographs, regions, table, features : path
        radiographs.npy, regions.npz, folds.tsv, features.npy.
    start : path or None
        Checkpoint that the backbone starts from.
    classifier : mapping
        The classifier's block of the config.
    case : str
        Data case.
    split : {"patient", "image"}
        What is kept whole. ``image`` leaks: it is there to measure how much.
    folds : int or "holdout"
        As the radiographs were split.
    max_view : int
        Augmentation views that features has.
    repeats : int
        Partitions into folds, the first, which all of the other outputs are of, included.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    outputs : mapping
        ``history``, ``predictions``, ``repeats``, ``classifier``, ``networks``, ``model``.
    checkpoints : Path
        Folder of training states, emptied at the end.
    code : str
        Hash of the code, part of the name of the training states.

    Returns
    -------
    dict
        Facts for the record of the run.

    Raises
    ------
    NeuroLoopError
        If a patient stands on two sides.
    """
    processor = pick_device(device)
    shown = load_radiograph_set(radiographs, regions, table)
    chosen = Classifier.from_block(classifier, Path(start) if start else None)
    settings = [dict(classifier), case, split, folds, max_view, seed]
    states = JobStates.of(checkpoints, code, settings, table, features, start)

    def keep(network: TransferNetwork, fold: Fold) -> None:
        save_classifier(Path(outputs["model"]), network, chosen, shown, fold.test)

    stored = open_features(features, shown.table["radiograph"].tolist())
    views = range(min(chosen.test_views, views_needed(case, max_view)))
    trained = train_folds(
        shown,
        stored,
        chosen,
        make_folds(shown, case, split, folds, max_view, chosen.validation_share, seed),
        views,
        seed,
        processor,
        states.part,
        keep,
    )
    again = predict_partitions(
        shown,
        stored,
        chosen,
        case=case,
        split=split,
        folds=folds,
        max_view=max_view,
        views=views,
        repeats=repeats,
        seed=seed,
        device=processor,
        checkpoint=states.part,
    )
    save_table(outputs["history"], trained.history)
    save_table(outputs["repeats"], again)
    save_table(outputs["predictions"], trained.predictions)
    save_weights(outputs["networks"], trained.weights, classes=json.dumps(shown.classes))
    save_json(
        outputs["classifier"],
        {
            "classifier": dict(classifier),
            "case": case,
            "split": split,
            "classes": shown.classes,
            "seed": seed,
        },
    )
    states.remove()
    return {"device": str(processor)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= train_classifier(
            radiographs=snakemake.input.radiographs,
            regions=snakemake.input.regions,
            table=snakemake.input.table,
            features=snakemake.input.features,
            start=snakemake.input.get("start") or None,
            classifier=snakemake.params.classifier,
            case=snakemake.wildcards.case,
            split=snakemake.wildcards.split,
            folds=snakemake.params.folds,
            max_view=snakemake.params.max_view,
            repeats=snakemake.params.repeats,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            outputs=snakemake.output,
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
