"""Residual networks, alone and as batched networks."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from neuroloop.errors import NeuroLoopError
from neuroloop.networks.resnet import (
    initialise,
    load_checkpoint,
    member_state,
    resnet,
)

#: Of torchvision's networks at 1,000 classes, as its documentation states them.
PARAMETERS = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032}
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
#: float32; the largest difference seen is 1e-6 of a gradient's norm.
RELATIVE = 1e-5


def small(members: int = 1, dims: int = 2, depth: int = 18, **options):
    """A network that takes milliseconds: width 4, two stages, 2 input channels, 5 classes."""
    settings = {"in_channels": 2, "classes": 5, "width": 4, "blocks": (1, 1)} | options
    return resnet(depth, members=members, dims=dims, **settings)


def batched_and_singles(**options):
    seeds = [11, 12, 13]
    batched_network = small(members=3, **options)
    initialise(batched_network, seeds)
    singles = []
    for seed in seeds:
        singles.append(small(**options))
        initialise(singles[-1], [seed])
    return batched_network, singles


def batch(dims: int, n: int = 6):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 6, *((1, 40) if dims == 1 else (16, 16)), generator=generator)
    return x, torch.randint(0, 5, (n, 3), generator=generator)


def of_member(x, member):
    return x[:, 2 * member : 2 * member + 2]


def entropy(logits, truth):
    """Sum over members of their mean cross-entropies."""
    members = range(truth.shape[1])
    return sum(functional.cross_entropy(logits[:, m], truth[:, m]) for m in members)


def torchvision_shapes(depth: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of torchvision's state, written down from its published checkpoints."""

    def norm(name, channels):
        vectors = ("weight", "bias", "running_mean", "running_var")
        return {f"{name}.{vector}": (channels,) for vector in vectors} | {
            f"{name}.num_batches_tracked": ()
        }

    shapes = {"conv1.weight": (64, 3, 7, 7)} | norm("bn1", 64)
    channels = 64
    for stage, count in enumerate(BLOCKS[depth], start=1):
        width = (64, 128, 256, 512)[stage - 1]
        out = width * (4 if depth == 50 else 1)
        for block in range(count):
            at = f"layer{stage}.{block}"
            if depth == 50:
                kernels = [(width, channels, 1, 1), (width, width, 3, 3), (out, width, 1, 1)]
            else:
                kernels = [(width, channels, 3, 3), (width, width, 3, 3)]
            for number, kernel in enumerate(kernels, start=1):
                shapes[f"{at}.conv{number}.weight"] = kernel
                shapes |= norm(f"{at}.bn{number}", kernel[0])
            if block == 0 and (stage > 1 or depth == 50):
                shapes[f"{at}.downsample.0.weight"] = (out, channels, 1, 1)
                shapes |= norm(f"{at}.downsample.1", out)
            channels = out
    return shapes | {"fc.weight": (1000, channels), "fc.bias": (1000,)}


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_names_shapes_and_counts_are_torchvisions(depth):
    with torch.device("meta"):
        network = resnet(depth, in_channels=3, classes=1000)
    shapes = {name: tuple(values.shape) for name, values in network.state_dict().items()}
    assert shapes == torchvision_shapes(depth)
    assert sum(values.numel() for values in network.parameters()) == PARAMETERS[depth]


def test_some_names_as_in_a_published_checkpoint():
    names = list(resnet(18, in_channels=3, classes=1000).state_dict())
    assert names[:3] == ["conv1.weight", "bn1.weight", "bn1.bias"]
    for name in ("layer1.0.conv1.weight", "layer2.0.downsample.0.weight", "layer4.1.bn2.weight"):
        assert name in names
    assert "layer1.0.downsample.0.weight" not in names
    assert names[-2:] == ["fc.weight", "fc.bias"]


@pytest.mark.parametrize(
    ("stem", "dims", "side", "sides"),
    [
        ("imagenet", 2, (64, 64), [(16, 16), (8, 8), (4, 4), (2, 2)]),
        ("small", 2, (16, 16), [(16, 16), (8, 8), (4, 4), (2, 2)]),
        ("imagenet", 1, (1, 500), [(1, 125), (1, 63), (1, 32), (1, 16)]),
    ],
)
def test_sizes_of_stages(stem, dims, side, sides):
    network = resnet(18, in_channels=1, classes=3, width=4, stem=stem, dims=dims)
    seen = []
    for name in network.stages:
        network.get_submodule(name).register_forward_hook(
            lambda module, given, out: seen.append(tuple(out.shape[1:]))
        )
    assert network(torch.zeros(2, 1, *side)).shape == (2, 1, 3)
    assert seen == [(4 * 2**stage, *size) for stage, size in enumerate(sides)]


def plain_conv1d(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The study's 1-D ResNet18 in evaluation mode, written with 1-D operations, (batch, voxels)."""
    state = {name: values.squeeze(2) if values.ndim == 4 else values
             for name, values in network.state_dict().items()}  # fmt: skip

    def norm(y, name):
        names = ("running_mean", "running_var", "weight", "bias")
        return functional.batch_norm(y, *(state[f"{name}.{part}"] for part in names))

    def conv(y, name, stride, padding):
        return functional.conv1d(y, state[f"{name}.weight"], stride=stride, padding=padding)

    y = functional.relu(norm(conv(x[:, None], "conv1", 2, 3), "bn1"))
    y = functional.max_pool1d(y, 3, 2, 1)
    for stage in range(1, 5):
        for block in range(2):
            at, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            z = functional.relu(norm(conv(y, f"{at}.conv1", stride, 1), f"{at}.bn1"))
            z = norm(conv(z, f"{at}.conv2", 1, 1), f"{at}.bn2")
            if stride == 2:
                y = norm(conv(y, f"{at}.downsample.0", 2, 0), f"{at}.downsample.1")
            y = functional.relu(z + y)
    return functional.linear(y.mean(dim=2), state["fc.weight"], state["fc.bias"])


def test_one_dimension_is_a_network_of_conv1d():
    network = resnet(18, in_channels=1, classes=7, width=8, dims=1)
    initialise(network, [5])
    x = torch.randn(4, 100, generator=torch.Generator().manual_seed(1))
    for _ in range(3):  # gives batch normalisation statistics of its own
        network(x[:, None, None])
    network.eval()
    torch.testing.assert_close(network(x[:, None, None])[:, 0], plain_conv1d(network, x))


def test_members_start_as_single_networks():
    batched_network, singles = batched_and_singles()
    for member, single in enumerate(singles):
        state = member_state(batched_network, member)
        assert state.keys() == single.state_dict().keys()
        for name, values in single.state_dict().items():
            torch.testing.assert_close(state[name], values, rtol=0, atol=0)
    member_state(batched_network, 0)["fc.bias"].zero_()  # a copy
    assert batched_network.fc.bias.abs().min() > 0


def test_initialisation_depends_on_the_seed_alone():
    torch.manual_seed(1)
    first = small()
    initialise(first, [3])
    before = torch.get_rng_state()
    torch.rand(7)
    second = small()
    middle = torch.get_rng_state()
    initialise(second, [3])
    assert torch.equal(torch.get_rng_state(), middle)
    assert not torch.equal(before, middle)
    other = small()
    initialise(other, [4])
    for name, values in first.state_dict().items():
        assert torch.equal(values, second.state_dict()[name])
        if "conv" in name or "fc" in name:
            assert not torch.equal(values, other.state_dict()[name])


def test_initial_weights_have_the_spread_of_he_et_al():
    network = resnet(18, in_channels=3, classes=100)
    initialise(network, [0])
    # conv1: fan-out 64 * 7 * 7 = 3136; layer4: 512 * 9 = 4608.
    assert float(network.conv1.weight.detach().std()) == pytest.approx((2 / 3136) ** 0.5, rel=0.03)
    last = network.get_parameter("layer4.1.conv2.weight").detach()
    assert float(last.std()) == pytest.approx((2 / 4608) ** 0.5, rel=0.01)
    assert float(network.fc.weight.detach().abs().max()) == pytest.approx(512**-0.5, rel=1e-3)
    assert float(network.fc.bias.detach().abs().max()) <= 512**-0.5
    assert set(network.bn1.weight.tolist()) == {1.0}
    assert set(network.bn1.bias.tolist()) == {0.0}


def test_as_many_seeds_as_members():
    with pytest.raises(ValueError, match="2 seeds for 3 members"):
        initialise(small(members=3), [1, 2])


@pytest.mark.parametrize(
    ("dims", "depth", "stem"), [(2, 18, "small"), (2, 50, "imagenet"), (1, 18, "imagenet")]
)
def test_batched_network_equals_its_members(dims, depth, stem):
    batched_network, singles = batched_and_singles(dims=dims, depth=depth, stem=stem)
    x, truth = batch(dims)
    logits = batched_network(x)
    assert logits.shape == (6, 3, 5)
    entropy(logits, truth).backward()
    gradients = {name: values.grad for name, values in batched_network.named_parameters()}
    for member, single in enumerate(singles):
        alone = single(of_member(x, member))
        torch.testing.assert_close(logits[:, [member]], alone, rtol=RELATIVE, atol=1e-5)
        entropy(alone, truth[:, [member]]).backward()
        for name, values in single.named_parameters():
            difference = gradients[name].chunk(3)[member] - values.grad
            assert difference.norm() <= RELATIVE * values.grad.norm() + 1e-7, name
    for name, values in batched_network.state_dict().items():  # running statistics of normalisation
        if "running" in name:
            parts = torch.cat([single.state_dict()[name] for single in singles])
            torch.testing.assert_close(values, parts, rtol=RELATIVE, atol=1e-5)


def test_batched_network_equals_its_members_after_training():
    batched_network, singles = batched_and_singles(stem="small")
    x, truth = batch(2, n=12)

    def train(network, x, truth):
        optimiser = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
        for _ in range(8):
            optimiser.zero_grad()
            entropy(network(x), truth).backward()
            optimiser.step()
        return network.eval()(x)

    together = train(batched_network, x, truth)
    for member, single in enumerate(singles):
        alone = train(single, of_member(x, member), truth[:, [member]])
        # Rounding grows as weights move: 1e-3 after 8 steps, where logits are about 1.
        torch.testing.assert_close(together[:, [member]], alone, rtol=0, atol=1e-3)
        assert (together[:, [member]] - batched_network(x)[:, [(member + 1) % 3]]).abs().max() > 0.1


def test_members_do_not_see_each_other():
    batched_network, _ = batched_and_singles()
    x, _ = batch(2)
    before = batched_network.eval()(x)
    with torch.no_grad():
        for name, values in batched_network.named_parameters():
            values.chunk(3)[1].add_(0.1 if "weight" in name else 0.0)
    x[:, 2:4] += 1
    after = batched_network(x)
    assert torch.equal(before[:, [0, 2]], after[:, [0, 2]])
    assert not torch.equal(before[:, 1], after[:, 1])


def checkpoint_of(**options) -> dict[str, torch.Tensor]:
    network = small(in_channels=3, **options)
    initialise(network, [99])
    with torch.no_grad():
        network.bn1.running_mean += 0.5
    return network.state_dict()


def test_checkpoint_reaches_every_member():
    network = small(members=2, in_channels=3)
    initialise(network, [1, 2])
    state = checkpoint_of()
    assert load_checkpoint(network, state, "x.pth", replace_head=False) == []
    for member in range(2):
        loaded = member_state(network, member)
        assert all(torch.equal(loaded[name], values) for name, values in state.items())


def test_old_checkpoints_count_no_batches():
    state = {k: v for k, v in checkpoint_of().items() if "num_batches_tracked" not in k}
    assert load_checkpoint(small(in_channels=3), state, "x.pth", replace_head=False) == []


def test_colour_kernels_are_summed_for_grey_images():
    network = small(in_channels=1)
    state = checkpoint_of()
    (note,) = load_checkpoint(network, state, "x.pth", replace_head=False)
    assert "summed" in note
    grey = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(2))
    colour = small(in_channels=3)
    colour.load_state_dict(state)
    torch.testing.assert_close(network.eval()(grey), colour.eval()(grey.expand(-1, 3, -1, -1)))


@pytest.mark.parametrize("lacking", [False, True])
def test_head_of_other_classes_stays_as_it_is(lacking):
    network = small(members=2, in_channels=3, classes=4)
    initialise(network, [1, 2])
    before = {name: network.state_dict()[name].clone() for name in ("fc.weight", "fc.bias")}
    state = checkpoint_of()
    if lacking:
        state = {name: values for name, values in state.items() if "fc" not in name}
    (note,) = load_checkpoint(network, state, "x.pth", replace_head=True)
    assert "4 classes" in note
    assert lacking == ("no head" in note)
    assert all(torch.equal(network.state_dict()[name], values) for name, values in before.items())
    assert torch.equal(member_state(network, 1)["conv1.weight"], state["conv1.weight"])


def test_head_of_as_many_classes_is_loaded():
    network = small(in_channels=3)
    state = checkpoint_of()
    assert load_checkpoint(network, state, "x.pth", replace_head=True) == []
    assert torch.equal(network.fc.weight, state["fc.weight"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("bn1.bias"), "bn1.bias is missing"),
        (lambda s: s.update({"layer9.weight": torch.zeros(1)}), "layer9.weight is unknown"),
        (lambda s: s.update({"bn1.bias": torch.zeros(9)}), r"bn1.bias has shape \(9,\) .* \(4,\)"),
        (lambda s: s.update({"fc.weight": torch.zeros(9, 8)}), "fc.weight has shape"),
        (lambda s: [s.pop(k) for k in list(s)[:9]], "and [0-9]+ more"),
    ],
)
def test_unfit_checkpoint_is_refused_in_one_line(change, said):
    network = small(in_channels=3)
    before = {name: values.clone() for name, values in network.state_dict().items()}
    state = dict(checkpoint_of())
    change(state)
    with pytest.raises(NeuroLoopError, match=said) as error:
        load_checkpoint(network, state, "folder/x.pth", replace_head=False)
    assert "folder/x.pth" in str(error.value)
    assert "\n" not in str(error.value)
    assert all(torch.equal(network.state_dict()[k], v) for k, v in before.items())


def test_nested_checkpoint_is_refused():
    with pytest.raises(NeuroLoopError, match=r"conv1\.weight is missing"):
        load_checkpoint(small(), {"state_dict": checkpoint_of()}, "x.pth", replace_head=True)


def test_unknown_shapes_of_networks():
    for options in ({"depth": 19}, {"stem": "large"}, {"dims": 3}):
        with pytest.raises(ValueError, match="no ResNet"):
            resnet(**({"depth": 18, "in_channels": 1, "classes": 2} | options))
