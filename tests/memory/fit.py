"""Laws beside what calls take: fitted to four sizes, and held against studies of full size."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from neuroloop.workflow.memory import STARTERS, request

#: Megabytes that no job may need.
MOST = 16_000


def fitted(sizes: Sequence[float], measure: Callable[[int], float]) -> tuple[float, float]:
    """Bytes of nothing and bytes an item, by least squares, of what calls of four sizes take."""
    assert len(sizes) == 4
    an_item, of_none = np.polyfit(sizes, [measure(int(size)) for size in sizes], 1)
    return float(of_none), float(an_item)


def check(rule: str, items: Mapping[str, float], megabytes: float) -> None:
    """A job that takes so much lies within its request, and a large one uses most of it."""
    asked = request(rule, items)
    megabytes += STARTERS  # a cluster charges the job for what starts it
    assert megabytes <= asked, f"{rule}: takes {megabytes:.0f} MB and asks for {asked}"
    assert asked <= MOST
    if megabytes > 1000:
        used = megabytes / asked
        assert 0.6 <= used <= 0.95, f"{rule}: takes {megabytes:.0f} MB of {asked}"
