"""Coupling drawn from a network's maps: the influence matrix of evidence in the cells' places.

Evidence for j (see `local_evidence`) on held-out trials that stimulate i, less that on the same
trials before the stimulus, over what is there when j itself is stimulated. As evidence for j
depends on pixels of j alone, a cell that does not answer to i has the same evidence as without
stimulation, whatever brightness, SNR, smoothness and borders i and j share; and evidence grows
with the response. The null is the network's own (a map is not 0 without stimulation), so that
coupling is not told by the sign of a map.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.calcium.design import with_null
from neuroloop.errors import NeuroLoopError


@dataclass(frozen=True, eq=False)
class TrialEvidence:
    """Evidence of trials, as `influence` and `sessions` take it.

    Attributes
    ----------
    responses : ndarray of float64, shape (seeds, trials, 2 cells)
        Evidence after the onset, then that before it, its null, on the same scale.
    trials : DataFrame
        ``recording, trial, pattern, group`` of each trial, in the order of ``trial_row``.
    course : ndarray of float64, shape (offsets,)
        Course of evidence in a cell's own stimulation, highest value 1, by which the frames of a
        trial are weighted.
    """

    responses: np.ndarray
    trials: pd.DataFrame
    course: np.ndarray


def input_gain(brightness: np.ndarray, kind: str) -> np.ndarray:
    """Tell how a trial's brightness scales its responses in a network's input.

    Parameters
    ----------
    brightness : ndarray of float, shape (n,)
        Of the trials, over the session's (`frame_store.FrameStore.brightness`).
    kind : {"raw", "dff", "dff_scaled"}
        See `frame_store.FrameStore.read`.

    Returns
    -------
    ndarray of float64, shape (n,)
        1 for ``raw``, which is scaled by each recording's own range.
    """
    powers = {"raw": 0.0, "dff": 1.0, "dff_scaled": 0.5}
    return np.asarray(brightness, dtype=np.float64) ** powers[kind]


def trial_evidence(
    evidence: np.ndarray,
    rows: pd.DataFrame,
    stimulated: np.ndarray,
    networks: np.ndarray,
    gains: np.ndarray | None = None,
) -> TrialEvidence:
    """Weigh the frames of each trial into one number a cell.

    Networks differ in the level and the gain of what they say of a cell, so that evidence is put
    first in standard deviations of the same network's evidence in control frames, from their mean.
    Frames after the onset are weighted by the mean course of direct evidence over all cells,
    trials and seeds, so that the number is the amplitude of a course fitted by least squares.

    Parameters
    ----------
    evidence : ndarray of float, shape (seeds, rows, cells)
        Of each frame, from a network that did not learn from the frame's trial.
    rows : DataFrame
        Table of these frames (`frame_plan.COLUMNS`), stimulated and control, in any order.
    stimulated : ndarray of bool, shape (trials, cells)
        Cells that each trial stimulates, trials in the order of ``trial_row``.
    networks : ndarray of int, shape (rows,)
        Which network of a seed read each row: the fold that held it out.
    gains : ndarray of float, shape (rows,), optional
        By how much more the same dF/F shows in a row's input than in others (`input_gain`). All
        trials of a recording have much the same, so that a recording's brightness, left in, would
        be taken for a response of its pattern.

    Returns
    -------
    TrialEvidence

    Raises
    ------
    NeuroLoopError
        If a trial lacks frames of either kind, or evidence is missing, or no stimulated cell has
        more evidence than others.
    """
    if not np.isfinite(evidence).all():
        raise NeuroLoopError(
            "evidence is not there for all frames: coupling needs readers with a split that holds "
            "out every trial once (leave_one_trial_out)"
        )
    order = np.lexsort((rows["offset"].to_numpy(), rows["trial_row"].to_numpy()))
    ordered = rows.iloc[order]
    trials = ordered.drop_duplicates("trial_row")
    offsets = np.unique(rows["offset"].to_numpy())
    if len(rows) != len(trials) * len(offsets) or offsets[0] >= 0:
        raise NeuroLoopError(
            "every trial needs the same stimulated frames, and at least one control frame before "
            "the onset: raise the number of control frames"
        )
    shape = (len(evidence), len(trials), len(offsets), evidence.shape[-1])
    control = rows["offset"].to_numpy() < 0
    scaled = np.empty(evidence.shape)
    for network in np.unique(networks):
        own = networks == network
        before = evidence[:, own & control].astype(np.float64)
        spread = before.std(axis=1, keepdims=True)
        lifted = evidence[:, own] - before.mean(axis=1, keepdims=True)
        scaled[:, own] = np.divide(lifted, spread, out=np.zeros(lifted.shape), where=spread > 0)
    if gains is not None:
        scaled /= gains[:, None]
    courses = scaled[:, order].reshape(shape)
    null = courses[:, :, offsets < 0].mean(axis=2)
    answers = courses[:, :, offsets >= 0]
    direct = answers.mean(axis=0).transpose(0, 2, 1)[stimulated].mean(axis=0)
    if not direct.max() > 0:
        raise NeuroLoopError(
            "networks have no more evidence for a cell when it is stimulated than before: they "
            "learned nothing that coupling could be read from"
        )
    # A course that goes below the null would turn evidence around.
    course = np.maximum(direct / direct.max(), 0)
    weights = course / (course @ course)
    responses = np.einsum("stok,o->stk", answers, weights)
    names = ["recording", "trial", "pattern", "group"]
    return TrialEvidence(
        with_null(responses, null * weights.sum()), trials[names].reset_index(drop=True), course
    )
