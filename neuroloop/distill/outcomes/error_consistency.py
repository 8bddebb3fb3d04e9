"""Whether two kinds of student are wrong on the same test images, beyond what accuracy makes them.

Cohen's kappa of being right (Geirhos, Meding & Wichmann 2020, NeurIPS, "Beyond accuracy"): 1 where
two students are right on the same images, 0 where they agree as often as two independent ones of
their accuracies would.
"""

import numpy as np


def kappas(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Error consistency of each student with each.

    Parameters
    ----------
    ones, others : ndarray of bool, shapes (students, images) and (other students, images)
        True where the student named the image right.

    Returns
    -------
    ndarray of float64, shape (students, other students)
        (observed - expected) / (1 - expected agreement); NaN where both name all images right, or
        both none, so that they cannot but agree.
    """
    return _linearised(ones, others).mean(axis=2)


def consistency_cells(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Mean error consistency of students of different seeds, as a table of seeds and images.

    Students of one seed share initialisation and batches, and so errors, whoever taught them: only
    pairs of two seeds count, between two teachers as within one, so that both are of one kind. The
    mean over pairs is linearised: in images by the derivative of kappa, in seeds by what each seed
    has part in (Hoeffding 1948, Ann. Math. Stat. 19:293), which counts twice as it is in pairs as
    their first and as their second.

    Parameters
    ----------
    ones, others : ndarray of bool, shape (seeds, images)
        Students of two teachers, of the same seeds; twice the same for the consistency within.

    Returns
    -------
    ndarray of float64, shape (seeds, images)
        Its mean is the mean kappa over pairs of different seeds; NaN where one is not defined.
    """
    of_pairs = _linearised(ones, others)
    apart = (of_pairs + of_pairs.swapaxes(0, 1)) / 2
    apart[np.arange(len(apart)), np.arange(len(apart))] = 0
    of_seed = apart.sum(axis=1) / (len(apart) - 1)
    return np.asarray(2 * of_seed - of_seed.mean(axis=0))


def _linearised(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Kappa of each pair, and how each image moves it: the mean over images is kappa."""
    first, second = np.asarray(ones, dtype=float)[:, None], np.asarray(others, dtype=float)[None]
    agrees = first * second + (1 - first) * (1 - second)
    observed = agrees.mean(axis=2, keepdims=True)
    right, right_too = first.mean(axis=2, keepdims=True), second.mean(axis=2, keepdims=True)
    chance = right * right_too + (1 - right) * (1 - right_too)
    room = np.where(chance < 1, 1 - chance, np.nan)
    by_chance = (2 * right_too - 1) * (first - right) + (2 * right - 1) * (second - right_too)
    moved = (agrees - observed) / room - (1 - observed) / room**2 * by_chance
    return np.asarray((observed - chance) / room + moved)
