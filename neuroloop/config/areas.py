"""Areas: brain tissue whose cells were stimulated and filmed, in one session or several."""

import warnings
from typing import Any

from neuroloop.config.frames import Frames
from neuroloop.config.names import Pairs, SomeTexts
from neuroloop.config.settings import CITATION, Settings, setting

#: Names of folders beside the sessions.
TAKEN = ("compare", "reading")


# Every class has a method `register` of its own, for abstract classes, which nobody calls here.
warnings.filterwarnings("ignore", 'Field name "register"', UserWarning)


class Area(Settings):
    """An area; the keys of its source stand in the same block."""

    source: str = setting("Where movies come from.")
    citation: str | None = CITATION
    sessions: dict[str, Any] = setting("Sessions, by name.", min_length=1)
    register: bool = setting("Whether frames are moved onto each other.", False)
    frames: Frames = setting("Which frames around a stimulation are used.", Frames())
    readers: SomeTexts = setting("Readers, by their names under readers.")
    exclusion_radius: float = setting(
        "Light on a cell reaches those nearer than this, which are left out.",
        10.0,
        ge=0,
        unit="pixels",
    )
    comparisons: Pairs = setting("Pairs of sessions that are compared, the earlier first.", ())
    permutations: int = setting(
        "Permutations of recordings between two sessions, for p.", 1000, ge=1
    )
    bootstraps: int = setting(
        "Resamples of trials, for intervals of coupling.",
        1000,
        ge=1,
    )
