"""A claim of the product, as a study of a simulated world in which the truth is known.

A test claims that in a world without the effect its p is at most 5 % in 5 % of studies; an interval
claims to hold the truth in 95 % of studies. A study draws one world, asks the product's own
functions, and gives one number, so that studies are independent and their rate is binomial:

    def study(generator: np.random.Generator) -> float:                       # p of a test
    def study(generator: np.random.Generator) -> tuple[float, float, float]:  # low, high, truth

A power claims that what is true is found in 80 % of studies; a study gives 1 if it is, else 0.

All that is random in it comes from the generator. A function of many worlds is given its world by
`functools.partial`. None says that this study gave no p or no interval, as the product may.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neuroloop.jobs.seeds import numpy_generator

#: What one study gives: p, low, high and truth, whether the truth is found, or nothing.
Outcome = float | tuple[float, float, float] | None

#: The p at which a study counts as significant, the coverage that intervals promise, and how often
#: what is true is found at the size that a claim states.
SIGNIFICANT, COVERAGE, POWER = 0.05, 0.95, 0.8

#: Kinds of claims.
KINDS = ("test", "interval", "power")

#: From so many studies on, a claim holds or fails: its rate is at most, its coverage at least.
ENOUGH, MOST, LEAST = 500, 0.07, 0.93


@dataclass(frozen=True)
class Claim:
    """One headline test or interval in one simulated world.

    Attributes
    ----------
    name : str
        Lower-case words joined by hyphens. It is part of the seeds: another name, other worlds.
    kind : {"test", "interval", "power"}
    study : callable
        Of a module's top level, or a `functools.partial` of one: see this module's docstring.
    world : str
        What is simulated, in words.
    unit : str
        What varies from one study to the next, of which the claim speaks, in words.
    studies : int
        The full number; at least 500, and 2,000 where a study is cheap.
    seconds : float
        Of one study on one core, about: tells which claims the short forms can afford.
    entries : tuple of str
        Files of the registries' entries that the study runs, below the project's folder, as
        ``neuroloop/fmri/decoders/ridge.py``: no import names them.
    """

    name: str
    kind: Literal["test", "interval", "power"]
    study: Callable[[np.random.Generator], Outcome]
    world: str
    unit: str
    studies: int = ENOUGH
    seconds: float = 0.1
    entries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise ValueError(f"claim {self.name!r} is not lower-case words joined by hyphens")
        if self.kind not in KINDS:
            raise ValueError(f"claim {self.name}: kind {self.kind!r} is none of {', '.join(KINDS)}")

    def run(self, number: int) -> Outcome:
        """Outcome of a study by its number, from which and the name alone its seed is made."""
        given = self.study(numpy_generator(0, "calibrate", self.name, number))
        if given is None:
            return None
        if self.kind != "interval":
            p = float(given)  # type: ignore[arg-type]
            if not (p in (0, 1) if self.kind == "power" else 0 <= p <= 1):
                raise ValueError(f"{self.name}, study {number}: p is {p}")
            return p
        low, high, truth = map(float, given)  # type: ignore[arg-type]
        if not (low <= high and math.isfinite(truth)):
            raise ValueError(f"{self.name}, study {number}: truth {truth} in [{low}, {high}]")
        return low, high, truth


@dataclass(frozen=True)
class Tally:
    """How often a test was significant, an interval held the truth, or the truth was found.

    Attributes
    ----------
    claim : Claim
    hits : int
    n : int
        Studies that gave a p or an interval.
    without : int
        Studies that gave none.
    """

    claim: Claim
    hits: int
    n: int
    without: int

    @classmethod
    def of(cls, claim: Claim, outcomes: Sequence[Outcome]) -> "Tally":
        """Count the outcomes of studies."""
        given = [one for one in outcomes if one is not None]
        if claim.kind == "test":
            hits = sum(p <= SIGNIFICANT for p in given)  # type: ignore[operator]
        elif claim.kind == "power":
            hits = sum(found == 1 for found in given)
        else:
            hits = sum(low <= truth <= high for low, high, truth in given)  # type: ignore[misc]
        return cls(claim, int(hits), len(given), len(outcomes) - len(given))

    @property
    def rate(self) -> float:
        """Share of hits."""
        return self.hits / self.n if self.n else math.nan

    def bounds(self, level: float = 0.95) -> tuple[float, float]:
        """Interval of Clopper & Pearson (1934, Biometrika 26:404) of the rate."""
        if not self.n:
            return 0.0, 1.0
        from scipy.stats import binomtest  # takes a second to import

        interval = binomtest(self.hits, self.n).proportion_ci(level, method="exact")
        return float(interval.low), float(interval.high)

    def beyond(self, level: float = 0.95) -> bool:
        """Whether the whole interval of the rate lies on the wrong side of what is promised."""
        low, high = self.bounds(level)
        if self.claim.kind == "test":
            return low > SIGNIFICANT
        return high < (POWER if self.claim.kind == "power" else COVERAGE)

    @property
    def verdict(self) -> str:
        """One of "holds", "fails" and "too few studies"."""
        if self.n < min(ENOUGH, self.claim.studies):
            return "fails" if self.beyond() else "too few studies"
        if self.claim.kind == "test":
            return "holds" if self.rate <= MOST and not self.beyond() else "fails"
        least = POWER if self.claim.kind == "power" else LEAST
        return "holds" if self.rate >= least else "fails"
