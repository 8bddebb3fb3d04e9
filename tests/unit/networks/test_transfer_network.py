"""Backbone and head: what is frozen, where it is cut, and that both ways are one network."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.cam import class_maps
from neuroloop.explain.attribution.evidence import Division
from neuroloop.networks import resnet as networks
from neuroloop.networks.efficientnet import EfficientNetLite0, load_imagenet
from neuroloop.networks.transfer_network import (
    head_penalty,
    seed_dropout,
    statistics,
    transfer_network,
)
from neuroloop.networks.transfer_start import initialise_backbone, initialise_head, load_backbone

RESNET_CUTS = ["stem", "layer1", "layer3", "layer4", "head"]
LITE_CUTS = ["stem", "block0", "block9", "top", "head"]


def small(cut="head", seed=1, **options):
    """A ResNet18 of width 4."""
    settings = {"backbone": "resnet18", "classes": 3, "width": 4, "stem": "small"} | options
    network = transfer_network(cut=cut, **settings)
    initialise_backbone(network, seed)
    initialise_head(network, seed)
    return network


def lite(cut="head", seed=1, **options):
    return small(cut, seed, backbone="efficientnet_lite0", width=64, stem="imagenet", **options)


def radiographs(n=4, channels=1, size=24, seed=0):
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(seed))


def settle(network):
    """Give batch normalisation other statistics than 0 and 1."""
    generator = torch.Generator().manual_seed(5)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("backbone", "mean", "std"),
    [
        ("resnet18", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ("resnet50", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ("efficientnet_lite0", (0.498,) * 3, (0.502,) * 3),
    ],
)
def test_is_the_backbone_on_normalised_channels(backbone, mean, std, channels):
    if backbone == "efficientnet_lite0":
        network, whole = lite(in_channels=channels), EfficientNetLite0(3)
        last = "_fc"
    else:
        network, last = small(backbone=backbone, in_channels=channels), "fc"
        whole = networks.resnet(int(backbone[6:]), in_channels=3, classes=3, width=4, stem="small")
    settle(network)
    state = dict(network.backbone.state_dict())
    for name in ("weight", "bias"):
        state[f"{last}.{name}"] = network.head.get_parameter(f"fc.{name}")
    whole.load_state_dict(state)
    x = radiographs(2, channels)
    colours = x.expand(-1, 3, -1, -1).clone()
    for number in range(3):
        colours[:, number] = (colours[:, number] - mean[number]) / std[number]
    network.eval()
    whole.eval()
    torch.testing.assert_close(network(x), whole(colours), rtol=1e-5, atol=1e-6)
    assert network(x).shape == (2, 1, 3)
    assert network.in_channels == channels


@pytest.mark.parametrize(
    ("make", "cut"),
    [*((small, cut) for cut in RESNET_CUTS), *((lite, cut) for cut in LITE_CUTS)],
)
def test_cuts(make, cut):
    network, reference = make(cut, units=(5, 4)), make("head", units=(5, 4))
    for one in (network, reference):
        settle(one)
        one.eval()
    x = radiographs(3)
    logits = reference(x)
    assert torch.equal(network(x), logits)
    assert torch.equal(network.back(network.front(x)), logits)
    assert torch.equal(network.classify(network.maps(x)), logits)
    features = network.front(x)
    assert features.ndim == (2 if cut == "head" else 4)
    assert features.requires_grad is False
    order = [*network.sections, "head"]
    frozen = {
        name
        for section in order[: order.index(cut)]
        for place in network.sections[section]
        for name in (f"backbone.{place}",)
    }
    for name, values in network.named_parameters():
        below = any(name.startswith(f"{place}.") for place in frozen)
        assert values.requires_grad is not below, name


@pytest.mark.parametrize(("make", "cut"), [(small, "layer2"), (small, "head"), (lite, "block13")])
def test_what_is_frozen_keeps_its_bytes(make, cut):
    network = make(cut, units=(6,), dropout=0.5)
    network.train()
    before = {name: values.clone() for name, values in network.state_dict().items()}
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, weight_decay=0.1, momentum=0.9)
    for _ in range(2):
        optimiser.zero_grad()
        network(radiographs(6)).square().sum().backward()
        optimiser.step()
    order = [*network.sections, "head"]
    kept = [place for name in order[: order.index(cut)] for place in network.sections[name]]
    frozen, trained = [], []
    for name, values in network.state_dict().items():
        below = any(name.startswith(f"backbone.{place}.") for place in kept)
        (frozen if below or name in ("mean", "std") else trained).append(
            torch.equal(values, before[name])
        )
    assert all(frozen)
    assert len(frozen) > 2
    assert not any(trained)
    network.eval().train()
    assert network.backbone.get_submodule(kept[0]).training is False
    assert network.head.training


def test_a_graph_reaches_images_that_ask_for_it():
    network, x = small("head").eval(), radiographs(2).requires_grad_()
    network(x).sum().backward()
    assert float(x.grad.abs().sum()) > 0


@pytest.mark.parametrize("make", [small, lite])
def test_class_activation_maps_of_a_linear_head(make):
    network = make()
    settle(network)
    network.eval()
    x, classes = radiographs(2), torch.arange(3).repeat(2, 1)
    layer = Division(network.maps, network.classify)
    made = class_maps(network, layer, x, classes, "cam", signed=True)
    with torch.no_grad():
        maps = network.maps(x)
        expected = torch.einsum("ck,nkyx->ncyx", network.head.fc.weight, maps)
        torch.testing.assert_close(made[:, 0], expected, rtol=1e-3, atol=1e-5)
        # Zhou et al. 2016: the mean of a map is the score less its bias.
        scores = network(x)[:, 0] - network.head.fc.bias
    torch.testing.assert_close(made[:, 0].mean((2, 3)), scores, rtol=1e-3, atol=1e-5)
    assert float(maps.min()) >= 0


def test_the_studys_head():
    network = small(units=(128, 64, 64), dropout=0.5)
    shapes = {name: tuple(values.shape) for name, values in network.head.named_parameters()}
    assert shapes == {
        "norm1.weight": (32,),
        "norm1.bias": (32,),
        "dense1.weight": (128, 32),
        "dense1.bias": (128,),
        "norm2.weight": (128,),
        "norm2.bias": (128,),
        "dense2.weight": (64, 128),
        "dense2.bias": (64,),
        "norm3.weight": (64,),
        "norm3.bias": (64,),
        "dense3.weight": (64, 64),
        "dense3.bias": (64,),
        "fc.weight": (3, 64),
        "fc.bias": (3,),
    }
    assert [module.p for module in network.head if isinstance(module, nn.Dropout)] == [0.5] * 3
    plain = nn.Sequential(
        *(
            layer
            for number, (given, units) in enumerate(((32, 128), (128, 64), (64, 64)), start=1)
            for layer in (
                network.head.get_submodule(f"norm{number}"),
                network.head.get_submodule(f"dense{number}"),
                nn.ReLU(),
            )
        ),
        nn.Linear(64, 3),
    ).eval()
    plain[-1].load_state_dict(network.head.fc.state_dict())
    network.eval()
    pooled = network.front(radiographs())
    torch.testing.assert_close(network.back(pooled)[:, 0], plain(pooled))


def test_penalty_by_hand():
    network = small(units=(2,))
    with torch.no_grad():
        for values in network.head.parameters():
            values.fill_(3)
        network.head.dense1.weight.fill_(0.5)
        network.head.fc.weight.fill_(2)
    # 2 x 32 weights of 0.5, 3 x 2 of 2; neither biases nor batch normalisation.
    penalty = head_penalty(network, 0.1)
    assert float(penalty.detach()) == pytest.approx(0.1 * (64 * 0.25 + 6 * 4))
    penalty.backward()
    torch.testing.assert_close(network.head.fc.weight.grad, torch.full((3, 2), 0.4))
    assert network.head.norm1.weight.grad is None


def test_dropout_is_fixed_by_its_seed():
    network = small(units=(400,), dropout=0.25)
    network.train()
    ones = torch.ones(8, 400)
    dropout = network.head.dropout1

    def drawn(*names):
        seed_dropout(network, *names)
        return dropout(ones)

    torch.manual_seed(1)
    first, further = drawn(7, 1), dropout(ones)
    torch.manual_seed(2)
    assert torch.equal(drawn(7, 1), first)
    assert torch.equal(dropout(ones), further)
    assert not torch.equal(first, further)
    assert not torch.equal(drawn(7, 2), first)
    assert not torch.equal(drawn(8, 1), first)
    assert first.unique().tolist() == [0, pytest.approx(4 / 3)]
    assert float(first.mean()) == pytest.approx(1, abs=0.05)
    assert torch.equal(network.eval().head.dropout1(ones), ones)
    # Each of several has its own; a linear head drops features.
    several = small(units=(400, 400), dropout=0.25)
    assert not torch.equal(several.head.dropout1(ones), several.head.dropout2(ones))
    assert small(dropout=0.5).head.dropout.p == 0.5
    # A copy goes on alike, and by itself.
    twin = copy.deepcopy(several)
    assert torch.equal(twin(radiographs()), several(radiographs()))


def test_initialisation_depends_on_the_seed_alone():
    torch.manual_seed(1)
    first = small(seed=3, units=(5,)).state_dict()
    torch.manual_seed(2)
    before = torch.get_rng_state()
    network = transfer_network(backbone="resnet18", classes=3, width=4, stem="small", units=(5,))
    torch.set_rng_state(before)
    initialise_backbone(network, 3)
    initialise_head(network, 3)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(values, first[name]) for name, values in network.state_dict().items())
    other = small(seed=4, units=(5,)).state_dict()
    assert not torch.equal(other["head.fc.weight"], first["head.fc.weight"])
    assert not torch.equal(other["backbone.conv1.weight"], first["backbone.conv1.weight"])
    assert float(first["head.dense1.weight"].abs().max()) == pytest.approx(32**-0.5, rel=0.05)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_checkpoint_with_torchvisions_names(tmp_path, suffix):
    donor = networks.resnet(18, in_channels=3, classes=10, width=4, stem="small")
    networks.initialise(donor, [9])
    state = {name: values.contiguous() for name, values in donor.state_dict().items()}
    path = tmp_path / f"donor{suffix}"
    torch.save(state, path) if suffix == ".pth" else save_file(state, path)
    network = small(units=(5,))
    head = copy.deepcopy(network.head.state_dict())
    load_backbone(network, path)
    for name, values in network.backbone.state_dict().items():
        assert torch.equal(values, state[name]), name
    assert all(torch.equal(v, head[name]) for name, v in network.head.state_dict().items())
    assert not network.backbone.conv1.weight.requires_grad


def test_checkpoints_that_do_not_fit(tmp_path):
    donor = networks.resnet(18, in_channels=3, classes=10, width=8, stem="small").state_dict()
    donor.pop("bn1.bias")
    donor["extra.weight"] = torch.zeros(2)
    torch.save(donor, tmp_path / "donor.pth")
    with pytest.raises(NeuroLoopError) as caught:
        load_backbone(small(), tmp_path / "donor.pth")
    message = str(caught.value)
    assert "donor.pth do not fit the network: bn1.bias is missing; extra.weight is unknown; " in (
        message
    )
    assert "conv1.weight has shape (8, 3, 3, 3) in place of (4, 3, 3, 3)" in message
    assert "\n" not in message
    with pytest.raises(NeuroLoopError, match=r"none\.pth is missing"):
        load_backbone(small(), tmp_path / "none.pth")
    with pytest.raises(NeuroLoopError, match="name the file of a checkpoint"):
        load_backbone(small(), "imagenet")


def test_imagenet_weights(tmp_path):
    network, whole = lite(), EfficientNetLite0(1000)
    load_imagenet(whole)
    before = network.backbone._conv_stem.weight.clone()
    load_backbone(network, None)
    assert torch.equal(network.backbone._conv_stem.weight, before)
    load_backbone(network, "imagenet")
    from_file = lite(seed=2)
    torch.save(whole.state_dict(), tmp_path / "lite0.pth")
    load_backbone(from_file, tmp_path / "lite0.pth")
    for made in (network, from_file):
        for name, values in made.backbone.state_dict().items():
            assert torch.equal(values, whole.state_dict()[name]), name


def test_what_cannot_be_built():
    with pytest.raises(NeuroLoopError, match=r"no section 'layer5' .* stem, layer1, .* or head$"):
        small("layer5")
    with pytest.raises(NeuroLoopError, match=r"block15, top or head$"):
        lite("layer4")
    with pytest.raises(NeuroLoopError, match="there is no backbone 'vgg': there are"):
        small(backbone="vgg")
    with pytest.raises(NeuroLoopError, match="'efficientnet_lite0', width: input should be 64"):
        small(backbone="efficientnet_lite0")
    with pytest.raises(ValueError, match="for 2 channels"):
        small(in_channels=2)


def test_frozen_norm_evaluates_above_the_cut_too_while_its_weights_are_trained():
    options = {"backbone": "resnet18", "classes": 3, "cut": "layer4", "width": 4, "stem": "small"}
    x, truth = torch.rand(4, 1, 16, 16), torch.tensor([0, 1, 2, 0])
    for frozen in (False, True):
        network = transfer_network(**options, frozen_norm=frozen).train()
        initialise_backbone(network, 1)
        norm = network.backbone.layer4[0].bn1
        before, weight = norm.running_mean.clone(), norm.weight.detach().clone()
        optimiser = torch.optim.SGD([v for v in network.parameters() if v.requires_grad], lr=0.1)
        torch.nn.functional.cross_entropy(network(x)[:, 0], truth).backward()
        optimiser.step()
        assert torch.equal(norm.running_mean, before) == frozen
        assert not torch.equal(norm.weight, weight)


@pytest.mark.parametrize(("units", "linear"), [((), True), ((8,), False)])
def test_head_is_linear_without_units(units, linear):
    network = transfer_network(
        backbone="resnet18", classes=3, width=4, stem="small", units=units, dropout=0.5
    )
    assert network.is_linear == linear


@pytest.mark.parametrize("cut", ["head", "layer3"])
@pytest.mark.parametrize("size", [16, 24, 48])
def test_images_are_read_at_the_networks_own_size(cut, size):
    """As an image library resamples them, whichever way goes through the network."""
    network, plain = small(cut, side=32).eval(), small(cut).eval()
    x = radiographs(3, size=size)
    resampled = np.stack(
        [
            np.asarray(
                Image.fromarray(image[0].numpy()).resize((32, 32), Image.Resampling.BILINEAR)
            )
            for image in x
        ]
    )
    expected = plain(torch.from_numpy(resampled)[:, None])
    assert network.side == 32
    for logits in (network(x), network.back(network.front(x)), network.classify(network.maps(x))):
        torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(network(x), plain(x), rtol=1e-3)


@pytest.mark.parametrize("cut", ["head", "layer3"])
def test_pooled_features_are_means_of_the_maps(cut):
    network, x = small(cut).eval(), radiographs(3)
    pooled = network.pooled(network.front(x))
    torch.testing.assert_close(pooled, network.maps(x).mean((2, 3)))
    torch.testing.assert_close(network.head(pooled), network(x))


TAPS = ("layer2", "layer3")


def test_statistics_by_hand():
    """Of 1, 2, 3, 6: mean 3, variance (4 + 1 + 0 + 9) / 4. Of equal values 0, with a slope."""
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]], [[5.0, 5.0], [5.0, 5.0]]]], requires_grad=True)
    made = statistics(maps)
    torch.testing.assert_close(made, torch.tensor([[3.0, 5.0, 3.5**0.5, 0.001]]))
    made.sum().backward()
    assert torch.isfinite(maps.grad).all()


@pytest.mark.parametrize("cut", ["head", "stem", "layer2"])
@pytest.mark.parametrize("taps", [("layer3",), TAPS, ("layer4", "layer2")])
def test_the_head_reads_the_sections_that_are_tapped(cut, taps):
    """As hooks on the plain network see them, whichever way goes through the network."""
    network, plain = small(cut, taps=taps), small()
    settle(network)
    plain.backbone.load_state_dict(network.backbone.state_dict())
    seen = {}
    for name in sorted(taps):
        plain.backbone.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: seen.update({name: output})
        )
    network.eval()
    plain.eval()
    x = radiographs(3)
    with torch.no_grad():
        plain(x)
        read = [
            part
            for name in sorted(taps)
            for part in (seen[name].mean((2, 3)), seen[name].std((2, 3), correction=0))
        ]
        expected = network.head(torch.cat(read, dim=1))
        front = network.front(x)
        for logits in (network(x), network.back(front), network.classify(network.maps(x))):
            torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(network.maps(x), seen[min(taps)])
    assert network.head.fc.in_features == sum(2 * seen[name].shape[1] for name in taps)
    assert front.ndim == (2 if cut == "head" else 4)
    assert not network.is_linear
    assert network.training is False


def test_taps_leave_batch_statistics_and_random_streams_alone():
    torch.manual_seed(0)
    network = small(taps=TAPS, cut="stem")
    fresh = small(cut="stem")
    for name, values in fresh.backbone.state_dict().items():
        assert torch.equal(network.backbone.state_dict()[name], values)
    assert network.backbone.layer1.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"taps": ("layer9",)}, r"no section 'layer9' .* name some of stem, layer1"),
        ({"taps": TAPS, "cut": "layer3"}, r"reads layer2, below the cut at layer3: cut lower, or"),
    ],
)
def test_taps_that_cannot_be_read_are_one_line(options, message):
    with pytest.raises(NeuroLoopError, match=message):
        small(**options)


def test_evidence_of_tapped_layers_is_complete():
    """Gradients at the lowest tap hold all ways to the logits: a step along them is the change."""
    network, x = small(taps=TAPS).eval().double(), radiographs(2).double()
    maps = network.maps(x).detach().requires_grad_()
    logits = network.classify(maps)
    (slope,) = torch.autograd.grad(logits[:, 0, 1].sum(), maps)
    step = 1e-5 * torch.randn(maps.shape, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        change = network.classify(maps + step)[:, 0, 1] - logits[:, 0, 1]
    torch.testing.assert_close((slope * step).sum((1, 2, 3)), change, rtol=1e-2, atol=1e-8)
