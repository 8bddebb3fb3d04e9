"""Claims of looking inside networks: maps, their sanity tests, and neighbours."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from neuroloop.explain.looks.neighbours import nearest, same_class
from neuroloop.explain.sanity.perturbation import Curves, against_random
from neuroloop.explain.sanity.pointing import Pointing, energy_pointing, pointing_game
from neuroloop.explain.sanity.randomisation import CASCADING, STATISTIC, judge
from tests.calibrate.claim import Claim

#: Side in pixels of simulated maps and masks.
SIDE = 16
Game = Callable[..., Pointing]
GAMES: dict[str, Game] = {"hits": pointing_game, "energy": energy_pointing}


def _lesions(generator: np.random.Generator, n: int) -> np.ndarray:
    """Discs of several sizes in either of two lungs: (n, SIDE, SIDE)."""
    y, x = np.mgrid[:SIDE, :SIDE]
    rows = generator.normal(8, 2.5, n)
    columns = generator.choice([5, 11], n) + generator.normal(0, 1.2, n)
    radii = generator.uniform(1.2, 3.5, n)
    made = (y - rows[:, None, None]) ** 2 + (x - columns[:, None, None]) ** 2
    return made <= radii[:, None, None] ** 2


def _seed(generator: np.random.Generator) -> int:
    return int(generator.integers(2**31))


def one_map_for_all(generator: np.random.Generator, game: str, n: int) -> float:
    """The same map for every image, high where lesions usually lie."""
    usual = _lesions(generator, 400).mean(axis=0) + 1e-3 * generator.random((SIDE, SIDE))
    masks = _lesions(generator, n)
    return GAMES[game](np.repeat(usual[None], n, axis=0), masks, seed=_seed(generator)).p


def maps_of_others(generator: np.random.Generator, game: str, n: int, frames: int) -> float | None:
    """Maps that lie where lesions usually do, whatever the image; frames of a mask are alike."""
    masks = np.repeat(_lesions(generator, n), frames, axis=0)
    maps = np.repeat(_lesions(generator, n), frames, axis=0) * 1.0
    maps += 0.1 * generator.random(maps.shape)
    p = GAMES[game](maps, masks, seed=_seed(generator)).p
    return None if np.isnan(p) else p


def pointing_interval(
    generator: np.random.Generator, game: str, n: int, frames: int, know: float
) -> tuple[float, float, float] | None:
    """A share of maps lies on the lesion of its image, the others lie where lesions usually do.

    There are up to so many images of a lesion.
    """
    found = _pointed(generator, game, n, generator.integers(1, frames + 1, n), know)
    return (found.ci_low, found.ci_high, _pointing_truth(game, know)) if found.n else None


def _pointed(
    generator: np.random.Generator, game: str, n: int, frames: np.ndarray, know: float
) -> Pointing:
    masks, maps = _lesions(generator, n), _lesions(generator, n) * 1.0
    known = generator.random(n) < know
    maps[known] = masks[known]
    maps, masks = np.repeat(maps, frames, axis=0), np.repeat(masks, frames, axis=0)
    maps += 0.1 * generator.random(maps.shape)
    return GAMES[game](maps, masks, seed=_seed(generator))


def _pointing_truth(game: str, know: float) -> float:
    key = f"{game} {know}"
    if key not in _TRUTHS:
        generator, one_each = np.random.default_rng(2), np.ones(200, int)
        found = [_pointed(generator, game, 200, one_each, know) for _ in range(50)]
        weights = [one.n for one in found]
        _TRUTHS[key] = float(np.average([one.value for one in found], weights=weights))
    return _TRUTHS[key]


_TRUTHS: dict[str, float] = {}


def _areas(generator: np.random.Generator, n: int, effect: float) -> tuple[Curves, list[Curves]]:
    """Areas of a method and of two random orders of images that the network knows more or less."""
    shares = np.array([0.0, 1.0])
    known = generator.normal(0.4, 0.15, n)

    def curves(shift: float) -> Curves:
        areas = known + shift + generator.normal(0, 0.07, n)
        return Curves(shares, np.clip(areas, 0, 1)[:, None].repeat(2, axis=1))

    own = curves(effect * 1.0)
    return own, [curves(0.0) for _ in range(2)]


def no_better_than_random(generator: np.random.Generator, n: int) -> float:
    """A method whose order of pixels is as good as a random one."""
    return against_random(*_areas(generator, n, 0.0), seed=_seed(generator)).p


def less_than_random(generator: np.random.Generator, n: int) -> tuple[float, float, float]:
    """The difference of a method that is as good as a random order."""
    found = against_random(*_areas(generator, n, 0.0), seed=_seed(generator))
    return found.ci_low, found.ci_high, 0.0


def _similar(generator: np.random.Generator, n: int, mean: float) -> pd.DataFrame:
    values = np.clip(mean + generator.uniform(-0.45, 0.45, n), -1, 1)
    return pd.DataFrame({"kind": CASCADING, "depth": 1, "image": np.arange(n), STATISTIC: values})


def similarity(generator: np.random.Generator, n: int, mean: float) -> tuple[float, float, float]:
    """Maps of a random network that correlate with those of the trained one."""
    found = judge(_similar(generator, n, mean), "method", seed=_seed(generator))
    return found.low, found.high, mean


def called_sensitive(generator: np.random.Generator, n: int) -> float:
    """Maps whose correlation is the threshold itself."""
    return judge(_similar(generator, n, 0.5), "method", seed=_seed(generator)).p


def neighbours(
    generator: np.random.Generator, n: int, classes: int, apart: float
) -> tuple[float, float, float]:
    """Images of classes that overlap in an embedding; truth is the mean over studies."""
    share = _neighbours(generator, n, classes, apart)
    truth = _neighbours_truth(n, classes, apart)
    return share[0], share[1], truth


def _neighbours(
    generator: np.random.Generator, n: int, classes: int, apart: float
) -> tuple[float, float, float]:
    labels = np.arange(n) % classes
    middles = apart * np.eye(classes, 8)
    found = same_class(nearest(middles[labels] + generator.normal(size=(n, 8)), 5)[0], labels)
    return found.share.ci_low, found.share.ci_high, found.share.value  # type: ignore[return-value]


def _neighbours_truth(n: int, classes: int, apart: float) -> float:
    key = f"{n} {classes} {apart}"
    if key not in _TRUTHS:
        generator = np.random.default_rng(1)
        drawn = [_neighbours(generator, n, classes, apart)[2] for _ in range(2000)]
        _TRUTHS[key] = float(np.mean(drawn))
    return _TRUTHS[key]


CLAIMS: list[Claim] = [
    *(
        Claim(
            f"pointing-{game}-one-map-for-all-{n}",
            "test",
            partial(one_map_for_all, game=game, n=n),
            f"one and the same map for {n} images, high where lesions usually lie",
            "images",
            seconds=0.005,
        )
        for game in GAMES
        for n in (8, 40)
    ),
    *(
        Claim(
            f"pointing-{game}-maps-of-others-{n}x{frames}",
            "test",
            partial(maps_of_others, game=game, n=n, frames=frames),
            f"{n} lesions of several sizes in {frames} image(s) each, maps of other lesions",
            "images" if frames == 1 else "masks",
            studies=2000,
            seconds=0.003,
        )
        for game in GAMES
        for n, frames in [(4, 10), (6, 1), (20, 1)]
    ),
    *(
        Claim(
            f"pointing-{game}-interval-{n}x{frames}-knows-{100 * know:.0f}",
            "interval",
            partial(pointing_interval, game=game, n=n, frames=frames, know=know),
            f"{n} lesions in up to {frames} image(s) each, {100 * know:.0f} % of maps lie on them",
            "images" if frames == 1 else "masks",
            seconds=0.025 if n == 100 else 0.003,
        )
        for game in GAMES
        for n, frames, know in [
            (8, 1, 0.0),
            (8, 1, 0.8),
            (20, 1, 0.0),
            (20, 1, 0.8),
            (100, 1, 0.0),
            (8, 12, 0.8),
        ]
        if n < 100 or game == "energy"  # which takes long
    ),
    *(
        Claim(
            f"against-random-{kind}-{n}",
            kind,  # type: ignore[arg-type]
            partial(study, n=n),
            f"deletion by a map that is no better than a random order, {n} images",
            "images",
            studies=1000,
            seconds=0.004,
        )
        for kind, study in (("test", no_better_than_random), ("interval", less_than_random))
        for n in (8, 24)
    ),
    *(
        Claim(
            f"randomisation-interval-{n}-at-{100 * mean:.0f}",
            "interval",
            partial(similarity, n=n, mean=mean),
            f"maps of {n} images that correlate by {mean:g} with those of a random network",
            "images",
            studies=1000,
            seconds=0.004,
        )
        for n, mean in [(8, 0.1), (8, 0.5), (24, 0.5)]
    ),
    Claim(
        "randomisation-p-8",
        "test",
        partial(called_sensitive, n=8),
        "maps of 8 images whose correlation is the threshold",
        "images",
        studies=1000,
        seconds=0.004,
    ),
    *(
        Claim(
            f"neighbours-interval-{n}-images-{classes}-classes-apart-{apart:g}".replace(".", "-"),
            "interval",
            partial(neighbours, n=n, classes=classes, apart=apart),
            f"{n} images of {classes} classes, {apart:g} standard deviations from the origin",
            "images",
            studies=1000,
            seconds=0.003,
        )
        for n, classes, apart in [(60, 3, 0.0), (60, 3, 2.0), (200, 4, 2.0)]
    ),
]
