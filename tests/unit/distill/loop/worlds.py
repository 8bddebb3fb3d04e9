"""Made-up students and brains: who answers to what, and who was taught what, is known."""

import numpy as np

from neuroloop.distill.loop.closed import Readout
from neuroloop.distill.loop.encoding import image_folds
from neuroloop.distill.loop.noise_ceiling import repeated_answers
from neuroloop.distill.loop.readout import brain_scores

REFERENCE = ("reference",) * 3


def names(images):
    return [f"image{number:03d}" for number in range(images)]


def recorded(signal, repeats, stream, snr=1.0):
    """Answers to repeated images: signals of unit variance times snr, and unit noise."""
    signal = snr * signal / np.maximum(signal.std(axis=0), 1e-12)
    samples = np.repeat(signal, repeats, axis=0)
    shown = np.repeat(names(len(signal)), repeats)
    order = stream.permutation(len(shown))
    noisy = samples + stream.standard_normal(samples.shape)
    return repeated_answers(noisy[order], shown[order])


def readout(teacher, features_of_seeds, brains, seed=0):
    """What a teacher's students, of these features, tell of brains."""
    images = next(iter(brains.values())).images
    folds = image_folds(images, 5, np.random.default_rng(seed))
    seeds = [brain_scores(features, brains, folds) for features in features_of_seeds]
    keys = dict(zip(("subject", "roi", "decoder", "teacher", "student"), teacher, strict=True))
    return Readout(keys, {brain: np.stack([one[brain] for one in seeds]) for brain in brains})


def mixed(of, stream, noise=1.0, width=20):
    """Features of one student: mixtures of what it knows of images, and noise."""
    features = of @ stream.standard_normal((of.shape[1], width))
    return features + noise * stream.standard_normal(features.shape)
