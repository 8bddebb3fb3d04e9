"""Whether the order of patterns tells them: that of other recordings, or neighbours in one's own.

Folds are not asked: those of recordings that hold several patterns are dealt by how often a pattern
was shown before, and so by time. Were patterns exchanged within folds only, the first and second
time of a pattern, which follow each other in every recording, would look like a leak.
"""

import numpy as np
import pandas as pd

from neuroloop.calcium.audit.leak_test import CHANCE, PERMUTATIONS, LeakTest, permutation_p


def order_test(
    trials: pd.DataFrame,
    seconds: np.ndarray,
    generator: np.random.Generator,
    permutations: int = PERMUTATIONS,
    own: bool = True,
) -> LeakTest:
    """Name trials by those that are nearest in time, in other recordings and in their own.

    A pattern's vote is the mean over its trials of exp(-|difference of times| / usual gap between
    trials). The better of the two judgements by pairs counts, in each permutation too.

    Parameters
    ----------
    trials : DataFrame
        ``recording, group, pattern`` of each trial.
    seconds : ndarray of float, shape (trials,)
        Onset in the recording.
    generator : Generator
    permutations : int
        At most, of patterns between the trials of one recording and group.
    own : bool
        Whether a reader learns from trials of the recording that it is tested on.

    Returns
    -------
    LeakTest
    """
    recording = np.unique(trials["recording"], return_inverse=True)[1]
    group = np.unique(trials["group"], return_inverse=True)[1]
    patterns = np.unique(trials["pattern"], return_inverse=True)[1]
    same = recording[:, None] == recording
    gaps = [np.diff(np.sort(seconds[recording == one])) for one in np.unique(recording)]
    gap = max(float(np.median(np.concatenate(gaps))), 1e-9) if len(seconds) > len(gaps) else 1.0
    near = np.exp(-np.abs(seconds[:, None] - seconds) / gap)
    voters = [~same, same & ~np.eye(len(same), dtype=bool)][: 2 if own else 1]
    of_group = np.zeros((group.max() + 1, patterns.max() + 1), dtype=bool)
    of_group[group, patterns] = True
    cell = recording * (group.max() + 1) + group
    places = [np.flatnonzero(cell == one) for one in np.unique(cell)]

    def value(dealt: np.ndarray) -> float:
        return max(_told(near, who, dealt, of_group[group]) for who in voters)

    def exchanged() -> float:
        dealt = patterns.copy()
        for some in places:
            dealt[some] = patterns[generator.permutation(some)]
        return value(dealt)

    found = value(patterns)
    return LeakTest(found, permutation_p(found, exchanged, permutations), len(trials))


def _told(near: np.ndarray, who: np.ndarray, patterns: np.ndarray, rivals: np.ndarray) -> float:
    """Share of pairs in which a trial's own pattern has more of the vote than a rival."""
    member = np.eye(rivals.shape[1])[patterns]
    often = who @ member
    with np.errstate(invalid="ignore"):
        vote = ((near * who) @ member) / often
    at = np.arange(len(patterns))
    mine = vote[at, patterns][:, None]
    others = rivals & (often > 0) & np.isfinite(mine)
    others[at, patterns] = False
    count = others.sum(axis=1)
    right = (mine > vote + 1e-12) + 0.5 * (np.abs(mine - vote) <= 1e-12)
    judged = count > 0
    share = np.where(others, right, 0).sum(axis=1)[judged] / count[judged]
    return float(share.mean()) if judged.any() else CHANCE
