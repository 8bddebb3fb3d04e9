"""Small models, opened, for the tests of methods and of their checks."""

import numpy as np

from neuroloop.explain.models.model_file import OpenedModel, layer_of
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.networks import calcium_network, transfer_network, transfer_start
from neuroloop.networks import resnet as networks


def images_of(channels, size, truth, mask=None, n=12, seed=0):
    drawn = np.random.default_rng(seed).standard_normal((n, channels, size, size))
    return ModelImages(drawn.astype(np.float32), np.array([f"i{k}" for k in range(n)]), truth, mask)


def opened(kind, network, images, labels="single"):
    names = tuple(f"c{k}" for k in range(network.classes))
    network.eval()
    return OpenedModel(kind, kind, network, layer_of(network), names, labels, images, None, {})


def student(members=1):
    network = networks.resnet(
        18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1), members=members
    )
    networks.initialise(network, range(members))
    return opened("resnet", network, images_of(members, 12, np.arange(12) % 3))


def reader(head="flatten"):
    network = calcium_network.calcium_network(
        classes=3, shape=(16, 16), head=head, widths=(4, 5), hidden=6
    )
    calcium_network.initialise(network, [1])
    truth = np.arange(12)[:, None] % 4 == np.arange(3)
    mask = np.zeros((12, 16, 16), dtype=bool)
    mask[:, 4:8, 4:8] = True
    return opened("calcium", network, images_of(1, 16, truth, mask), "multi")


def radiographs(units=(), cut="layer3"):
    network = transfer_network.transfer_network(
        backbone="resnet18", classes=3, cut=cut, units=units, dropout=0.5, width=4, stem="small"
    )
    transfer_start.initialise_backbone(network, 0)
    transfer_start.initialise_head(network, 0)
    return opened("transfer", network, images_of(1, 16, np.arange(12) % 3))
