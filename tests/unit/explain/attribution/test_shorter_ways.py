"""What covered images and points on paths share gives what each of them would give alone."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from neuroloop.explain.attribution import covered
from neuroloop.explain.attribution.covered import Covered
from neuroloop.explain.attribution.lazy_batch import LazyBatch
from neuroloop.explain.attribution.on_path import OnPath
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks

IMAGE, CORNERS = [0, 1, 1, 0, 1], [(0, 0), (40, 41), (17, 3), (9, 40), (22, 22)]


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def batch(sides=(48, 49), window=(8, 7)):
    maps, windows = drawn(2, 3, *sides), drawn(5, 3, *window)
    whole = maps[IMAGE].clone()
    for one, piece, (row, column) in zip(whole, windows, CORNERS, strict=True):
        one[:, row : row + window[0], column : column + window[1]] = piece
    return Covered(maps, windows, IMAGE, CORNERS), whole


def test_windows_lie_where_they_were_put():
    given, whole = batch()
    assert given.shape == whole.shape
    assert len(given) == 5
    assert torch.equal(given.whole(), whole)


def slid(kernel, **options):
    weight = drawn(4, 3, *kernel)
    return lambda x: functional.conv2d(x, weight, drawn(4), **options)


APART = {
    "3 x 3": slid((3, 3), padding=1),
    "stride": slid((5, 3), padding=(2, 1), stride=(2, 3)),
    "stride over windows": slid((1, 1), stride=9),
    "dilation": slid((3, 2), padding=2, dilation=(2, 3)),
    "no padding": slid((4, 4)),
    "pooled": lambda x: functional.max_pool2d(x, 3, 2, 1),
    "pooled by 5": lambda x: functional.max_pool2d(x, (5, 2)),
    "normalised": nn.BatchNorm2d(3).eval(),
    "thinned": lambda x: x[:, :, ::2, ::3],
    "in place": lambda x: functional.relu(x.clone(), inplace=True),
    "shifted": lambda x: (x - drawn(3, 1, 1)) / 3,
    "beside": lambda x: x + functional.conv2d(x, drawn(3, 3, 3, 3), padding=1),
    "beside, in place": lambda x: functional.relu(x).add_(x.clone()),
}
WHOLE = {
    "places": lambda x: x * drawn(48, 49),
    "mean": lambda x: x.mean((2, 3)),
    "pooled, rounded up": lambda x: functional.max_pool2d(x, 4, ceil_mode=True),
    "same padding": slid((3, 3), padding="same"),
    "one row": lambda x: x[:, :, 3:9:2, ::2],
}


@pytest.mark.parametrize("name", [*APART, *WHOLE])
def test_functions_of_covered_images(name):
    given, whole = batch()
    function = {**APART, **WHOLE}[name]
    with torch.no_grad():
        made, expected = function(given), function(whole)
    assert isinstance(made, Covered) == (name in APART)
    assert made.shape == expected.shape
    content = made.whole() if name in APART else made
    torch.testing.assert_close(content, expected, rtol=1e-5, atol=1e-5)


def test_windows_that_reach_most_of_a_map_are_not_apart():
    given, whole = batch(window=(8, 7))
    wide = slid((45, 45), padding=22)
    with torch.no_grad():
        assert not isinstance(wide(given), Covered)
        torch.testing.assert_close(wide(given), wide(whole), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", ["residual", "calcium"])
@pytest.mark.parametrize("most", [0.0, 0.75, 1.0])
def test_networks_of_covered_images(kind, most, monkeypatch):
    if kind == "residual":
        network = networks.resnet(18, in_channels=3, classes=5, width=8)
        networks.initialise(network, [1])
    else:
        network = calcium_network.calcium_network(classes=5, shape=(48, 49), in_channels=3)
        calcium_network.initialise(network, [1])
    monkeypatch.setattr(covered, "MOST", most)
    apart = []
    slide = covered._slid
    monkeypatch.setattr(covered, "_slid", lambda *given: apart.append(slide(*given)) or apart[-1])
    given, whole = batch()
    with torch.no_grad():
        made, expected = network.eval()(given), network(whole)
    assert (made - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert sum(one is not None for one in apart) == (0 if not most else len(apart) - (most < 1))
    assert len(apart) >= (3 if most else 1)


POINTS = [(0.25, 0.1), (0.5, 0.7), (1.0, 0.2)]


@pytest.mark.parametrize(
    ("straight", "bent"),
    [
        (lambda x: x * 2 - drawn(3, 1, 1), lambda x: x.square()),
        (slid((3, 3), padding=1, stride=2), lambda x: functional.relu(x, inplace=True)),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval(), torch.tanh),
        (lambda x: x.clone(), lambda x: x * x),
        (lambda x: x.clone(), lambda x: x * x.mean((1, 2, 3), keepdim=True)),
    ],
)
@pytest.mark.parametrize("count", [1, 2])
def test_weighted_gradients_of_points(straight, bent, count):
    for part in straight.parameters() if isinstance(straight, nn.Module) else ():
        part.requires_grad_(False)
    start, end = drawn(count, 3, 9, 8), drawn(2, count, 3, 9, 8)[1].requires_grad_()
    kept = straight(OnPath(start, end, POINTS))
    assert isinstance(kept, OnPath)
    made = torch.autograd.grad(bent(kept).sum(), end)[0]
    expected = torch.zeros_like(start)
    for place, weight in POINTS:
        point = torch.lerp(start, end.detach(), place).requires_grad_()
        expected += weight * torch.autograd.grad(bent(straight(point)).sum(), point)[0]
    torch.testing.assert_close(made, expected, rtol=1e-5, atol=1e-5)


def test_one_point_keeps_what_depends_on_it():
    """A gate made of the point itself is no number, also where there is one point and one image."""
    start, end = drawn(1, 3, 9, 8), drawn(2, 1, 3, 9, 8)[1].requires_grad_()
    given = OnPath(start, end, [(0.5, 1.0)])
    gate = torch.sigmoid(given).mean((1, 2, 3), keepdim=True)
    made = torch.autograd.grad((given * gate).sum(), end)[0]
    point = torch.lerp(start, end.detach(), 0.5).requires_grad_()
    other = torch.sigmoid(point).mean((1, 2, 3), keepdim=True)
    expected = torch.autograd.grad((point * other).sum(), point)[0]
    torch.testing.assert_close(made, expected, rtol=1e-5, atol=1e-6)


def test_content_is_the_subclass_s_own():
    with pytest.raises(NotImplementedError):
        LazyBatch.empty(2, drawn(1, 3, 4, 4)).whole()
