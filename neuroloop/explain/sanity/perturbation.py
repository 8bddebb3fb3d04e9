"""Does a map find the pixels that matter? Remove or restore them, and look at the prediction.

Deletion and insertion curves (Petsiuk, Das & Saenko 2018, "RISE", section 4.2): pixels change in
the order of a map, and the probability of the class is followed. A random order and the image's
edges go through the same code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from neuroloop.explain.attribution.attribution import to_input
from neuroloop.explain.attribution.modes import device_of, evaluating, mean_logits
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.statistics.intervals import paired_difference

#: Standard deviation of the blur by the shorter side of an image: 11 of 224 pixels.
BLUR = 0.05
#: What pixels may be replaced by, and what that is called; the first that removes enough is taken.
BASELINES = {"blur": "the image blurred", "mean": "the mean of each channel"}
#: Most of what a class's probability has above chance that may stay once all pixels are replaced.
#: Where more stays, an order of pixels has nothing to show.
MOST_KEPT = 0.5


@dataclass(frozen=True)
class Perturbation:
    """What is done to the pixels, and what is read.

    Attributes
    ----------
    direction : {"deletion", "insertion"}
        From the image to its baseline, where a good map falls early; or back, where it rises early.
    baseline : {"blur", "mean"}
        The image blurred by a Gaussian (see `BLUR`), or each channel's mean over the image.
    steps : int
        Steps from one end to the other, of as many pixels each.
    multi_label : bool
        Whether outputs are labels of their own (sigmoid), not classes of one label (softmax).
    batch : int
        Images at once.
    """

    direction: str
    baseline: str = "blur"
    steps: int = 20
    multi_label: bool = False
    batch: int = 64

    def __post_init__(self) -> None:
        if self.direction not in ("deletion", "insertion") or self.baseline not in BASELINES:
            raise ValueError(f"no {self.direction!r} with the baseline {self.baseline!r}")
        if self.steps < 1 or self.batch < 1:
            raise ValueError(f"{self.steps} steps of {self.batch} images")


@dataclass(frozen=True, eq=False)
class Curves:
    """Probability of each image's class while its pixels change.

    Attributes
    ----------
    shares : ndarray of float64, shape (points,)
        Share of pixels changed, from 0 to 1.
    probabilities : ndarray of float64, shape (n, points)
        NaN for an image whose map has a value that is not finite: it gives no order.
    """

    shares: np.ndarray
    probabilities: np.ndarray

    @property
    def auc(self) -> np.ndarray:
        """Area under each curve by the trapezoid rule, in [0, 1]: ndarray, shape (n,)."""
        return np.clip(np.trapezoid(self.probabilities, self.shares, axis=1), 0, 1)


class Removal(NamedTuple):
    """What replacing all pixels does to the network, whatever their order.

    Attributes
    ----------
    baseline : str
        Of `BASELINES`: the first that removes enough, or the first of all if none does.
    kept : float
        Share of what the probability of the class has above chance, in the mean over images, that
        stays with this baseline; NaN where nothing is above chance with the pixels in place.
    reason : str
        Why deletion and insertion can show nothing; empty where they can.
    """

    baseline: str
    kept: float
    reason: str


class AgainstRandom(NamedTuple):
    """Area under a method's curves minus that under random orders of the same images.

    Attributes
    ----------
    value, ci_low, ci_high, p : float
        Mean over images, 95 % interval and two-sided p value of `statistics.paired_difference`, of
        one row; NaN where too few images give them. Deletion: a good map is below 0; insertion:
        above.
    n : int
        Images in the mean.
    undefined : int
        Images left out, without a finite map.
    """

    value: float
    ci_low: float
    ci_high: float
    p: float
    n: int
    undefined: int


def find_removal(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    *,
    chance: float | None = None,
    multi_label: bool = False,
    batch: int = 64,
) -> Removal:
    """Find what to replace pixels by, so that the network loses what it sees.

    The choice looks at the network and its images alone, so that it favours no map.

    Parameters
    ----------
    network, images, classes
        As in `perturbation_curves`.
    chance : float, optional
        Probability of the class for a network that sees nothing; 1 / outputs if left out.
    multi_label, batch
        As in `Perturbation`.

    Returns
    -------
    Removal
    """
    whole, outputs = _mean_probability(network, images, classes, multi_label, batch)
    chance = 1 / outputs if chance is None else chance
    seen = whole - chance
    if seen <= 0:
        reason = "the predicted class is no more probable than by chance, with all pixels in place"
        return Removal(next(iter(BASELINES)), np.nan, reason)
    kept = {}
    for kind in BASELINES:
        replaced = torch.stack([_baseline(one, kind) for one in images])
        left, _ = _mean_probability(network, replaced, classes, multi_label, batch)
        kept[kind] = (left - chance) / seen
        if kept[kind] <= MOST_KEPT:
            return Removal(kind, kept[kind], "")
    first = next(iter(BASELINES))
    told = " and ".join(f"{BASELINES[kind]} {100 * kept[kind]:.0f} %" for kind in BASELINES)
    return Removal(
        first,
        kept[first],
        f"with all pixels replaced, too much stays of what is above chance: by {told}, more than "
        f"{100 * MOST_KEPT:.0f} %",
    )


def perturbation_curves(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    maps: np.ndarray,
    perturbation: Perturbation,
    *,
    seed: int,
) -> Curves:
    """Change the pixels of images in the order of their maps, the largest value first.

    Parameters
    ----------
    network : Module
        Maps images to logits (n, outputs), or (n, members, outputs), whose mean over members
        counts. Runs in evaluation mode on its own device, and has its modes back afterwards.
    images : Tensor, shape (n, channels, height, width)
    classes : Tensor of int64, shape (n,)
        Output that is followed.
    maps : ndarray of float, shape (n, height', width')
        Enlarged to the images by `attribution.to_input`.
    perturbation : Perturbation
    seed : int
        Equal values change in a random order, each image's its own.

    Returns
    -------
    Curves

    Raises
    ------
    ValueError
        If the numbers of images, classes and maps differ.
    """
    if not len(images) or not len(images) == len(classes) == len(maps):
        raise ValueError(f"{len(images)} images, {len(classes)} classes, {len(maps)} maps")
    device = device_of(network)
    shape = (images.shape[2], images.shape[3])
    pixels = shape[0] * shape[1]
    counts = np.unique(np.linspace(0, pixels, perturbation.steps + 1).round().astype(int))
    made = np.full((len(images), len(counts)), np.nan)
    with evaluating(network), torch.inference_mode():
        for number in np.flatnonzero(np.isfinite(maps).all(axis=(1, 2))):
            ends = [images[number], _baseline(images[number], perturbation.baseline)]
            if perturbation.direction == "insertion":
                ends.reverse()
            start, end = (one.to(device) for one in ends)
            generator = numpy_generator(seed, "order of equal pixels", number)
            places = torch.from_numpy(_places(to_input(maps[[number]], shape)[0], generator))
            places = places.to(device)
            outputs = [
                mean_logits(
                    network, torch.where(places < part[:, None, None, None], end, start)
                ).cpu()
                for part in torch.from_numpy(counts).to(device).split(perturbation.batch)
            ]
            chances = _probabilities(torch.cat(outputs), perturbation.multi_label)
            made[number] = chances[:, int(classes[number])].numpy()
    return Curves(counts / pixels, made)


def random_curves(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    perturbation: Perturbation,
    *,
    seed: int,
    draws: int = 5,
) -> list[Curves]:
    """Change the pixels of images in random orders: those of maps that are 0 everywhere.

    Parameters
    ----------
    network, images, classes, perturbation, seed
        As in `perturbation_curves`.
    draws : int
        Orders of each image.

    Returns
    -------
    list of Curves
        One a draw.
    """
    flat = np.zeros((len(images), *images.shape[2:]), dtype=np.float32)
    return [
        perturbation_curves(
            network,
            images,
            classes,
            flat,
            perturbation,
            seed=derive_seed(seed, "random order", draw),
        )
        for draw in range(draws)
    ]


def against_random(curves: Curves, random: Sequence[Curves], *, seed: int) -> AgainstRandom:
    """Compare a method with random orders, image by image.

    Parameters
    ----------
    curves : Curves
        Of a method, or of the edge detector.
    random : sequence of Curves
        From `random_curves`, of the same images; an image's areas are averaged.
    seed : int
        Of the bootstrap over images.

    Returns
    -------
    AgainstRandom
    """
    chance = np.mean([one.auc for one in random], axis=0)
    if chance.shape != curves.auc.shape:
        raise ValueError(f"curves of {len(curves.auc)} images, random ones of {chance.shape}")
    defined = np.isfinite(curves.auc)
    own, chance, n = curves.auc[defined], chance[defined], int(defined.sum())
    left_out = len(defined) - n
    if n < 2:
        value = float((own - chance).mean()) if n else np.nan
        return AgainstRandom(value, np.nan, np.nan, np.nan, n, left_out)
    generator = numpy_generator(seed, "against random")
    return AgainstRandom(*paired_difference(own[None], chance[None], generator), n, left_out)


def _probabilities(logits: torch.Tensor, multi_label: bool) -> torch.Tensor:
    return logits.double().sigmoid() if multi_label else logits.double().softmax(1)


def _mean_probability(
    network: nn.Module, images: torch.Tensor, classes: torch.Tensor, multi_label: bool, batch: int
) -> tuple[float, int]:
    """Mean over images of the probability of the class of each, and the number of outputs."""
    device = device_of(network)
    with evaluating(network), torch.inference_mode():
        outputs = [mean_logits(network, part.to(device)).cpu() for part in images.split(batch)]
    chances = _probabilities(torch.cat(outputs), multi_label)
    return float(chances.gather(1, classes[:, None]).mean()), chances.shape[1]


def _baseline(image: torch.Tensor, kind: str) -> torch.Tensor:
    """Image (channels, height, width) with little left in it."""
    if kind == "mean":
        return image.mean((1, 2), keepdim=True).expand_as(image)
    from scipy.ndimage import gaussian_filter

    width = BLUR * min(image.shape[1:])
    values = image.detach().cpu().numpy()
    return torch.from_numpy(gaussian_filter(values, (0, width, width), mode="nearest"))


def _places(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Rank the pixels in descending order, equal ones in a random order."""
    order = np.lexsort((generator.random(values.size), -values.ravel()))
    ranks = np.empty(values.size, dtype=np.int64)
    ranks[order] = np.arange(values.size)
    return ranks.reshape(values.shape)
