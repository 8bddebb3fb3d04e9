"""Is a classifier above chance at all? If not, its maps show what it looked at, and no disease."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from neuroloop.cxr.radiograph_metrics import radiograph_metrics


class Chance(NamedTuple):
    """Balanced accuracy of a classifier beside chance.

    Attributes
    ----------
    value, ci_low, ci_high, chance : float
        Balanced accuracy, its 95 % interval over patients, and one in the number of classes.
    """

    value: float
    ci_low: float
    ci_high: float
    chance: float

    @property
    def marked(self) -> bool:
        """Whether the interval does not lie above chance."""
        return not self.ci_low > self.chance

    def told(self) -> str:
        """One line on the maps of a classifier at chance; empty for others."""
        if not self.marked:
            return ""
        return (
            f"AT CHANCE: balanced accuracy {self.value:.2f} [{self.ci_low:.2f}, {self.ci_high:.2f}]"
            f", chance {self.chance:.2f}: these maps say nothing of what tells the classes apart"
        )


def at_chance(
    predictions: pd.DataFrame, classes: Sequence[str], seed: int, bootstraps: int = 2000
) -> Chance:
    """Compare a classifier's balanced accuracy on radiographs that it never saw with chance.

    Parameters
    ----------
    predictions : DataFrame
        As in `radiograph_metrics`.
    classes : sequence of str
    seed : int
        Root seed.
    bootstraps : int
        Resamples of patients.
    """
    found = radiograph_metrics(predictions, classes, None, seed, bootstraps)
    row = found[found["metric"] == "balanced_accuracy"]
    return Chance(*row[list(Chance._fields)].to_numpy(dtype=float)[0].tolist())
