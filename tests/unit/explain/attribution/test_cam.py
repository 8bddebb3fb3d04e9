"""Class activation maps: by hand, by their papers' equations, and by captum."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam, LayerGradientXActivation
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.cam import FORMULAS, class_maps, count_maps, maps_in_batches
from neuroloop.explain.attribution.evidence import Division
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks

#: Two channels of 2 x 2.
IMAGE = torch.tensor([[[[1.0, 2], [3, 4]], [[1, 2], [1, 0]]]])


def linear(weights, pooled=False):
    """The image itself is the layer; a linear head of one score follows, with a bias."""
    head = nn.Linear(len(weights), 1)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([weights]))
        head.bias.fill_(5)
    middle = [nn.AdaptiveAvgPool2d(1), nn.Flatten()] if pooled else [nn.Flatten()]
    return nn.Sequential(nn.Identity(), *middle, head)


#: dS/dA is 1 at two places of the first channel, -2 at the same places of the second.
FLAT = [1.0, 0, 0, 1, -2, 0, 0, -2]


def explain(network, method, signed=True):
    return class_maps(network, network[0], IMAGE, torch.tensor([[0]]), method, signed=signed)[
        0, 0, 0
    ].tolist()


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # Means of gradients 0.5 and -1: 0.5 A_1 - A_2.
        ("grad_cam", [[-0.5, -1], [0.5, 2]]),
        # Place by place: 1 * 1 - 2 * 1 and 1 * 4 - 2 * 0.
        ("hires_cam", [[-1, 0], [0, 4]]),
        # alpha = 1 / (2 + 1 * 10) at two places of channel 1, none of channel 2: A_1 / 6.
        ("grad_cam_plus_plus", [[1 / 6, 2 / 6], [3 / 6, 4 / 6]]),
    ],
)
def test_by_hand(method, expected):
    np.testing.assert_allclose(explain(linear(FLAT), method), expected, rtol=1e-6)
    relu = np.maximum(expected, 0)
    np.testing.assert_allclose(explain(linear(FLAT), method, signed=False), relu, rtol=1e-6)


def test_captum_by_the_same_hand():
    network = linear(FLAT)
    for kind, expected in (
        (LayerGradCam, [[-0.5, -1], [0.5, 2]]),
        (LayerGradientXActivation, [[-1, 0], [0, 4]]),
    ):
        theirs = kind(network, network[0]).attribute(IMAGE.clone(), 0).detach().sum(1)
        np.testing.assert_allclose(theirs[0], expected, rtol=1e-6)


def test_cam_by_hand():
    pooled = linear([3.0, -1], pooled=True)
    expected = np.array([[2.0, 4], [8, 12]])  # 3 A_1 - A_2
    np.testing.assert_allclose(explain(pooled, "cam"), expected, rtol=1e-6)
    # Where the head pools, Grad-CAM is CAM by the number of places, and HiResCAM too.
    np.testing.assert_allclose(explain(pooled, "grad_cam"), expected / 4, rtol=1e-6)
    np.testing.assert_allclose(explain(pooled, "hires_cam"), expected / 4, rtol=1e-6)
    # weights sum_ij relu(g) / (2 + g sum A) with g = 3 / 4: 4 * 0.75 / (2 + 7.5); none for -1 / 4.
    plus = np.array([[1.0, 2], [3, 4]]) * 3 / 9.5
    np.testing.assert_allclose(explain(pooled, "grad_cam_plus_plus"), plus, rtol=1e-6)


def test_cam_needs_a_head_that_pools():
    with pytest.raises(ValueError, match="global average pooling"):
        explain(linear(FLAT), "cam")


def test_hires_cam_adds_up_to_the_score_less_its_bias():
    score = linear(FLAT)(IMAGE)
    assert np.sum(explain(linear(FLAT), "hires_cam")) == pytest.approx(float(score.detach()) - 5)
    assert np.sum(explain(linear(FLAT), "grad_cam")) != pytest.approx(float(score.detach()) - 5)


def random_network(head, seed=1, members=1):
    network = calcium_network.calcium_network(
        classes=6, shape=(32, 24), head=head, widths=(4, 5, 6), hidden=9, members=members
    )
    calcium_network.initialise(network, range(seed, seed + members))
    return network


class OneMember(nn.Module):
    """A network with outputs (images, classes), which captum expects."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)[:, 0]


def frames(n=5, channels=1, seed=0):
    return torch.randn(n, channels, 32, 24, generator=torch.Generator().manual_seed(seed))


def by_captum(kind, network, layer, images, number, **options):
    single = OneMember(network).eval()
    made = kind(single, layer).attribute(images, number, **options)
    return made.detach().sum(dim=1)


def resnet_and_layer():
    network = networks.resnet(18, in_channels=1, classes=6, width=4, blocks=(1, 1))
    networks.initialise(network, [2])
    return network, network.layer1


def flat_and_layer():
    network = random_network("flatten")
    return network, network.features


def pooled_and_inner_layer():
    network = random_network("gap")
    return network, network.features[4]


@pytest.mark.parametrize("make", [flat_and_layer, pooled_and_inner_layer, resnet_and_layer])
def test_equals_captum(make):
    network, layer = make()
    classes = torch.arange(6).repeat(5, 1)
    made = {
        (method, signed): class_maps(network, layer, frames(), classes, method, signed=signed)
        for method in ("grad_cam", "hires_cam")
        for signed in (False, True)
    }
    for number in range(6):
        given = (network, layer, frames(), number)
        cam = by_captum(LayerGradCam, *given)
        scale = float(cam.abs().max())
        relu = by_captum(LayerGradCam, *given, relu_attributions=True)
        product = by_captum(LayerGradientXActivation, *given)
        for key, theirs in (
            (("grad_cam", True), cam),
            (("grad_cam", False), relu),
            (("hires_cam", True), product),
            (("hires_cam", False), product.relu()),
        ):
            assert (made[key][:, 0, number] - theirs).abs().max() < 1e-5 * scale, key
        assert scale > 1e-6


def derivatives(score, activations, order):
    """Of exp(score), place by place, of the orders 1 to `order`, by automatic differentiation."""
    values, made = score(activations).exp(), []
    for _ in range(order):
        (values,) = torch.autograd.grad(values.sum(), activations, create_graph=True)
        made.append(values.detach())
    return made


def test_grad_cam_plus_plus_by_its_own_equation():
    """Equation 10 with derivatives of Y = exp(S) of one place after the other."""
    generator = torch.Generator().manual_seed(3)
    weights = torch.randn(2, 3, 3, generator=generator, dtype=torch.float64)
    activations = torch.rand(2, 3, 3, generator=generator, dtype=torch.float64)
    alphas, slopes = torch.zeros(2, 2, 3, 3, dtype=torch.float64)
    for k in range(2):
        for place in np.ndindex(3, 3):
            index = (k, *place)

            def score(value, index=index):
                others = activations.clone()
                others[index] = 0
                return (weights * others).sum() + weights[index] * value

            at = activations[index].clone().requires_grad_()
            first, second, third = derivatives(score, at, 3)
            alphas[index] = second / (2 * second + activations[k].sum() * third)
            slopes[index] = first
    importance = (alphas * slopes.relu()).sum((1, 2))
    expected = (importance[:, None, None] * activations).sum(0)
    formula = FORMULAS["grad_cam_plus_plus"]
    # Derivatives of exp(S) have the factor exp(S), which the formula leaves out.
    factor = (weights * activations).sum().exp()
    made = formula(activations[None, None], weights[None, None, None])[0, 0, 0] * factor
    torch.testing.assert_close(made, expected, rtol=1e-10, atol=0)
    tiny = formula(activations[None, None].float(), 1e-20 * weights[None, None, None].float())
    assert (tiny > 0).all(), "g^3 would be 0 in single precision"


def test_cam_with_the_weights_of_the_head():
    network = random_network("gap")
    maps = class_maps(
        network, network.features, frames(), torch.arange(6).repeat(5, 1), "cam", signed=True
    )
    activations = network.eval().front(frames())
    expected = torch.einsum("ck,nkyx->ncyx", network.head.fc.weight, activations)
    torch.testing.assert_close(maps[:, 0], expected, rtol=1e-4, atol=1e-6)
    grad_cam = class_maps(
        network, network.features, frames(), torch.arange(6).repeat(5, 1), signed=True
    )
    torch.testing.assert_close(grad_cam * 12, maps, rtol=1e-4, atol=1e-6)  # 4 x 3 places


@pytest.mark.parametrize("method", FORMULAS)
def test_batches_divisions_and_members(method):
    head = "gap" if method == "cam" else "flatten"
    batched_network = random_network(head, seed=5, members=2)
    images, classes = frames(7, channels=2), np.arange(14).reshape(7, 2) % 6

    def stacked(layer, at_once):
        parts = maps_in_batches(
            batched_network,
            layer,
            images.numpy().__getitem__,
            classes,
            method,
            maps_at_once=at_once,
        )
        rows, maps = zip(*parts, strict=True)
        assert np.concatenate(rows).tolist() == list(range(7))
        assert max(map(len, rows)) == min(7, max(1, at_once // 2))
        return np.concatenate(maps)

    whole = stacked(batched_network.features, 100)
    assert whole.shape == (7, 2, 2, 4, 3)
    assert whole.dtype == np.float32
    scale = whole.max()
    assert scale > 0
    cut = Division(batched_network.front, batched_network.head)
    for layer, at_once in (
        (batched_network.features, 1),
        (batched_network.features, 4),
        (cut, 4),
        (cut, 100),
    ):
        np.testing.assert_allclose(stacked(layer, at_once), whole, rtol=0, atol=1e-5 * scale)
    for member in range(2):
        single = random_network(head, seed=5 + member)
        alone = class_maps(
            single, single.features, images[:, [member]], torch.from_numpy(classes), method
        )
        np.testing.assert_allclose(alone[:, 0], whole[:, member], rtol=0, atol=1e-5 * scale)


def test_memory_does_not_grow_with_the_number_of_images(live_values):
    network, alive = random_network("flatten"), []

    def load(rows):
        alive.append(live_values())
        return frames(len(rows)).numpy()

    for _ in maps_in_batches(
        network, network.features, load, np.zeros((10, 1), int), maps_at_once=2
    ):
        pass
    assert len(alive) == 5
    assert len(set(alive[2:])) == 1


def test_counts_of_maps_that_say_nothing():
    maps = np.zeros((2, 3, 4, 4), dtype=np.float32)
    maps[0, 0] = 2.5
    maps[0, 1, 1, 1] = np.nan
    maps[0, 2, 3, 3] = np.inf
    maps[1, 0, 0, 0] = 1e-30
    assert count_maps(maps) == (6, 2, 1, 2)
    assert count_maps(maps).empty == 2
    assert count_maps(maps[:0]) == (0, 0, 0, 0)


def test_a_score_without_positive_evidence_has_an_empty_map():
    network = linear([-1.0] * 8)
    maps = class_maps(network, network[0], IMAGE, torch.tensor([[0]])).numpy()
    assert count_maps(maps) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"network": "resnet"}, "network and layer are str and"),
        ({"layer": "layer4"}, "network and layer are Sequential and str"),
        ({"images": IMAGE.numpy()}, "images are of type ndarray"),
        ({"images": IMAGE[0]}, r"images are float32 of shape \(2, 2, 2\)"),
        ({"images": IMAGE[:, :, :1]}, r"cannot read images that are float32 of shape \(1, 2, 1, 2"),
        ({"images": IMAGE.double()}, "cannot read images that are float64"),
        ({"classes": [[0]]}, "classes are of type list, of 1 images"),
        ({"classes": torch.zeros(1, 1)}, "classes are float32"),
        ({"images": IMAGE.repeat(5, 1, 1, 1), "classes": torch.zeros(2).long()}, "of 5 images"),
        ({"classes": torch.tensor([[1]])}, "not all from 0 to 0"),
        ({"classes": torch.tensor([[-1]])}, "not all from 0 to 0"),
        ({"classes": torch.zeros(1, 3, 1).long()}, "of 3 members, and the network has 1"),
        ({"method": "gradcam"}, "method gradcam: known are cam, grad_cam"),
    ],
)
def test_wrong_arguments_are_refused_in_a_line(given, message):
    network = linear(FLAT)
    usual = {"layer": network[0], "images": IMAGE, "classes": torch.tensor([[0]])}
    with pytest.raises(NeuroLoopError, match=message) as it:
        class_maps(**{"network": network} | usual | given)
    assert "\n" not in str(it.value)


def test_what_returns_no_scores_is_refused():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.within = linear(FLAT)

        def forward(self, images):
            return {"logits": self.within(images)}

    named = Named()
    with pytest.raises(NeuroLoopError, match="the network's output is of type dict: wrap it"):
        class_maps(named, named.within[0], IMAGE, torch.tensor([[0]]))
