"""Studies of simulated worlds under each flaw alone, all together, and none.

Study 7 of every protocol of a part has the same world: what differs is the protocol.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.published.decoding import decoded
from neuroloop.published.protocol import Protocol, flaws
from neuroloop.published.world import session
from tests.calibrate.claim import Outcome

#: Worlds by name, and how many are studied.
WORLDS = {"noise": 100, "signal": 30}


@dataclass(frozen=True)
class Study:
    """One protocol in one world, many times over; attributes as of `tests.calibrate.claim.Claim`.

    Attributes
    ----------
    part : str
        What is studied, of `PARTS`.
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


def of_readers(seed: int, switched_on: tuple[str, ...], signal: float) -> tuple[float, float]:
    """Points above chance, and whether stimulated cells are said to be named."""
    from neuroloop.published.reading import named, readings

    found = named(readings(numpy_generator(seed, "readings"), signal), Protocol(switched_on))
    return found.points, float(found.found)


def of_maps(seed: int, switched_on: tuple[str, ...], signal: float) -> tuple[float, float]:
    """Hundredths of ZNCC, and whether maps are said to be alike by their cells."""
    from neuroloop.published.maps import mapped, movie

    found = mapped(movie(numpy_generator(seed, "movie"), signal), Protocol(switched_on), seed)
    return found.points, float(found.found)


def of_films(seed: int, switched_on: tuple[str, ...], signal: float) -> tuple[float, float]:
    """Points above chance, and whether classes are said to be told apart."""
    from neuroloop.published.films import classified, films

    drawn = films(numpy_generator(seed, "films"), signal)
    found = classified(drawn, Protocol(switched_on), seed)
    return found.points, float(found.found)


class Part(NamedTuple):
    """What is studied of a world.

    Attributes
    ----------
    study : callable
        From a seed, the flaws that are switched on and the signal to an outcome.
    seconds : float
        Of a study on one core, about.
    signal : float
        Of the world that holds one, see its module.
    steps : tuple of str
        A flaw is studied alone if it spoils one of these.
    entries : tuple of str
        Entries of the registries that studies run.
    """

    study: Callable[..., Outcome]
    seconds: float
    signal: float
    steps: tuple[str, ...]
    entries: tuple[str, ...] = ()


DECODERS = ("neuroloop/fmri/decoders/ridge.py",)
TEACHERS = tuple(
    f"neuroloop/distill/teachers/{name}.py" for name in ("brain", "none", "smooth", "matchednoise")
)
BACKBONES = ("neuroloop/networks/backbones/resnet18.py",)

#: Steps of a brain's decoding, and of teaching with it.
DECODING = ("told", "fold_by", "activity", "decode")
TEACHING = ("taught", "seen", "epoch", "seeds", "controls", "claimed")

PARTS = {
    "decoding": Part(of_decoding, 0.1, 0.3, DECODING, DECODERS),
    "students": Part(of_students, 1.0, 0.3, ("decode", *TEACHING), DECODERS + TEACHERS),
    "readers": Part(of_readers, 0.3, 1.0, ("scored", "named")),
    "maps": Part(of_maps, 0.6, 6.0, ("mapped", "items", "maps", "likeness")),
    "films": Part(of_films, 0.4, 0.5, ("persons", "watched"), BACKBONES),
}

#: Steps of the whole study of a part, where that is more than the part's own.
WHOLE = {"students": DECODING + TEACHING}


def concerned(part: str) -> list[str]:
    """Names of the flaws that spoil a step of a part."""
    return _spoiling(PARTS[part].steps)


def _spoiling(steps: tuple[str, ...]) -> list[str]:
    return [name for name, flaw in flaws().items() if any(hasattr(flaw, step) for step in steps)]


def all_studies() -> list[Study]:
    """Every part in every world: strict, each flaw alone, all together."""
    made = []
    for name, part in PARTS.items():
        alone = concerned(name)
        every = tuple(_spoiling(WHOLE.get(name, part.steps)))
        for world, studies in WORLDS.items():
            signal = part.signal if world == "signal" else 0.0
            for switched_on in ((), *((flaw,) for flaw in alone), every):
                files = tuple(f"neuroloop/published/flaws/{flaw}.py" for flaw in switched_on)
                given = partial(part.study, switched_on=switched_on, signal=signal)
                how = (Protocol(switched_on), given, studies, part.seconds, files + part.entries)
                made.append(Study(name, world, *how))
    return made


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean over studies with its 95 % interval (Student's t), which are independent."""
    from scipy.stats import t

    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, -np.inf, np.inf
    half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half
