"""What a look inside a network gives: arrays to keep, and the numbers that sum them up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Look:
    """What one method found.

    Attributes
    ----------
    arrays : mapping of str to ndarray
    axes : mapping of str to sequence of str
        Names of the axes of each array.
    units : mapping of str to str
        Units of arrays that have any.
    n : int
        Images that were looked at.
    counts : mapping of str to int
    numbers : mapping of str to object
        What JSON can hold.
    summary : str
        One or two sentences that tell the main numbers.
    """

    arrays: Mapping[str, np.ndarray]
    axes: Mapping[str, Sequence[str]]
    n: int
    counts: Mapping[str, int]
    numbers: Mapping[str, Any]
    summary: str
    units: Mapping[str, str] = field(default_factory=dict)
