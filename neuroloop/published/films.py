"""Classifiers of simulated radiographs under a protocol, by the product's own functions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from neuroloop.config.classifiers import Classifier as Block
from neuroloop.cxr.chance import at_chance
from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.classifier_folds import make_folds
from neuroloop.cxr.features import Features
from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.cxr.radiograph_splits import deal_folds
from neuroloop.cxr.radiograph_tables import prediction_table
from neuroloop.cxr.transfer import predict_radiographs, train_fold
from neuroloop.jobs.seeds import derive_seed
from neuroloop.published.protocol import Protocol

#: Classes, persons of each, radiographs of a person, and features of a radiograph.
CLASSES, PERSONS, EACH, FEATURES = ("bacteria", "normal", "virus"), 16, 4, 32

#: Standard deviation of what marks a person, in units of the noise of a radiograph.
OF_PERSON = 1.0

#: Folds, resamples of the product's intervals, and the head that is trained on features.
FOLDS, N_BOOT = 3, 200
BLOCK = Block(
    backbone="resnet18",
    weights=None,
    width=FEATURES // 8,
    epochs=20,
    learning_rate=0.01,
    validation_share=0.25,
    stop_after=20,
)


@dataclass(frozen=True, eq=False)
class Films:
    """Radiographs as the frozen part of a network would see them.

    Attributes
    ----------
    table : DataFrame
        ``radiograph``, ``label`` and ``patient``.
    features : ndarray of float32, shape (radiographs, features)
    """

    table: pd.DataFrame
    features: np.ndarray


@dataclass(frozen=True)
class Classified:
    """What a study says of radiographs.

    Attributes
    ----------
    points : float
        Balanced accuracy above chance, in percentage points.
    found : bool
        Whether its 95 % interval over persons lies above chance.
    """

    points: float
    found: bool


def films(generator: np.random.Generator, signal: float = 0.0) -> Films:
    """Draw radiographs of persons, who have one class each.

    Parameters
    ----------
    generator : Generator
    signal : float
        Standard deviation of the classes' patterns, in units of the noise of a radiograph; 0: the
        radiographs show who it is, and nothing of the class.
    """
    persons = len(CLASSES) * PERSONS
    person = np.repeat(np.arange(persons), EACH)
    label = person // PERSONS
    table = pd.DataFrame({"radiograph": [f"r{one}" for one in range(len(person))]})
    table["label"] = np.array(CLASSES)[label]
    table["patient"] = [f"p{one}" for one in person]
    x = generator.standard_normal((len(person), FEATURES))
    x += OF_PERSON * generator.standard_normal((persons, FEATURES))[person]
    x += signal * generator.standard_normal((len(CLASSES), FEATURES))[label]
    return Films(table, x.astype(np.float32))


def classified(drawn: Films, protocol: Protocol, seed: int) -> Classified:
    """Split, train, test and score radiographs as a protocol has it.

    Parameters
    ----------
    drawn : Films
    protocol : Protocol
    seed : int
        Of folds, networks and resamples.
    """
    found = at_chance(predicted(drawn, protocol, seed), CLASSES, seed, N_BOOT)
    return Classified(100 * (found.value - found.chance), not found.marked)


def predicted(drawn: Films, protocol: Protocol, seed: int) -> pd.DataFrame:
    """Probabilities of all radiographs, each by a network of a fold that tests it."""
    table = protocol.persons(drawn.table)
    table = table.assign(patient_fold=deal_folds(table, "patient", FOLDS, seed))
    nothing = np.zeros((len(table), 1, 1), dtype=np.uint8)
    shown = RadiographSet(table, nothing, nothing.astype(bool), None)
    classifier = Classifier.from_block(BLOCK.model_dump(), None)
    stored = Features(drawn.features[:, None], ["whole"])
    share = classifier.validation_share
    folds = make_folds(shown, "case1", "patient", FOLDS, 0, share, seed)
    tables = []
    for number, fold in enumerate(map(protocol.watched, folds)):
        network = classifier.network(len(CLASSES), seed, number).to(torch.device("cpu"))
        given = derive_seed(seed, "classifier", number)
        train_fold(network, stored, shown.labels, fold, classifier, given)
        logits = predict_radiographs(network, stored, fold.test, [0])
        tested = table.iloc[fold.test].assign(fold=number)
        tables.append(prediction_table(tested, logits, shown.classes))
    return pd.concat(tables, ignore_index=True)
