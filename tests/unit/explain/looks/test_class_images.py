"""Gradient ascent: against optima known by hand, and on networks of the workflow."""

import numpy as np
import pytest
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.looks.class_images import class_images
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks

SHAPE = (1, 6, 8)


def weights(outputs=2, shape=SHAPE):
    return np.random.default_rng(4).standard_normal((outputs, *shape)).astype(np.float32)


def linear(w):
    """Each output is w . I."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(w[0].size, len(w)))
    with torch.no_grad():
        network[1].weight.copy_(torch.from_numpy(w).flatten(1))
        network[1].bias.zero_()
    return network


def objective(w, image, l2):
    return float((w * image).sum() - l2 * (image.astype(np.float64) ** 2).sum())


@pytest.mark.parametrize("l2", [0.5, 2.0])
def test_optimum_by_hand(l2):
    w = weights()
    made = class_images(linear(w), SHAPE, [1, 0], l2=l2, seed=3, steps=500)
    assert made.images.shape == (2, *SHAPE)
    assert made.images.dtype == np.float32
    for number, target in enumerate((1, 0)):
        np.testing.assert_allclose(made.images[number], w[target] / (2 * l2), rtol=0, atol=1e-3)
        # f(I*) - l2 ||I*||^2 = ||w||^2 / (4 l2)
        assert made.end[number] == pytest.approx((w[target] ** 2).sum() / (4 * l2), rel=1e-4)
        assert made.start[number] == pytest.approx(0, abs=1)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.25, 0.5), (None, 0.3), (-0.1, None)])
def test_bounded_optimum_by_hand(low, high):
    """The objective is a sum over pixels, each a parabola: within bounds its optimum is clipped."""
    w = weights()
    made = class_images(linear(w), SHAPE, [0], l2=0.5, seed=3, low=low, high=high, steps=500)
    np.testing.assert_allclose(made.images[0], np.clip(w[0], low, high), rtol=0, atol=1e-3)
    values = class_images(linear(w), SHAPE, [0], l2=0.5, seed=3, low=low, high=high, steps=0).images
    assert low is None or values.min() >= low
    assert high is None or values.max() <= high
    if low is not None and high is not None:
        assert values.mean() == pytest.approx((low + high) / 2, abs=0.02)


def test_a_unit_is_the_mean_of_its_channel():
    network = nn.Sequential(nn.Conv2d(1, 3, 1, bias=False), nn.Flatten(), nn.Linear(144, 2))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([1.0, -4, 2]).view(3, 1, 1, 1))
    made = class_images(network, SHAPE, [1, 2], l2=0.1, seed=3, layer="0", steps=500)
    # Each of 48 pixels has the weight -4 / 48 or 2 / 48.
    np.testing.assert_allclose(made.images[0], -4 / 48 / 0.2, atol=1e-3)
    np.testing.assert_allclose(made.images[1], 2 / 48 / 0.2, atol=1e-3)


def calcium():
    made = calcium_network.calcium_network(classes=3, shape=(48, 48), widths=(3, 4, 5), hidden=6)
    calcium_network.initialise(made, [1])
    return made.train(), (1, 48, 48)


def digits():
    made = networks.resnet(18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1))
    networks.initialise(made, [1])
    return made.train(), (1, 16, 16)


def colours():
    made = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), nn.ReLU6(inplace=True), nn.Flatten(), nn.Linear(36, 3)
    )
    torch.manual_seed(2)
    for values in made.parameters():
        nn.init.normal_(values, 0, 0.3)
    return made, (3, 7, 7)


BOUNDED = {"blur": 0.7, "low": -1.0, "high": 2.0}


@pytest.mark.parametrize(
    ("make", "options"),
    [
        *((make, options) for make in (calcium, digits, colours) for options in ({}, BOUNDED)),
        (calcium, BOUNDED | {"jitter": 2}),
        (digits, BOUNDED | {"jitter": 1}),
    ],
)
def test_the_objective_rises(make, options):
    network, shape = make()
    made = class_images(network, shape, [0, 1, 2], l2=1e-4, seed=3, steps=20, **options)
    assert (made.end > made.start).all()
    logits = network.eval()(torch.from_numpy(made.images)).detach().reshape(3, 3).numpy()
    expected = logits.diagonal() - 1e-4 * (made.images**2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(made.end, expected, rtol=1e-4, atol=1e-5)
    if options:
        assert made.images.min() >= -1
        assert made.images.max() <= 2


def test_units_of_a_layer_inside():
    network, shape = calcium()
    made = class_images(network, shape, [0, 3], l2=1e-4, seed=3, layer="features.3", steps=20)
    assert (made.end > made.start).all()


def test_members_of_an_batched_network_count_alike():
    batched_network = calcium_network.calcium_network(
        classes=3, shape=(16, 16), widths=(3,), hidden=6, members=2
    )
    calcium_network.initialise(batched_network, [1, 2])
    made = class_images(batched_network, (2, 16, 16), [1], l2=1e-3, seed=3, steps=20)
    logits = batched_network(torch.from_numpy(made.images)).detach().mean(1)[0, 1]
    assert made.end[0] == pytest.approx(float(logits) - 1e-3 * (made.images**2).sum(), rel=1e-4)


def test_seeds_and_targets():
    network, shape = digits()

    def run(targets, seed):
        given = {"l2": 1e-4, "steps": 4, "jitter": 1}
        return class_images(network, shape, targets, seed=seed, **given).images

    assert run([0, 2], 3).tobytes() == run([0, 2], 3).tobytes()
    assert not np.allclose(run([0, 2], 3), run([0, 2], 4), atol=1e-3)
    # Which other targets there are is of no matter.
    np.testing.assert_allclose(run([2], 3)[0], run([0, 2], 3)[1], atol=1e-4)
    assert run([], 3).shape == (0, 1, 16, 16)


def test_blur_takes_high_frequencies_away():
    w = weights(1)
    plain, blurred = (
        class_images(linear(w), SHAPE, [0], l2=0.5, seed=3, blur=blur, steps=300)
        for blur in (0.0, 1.0)
    )

    def variation(image):
        return np.abs(np.diff(image, axis=-1)).sum() / np.abs(image).sum()

    assert variation(blurred.images[0]) < 0.7 * variation(plain.images[0])
    assert 0 < blurred.end[0] < plain.end[0]
    assert blurred.end[0] == pytest.approx(objective(w[0], blurred.images[0], 0.5), rel=1e-3)


def test_jitter_seeks_what_holds_at_all_shifts():
    """The optimum is then that of w averaged over the shifts."""
    w = weights(1, (1, 8, 8))
    made = class_images(linear(w), (1, 8, 8), [0], l2=0.5, seed=3, jitter=1, steps=2000, rate=0.02)
    shifts = [np.roll(w[0], (a, b), (1, 2)) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    average = np.mean(shifts, axis=0)
    assert np.abs(made.images[0] - average).max() < 0.15
    assert np.abs(made.images[0] - w[0]).max() > 1
    assert made.end[0] == pytest.approx(objective(w[0], made.images[0], 0.5), rel=1e-3)


class Failing(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 2, 1)
        self.layer.bias.requires_grad_(False)
        self.runs = 0

    def forward(self, x):
        self.runs += 1
        x = self.layer(x)
        if self.runs > 2:
            raise KeyError
        return x.flatten(1)


@pytest.mark.parametrize("layer", [None, "layer"])
def test_the_network_comes_back_as_it_was(layer):
    network = Failing()
    network.layer.eval()
    with pytest.raises(KeyError):
        class_images(network, SHAPE, [0], l2=0.1, seed=3, layer=layer)
    assert network.training
    assert not network.layer.training
    assert [p.requires_grad for p in network.parameters()] == [True, False]
    assert [p.grad for p in network.parameters()] == [None, None]
    assert not network.layer._forward_hooks


def test_within_inference_mode():
    network = linear(weights())
    with torch.inference_mode():
        made = class_images(network, SHAPE, [0], l2=0.5, seed=3, steps=3)
    assert made.end[0] > made.start[0]


def test_targets_that_are_not_there():
    with pytest.raises(NeuroLoopError, match=r"from 0 to 1: .* not 0, 2"):
        class_images(linear(weights()), SHAPE, [0, 2], l2=0.5, seed=3)
    with pytest.raises(NeuroLoopError, match=r"from 0 to 2: .* not -1"):
        class_images(calcium()[0], (1, 48, 48), [-1], l2=0.5, seed=3, layer="features.0")


def test_images_that_keep_their_level_show_the_pattern_and_not_the_darkness():
    """On the plane of images of mean m the optimum is m + (w - mean of w) / (2 l2)."""
    w = weights() - 5
    dark = class_images(linear(w), SHAPE, [0], l2=0.5, seed=3, low=-2, high=2, steps=500)
    np.testing.assert_allclose(dark.images, -2, atol=1e-6)
    made = class_images(linear(w), SHAPE, [0], l2=2.0, seed=3, steps=800, level=0.7)
    expected = 0.7 + (w[0] - w[0].mean()) / 4
    np.testing.assert_allclose(made.images[0], expected, atol=2e-3)
