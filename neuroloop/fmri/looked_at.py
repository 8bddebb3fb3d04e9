"""What simulated subjects look at, and what their regions answer to: digits or photographs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from neuroloop.fmri.encoding import Population
from neuroloop.fmri.photographs import draw_photographs, encode_photographs
from neuroloop.fmri.simulate import draw_stimuli, encode_stimuli

#: Settings of photographs that say which are drawn.
DRAWN_BY = ("categories", "perception_categories")


def draw(
    seed: int,
    pools: Mapping[str, int],
    photographs: Mapping[str, Any] | None = None,
    folders: Sequence[Path] = (),
) -> pd.DataFrame:
    """Draw the stimuli of a simulated dataset.

    Parameters
    ----------
    seed : int
        Root seed.
    pools : mapping
        How many images there are of each kind (config, ``images``).
    photographs : mapping, optional
        Settings of natural images (config, ``photographs``); None: digits.
    folders : sequence of Path
        Theirs: of the categories that teach, and of the others, if there is one.

    Returns
    -------
    DataFrame
        See `simulate.draw_stimuli` and `photographs.draw_photographs`.
    """
    if photographs is None:
        return draw_stimuli(seed, **pools)
    chosen = {name: photographs[name] for name in DRAWN_BY}
    return draw_photographs(seed, folders, **chosen, **pools)


def encode(
    seed: int,
    stimuli: pd.DataFrame,
    photographs: Mapping[str, Any] | None = None,
    folders: Sequence[Path] = (),
) -> dict[str, Population]:
    """Compute what regions answer to of these stimuli, as `draw` gave them."""
    if photographs is None:
        return encode_stimuli(stimuli)
    return encode_photographs(seed, stimuli, folders, photographs["sensitivity"])
