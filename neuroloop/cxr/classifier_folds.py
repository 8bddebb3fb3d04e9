"""A classifier trained on every fold but one, and tested on that one, for each fold."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from neuroloop.cxr.cases import case_rows
from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.features import PARTS, Features
from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.cxr.radiograph_splits import check_patients_apart, nested_validation
from neuroloop.cxr.radiograph_tables import prediction_table
from neuroloop.cxr.transfer import Fold, predict_radiographs, train_fold
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.networks.transfer_network import TransferNetwork
from neuroloop.training.checkpoints import Checkpoint


class TrainedFolds(NamedTuple):
    """What the networks of all folds learned, and what they say of radiographs they never saw.

    Attributes
    ----------
    history : DataFrame
        Losses of every epoch, by ``fold``.
    predictions : DataFrame
        Probabilities of each fold's test radiographs: whole, lungs alone, and without lungs.
    weights : dict of str to Tensor
        Of each network what lies above the cut, named by fold.
    """

    history: pd.DataFrame
    predictions: pd.DataFrame
    weights: dict[str, torch.Tensor]


def train_folds(
    shown: RadiographSet,
    stored: Features,
    classifier: Classifier,
    folds: Sequence[Fold],
    views: Sequence[int],
    seed: int,
    device: torch.device,
    checkpoint: Callable[[str], Checkpoint],
    keep: Callable[[TransferNetwork, Fold], None],
) -> TrainedFolds:
    """Train a network on every fold's radiographs, and let it predict the others.

    Parameters
    ----------
    shown : RadiographSet
    stored : Features
        What the frozen part of the network makes of the radiographs.
    classifier : Classifier
    folds : sequence of Fold
    views : sequence of int
        Views whose probabilities are averaged.
    seed : int
        Root seed.
    device : torch.device
    checkpoint : callable
        From the name of a part to its training state.
    keep : callable
        Is given the first fold's network, once trained.

    Returns
    -------
    TrainedFolds
    """
    histories: list[pd.DataFrame] = []
    tables: list[pd.DataFrame] = []
    weights: dict[str, torch.Tensor] = {}
    for number, fold in enumerate(folds):
        network = classifier.network(len(shown.classes), seed, number).to(device)
        history = train_fold(
            network,
            stored,
            shown.labels,
            fold,
            classifier,
            derive_seed(seed, "classifier", number),
            checkpoint(str(number)),
            f"fold {number}",
        )
        histories.append(history.assign(fold=number))
        tables += fold_predictions(network, stored, shown, fold, number, views)
        weights |= trained_part(network, number)
        if number == 0:
            keep(network, fold)
    return TrainedFolds(
        pd.concat(histories, ignore_index=True), pd.concat(tables, ignore_index=True), weights
    )


def make_folds(
    shown: RadiographSet,
    case: str,
    split: str,
    folds: int | str,
    max_view: int,
    validation: float,
    seed: int,
    dealt: np.ndarray | None = None,
) -> list[Fold]:
    """What is learned from, validated on and tested on in each fold; of a hold-out there is one.

    Without a share for validation, what would be validated on is learned from too. `dealt` are the
    folds of another partition than that of folds.tsv.
    """
    table = shown.table
    fold = folds_of(table, split) if dealt is None else dealt
    # By image, a patient is in several folds: each radiograph then stands for a patient of its own.
    groups = table["radiograph" if split == "image" else "patient"]
    if split == "site":
        folds = "site"
    else:
        check_patients_apart(fold, groups)
    sides = [np.flatnonzero(fold == number) for number in np.unique(fold)]
    tested = sides[-1:] if folds == "holdout" else sides
    made = []
    for number, test in enumerate(tested):
        # A patient of two sites is learned from at neither while one of them is tested.
        others = ~groups.isin(set(groups.iloc[test])).to_numpy()
        learn, watched = np.flatnonzero(others & (fold != fold[test[0]])), sides[0][:0]
        if validation and folds == "holdout":
            learn, watched = sides[0], sides[1]
        elif validation:
            generator = numpy_generator(seed, "validation", number)
            learn, watched = nested_validation(learn, table["label"], groups, generator, validation)
        rows = case_rows(case, shown.labels, learn, derive_seed(seed, "case", number), max_view)
        made.append(Fold(rows, watched, test))
    return made


def folds_of(table: pd.DataFrame, split: str) -> np.ndarray:
    """Fold of each radiograph; of sites, which are not always known, each is one.

    Raises
    ------
    NeuroLoopError
        If sites are wanted, and not all are known, or a class is seen at one alone.
    """
    if split != "site":
        return table[f"{split}_fold"].astype(int).to_numpy()
    remedy = "name all in the manifest's column site, or leave radiographs.new_sites out"
    if "site_fold" not in table:
        raise NeuroLoopError(f"the radiographs have no sites that could be left out: {remedy}")
    fold = table["site_fold"].astype(int).to_numpy()
    if (fold < 0).any() or not fold.any():
        raise NeuroLoopError(
            f"{(fold < 0).sum()} of {len(fold)} radiographs have no site, the others "
            f"{len(set(fold[fold >= 0]))}: {remedy}"
        )
    at = table.groupby("label")["site_fold"].nunique()
    if (at < 2).any():
        raise NeuroLoopError(
            f"radiographs of {at.index[at < 2][0]} come from one site: left out, nothing would be "
            "left to learn the class from: leave radiographs.new_sites out"
        )
    return fold


def fold_predictions(
    network: TransferNetwork,
    stored: Features,
    shown: RadiographSet,
    fold: Fold,
    number: int,
    views: Sequence[int],
) -> list[pd.DataFrame]:
    """Probabilities of a fold's test radiographs: whole, with lungs only, and without lungs."""
    tested = shown.table.iloc[fold.test].assign(fold=number)
    views_of = {"whole": views, **{part: [stored.views.index(part)] for part in PARTS}}
    return [
        prediction_table(
            tested, predict_radiographs(network, stored, fold.test, chosen), shown.classes
        ).assign(shown=part)
        for part, chosen in views_of.items()
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
