"""Reading brains out of the students of one teacher: features, encoding models and scores."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from neuroloop.distill.ablation import REFERENCE
from neuroloop.distill.kept_group import keys_of
from neuroloop.distill.kept_student import load_every
from neuroloop.distill.loop.closed import Brain, Measured, Readout
from neuroloop.distill.loop.encoding import predicted_answers
from neuroloop.distill.loop.features import layer_features
from neuroloop.distill.loop.noise_ceiling import Answers
from neuroloop.distill.loop.score import score_of_images
from neuroloop.explain.models.model_file import open_model
from neuroloop.images.preparation import Prepared
from neuroloop.networks.resnet import ResNet
from neuroloop.networks.states import load_state


def read_out(
    model: Path,
    every: Path,
    pixels: np.ndarray,
    brains: Mapping[Brain, Answers],
    layer: str,
    folds: np.ndarray,
) -> Readout:
    """Predict brains from the features of every seed's student of one teacher.

    Parameters
    ----------
    model : Path
        model.json of the first seed's student; its folders name the teacher.
    every : Path
        Weights of all seeds (`kept_student.save_every`).
    pixels : ndarray of uint8, shape (images, channels, size, size)
        Of images from which nobody learned.
    brains : mapping of (subject, region) to Answers
        Answers to these images, in the same order.
    layer : str
        As `features.layer_features` has it.
    folds : ndarray of int, shape (images,)
        From `encoding.image_folds`.

    Returns
    -------
    Readout
        Of the region that taught and of its namesakes in other subjects; of all regions where the
        teacher needs no brain.
    """
    opened = open_model(model)
    assert isinstance(opened.network, ResNet)
    assert opened.preparation is not None  # training wrote both
    keys = keys_of(model)
    chosen = {
        brain: answers
        for brain, answers in brains.items()
        if answers.reliable.any() and (keys["roi"] in (REFERENCE, brain[1]))
    }
    inputs = Prepared(opened.preparation, pixels)
    of_seeds = []
    for state in load_every(every):
        load_state(opened.network, state, every, "delete the students' folder and run again")
        features = layer_features(opened.network.eval(), inputs, layer).numpy()
        of_seeds.append(brain_scores(features, chosen, folds))
    return Readout(keys, {brain: np.stack([one[brain] for one in of_seeds]) for brain in chosen})


def brain_scores(
    features: np.ndarray, brains: Mapping[Brain, Answers], folds: np.ndarray
) -> dict[Brain, np.ndarray]:
    """Score how well features predict each region's reliable voxels, image by image.

    Parameters
    ----------
    features : ndarray, shape (images, features)
    brains : mapping of (subject, region) to Answers
    folds : ndarray of int, shape (images,)

    Returns
    -------
    dict of (subject, region) to ndarray of float, shape (images,)
    """
    if not brains:
        return {}
    parts = {brain: one.means[:, one.reliable] for brain, one in brains.items()}
    images = next(iter(brains.values())).images
    predicted = predicted_answers(features, np.hstack(list(parts.values())), images, folds)
    ends = np.cumsum([part.shape[1] for part in parts.values()])[:-1]
    ceilings = {brain: one.ceiling[one.reliable] for brain, one in brains.items()}
    return {
        brain: score_of_images(own, parts[brain], ceilings[brain], folds)
        for brain, own in zip(parts, np.split(predicted, ends, axis=1), strict=True)
    }


def measured(answers: Answers) -> Measured:
    """What of a region can be predicted."""
    count = int(answers.reliable.sum())
    return Measured(count, float(answers.ceiling[answers.reliable].mean()) if count else 0.0)
