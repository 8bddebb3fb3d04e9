"""Studies of simulated brains under each flaw alone, all together, and none.

Study 7 of every protocol has the same brain: what differs is the protocol.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.published.decoding import decoded
from neuroloop.published.protocol import Protocol, flaws
from neuroloop.published.world import session
from tests.calibrate.claim import Outcome

#: Worlds by name: standard deviation of the categories' patterns in units of the noise, and how
#: many are studied.
WORLDS = {"noise": (0.0, 100), "signal": (0.3, 30)}


@dataclass(frozen=True)
class Study:
    """One protocol in one world, many times over; attributes as of `tests.calibrate.claim.Claim`.

    Attributes
    ----------
    part : {"decoding", "students"}
        What is studied.
    world : str
        Of `WORLDS`.
    protocol : Protocol
    study : callable
        Maps a seed to the outcome.
    studies : int
    seconds : float
    entries : tuple of str
    """

    part: str
    world: str
    protocol: Protocol
    study: Callable[[int], Outcome]
    studies: int
    seconds: float
    entries: tuple[str, ...]

    @property
    def name(self) -> str:
        """Part, world and protocol, joined by hyphens."""
        on = self.protocol.switched_on
        which = "all" if len(on) > 1 else "".join(on) or "strict"
        return f"{self.part}-{self.world}-{which}".replace("_", "-")

    def run(self, number: int) -> Outcome:
        """Outcome of a study by its number."""
        return self.study(derive_seed(0, "published", self.part, self.world, number))


def of_decoding(seed: int, switched_on: tuple[str, ...], signal: float) -> tuple[float, float]:
    """Points above chance, and whether category is said to be decoded."""
    brain = session(numpy_generator(seed, "session"), signal)
    found = decoded(brain, Protocol(switched_on), seed)
    return found.points, float(found.found)


def of_students(
    seed: int, switched_on: tuple[str, ...], signal: float
) -> tuple[float, float, float]:
    """Points that accuracy is overstated by, points over the best control, whether it is a gain."""
    from neuroloop.published.teaching import taught

    brain = session(numpy_generator(seed, "session"), signal)
    protocol = Protocol(switched_on)
    found = taught(decoded(brain, protocol, seed).logits, protocol, seed)
    return found.overstated, found.gain, float(found.claimed)


#: Entries of the registries that studies of each part run.
DECODERS = ("neuroloop/fmri/decoders/ridge.py",)
TEACHERS = tuple(
    f"neuroloop/distill/teachers/{name}.py" for name in ("brain", "none", "smooth", "matchednoise")
)

#: What is studied of each part, seconds of a study on one core, about, the steps of which a flaw
#: has to spoil one to be studied alone, and entries.
PARTS = {
    "decoding": (of_decoding, 0.1, ("told", "fold_by", "activity", "decode"), DECODERS),
    "students": (
        of_students,
        1.0,
        ("decode", "taught", "seen", "epoch", "seeds", "controls", "claimed"),
        (*DECODERS, *TEACHERS),
    ),
}


def concerned(part: str) -> list[str]:
    """Names of the flaws that spoil a step of a part."""
    steps = PARTS[part][2]
    return [name for name, flaw in flaws().items() if any(hasattr(flaw, step) for step in steps)]


def all_studies() -> list[Study]:
    """Every part in every world: strict, each flaw alone, all together."""
    made = []
    for part, (study, seconds, _, entries) in PARTS.items():
        alone = concerned(part)
        every = tuple(flaws()) if part == "students" else tuple(alone)
        protocols = [(), *((name,) for name in alone), every]
        for world, (signal, studies) in WORLDS.items():
            for switched_on in protocols:
                files = tuple(f"neuroloop/published/flaws/{name}.py" for name in switched_on)
                given = partial(study, switched_on=switched_on, signal=signal)
                how = (Protocol(switched_on), given, studies, seconds, files + entries)
                made.append(Study(part, world, *how))
    return made


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean over studies with its 95 % interval (Student's t), which are independent."""
    from scipy.stats import t

    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, -np.inf, np.inf
    half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half
