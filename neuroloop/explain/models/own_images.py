"""Does a network name its own images better than chance? Maps of one that does not say nothing."""

from typing import NamedTuple

import numpy as np

from neuroloop.explain.models.explained import even_order
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.statistics.intervals import cluster_interval
from neuroloop.training.loop import predict

#: Images that are named at most, spread over the classes.
MOST = 200


class Named(NamedTuple):
    """How many of its images a network names right.

    Attributes
    ----------
    accuracy, ci_low, ci_high : float
        Share of images whose predicted class is (among) the true one(s), with Wilson's interval
        over images.
    chance : float
        The same share if true classes were dealt anew to the images: a network that names one
        class alone has the share of that class.
    n : int
    """

    accuracy: float
    ci_low: float
    ci_high: float
    chance: float
    n: int

    @property
    def warning(self) -> str:
        """One sentence if the network is no better than chance; else empty."""
        if self.ci_low > self.chance:
            return ""
        return (
            f"at chance: the network names {100 * self.accuracy:.0f} % of {self.n} of its images "
            f"right (95 %: {100 * self.ci_low:.0f} to {100 * self.ci_high:.0f} %), by chance "
            f"{100 * self.chance:.0f} %; its maps show nothing that it knows"
        )


def name_images(opened: OpenedModel, seed: int, batch: int = 32) -> Named | None:
    """Let a network name images that lie beside it; None where their classes are not known.

    Parameters
    ----------
    opened : OpenedModel
    seed : int
        Of the choice of `MOST` images, spread over the classes.
    batch : int
        Images at once.
    """
    if opened.images.truth is None:
        return None
    rows = np.sort(even_order(opened.images, seed)[:MOST])
    images, truth = opened.images.images[rows], opened.images.truth[rows]
    named = predict(opened.network, images, batch).mean(axis=1).argmax(axis=1)
    true = truth if truth.ndim == 2 else np.eye(len(opened.classes), dtype=bool)[truth]
    right = true[np.arange(len(rows)), named].astype(bool)
    value, low, high = cluster_interval(right, np.arange(len(rows)).astype(str))
    if low is None or high is None:
        return None
    return Named(value, low, high, float(true.mean(axis=0)[named].mean()), len(rows))
