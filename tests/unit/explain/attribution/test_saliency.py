"""Attributions by gradients: by hand, by captum, and nothing left behind."""

import pytest
import torch
from captum.attr import GuidedBackprop, InputXGradient, IntegratedGradients, Saliency
from torch import nn

from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.attribution.saliency import (
    METHODS,
    attribute,
    attribute_channels,
    completeness_gap,
    integrated_gradients,
)
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks

#: Every method, and what it is told.
ALL = {**{method: {} for method in METHODS}, "occlusion": {"window": 3, "stride": 2}}
CAPTUMS = {
    "saliency": (Saliency, {"abs": False}),
    "gradient_input": (InputXGradient, {}),
    "guided_backprop": (GuidedBackprop, {}),
    "integrated_gradients": (IntegratedGradients, {"n_steps": 32}),
}

#: Two channels of 2 x 2.
IMAGE = torch.tensor([[[[4.0, 1], [0, 2]], [[1, 1], [2, 0]]]])
ONE = torch.tensor([0])


def micro():
    """S = 3 relu(a - 2 b) - relu(b - a), summed over places: 12 - 2 for the image."""
    first, last = nn.Conv2d(2, 2, 1, bias=False), nn.Linear(8, 1, bias=False)
    first.weight.data = torch.tensor([[1.0, -2], [-1, 1]])[:, :, None, None]
    last.weight.data = torch.tensor([[3.0, 3, 3, 3, -1, -1, -1, -1]])
    return nn.Sequential(first, nn.ReLU(), nn.Flatten(), last)


#: The first ReLU is active at two places, the second at one, where b - a = 2; b - a = 0 is not.
BY_HAND = {
    "saliency": [[[3.0, 0], [1, 3]], [[-6, 0], [-1, -6]]],
    "gradient_input": [[[12.0, 0], [0, 6]], [[-6, 0], [-2, 0]]],
    "guided_backprop": [[[3.0, 0], [0, 3]], [[-6, 0], [0, -6]]],  # not through the second ReLU
    # Without biases the gradient is the same all the way from 0.
    "integrated_gradients": [[[12.0, 0], [0, 6]], [[-6, 0], [-2, 0]]],
}
REDUCED = {
    "saliency": [[6.0, 0], [1, 6]],  # the largest magnitude
    "gradient_input": [[6.0, 0], [-2, 6]],  # sums, which add up to S = 10
    "guided_backprop": [[-3.0, 0], [0, -3]],
    "integrated_gradients": [[6.0, 0], [-2, 6]],
}


@pytest.mark.parametrize("method", METHODS)
def test_by_hand(method):
    made = attribute_channels(method, micro(), IMAGE, ONE)
    torch.testing.assert_close(made[0], torch.tensor(BY_HAND[method]), rtol=0, atol=1e-5)
    kind, options = CAPTUMS[method]
    theirs = kind(micro().eval()).attribute(IMAGE.clone(), target=0, **options).detach()
    torch.testing.assert_close(theirs[0], torch.tensor(BY_HAND[method]), rtol=0, atol=1e-5)
    reduced = attribute(method, micro(), IMAGE, ONE)
    torch.testing.assert_close(reduced[0], torch.tensor(REDUCED[method]), rtol=0, atol=1e-5)


def test_occlusion_by_the_common_signature():
    # Zero in place of a pixel in both channels: 3 (4 - 2) = 6, 0, -2 and 3 * 2.
    made = attribute("occlusion", micro(), IMAGE, ONE, window=1, stride=1, baseline=0.0)
    assert made[0].tolist() == [[6, 0], [-2, 6]]
    with pytest.raises(ValueError, match="'occlusion'"):
        attribute_channels("occlusion", micro(), IMAGE, ONE)


class Squares(nn.Module):
    """S = the sum of x^2 and, beside it, the product of the two pixels of the first row."""

    def __init__(self):
        super().__init__()
        self.none = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return torch.stack([x.square().sum((1, 2, 3)), x[:, 0, 0, 0] * x[:, 0, 0, 1]], dim=1)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_integrated_gradients_of_polynomials_by_hand(n_steps):
    """Gauss-Legendre quadrature is exact for the linear gradients of x^2 - b^2."""
    images = torch.tensor([[[[1.0, 2], [3, 4]]]]).expand(2, 1, 2, 2)
    classes, options = torch.tensor([0, 1]), {"n_steps": n_steps}
    for baseline in (1.0, torch.ones(1, 2, 2)):
        made = attribute(
            "integrated_gradients", Squares(), images, classes, baseline=baseline, **options
        )
        # The product, 2 - 1, by halves of (x0 - b)(x1 + b) and (x1 - b)(x0 + b).
        expected = torch.tensor([[[0.0, 3], [8, 15]], [[0, 1], [0, 0]]])
        torch.testing.assert_close(made, expected, rtol=0, atol=1e-5)
        gap = completeness_gap(Squares(), images, classes, made, baseline=baseline)
        torch.testing.assert_close(gap, torch.zeros(2), rtol=0, atol=1e-5)
    other = completeness_gap(Squares(), images, classes, made, baseline=0.0)
    torch.testing.assert_close(other, torch.tensor([-4.0, -1]), rtol=0, atol=1e-5)


def test_completeness_gap_by_hand():
    """Of relu(x - 1) at 3, nodes at 0.21 and 0.79 see half of the way active, not two thirds."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(1, 1), nn.ReLU())
    network[1].weight.data.fill_(1)
    network[1].bias.data.fill_(-1)
    image = torch.tensor([[[[3.0]]]])
    made = attribute("integrated_gradients", network, image, ONE, n_steps=2)
    assert made.item() == pytest.approx(1.5)
    assert completeness_gap(network, image, ONE, made).item() == pytest.approx(-0.5)
    finer = attribute("integrated_gradients", network, image, ONE, n_steps=200)
    assert abs(completeness_gap(network, image, ONE, finer).item()) < 0.02


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def plain(inplace=False):
    """Of modules, in training mode, with dropout and batch normalisation."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        nn.BatchNorm2d(3),
        nn.ReLU(inplace=inplace),
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(inplace=inplace),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(4 * 12 * 8, 5),
    )
    network[1].running_mean.uniform_()
    return network


def residual(members=1, seed=1):
    network = networks.resnet(18, in_channels=2, classes=5, width=4, stem="small", members=members)
    networks.initialise(network, range(seed, seed + members))
    return network


def reader():
    network = calcium_network.calcium_network(
        classes=5, shape=(12, 8), widths=(4, 5), hidden=9, in_channels=2
    )
    calcium_network.initialise(network, [1])
    return network


class OneMember(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        outputs = self.network(x)
        return outputs[:, 0] if outputs.ndim == 3 else outputs


IMAGES, CLASSES = drawn(3, 2, 12, 8), torch.tensor([4, 0, 2])


# Of guided back-propagation captum is right on modules alone: `core`'s are in test_guided_relu.py.
@pytest.mark.parametrize(
    ("method", "make"),
    [
        (method, make)
        for method in METHODS
        for make in (plain, residual, reader)
        if method != "guided_backprop" or make is plain
    ],
)
def test_equals_captum(method, make):
    kind, options = CAPTUMS[method]
    made = attribute_channels(method, make(), IMAGES, CLASSES)
    network = OneMember(make()).eval()
    theirs = kind(network).attribute(IMAGES.clone(), target=CLASSES, **options).detach()
    assert made.dtype == torch.float32
    assert made.shape == IMAGES.shape
    assert not made.requires_grad
    assert (made - theirs).abs().max() <= 1e-5 * theirs.abs().max()
    assert theirs.abs().max() > 0
    maps = attribute(method, make(), IMAGES, CLASSES)
    reduced = made.abs().amax(1) if method == "saliency" else made.sum(1)
    torch.testing.assert_close(maps, reduced, rtol=0, atol=0)


def test_integrated_gradients_equal_captum_from_other_baselines():
    network, baseline = OneMember(residual()).eval(), drawn(*IMAGES.shape, seed=4)
    options = {"baselines": baseline, "target": CLASSES, "n_steps": 9}
    theirs, delta = IntegratedGradients(network).attribute(
        IMAGES, return_convergence_delta=True, **options
    )
    given = (residual(), IMAGES, CLASSES)
    made = integrated_gradients(*given, baseline=baseline, n_steps=9, evaluations_at_once=6)
    torch.testing.assert_close(made, theirs.detach(), rtol=0, atol=1e-5 * theirs.abs().max().item())
    gap = completeness_gap(*given, made, baseline=baseline)
    torch.testing.assert_close(gap, delta.detach(), rtol=0, atol=1e-5)
    assert gap.abs().max() > 1e-4


@pytest.mark.parametrize("method", ALL)
def test_operations_in_place_change_nothing(method):
    """Also where the network begins with one."""
    images = IMAGES.clone()
    networks_ = [nn.Sequential(nn.ReLU(place), *plain(place)) for place in (False, True)]
    maps = [attribute(method, one, images, CLASSES, **ALL[method]) for one in networks_]
    torch.testing.assert_close(maps[1], maps[0], rtol=0, atol=1e-6)
    assert torch.equal(images, IMAGES)
    assert not images.requires_grad
    assert images.grad is None


@pytest.mark.parametrize("method", METHODS)
def test_an_batched_network_is_its_members_mean(method):
    images = drawn(3, 4, 12, 8)
    made = attribute_channels(method, residual(members=2), images, CLASSES)
    parts = [
        attribute_channels(
            method, residual(seed=1 + member), images[:, 2 * member : 2 * member + 2], CLASSES
        )
        for member in range(2)
    ]
    expected = torch.cat(parts, dim=1) / 2
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-5 * expected.abs().max().item())


class Failing(nn.Module):
    """Fails when it is told to."""

    fails = False

    def forward(self, x):
        if self.fails:
            raise KeyError("broken")
        return x


def state_of(network):
    return (
        [module.training for module in network.modules()],
        [
            len(module._forward_hooks)
            + len(module._forward_pre_hooks)
            + len(module._backward_hooks)
            for module in network.modules()
        ],
        [values.requires_grad for values in network.parameters()],
        [values.grad is None for values in network.parameters()],
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.overrides._get_current_function_mode_stack(),
    )


@pytest.mark.parametrize("caller", [torch.enable_grad, torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("method", ALL)
def test_everything_is_as_it_was_also_after_an_exception(method, caller):
    network = plain()
    network.insert(4, Failing())
    network[1].eval()  # modes and flags that differ
    network[0].bias.requires_grad_(False)
    expected = attribute(method, plain(), IMAGES, CLASSES, **ALL[method])
    means = network[1].running_mean.clone()
    with caller():
        before = state_of(network)
        images, classes = IMAGES.clone(), CLASSES.clone()  # of inference mode
        made = attribute(method, network, images, classes, **ALL[method])
        assert state_of(network) == before
        network[4].fails = True
        with pytest.raises(KeyError, match="broken"):
            attribute(method, network, images, classes, **ALL[method])
        assert state_of(network) == before
        network[4].fails = False
        with pytest.raises((RuntimeError, IndexError)):
            attribute(method, network, images, classes + 7, **ALL[method])
        assert state_of(network) == before
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-6)
    assert torch.equal(network[1].running_mean, means)
    network(IMAGES).sum().backward()  # it can be trained as before
    assert network[0].weight.grad is not None
    assert network[0].bias.grad is None


def test_a_refusal_leaves_the_network_as_it_was():
    network = plain()
    network[4] = nn.GELU()
    before = state_of(network)
    with pytest.raises(NotApplicable, match="gelu"):
        attribute("guided_backprop", network, IMAGES, CLASSES)
    assert state_of(network) == before


def test_frozen_networks_are_explained_too():
    for method in METHODS:
        expected = attribute(method, plain(), IMAGES, CLASSES)
        frozen = plain().requires_grad_(False)
        assert torch.equal(attribute(method, frozen, IMAGES, CLASSES), expected)


def test_steps_of_integrated_gradients_are_batches_of_what_was_asked_for():
    network, sizes = reader(), []
    network.register_forward_hook(lambda module, given, out: sizes.append(len(given[0])))
    integrated_gradients(network, IMAGES, CLASSES, n_steps=10, evaluations_at_once=7)
    assert sizes == [6] * 5
    sizes.clear()
    integrated_gradients(network, IMAGES, CLASSES, n_steps=2, evaluations_at_once=1)
    assert sizes == [3, 3]


def test_the_same_bytes_again():
    for method, options in ALL.items():
        maps = [attribute(method, residual(), IMAGES, CLASSES, **options) for _ in range(2)]
        assert torch.equal(*maps), method


def test_unknown_methods():
    with pytest.raises(ValueError, match="'lime'"):
        attribute("lime", reader(), IMAGES, CLASSES)
