"""Occlusion: by hand, by captum, and in batches that do not grow."""

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from torch import nn

from neuroloop.explain.attribution.occlusion import occlusion
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks


def linear(weights):
    """One score: the sum of pixels by weights, and a bias."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(len(weights), 1))
    network[1].weight.data = torch.tensor([weights])
    network[1].bias.data.fill_(5)
    return network


def by_captum(network, images, classes, window, stride, **options):
    channels = images.shape[1]
    made = Occlusion(network).attribute(
        images, (channels, *window), (channels, *stride), target=classes, **options
    )
    assert (made == made[:, :1]).all()
    return made[:, 0].detach()


@pytest.mark.parametrize(
    ("image", "weights", "window", "stride", "expected"),
    [
        # Pixel by pixel: weight times pixel.
        ([[1.0, 1], [2, 0]], [1.0, 2, 3, 4], (1, 1), (1, 1), [[1, 2], [6, 0]]),
        # Windows of two: 1 + 20 and 20 + 300; the pixel in both has their mean.
        ([[1.0, 2, 3]], [1.0, 10, 100], (1, 2), (1, 1), [[21, 170.5, 320]]),
        # The second window is cut at the border.
        ([[1.0, 2, 3]], [1.0, 10, 100], (1, 2), (1, 2), [[21, 21, 300]]),
        # Columns, which differ from rows: 1 + 6 and 2 + 0.
        ([[1.0, 1], [2, 0]], [1.0, 2, 3, 4], (2, 1), (2, 1), [[7, 2], [7, 2]]),
    ],
)
def test_by_hand(image, weights, window, stride, expected):
    images, classes, network = torch.tensor([[image]]), torch.tensor([0]), linear(weights)
    options = {"window": window, "stride": stride}
    assert occlusion(network, images, classes, baseline=0.0, **options)[0].tolist() == expected
    assert by_captum(network, images, classes, window, stride)[0].tolist() == expected


def test_what_covers():
    images = torch.tensor([[[[1.0, 1], [2, 0]], [[0, 0], [0, 8]]]])  # means 1 and 2
    given = (linear([1.0, 2, 3, 4, 1, 0, 0, -1]), images, torch.tensor([0]))
    by_mean = occlusion(*given, window=1, stride=1)
    # Of the first channel 0, 0, 3 and -4, of the second -2, 0, 0 and -6.
    assert by_mean[0].tolist() == [[-2, 0], [3, -10]]
    for baseline in (3.0, torch.tensor(3), torch.full((2, 1, 1), 3.0), torch.full((1, 2, 2, 2), 3)):
        covered = occlusion(*given, window=1, stride=1, baseline=baseline)
        assert covered[0].tolist() == [[-2 - 3, -4], [-3, -12 - 5]]


class OneMember(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)[:, 0]


def residual(members=1):
    network = networks.resnet(
        18, in_channels=2, classes=5, width=4, stem="small", blocks=(1, 1), members=members
    )
    networks.initialise(network, range(1, 1 + members))
    return network


def reader():
    network = calcium_network.calcium_network(
        classes=5, shape=(11, 9), widths=(4, 5), hidden=9, in_channels=2
    )
    calcium_network.initialise(network, [1])
    return network


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


IMAGES, CLASSES = drawn(3, 2, 11, 9), torch.tensor([4, 0, 2])


@pytest.mark.parametrize("make", [residual, reader])
@pytest.mark.parametrize(
    ("window", "stride"), [((4, 3), (3, 2)), ((3, 3), (3, 3)), ((11, 9), (5, 9)), ((2, 5), (1, 3))]
)
def test_equals_captum(make, window, stride):
    network = make()
    made = occlusion(network, IMAGES, CLASSES, window=window, stride=stride, baseline=0.0)
    expected = by_captum(OneMember(network).eval(), IMAGES, CLASSES, window, stride)
    assert made.dtype == torch.float32
    assert made.shape == (3, 11, 9)
    # Drops are differences of scores, which are rounded.
    scale = max(float(expected.abs().max()), float(network(IMAGES).detach().abs().max()))
    assert (made - expected).abs().max() <= 1e-5 * scale
    if window != (11, 9):
        assert len(np.unique(expected)) > 10
    means = IMAGES.mean((2, 3), keepdim=True).expand_as(IMAGES)
    made = occlusion(network, IMAGES, CLASSES, window=window, stride=stride)
    expected = by_captum(
        OneMember(network).eval(), IMAGES, CLASSES, window, stride, baselines=means
    )
    assert (made - expected).abs().max() <= 1e-5 * scale


def test_batches_do_not_grow_and_change_nothing():
    network, sizes = residual(), []
    network.register_forward_hook(lambda module, given, out: sizes.append(len(given[0])))
    made = {
        most: occlusion(network, IMAGES, CLASSES, window=4, stride=2, evaluations_at_once=most)
        for most in (1000, 7, 1)
    }
    count = 5 * 4 * 3  # rows and columns of windows, images
    expected = [count, 3] + [7] * 8 + [4, 3] + [1] * (count + 3)
    assert sizes == expected
    for maps in made.values():
        torch.testing.assert_close(maps, made[1000], rtol=0, atol=1e-5)


def test_an_batched_network_is_its_members_mean():
    both, images = residual(members=2), drawn(3, 4, 8, 8)
    options = {"window": 3, "stride": 2, "baseline": 0.0}
    maps = []
    for member in range(2):
        single = residual()
        networks.initialise(single, [1 + member])
        part = images[:, 2 * member : 2 * member + 2]
        maps.append(occlusion(single, part, CLASSES, **options))
    made = occlusion(both, images, CLASSES, **options)
    torch.testing.assert_close(made, (maps[0] + maps[1]) / 2, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("window", "stride"), [(2, 3), ((2, 4), (2, 5)), (12, 1), ((3, 10), 1), (0, 0), (2, 0)]
)
def test_windows_that_do_not_cover_the_image(window, stride):
    with pytest.raises(ValueError, match="do not cover"):
        occlusion(residual(), IMAGES, CLASSES, window=window, stride=stride)
