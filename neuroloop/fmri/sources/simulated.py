"""Simulated subjects who look at handwritten digits (see `neuroloop.fmri.simulate`)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ORDER = 1
LEGEND = "Simulated: subjects of known truth who look at handwritten digits"


def images(stimuli: "pd.DataFrame") -> "np.ndarray":
    """Digits of stimuli, uint8, shape (stimuli, height, width)."""
    from neuroloop.fmri.simulate import stimulus_images

    return stimulus_images(stimuli.astype({"image": int}))
