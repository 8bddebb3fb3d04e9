"""Where in a classifier's network maps are made: its last section, and one with finer maps."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import nn

from neuroloop.explain.attribution.cam import class_maps
from neuroloop.explain.attribution.evidence import Division
from neuroloop.explain.models.model_file import OpenedModel, layer_of
from neuroloop.networks.transfer_network import TransferNetwork
from neuroloop.report.names import method_name

#: Places of a side from which on a section's maps count as fine.
FINE = 16

#: A network cut where maps are made, found anew in copies of it.
Cut = Callable[[nn.Module], nn.Module | Division]


class MapMethod(NamedTuple):
    """A way to map what a classifier saw.

    Attributes
    ----------
    name : str
        Of `cam.class_maps`.
    section : str
        Of the network, whose output is mapped.
    cut : callable
    """

    name: str
    section: str
    cut: Cut

    def maps(self, network: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> np.ndarray:
        """Maps of one class of each image, shape (n, h, w)."""
        made = class_maps(network, self.cut(network), images, classes[:, None], self.name)
        return np.asarray(made[:, 0, 0].cpu().numpy())


def map_methods(opened: OpenedModel) -> dict[str, MapMethod]:
    """Methods by the title of their panel.

    CAM (left out where the head is not linear) and Grad-CAM at the lowest section that the head
    reads, and LayerCAM at the last section up to it with at least `FINE` places a side.
    """
    network = cast(TransferNetwork, opened.network)
    last = network.below()[-1]
    found = {
        method_name(name): MapMethod(name, last, layer_of_copy)
        for name in ("cam", "grad_cam")
        if name != "cam" or network.is_linear
    }
    section = fine_section(network, torch.from_numpy(opened.images.images[:1]))
    found["LayerCAM"] = MapMethod("layer_cam", section, partial(cut_at, section))
    return found


def fine_section(network: TransferNetwork, image: torch.Tensor) -> str:
    """The last section up to the one that is mapped whose maps have `FINE` places a side.

    Where none has as many it is the one with most.
    """
    device = next(network.parameters()).device
    sides = {}
    with torch.inference_mode():
        for section in network.below():
            sides[section] = min(network.maps_at(section, image.to(device)).shape[2:])
    fine = [section for section, side in sides.items() if side >= FINE]
    return fine[-1] if fine else max(sides, key=lambda section: sides[section])


def layer_of_copy(network: nn.Module) -> nn.Module | Division:
    """Where class activation maps are computed, of a network or of a copy of it."""
    return layer_of(cast(TransferNetwork, network))


def cut_at(section: str, network: nn.Module) -> Division:
    """A network, or a copy of it, cut behind a section."""
    cut = cast(TransferNetwork, network)
    return Division(partial(cut.maps_at, section), partial(cut.classify_from, section))
