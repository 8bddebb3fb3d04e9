"""Training of a classifier's upper part on stored features, a fold at a time."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.features import Features
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.networks.transfer_network import TransferNetwork, head_penalty, seed_dropout
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.loop import fit
from neuroloop.training.watch import Watch

#: Radiographs at once when nothing is learned.
BATCH = 64


class Fold(NamedTuple):
    """What a network learns from and is tested on.

    Attributes
    ----------
    learn : DataFrame
        ``row`` and ``view`` of what is learned from (see `cases.case_rows`).
    validation, test : ndarray of int
        Rows of radiographs.
    """

    learn: pd.DataFrame
    validation: np.ndarray
    test: np.ndarray


def train_fold(
    network: TransferNetwork,
    features: Features,
    labels: np.ndarray,
    fold: Fold,
    classifier: Classifier,
    seed: int,
    checkpoint: Checkpoint | None = None,
    label: str = "",
) -> pd.DataFrame:
    """Train a network in place, and leave it in evaluation mode.

    An epoch has as many batches as the radiographs that are learned from would make: cases differ
    in what is seen, not in how long is trained.

    Parameters
    ----------
    network : TransferNetwork
        As `Classifier.network` builds it, on its device.
    features : Features
        Of all radiographs at the network's cut.
    labels : ndarray of int, shape (radiographs,)
    fold : Fold
        Its test radiographs are not looked at.
    classifier : Classifier
    seed : int
        Order of batches, and dropout.
    checkpoint, label
        As in `fit`.

    Returns
    -------
    DataFrame
        A row per epoch: ``epoch``, ``learning_rate``, ``loss`` (training) and ``validation``, NaN
        without validation radiographs. A logistic regression that is not trained further has one
        row.

    Raises
    ------
    NeuroLoopError
        As `fit`, or if a logistic regression is asked for under a head that is not linear.
    """
    rows, views = fold.learn["row"].to_numpy(), fold.learn["view"].to_numpy()
    n_radiographs = len(np.unique(rows))
    if classifier.C is not None:
        network.eval()
        _fit_logistic(network, features, labels, fold, classifier)
    if not classifier.recipe.epochs:
        network.eval()
        losses = [
            _loss(network, features, labels, part) for part in (np.unique(rows), fold.validation)
        ]
        return pd.DataFrame([{"epoch": 1, "loss": losses[0], "validation": losses[1]}])
    start = {name: values.detach().clone() for name, values in network.named_parameters()}
    device = next(network.parameters()).device
    counts = np.bincount(labels[rows], minlength=network.classes)
    weights = torch.from_numpy(len(rows) / (len(counts) * np.maximum(counts, 1))).float().to(device)
    epochs_begun: list[int] = []

    def loss(
        trained: TransferNetwork, epoch: int, indices: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        if epochs_begun[-1:] != [epoch]:
            epochs_begun.append(epoch)
            seed_dropout(trained, seed, epoch)
        chosen = epoch_pairs(len(rows), n_radiographs, seed, epoch)[indices[0].cpu().numpy()]
        inputs = _inputs(features, rows[chosen], views[chosen]).to(device)
        truth = torch.from_numpy(labels[rows[chosen]]).to(device)
        error = functional.cross_entropy(
            trained.back(inputs)[:, 0], truth, weights if classifier.class_weights else None
        )
        return (error + head_penalty(trained, classifier.l2))[None], {}

    watch: Watch[TransferNetwork] | None = None
    if len(fold.validation):
        watch = Watch(
            lambda trained: _loss(trained, features, labels, fold.validation),
            classifier.reduce_after,
            classifier.reduce_factor,
            classifier.stop_after,
        )
    history = fit(
        network,
        loss,
        [n_radiographs],
        [seed],
        classifier.recipe,
        checkpoint=checkpoint,
        watch=watch,
        label=label,
    )
    if classifier.initial_weights_share:
        average_with_start(network, start, classifier.initial_weights_share)
    return history.drop(columns="member").assign(**{} if watch else {"validation": np.nan})


@torch.no_grad()
def average_with_start(
    network: TransferNetwork, start: Mapping[str, torch.Tensor], share: float
) -> None:
    """Take the mean of weights before and after training, in place.

    Of a network that starts from a good solution and is trained at a low rate, both ends lie in
    one valley, and the mean forgets less and over-fits less than the end (WiSE-FT, Wortsman et al.
    2022, "Robust fine-tuning of zero-shot models", equation 1).

    Parameters
    ----------
    network : TransferNetwork
        Trained. Buffers, as the statistics of batch normalisation, stay as they are.
    start : mapping of str to Tensor
        Its parameters before training.
    share : float
        Weight of the start, from 0 to 1.
    """
    for name, values in network.named_parameters():
        values.lerp_(start[name], share)


def epoch_pairs(n_pairs: int, n_radiographs: int, seed: int, epoch: int) -> np.ndarray:
    """Pairs of radiograph and view that an epoch learns from.

    All pairs stand in a random order, then in another, and so on; epochs take `n_radiographs` of
    them in turn.

    Parameters
    ----------
    n_pairs, n_radiographs : int
    seed : int
    epoch : int
        From 0.

    Returns
    -------
    ndarray of int, shape (n_radiographs,)
    """
    start, stop = epoch * n_radiographs, (epoch + 1) * n_radiographs
    passes = range(start // n_pairs, -(-stop // n_pairs))
    orders = [numpy_generator(seed, "pairs", number).permutation(n_pairs) for number in passes]
    first = passes[0] * n_pairs
    return np.concatenate(orders)[start - first : stop - first]


def predict_radiographs(
    network: TransferNetwork, features: Features, rows: np.ndarray, views: Sequence[int]
) -> np.ndarray:
    """Logits of radiographs, means over these views, in evaluation mode; the network's mode stays.

    Parameters
    ----------
    network : TransferNetwork
    features : Features
    rows : ndarray of int, shape (n,)
    views : sequence of int
        Places among the views of `features`.

    Returns
    -------
    ndarray of float32, shape (n, classes)
    """
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    parts = []
    try:
        with torch.inference_mode():
            for start in range(0, len(rows), BATCH):
                chosen = rows[start : start + BATCH]
                each = [
                    network.back(_inputs(features, chosen, number).to(device))[:, 0]
                    for number in views
                ]
                parts.append(torch.stack(each).mean(0).cpu().numpy())
    finally:
        network.train(was_training)
    return np.concatenate(parts) if parts else np.empty((0, network.classes), dtype=np.float32)


def _inputs(features: Features, rows: np.ndarray, views: np.ndarray | int) -> torch.Tensor:
    """Features of radiographs, in the layout of the network's weights."""
    read = torch.from_numpy(features.stored[rows, views])
    return read.contiguous(memory_format=torch.channels_last) if read.ndim == 4 else read


def _pooled(
    network: TransferNetwork, features: Features, rows: np.ndarray, views: np.ndarray
) -> np.ndarray:
    """What the head of a network in evaluation mode sees, float64, shape (n, channels)."""
    device = next(network.parameters()).device
    made = np.empty((0, 0))
    for part in np.array_split(np.arange(len(rows)), -(-len(rows) // BATCH)):
        seen = network.pooled(_inputs(features, rows[part], views[part]).to(device)).cpu().numpy()
        if not len(made):
            made = np.empty((len(rows), seen.shape[1]))
        made[part] = seen
    return made


def _loss(
    network: TransferNetwork, features: Features, labels: np.ndarray, rows: np.ndarray
) -> float:
    """Cross-entropy of whole radiographs, every class weighing the same, nat; NaN of no images."""
    if not len(rows):
        return float("nan")
    logits = torch.from_numpy(predict_radiographs(network, features, rows, [0])).double()
    each = functional.cross_entropy(logits, torch.from_numpy(labels[rows]), reduction="none")
    return float(np.mean([each[labels[rows] == label].mean() for label in np.unique(labels[rows])]))


@torch.no_grad()
def _fit_logistic(
    network: TransferNetwork,
    features: Features,
    labels: np.ndarray,
    fold: Fold,
    classifier: Classifier,
) -> None:
    """Give a linear head the weights of a logistic regression on standardised pooled features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    if classifier.hidden_units:
        raise NeuroLoopError(
            "config, classifiers: C makes the head a logistic regression, which is linear: set "
            "hidden_units: [], or C: null"
        )
    rows, views = fold.learn["row"].to_numpy(), fold.learn["view"].to_numpy()
    learned = _pooled(network, features, rows, views)
    scaler = StandardScaler(copy=False).fit(learned)  # in place: it is the largest there is
    model = LogisticRegression(
        C=classifier.C,
        max_iter=2000,
        class_weight="balanced" if classifier.class_weights else None,
    )
    model.fit(scaler.transform(learned), labels[rows])
    weight = model.coef_ / scaler.scale_
    bias = model.intercept_ - weight @ scaler.mean_
    if len(weight) == 1:  # two classes have one row: the score of the second
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    state = {"fc.weight": torch.from_numpy(weight), "fc.bias": torch.from_numpy(bias)}
    network.head.load_state_dict(state)
