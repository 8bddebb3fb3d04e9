"""The reader of calcium frames, alone and as a batched network."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from neuroloop.networks.calcium_network import calcium_network, initialise
from neuroloop.networks.resnet import member_state
from neuroloop.training.loop import fit, predict
from neuroloop.training.recipe import Recipe

SHAPE = (17, 24)
KINDS = [
    {"head": "flatten"},
    {"head": "gap"},
    {"head": "gap", "coordinates": True, "in_channels": 2},
    {"head": "flatten", "mask": torch.arange(17 * 24).view(17, 24) % 3 > 0},
]
NAMES = ["flatten", "gap", "coordinates", "masked"]


def small(members=1, **options):
    settings = {"classes": 5, "shape": SHAPE, "widths": (4, 6, 8), "hidden": 7} | options
    return calcium_network(members=members, **settings)


def batched_and_singles(**options):
    batched_network, singles = small(members=3, **options), [small(**options) for _ in range(3)]
    initialise(batched_network, [11, 12, 13])
    for seed, single in zip((11, 12, 13), singles, strict=True):
        initialise(single, [seed])
        single.input.mean.fill_(seed / 10)
        single.input.std.fill_(seed / 5)
    batched_network.input.mean.copy_(torch.cat([single.input.mean for single in singles]))
    batched_network.input.std.copy_(torch.cat([single.input.std for single in singles]))
    return batched_network, singles


def batch(channels, n=4, seed=0):
    return torch.randn(n, channels, *SHAPE, generator=torch.Generator().manual_seed(seed))


def test_the_studys_network():
    with torch.device("meta"):
        network = calcium_network(classes=25, shape=(512, 512))
    shapes = {name: tuple(values.shape) for name, values in network.named_parameters()}
    assert shapes == {
        "features.0.weight": (16, 1, 5, 5),
        "features.0.bias": (16,),
        "features.3.weight": (32, 16, 5, 5),
        "features.3.bias": (32,),
        "features.6.weight": (64, 32, 5, 5),
        "features.6.bias": (64,),
        "head.hidden.weight": (300, 64 * 64 * 64),
        "head.hidden.bias": (300,),
        "head.fc.weight": (25, 300),
        "head.fc.bias": (25,),
    }
    assert sum(values.numel() for values in network.parameters()) == 78_715_537
    with torch.device("meta"):
        network = calcium_network(classes=25, shape=(512, 512), head="gap")
        assert network.front(torch.zeros(2, 1, 512, 512)).shape == (2, 64, 64, 64)
        assert network(torch.zeros(2, 1, 512, 512)).shape == (2, 1, 25)
    assert network.head.fc.weight.shape == (25, 64)


@pytest.mark.parametrize("head", ["flatten", "gap"])
def test_is_the_network_as_one_would_write_it(head):
    network = small(head=head)
    initialise(network, [3])
    x = batch(1)
    layers, channels = [], 1
    for width in (4, 6, 8):
        layers += [nn.Conv2d(channels, width, 5, padding="same"), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    layers.append(nn.Flatten() if head == "flatten" else nn.AdaptiveAvgPool2d(1))
    if head == "flatten":
        layers += [nn.Linear(8 * 2 * 3, 7), nn.ReLU(), nn.Linear(7, 5)]
    else:
        layers += [nn.Flatten(), nn.Linear(8, 5)]
    plain = nn.Sequential(*layers)
    own = [values.contiguous() for values in network.state_dict().values()][2:]  # less mean, std
    plain.load_state_dict(dict(zip(plain.state_dict(), own, strict=True)))
    torch.testing.assert_close(network(x)[:, 0], plain(x))
    torch.testing.assert_close(network.front(x), plain[:9](x))
    torch.testing.assert_close(network.head(network.front(x)), network(x), rtol=0, atol=0)
    # Gradients too: pooling before ReLU, and not after it, leads them to the same places.
    network(x).square().sum().backward()
    plain(x).square().sum().backward()
    for one, other in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad.contiguous(), other.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("options", KINDS, ids=NAMES)
def test_batched_network_equals_its_members(options):
    batched_network, singles = batched_and_singles(**options)
    channels = options.get("in_channels", 1)
    x = batch(3 * channels)
    logits = batched_network(x)
    assert logits.shape == (4, 3, 5)
    logits.square().sum().backward()
    for member, single in enumerate(singles):
        alone = single(x[:, channels * member : channels * (member + 1)])
        torch.testing.assert_close(logits[:, [member]], alone, rtol=1e-5, atol=1e-6)
        alone.square().sum().backward()
        for name, values in single.named_parameters():
            part = batched_network.get_parameter(name).grad.chunk(3)[member]
            torch.testing.assert_close(part, values.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", KINDS, ids=NAMES)
def test_members_start_as_single_networks(options):
    batched_network, singles = batched_and_singles(**options)
    for member, single in enumerate(singles):
        state = member_state(batched_network, member)
        assert state.keys() == single.state_dict().keys()
        for name, values in single.state_dict().items():
            assert torch.equal(state[name], values), name


def test_initialisation_depends_on_the_seed_alone():
    torch.manual_seed(1)
    first, second, other = small(), small(), small()
    initialise(first, [3])
    torch.rand(7)
    before = torch.get_rng_state()
    initialise(second, [3])
    assert torch.equal(torch.get_rng_state(), before)
    initialise(other, [4])
    for name, values in first.named_parameters():
        assert torch.equal(values, second.get_parameter(name))
        assert not torch.equal(values, other.get_parameter(name))


def test_initial_weights_have_the_spread_of_torchs_own():
    network = small(head="flatten", hidden=300)
    initialise(network, [0])
    for name, fan_in in (("features.3", 4 * 25), ("head.hidden", 48), ("head.fc", 300)):
        weight = network.get_parameter(f"{name}.weight").detach()
        assert float(weight.abs().max()) == pytest.approx(fan_in**-0.5, rel=0.02)
        assert float(weight.std()) == pytest.approx((3 * fan_in) ** -0.5, rel=0.05)
        bias = network.get_parameter(f"{name}.bias").detach()
        assert 0 < float(bias.abs().max()) <= fan_in**-0.5
    with pytest.raises(ValueError, match="1 seeds for 3 members"):
        initialise(small(members=3), [0])


def test_frames_are_standardised_and_masked_by_hand():
    mask = torch.zeros(SHAPE, dtype=torch.bool)
    mask[2:5, 3:9] = True
    network = small(mask=mask)
    network.input.mean.fill_(2.0)
    network.input.std.fill_(4.0)
    x = torch.full((1, 1, *SHAPE), 10.0)
    seen = network.input(x)
    assert float(seen[0, 0, 3, 4]) == 2.0  # (10 - 2) / 4
    assert float(seen.sum()) == 2.0 * 18
    initialise(network, [1])
    changed = torch.where(mask, x, 77.0)
    torch.testing.assert_close(network(x), network(changed), rtol=0, atol=0)
    names = set(network.state_dict())
    assert {"input.mean", "input.std", "input.mask"} < names, "stored with the weights"


def test_coordinates_are_channels_of_their_own():
    network = small(members=2, in_channels=2, coordinates=True)
    seen = network.input(batch(4))
    assert seen.shape == (4, 8, *SHAPE)
    torch.testing.assert_close(seen[:, [0, 1, 4, 5]], batch(4))
    for row, column in ((2, 3), (6, 7)):
        assert seen[0, row, :, 0].tolist() == pytest.approx(np.linspace(-1, 1, 17).tolist())
        assert seen[0, row].std(dim=1).max() == 0
        assert seen[0, column, 0].tolist() == pytest.approx(np.linspace(-1, 1, 24).tolist())
    assert not any("places" in name for name in network.state_dict())


def test_a_head_that_pools_cannot_tell_places_apart_without_coordinates():
    """A limit worth knowing: two cells far from the borders are one to it on an even ground."""
    x = torch.zeros(2, 1, 112, 112)
    x[0, 0, 40:43, 40:43] = 1
    x[1, 0, 40:43, 64:67] = 1  # three strides of the last pooling to the right
    same, told = (
        calcium_network(classes=3, shape=(112, 112), head="gap", coordinates=coordinates)
        for coordinates in (False, True)
    )
    flat = calcium_network(classes=3, shape=(112, 112), hidden=5)
    for network in (same, told, flat):
        initialise(network, [1])
    torch.testing.assert_close(same(x)[0], same(x)[1], rtol=0, atol=1e-6)
    assert (told(x)[0] - told(x)[1]).abs().max() > 1e-5
    assert (flat(x)[0] - flat(x)[1]).abs().max() > 1e-5


@pytest.mark.parametrize("head", ["flatten", "gap"])
def test_trains_and_predicts_as_other_networks(head):
    batched_network, singles = batched_and_singles(head=head)
    x, truth = batch(1, n=12), torch.arange(12) % 5
    recipe = Recipe(epochs=2, batch_size=4, learning_rate=1e-3, optimiser="adam")

    def loss(network, epoch, indices):
        logits = network(x[indices][:, :, 0].transpose(0, 1))
        entropy = functional.cross_entropy(
            logits.permute(0, 2, 1), truth[indices].T, reduction="none"
        )
        return entropy.mean(dim=0), {}

    fit(batched_network, loss, [12] * 3, [1, 2, 3], recipe)
    fit(singles[1], loss, [12], [2], recipe)
    logits = predict(batched_network, x)
    assert logits.shape == (12, 3, 5)
    np.testing.assert_allclose(logits[:, [1]], predict(singles[1], x), rtol=0, atol=1e-4)
    assert torch.equal(batched_network.input.mean, torch.tensor([1.1, 1.2, 1.3])), "not trained"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"head": "attention"}, "no head"),
        ({"shape": (7, 64)}, "too small for 3 poolings"),
        ({"mask": torch.ones(3, 4)}, "mask of"),
    ],
)
def test_impossible_networks(options, said):
    with pytest.raises(ValueError, match=said):
        small(**options)
