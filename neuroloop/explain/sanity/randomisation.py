"""Does a map depend on what the network learned? Maps of it beside those of random weights.

Adebayo et al. 2018, "Sanity checks for saliency maps": layers are drawn anew from the output down
(cascading) or one at a time (independent), or the network learned permuted labels. A map that
stays as it is explains the image, not the network.
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

from neuroloop.explain.attribution.attribution import Attribution, in_batches
from neuroloop.explain.attribution.modes import device_of
from neuroloop.explain.sanity.similarity import MEASURES, map_similarity
from neuroloop.jobs.seeds import numpy_generator, torch_generator
from neuroloop.statistics.intervals import paired_difference

#: What is compared with the map of the trained network: networks random from the output down to a
#: layer, random in that layer alone, or trained on permuted labels.
CASCADING, INDEPENDENT, LABELS = "cascading", "independent", "labels"
COLUMNS = ("kind", "layer", "depth", "image", *MEASURES)

#: Written down before any method was tested. Statistic: mean over images of Spearman's correlation
#: of absolute values of the map of the trained network and that of the fully random one, where the
#: cascade ends.
STATISTIC = "spearman"
#: A method is sensitive if the upper bound of the interval of that mean lies below this.
THRESHOLD = 0.5
#: Coverage of that interval, two-sided, by a bootstrap over images.
LEVEL = 0.95

#: Parts of the layer before them: what they learned, and saw, belongs to its scale.
NORMALISATIONS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Layer(NamedTuple):
    """What is drawn anew together.

    Attributes
    ----------
    name : str
        Of its first module, as ``named_modules`` has it.
    modules : tuple of str
        That module and the normalisations that follow it.
    """

    name: str
    modules: tuple[str, ...]


class Verdict(NamedTuple):
    """Whether a method tells a trained network from a random one.

    Attributes
    ----------
    method : str
    statistic : float
        See `STATISTIC`: 1 if the maps stay as they are, about 0 if they are unrelated. NaN without
        an image that has it.
    low, high : float
        Bounds of the interval; NaN with fewer than two images.
    threshold : float
    sensitive : bool
        Whether `high` is below the threshold.
    n : int
        Images in the mean.
    undefined : int
        Images left out: one of their maps is constant or not finite.
    p : float
        Two-sided, against a mean at the threshold; NaN without an interval.
    """

    method: str
    statistic: float
    low: float
    high: float
    threshold: float
    sensitive: bool
    n: int
    undefined: int
    p: float = np.nan


def find_layers(network: nn.Module, images: torch.Tensor) -> list[Layer]:
    """List the layers from the output down, by the order in which they run.

    A layer is a module with parameters of its own, and the normalisations that run after it. One
    that runs several times has the place of its last run. What does not run and plays no part in
    the output, as a backbone's last section where the head reads others, is no layer.

    Parameters
    ----------
    network : Module
        A copy of it is run once.
    images : Tensor, shape (n, channels, height, width)
        The first is its input.

    Returns
    -------
    list of Layer

    Raises
    ------
    ValueError
        If the output depends on parameters of a module that does not run by itself: they would
        stay trained.
    """
    copied = copy.deepcopy(network).eval()
    ran: list[str] = []
    for name, module in copied.named_modules():
        if _is_layer(module):
            module.register_forward_pre_hook(lambda *_, name=name: ran.append(name))
    with torch.enable_grad():
        output = copied.requires_grad_(True)(images[:1].to(device_of(copied)))
    silent = [
        name
        for name, module in copied.named_modules()
        if _is_layer(module) and name not in ran and _is_used(module, output)
    ]
    if silent:
        raise ValueError(f"{min(silent)} has parameters but does not run: it would stay trained")
    found: list[Layer] = []
    for name in reversed(dict.fromkeys(reversed(ran))):
        if found and isinstance(copied.get_submodule(name), NORMALISATIONS):
            found[-1] = Layer(found[-1].name, (*found[-1].modules, name))
        else:
            found.append(Layer(name, (name,)))
    return found[::-1]


def _is_used(module: nn.Module, output: torch.Tensor) -> bool:
    """Whether an output depends on a module's own parameters."""
    own = list(module.parameters(recurse=False))
    if not own:
        return False
    found = torch.autograd.grad(output.sum(), own, retain_graph=True, allow_unused=True)
    return any(gradient is not None for gradient in found)


@torch.no_grad()
def randomise_layer(network: nn.Module, layer: Layer, seed: int) -> None:
    """Draw the weights of a layer anew, in place, as the networks in `core` are initialised.

    Convolutions without bias, which normalisation follows: normal with variance 2 / fan-out (He et
    al. 2015), the fan-out being that of one group. Other convolutions and linear layers: weights
    and bias uniform within 1 / sqrt(fan-in), as torch itself has it. Normalisation: 1 and 0, with
    running means 0 and variances 1.

    Parameters
    ----------
    network : Module
    layer : Layer
        From `find_layers`.
    seed : int
        Layers of different names have streams of their own: a layer gets the same weights in the
        cascade and alone, on every device.

    Raises
    ------
    ValueError
        If a module is of another kind.
    """
    for name in layer.modules:
        module = network.get_submodule(name)
        if isinstance(module, NORMALISATIONS):
            module.reset_parameters()
            continue
        if not isinstance(module, (*CONVOLUTIONS, nn.Linear)):
            raise ValueError(f"{name}: how a {type(module).__name__} begins is not known")
        generator = torch_generator(seed, "randomised layer", name)
        for values in module.parameters(recurse=False):
            drawn = torch.empty(values.shape)
            if isinstance(module, CONVOLUTIONS) and module.bias is None:
                fan_out = values[0, 0].numel() * len(values) // module.groups
                drawn.normal_(0, (2 / fan_out) ** 0.5, generator=generator)
            else:
                bound = module.weight[0].numel() ** -0.5
                drawn.uniform_(-bound, bound, generator=generator)
            values.copy_(drawn)


def randomisation(
    network: nn.Module,
    attribution: Attribution,
    images: torch.Tensor,
    classes: torch.Tensor,
    *,
    seed: int,
    layers: Sequence[Layer] | None = None,
    maps: np.ndarray | None = None,
    batch: int = 32,
) -> pd.DataFrame:
    """Compare maps of a trained network with those of the same network, partly random.

    Parameters
    ----------
    network : Module
        Stays as it is: copies of it, in evaluation mode, are explained.
    attribution : callable
        The method; what it draws itself must be drawn from a fixed seed.
    images : Tensor, shape (n, channels, height, width)
    classes : Tensor of int64, shape (n,)
        Output to explain of each image, the same for all networks.
    seed : int
        Of the random weights.
    layers : sequence of Layer, optional
        From the output down, as those of `layer_groups.group_layers`; each layer of `find_layers`
        if left out.
    maps : ndarray, shape (n, height', width'), optional
        What the method makes of the network, where that is there already.
    batch : int
        Images at once.

    Returns
    -------
    DataFrame
        `COLUMNS`: kind, layer, depth (1 is the output's), image (row of `images`) and the measures
        of `similarity.map_similarity`, NaN where they are not defined.
    """
    layers = find_layers(network, images) if layers is None else layers
    copied = copy.deepcopy(network).eval()
    trained = in_batches(attribution, copied, images, classes, batch) if maps is None else maps
    tables: list[pd.DataFrame] = []
    for kind in (CASCADING, INDEPENDENT):
        for depth, layer in enumerate(layers, start=1):
            if kind == INDEPENDENT and depth == 1:  # the cascade began with the same network
                tables.append(tables[0].assign(kind=kind))
                continue
            if kind == INDEPENDENT:
                copied.load_state_dict(network.state_dict())
            randomise_layer(copied, layer, seed)
            made = in_batches(attribution, copied, images, classes, batch)
            tables.append(_compared(kind, layer.name, depth, trained, made))
    return pd.concat(tables, ignore_index=True)


def untrained_maps(
    network: nn.Module,
    attribution: Attribution,
    images: torch.Tensor,
    classes: torch.Tensor,
    *,
    seed: int,
    layers: Sequence[Layer],
    batch: int = 32,
) -> np.ndarray:
    """Maps of the random network that the cascade of `randomisation` ends in.

    Parameters
    ----------
    network, attribution, images, classes, seed, layers, batch
        As in `randomisation`.

    Returns
    -------
    ndarray, shape (n, height', width')
    """
    copied = copy.deepcopy(network).eval()
    for layer in layers:
        randomise_layer(copied, layer, seed)
    return in_batches(attribution, copied, images, classes, batch)


def label_randomised(
    network: nn.Module,
    permuted: nn.Module,
    attribution: Attribution,
    images: torch.Tensor,
    classes: torch.Tensor,
    *,
    maps: np.ndarray | None = None,
    batch: int = 32,
) -> pd.DataFrame:
    """Compare maps of a network with those of one that was trained on permuted labels.

    Parameters
    ----------
    network, permuted : Module
        Trained alike, but for the labels. Copies of them are explained, in evaluation mode.
    attribution, images, classes, maps, batch
        As in `randomisation`.

    Returns
    -------
    DataFrame
        As `randomisation`, of kind ``labels``, layer ``all`` and depth 1.
    """
    trained, made = (
        in_batches(attribution, copy.deepcopy(one).eval(), images, classes, batch)
        if given is None
        else given
        for one, given in ((network, maps), (permuted, None))
    )
    return _compared(LABELS, "all", 1, trained, made)


def judge(table: pd.DataFrame, method: str, *, seed: int, kind: str = CASCADING) -> Verdict:
    """Say whether a method is sensitive to what the network learned (see `STATISTIC`).

    Parameters
    ----------
    table : DataFrame
        From `randomisation` or `label_randomised`; of several random networks, joined, an image's
        values are averaged first.
    method : str
        Its name.
    seed : int
        Of the bootstrap.
    kind : {"cascading", "labels"}

    Returns
    -------
    Verdict
        Interval and p are those of `statistics.paired_difference` of one row.
    """
    rows = table[table["kind"] == kind]
    if rows.empty:
        raise ValueError(f"the table has no rows of the kind {kind!r}")
    rows = rows[rows["depth"] == rows["depth"].max()]
    by_image = rows.groupby("image")[STATISTIC].mean().to_numpy(dtype=float)
    defined = by_image[np.isfinite(by_image)]
    value = float(defined.mean()) if len(defined) else np.nan
    low = high = p = np.nan
    if len(defined) > 1:
        # That interval is for shares: -1..1 becomes 0..1 and back.
        generator = numpy_generator(seed, "judge", kind)
        shares = (defined[None] + 1) / 2
        threshold = np.full_like(shares, (THRESHOLD + 1) / 2)
        found = paired_difference(shares, threshold, generator, level=LEVEL)
        low, high = (2 * bound + THRESHOLD for bound in found[1:3])
        low, high, p = max(-1.0, min(low, value)), min(1.0, max(high, value)), found.p
    return Verdict(
        method,
        value,
        low,
        high,
        THRESHOLD,
        bool(high < THRESHOLD),
        len(defined),
        len(by_image) - len(defined),
        p,
    )


def _is_layer(module: nn.Module) -> bool:
    own = next(module.parameters(recurse=False), None) is not None
    return own or isinstance(module, NORMALISATIONS)


def _compared(
    kind: str, layer: str, depth: int, trained: np.ndarray, maps: np.ndarray
) -> pd.DataFrame:
    """Table of `COLUMNS` of maps of one network and of another."""
    table = pd.DataFrame(map_similarity(trained, maps))
    table["kind"], table["layer"], table["depth"] = kind, layer, depth
    table["image"] = np.arange(len(table))
    return table[list(COLUMNS)]
