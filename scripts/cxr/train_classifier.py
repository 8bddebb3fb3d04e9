"""Train a classifier of radiographs, a network a fold, and name the images that each never saw."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from neuroloop.cxr.cases import case_rows, views_needed
from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.features import PARTS, Features, open_features
from neuroloop.cxr.radiograph_set import RadiographSet, load_radiograph_set
from neuroloop.cxr.radiograph_splits import check_patients_apart, nested_validation
from neuroloop.cxr.radiograph_tables import prediction_table
from neuroloop.cxr.transfer import Fold, predict_radiographs, train_fold
from neuroloop.explain.models.model_images import ModelImages, spread
from neuroloop.explain.models.model_writing import save_model
from neuroloop.files.formats import StrPath, save_json, save_table, save_weights
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.networks.transfer_network import TransferNetwork
from neuroloop.registry import add_plugins
from neuroloop.training.checkpoints import JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: Test radiographs that lie beside the first network, for those who look into it.
LOOKED_AT = 60


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
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    outputs : mapping
        ``history``, ``predictions``, ``classifier``, ``networks``, ``model``.
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
    place = pick_device(device)
    shown = load_radiograph_set(radiographs, regions, table)
    chosen = Classifier.from_block(classifier, Path(start) if start else None)
    stored = open_features(features, shown.table["radiograph"].tolist())
    settings = [dict(classifier), case, split, folds, max_view, seed]
    states = JobStates.of(checkpoints, code, settings, table, features, start)
    views = range(min(chosen.test_views, views_needed(case, max_view)))
    histories, tables, kept = [], [], {}
    made = make_folds(shown, case, split, folds, max_view, chosen.validation, seed)
    for number, fold in enumerate(made):
        network = chosen.network(len(shown.classes), seed, number).to(place)
        history = train_fold(
            network,
            stored,
            shown.labels,
            fold,
            chosen,
            derive_seed(seed, "classifier", number),
            states.part(str(number)),
            f"fold {number}",
        )
        histories.append(history.assign(fold=number))
        tables += predictions(network, stored, shown, fold, number, views)
        kept |= trained_part(network, number)
        if number == 0:
            keep_model(Path(outputs["model"]), network, chosen, shown, fold.test)
    save_table(outputs["history"], pd.concat(histories, ignore_index=True))
    save_table(outputs["predictions"], pd.concat(tables, ignore_index=True))
    save_weights(outputs["networks"], kept, classes=json.dumps(shown.classes))
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
    return {"device": str(place)}


def make_folds(
    shown: RadiographSet,
    case: str,
    split: str,
    folds: int | str,
    max_view: int,
    validation: float,
    seed: int,
) -> list[Fold]:
    """What is learned from, validated on and tested on in each fold; of a hold-out there is one.

    Without a share for validation, what would be validated on is learned from too.
    """
    table, fold = shown.table, shown.table[f"{split}_fold"].astype(int).to_numpy()
    # By image, a patient is in several folds: each radiograph then stands for a patient of its own.
    groups = table["patient" if split == "patient" else "radiograph"]
    check_patients_apart(fold, groups)
    sides = [np.flatnonzero(fold == number) for number in np.unique(fold)]
    tested = sides[-1:] if folds == "holdout" else sides
    made = []
    for number, test in enumerate(tested):
        learn, watched = np.setdiff1d(np.arange(len(fold)), test), sides[0][:0]
        if validation and folds == "holdout":
            learn, watched = sides[0], sides[1]
        elif validation:
            generator = numpy_generator(seed, "validation", number)
            learn, watched = nested_validation(learn, table["label"], groups, generator, validation)
        rows = case_rows(case, shown.labels, learn, derive_seed(seed, "case", number), max_view)
        made.append(Fold(rows, watched, test))
    return made


def predictions(
    network: TransferNetwork,
    stored: Features,
    shown: RadiographSet,
    fold: Fold,
    number: int,
    views: Sequence[int],
) -> list[pd.DataFrame]:
    """Probabilities of a fold's test radiographs: whole, with lungs only, and without lungs."""
    tested = shown.table.iloc[fold.test].assign(fold=number)
    places = {"whole": views, **{part: [stored.views.index(part)] for part in PARTS}}
    return [
        prediction_table(
            tested, predict_radiographs(network, stored, fold.test, at), shown.classes
        ).assign(shown=part)
        for part, at in places.items()
    ]


def trained_part(network: TransferNetwork, number: int) -> dict[str, torch.Tensor]:
    """Parameters and buffers above the cut, named by fold."""
    frozen = {name for name, values in network.named_parameters() if not values.requires_grad}
    below = {name.rsplit(".", 1)[0] for name in frozen}
    return {
        f"fold{number}/{name}": values.detach().cpu().clone()
        for name, values in network.state_dict().items()
        if name.rsplit(".", 1)[0] not in below
    }


def keep_model(
    path: Path,
    network: TransferNetwork,
    classifier: Classifier,
    shown: RadiographSet,
    test: np.ndarray,
) -> None:
    """Write model.json for the first fold's network, with radiographs that it never saw."""
    rows = test[spread(shown.labels[test], LOOKED_AT)]
    images = shown.read(rows)
    save_model(
        path,
        name="-".join(path.parts[-6:-1]),
        kind="transfer",
        options=classifier.options,
        weights={name: values.cpu() for name, values in network.state_dict().items()},
        classes=shown.classes,
        preparation=shown.preparation,
        images=ModelImages(
            images=images[:, None],
            truth=shown.labels[rows],
            ids=shown.table["radiograph"].to_numpy(dtype=str)[rows],
            mask=None if shown.lesions is None else shown.lesions[rows],
            display=images,
        ),
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads) as record:
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
            seed=snakemake.params.seed,
            device=snakemake.params.device,
            outputs=snakemake.output,
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
