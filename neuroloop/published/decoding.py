"""Decoding a simulated session under a protocol, by the product's own functions."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import log_softmax

from neuroloop.fmri.assessment import null_of, score
from neuroloop.fmri.dealing import deal
from neuroloop.fmri.decoding import Problem, decode, pose
from neuroloop.fmri.linear_fit import linear_fit
from neuroloop.fmri.soft_labels import by_stimulus
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.published.protocol import Protocol
from neuroloop.published.world import Session, image_ids

#: The decoder as a config states it, and voxels that are selected for it.
DECODER = {"method": "ridge", "alphas": (300.0,)}
KEPT = 40

#: Folds, and folds inside a training set that choose the temperature.
FOLDS, CALIBRATION_FOLDS = 4, 4

#: Permutations: the data are among the 5 % if they beat all.
PERMUTATIONS = 19


@dataclass(frozen=True, eq=False)
class Decoded:
    """What a study says of a session.

    Attributes
    ----------
    points : float
        Accuracy above chance, in percentage points.
    found : bool
        Whether p is at most 5 %.
    logits : ndarray of float64, shape (images, classes)
        Soft labels as normalised logits, rows as `world.image_ids`.
    """

    points: float
    found: bool
    logits: np.ndarray


def decoded(session: Session, protocol: Protocol, seed: int) -> Decoded:
    """Deal, join, decode and assess a session as a protocol has it.

    Parameters
    ----------
    session : Session
    protocol : Protocol
    seed : int
        Of the folds and permutations.
    """
    problem = posed(session, protocol, seed)
    logits = protocol.decode(out_of_fold, problem)
    null, how = null_of(problem, logits, DECODER, KEPT, PERMUTATIONS, seed)
    facts = score(problem, logits, null, how)
    of_images, _ = by_stimulus(logits, problem.rows["image"], image_ids().tolist())
    points = 100 * (facts["accuracy"] - facts["chance"])
    found = facts["p"] is not None and facts["p"] <= 0.05
    return Decoded(points, found, log_softmax(of_images.astype(np.float64), axis=1))


def posed(session: Session, protocol: Protocol, seed: int) -> Problem:
    """The decoding problem as the protocol tells it to the product."""
    rows = protocol.told(session.rows.copy())
    generator = numpy_generator(seed, "folds")
    rows["fold"] = deal(rows, "trial", FOLDS, protocol.fold_by(), generator)
    stimuli = rows[["stimulus_id", "category"]].drop_duplicates()
    stimuli = stimuli.assign(session="training", held_out=0)
    problem = pose(session.x, session.rows["sample"].to_numpy(), rows, stimuli)
    return replace(problem, x=protocol.activity(problem))


def out_of_fold(problem: Problem) -> np.ndarray:
    """Logits of each row by a fit that saw nothing of it, (rows, classes)."""
    return decode(problem, linear_fit(problem, DECODER, KEPT), CALIBRATION_FOLDS).logits
