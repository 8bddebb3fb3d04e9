"""Activations and gradients at a layer: the right ones, and nothing left behind."""

import pytest
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.evidence import Division, gather_evidence
from neuroloop.networks.calcium_network import calcium_network
from neuroloop.networks.resnet import initialise, resnet


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def small(inplace=False):
    """Two convolutions, batch normalisation, dropout and a flattening head, in training mode."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        nn.BatchNorm2d(3),
        nn.ReLU(inplace=inplace),
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(inplace=inplace),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(4 * 6 * 5, 7),
    )
    network[1].running_mean.uniform_()
    return network


IMAGES, CLASSES = drawn(5, 2, 6, 5), torch.tensor([[0, 3], [1, 1], [6, 2], [5, 0], [4, 4]])


def plainly(network, layer, images, classes):
    """Activations and gradients by a pass for each image and class."""
    network.eval()
    kept = []
    handle = network[layer].register_forward_hook(lambda module, given, out: kept.append(out))
    activations, gradients = [], []
    for image, wanted in zip(images, classes, strict=True):
        of_image = []
        for number in wanted:
            kept.clear()
            score = network(image[None])[0, number]
            of_image.append(torch.autograd.grad(score, kept[0])[0][0])
        activations.append(kept[0][0].detach())
        gradients.append(torch.stack(of_image))
    handle.remove()
    return torch.stack(activations)[:, None], torch.stack(gradients, dim=1)[:, :, None]


@pytest.mark.parametrize("layer", [0, 1, 3, 5])
def test_equals_a_pass_for_each_image_and_class(layer):
    network = small()
    evidence = gather_evidence(network, network[layer], IMAGES, CLASSES)
    activations, gradients = plainly(small(), layer, IMAGES, CLASSES)
    torch.testing.assert_close(evidence.activations, activations)
    torch.testing.assert_close(evidence.gradients, gradients)
    assert evidence.gradients.abs().max() > 0.01
    scores = small().eval()(IMAGES).gather(1, CLASSES)[:, None]
    torch.testing.assert_close(evidence.scores, scores)


@pytest.mark.parametrize("layer", [0, 3])
def test_what_follows_may_work_in_place(layer):
    network = small(inplace=True)
    evidence = gather_evidence(network, network[layer], IMAGES, CLASSES)
    activations, gradients = plainly(small(), layer, IMAGES, CLASSES)
    assert activations.min() < 0
    torch.testing.assert_close(evidence.activations, activations)
    torch.testing.assert_close(evidence.gradients, gradients)
    cut = Division(network[: layer + 1], network[layer + 1 :])
    divided = gather_evidence(network, cut, IMAGES, CLASSES)
    torch.testing.assert_close(divided.activations, activations)
    torch.testing.assert_close(divided.gradients, gradients)


def test_one_image_as_many():
    network = small()
    for layer in (network[3], Division(network[:4], network[4:])):
        many = gather_evidence(network, layer, IMAGES, CLASSES)
        for number in range(len(IMAGES)):
            at = slice(number, number + 1)
            one = gather_evidence(network, layer, IMAGES[at], CLASSES[at])
            torch.testing.assert_close(one.gradients, many.gradients[:, at])
            torch.testing.assert_close(one.activations, many.activations[at])


def test_members_have_classes_of_their_own():
    networks = [
        resnet(18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1), members=members)
        for members in (2, 1, 1)
    ]
    batched_network, *singles = networks
    initialise(batched_network, [1, 2])
    images, classes = drawn(3, 2, 8, 8), torch.tensor([[[0, 1], [2, 0]]] * 3)
    evidence = gather_evidence(batched_network, batched_network.layer1, images, classes)
    assert evidence.scores.shape == (3, 2, 2)
    assert evidence.gradients.shape == (2, 3, 2, 4, 8, 8)
    for member, single in enumerate(singles):
        initialise(single, [member + 1])
        alone = gather_evidence(single, single.layer1, images[:, [member]], classes[:, member])
        torch.testing.assert_close(evidence.scores[:, [member]], alone.scores)
        torch.testing.assert_close(evidence.activations[:, [member]], alone.activations)
        torch.testing.assert_close(evidence.gradients[:, :, [member]], alone.gradients)
    same = gather_evidence(batched_network, batched_network.layer1, images, classes[:, 0])
    torch.testing.assert_close(same.scores[:, 0], evidence.scores[:, 0])


class Doubled(torch.autograd.Function):
    """An operation with a backward pass of its own, which knows no batched gradients."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, gradient):
        sums = torch.zeros(gradient.shape)
        sums += gradient  # refused where gradients are batched
        return 2 * sums


def test_operations_that_know_no_batched_gradients_go_class_by_class():
    network, doubled = small(), Doubled.apply
    usual = gather_evidence(network, network[3], IMAGES, CLASSES)
    network[4].register_forward_hook(lambda module, given, out: doubled(out))
    one_by_one = gather_evidence(network, network[3], IMAGES, CLASSES)
    torch.testing.assert_close(one_by_one.gradients, 2 * usual.gradients)


class Failing(nn.Module):
    """Fails when it is told to."""

    def __init__(self):
        super().__init__()
        self.fails = False

    def forward(self, x):
        if self.fails:
            raise KeyError("broken")
        return x


def state_of(network):
    return (
        [module.training for module in network.modules()],
        [len(module._forward_hooks) for module in network.modules()],
        [values.requires_grad for values in network.parameters()],
        [values.grad is None for values in network.parameters()],
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
    )


@pytest.mark.parametrize("divided", [False, True])
@pytest.mark.parametrize("place", [2, 6])
def test_everything_is_as_it_was_also_after_an_exception(place, divided):
    network = small()
    network.insert(place, Failing())
    network[1].eval()  # modes that differ
    layer = Division(network[:5], network[5:]) if divided else network[4]
    before = state_of(network)
    means = network[1].running_mean.clone()
    gather_evidence(network, layer, IMAGES, CLASSES)
    assert state_of(network) == before
    network[place].fails = True
    with pytest.raises(KeyError, match="broken"):
        gather_evidence(network, layer, IMAGES, CLASSES)
    assert state_of(network) == before
    with torch.no_grad():
        with pytest.raises(KeyError):
            gather_evidence(network, layer, IMAGES, CLASSES)
        assert not torch.is_grad_enabled()
        network[place].fails = False
        gather_evidence(network, layer, IMAGES, CLASSES)
        assert not torch.is_grad_enabled()
    with pytest.raises(NeuroLoopError, match="not all from 0 to"):
        gather_evidence(network, layer, IMAGES, CLASSES + 7)
    assert state_of(network) == before
    assert torch.equal(network[1].running_mean, means)


def test_inside_inference_mode():
    network = small()
    expected = gather_evidence(network, network[3], IMAGES, CLASSES)
    with torch.inference_mode():
        evidence = gather_evidence(network, network[3], IMAGES.clone(), CLASSES.clone())
    torch.testing.assert_close(evidence.gradients, expected.gradients)


def test_frozen_networks_are_explained_too():
    network = small()
    expected = gather_evidence(network, network[3], IMAGES, CLASSES)
    evidence = gather_evidence(network.requires_grad_(False), network[3], IMAGES, CLASSES)
    torch.testing.assert_close(evidence.gradients, expected.gradients, rtol=0, atol=0)


class Odd(nn.Module):
    """Runs its first layer twice and its second never."""

    def __init__(self):
        super().__init__()
        self.twice, self.never, self.flat = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1), nn.Flatten()

    def forward(self, x):
        return self.flat(self.twice(self.twice(x)))


@pytest.mark.parametrize("layer", ["twice", "never", "flat"])
def test_layers_that_cannot_be_explained(layer):
    network = Odd()
    before = state_of(network)
    with pytest.raises(ValueError, match="layer"):
        gather_evidence(network, network.get_submodule(layer), IMAGES, CLASSES)
    assert state_of(network) == before
    with pytest.raises(ValueError, match="no part of the network"):
        gather_evidence(network, nn.ReLU(), IMAGES, CLASSES)


class Stopping(torch.autograd.Function):
    """Passes images on, and fails where a gradient arrives."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise AssertionError("a gradient came down below the layer")


class Stop(nn.Module):
    def __init__(self, below):
        super().__init__()
        self.below = below

    def forward(self, x):
        self.graph_kept = torch.is_grad_enabled()
        return Stopping.apply(self.below(x))


@pytest.mark.parametrize("divided", [False, True])
@pytest.mark.parametrize("frozen", [False, True])
def test_gradients_end_at_the_layer(divided, frozen):
    """Neither the images nor the weights below ask for any, whatever their flags."""
    front = Stop(nn.Conv2d(1, 2, 3, padding=1).requires_grad_(not frozen))
    layer = nn.Conv2d(2, 3, 3, padding=1)
    head = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(3 * 16, 2))
    network = nn.Sequential(front, layer, head)
    images = torch.rand(2, 1, 4, 4, requires_grad=True)
    with pytest.raises(AssertionError, match="below the layer"):
        network(images).sum().backward()
    network.zero_grad()
    cut = Division(nn.Sequential(front, layer), head) if divided else layer
    found = gather_evidence(network, cut, images, torch.tensor([[0], [1]]))
    assert found.gradients.abs().sum() > 0
    assert not front.graph_kept
    assert images.grad is None
    assert all(values.grad is None for values in (*front.parameters(), *layer.parameters()))


@pytest.mark.parametrize("head", ["gap", "flatten"])
def test_a_device_is_not_asked_which_classes_there_are(head):
    """On a device without content, whatever asks for a value fails."""
    network = calcium_network(classes=3, shape=(8, 8), widths=(2,), hidden=3, head=head)
    there = network.to("meta")
    cut = Division(there.front, there.head)
    found = gather_evidence(there, cut, torch.zeros(4, 1, 8, 8), torch.tensor([[0, 2]] * 4))
    assert found.gradients.shape == (2, 4, 1, 2, 4, 4)
    with pytest.raises(NeuroLoopError, match="not all from 0 to 2"):
        gather_evidence(there, cut, torch.zeros(4, 1, 8, 8), torch.tensor([0, 1, 2, 3]))
