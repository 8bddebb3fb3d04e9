"""Other partitions of the same radiographs into folds: what a contrast owes to one of them."""

from collections.abc import Callable, Sequence

import pandas as pd
import torch

from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.classifier_folds import make_folds
from neuroloop.cxr.features import Features
from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.cxr.radiograph_splits import deal_folds
from neuroloop.cxr.radiograph_tables import COLUMNS, prediction_table
from neuroloop.cxr.transfer import predict_radiographs, train_fold
from neuroloop.jobs.seeds import derive_seed
from neuroloop.training.checkpoints import Checkpoint


def predict_partitions(
    shown: RadiographSet,
    stored: Features,
    classifier: Classifier,
    *,
    case: str,
    split: str,
    folds: int | str,
    max_view: int,
    views: Sequence[int],
    repeats: int,
    seed: int,
    device: torch.device,
    checkpoint: Callable[[str], Checkpoint],
) -> pd.DataFrame:
    """Train a classifier on further partitions, and predict what each network never saw.

    Parameters
    ----------
    shown, stored, classifier, case, split, folds, max_view, views, seed, device, checkpoint
        As for the first partition (`classifier_folds.make_folds`, `train_folds`).
    repeats : int
        Partitions, the first included.

    Returns
    -------
    DataFrame
        ``repeat`` (from 1) and the columns of `prediction_table`, of whole radiographs; no rows
        where there is one partition, as of a hold-out.
    """
    tables = []
    for repeat in range(1, repeats if isinstance(folds, int) else 1):
        own = derive_seed(seed, "repeat", repeat)
        dealt = deal_folds(shown.table, split, int(folds), seed, repeat)
        share = classifier.validation_share
        made = make_folds(shown, case, split, folds, max_view, share, own, dealt)
        for number, fold in enumerate(made):
            network = classifier.network(len(shown.classes), own, number).to(device)
            train_fold(
                network,
                stored,
                shown.labels,
                fold,
                classifier,
                derive_seed(own, "classifier", number),
                checkpoint(f"{repeat}-{number}"),
                label=f"partition {repeat}, fold {number}",
            )
            logits = predict_radiographs(network, stored, fold.test, views)
            tested = shown.table.iloc[fold.test].assign(fold=number)
            tables.append(prediction_table(tested, logits, shown.classes).assign(repeat=repeat))
    columns = ["repeat", *COLUMNS, *(f"p_{name}" for name in shown.classes)]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]
