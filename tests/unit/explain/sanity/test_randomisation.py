"""Randomised networks: which layers change, to what, and what a method's maps make of it."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from neuroloop.explain.attribution.cam import class_maps
from neuroloop.explain.attribution.edges import edges
from neuroloop.explain.sanity.randomisation import (
    CASCADING,
    COLUMNS,
    INDEPENDENT,
    LABELS,
    STATISTIC,
    THRESHOLD,
    Layer,
    Verdict,
    find_layers,
    judge,
    label_randomised,
    randomisation,
    randomise_layer,
)
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks
from neuroloop.networks.resnet import resnet
from neuroloop.networks.transfer_network import transfer_network


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


#: Images of one channel, and their classes.
IMAGES, CLASSES = drawn(8, 1, 8, 8), torch.arange(8) % 3


def micro(seed=0):
    """Convolution with batch normalisation, then a linear layer; trained, for all one can see."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, bias=False),
        nn.BatchNorm2d(2),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(2 * 64, 3),
    )
    with torch.no_grad():
        for values in network.parameters():
            values.add_(0.3)
        network[1].running_mean.uniform_()
        network[1].running_var.fill_(2)
    return network.train()


def saliency(network, images, classes):
    """Plain gradient."""
    images = images.clone().requires_grad_()
    outputs = network(images)
    outputs = outputs.reshape(len(images), -1)
    outputs.gather(1, classes[:, None]).sum().backward()
    return images.grad.abs().sum(1).numpy()


def state_bytes(network):
    return {name: values.numpy().tobytes() for name, values in network.state_dict().items()}


class Watching:
    """An attribution that keeps the state of each network that it is handed."""

    def __init__(self):
        self.states = []

    def __call__(self, network, images, classes):
        assert not any(module.training for module in network.modules())
        self.states.append(state_bytes(network))
        return edges(network, images, classes)


def changed(before, after):
    return {name.split(".")[0] for name in before if before[name] != after[name]}


def test_the_cascade_goes_from_the_output_down_and_single_layers_come_alone():
    network, watching = micro(), Watching()
    table = randomisation(network, watching, IMAGES, CLASSES, seed=0)
    # The cascade's first step is the first single layer too, and is made once.
    given, head, all_of_it, only_convolution = watching.states
    assert given == state_bytes(network)
    assert changed(given, head) == {"4"}
    assert changed(given, all_of_it) == {"0", "1", "4"}
    assert changed(given, only_convolution) == {"0", "1"}
    # A layer gets the same weights in both.
    assert all(only_convolution[name] == all_of_it[name] for name in given if name[0] in "01")
    assert list(table.columns) == list(COLUMNS)
    steps = table[["kind", "layer", "depth"]].drop_duplicates().to_numpy().tolist()
    assert steps == [
        [CASCADING, "4", 1],
        [CASCADING, "0", 2],
        [INDEPENDENT, "4", 1],
        [INDEPENDENT, "0", 2],
    ]
    assert table["image"].tolist() == list(range(8)) * 4


def test_the_given_network_is_untouched():
    network = micro()
    network[0].eval()
    network[4].weight.requires_grad_(False)
    before = state_bytes(network)
    found = randomisation(network, saliency, IMAGES, CLASSES, seed=0)
    assert state_bytes(network) == before
    assert [one.training for one in network] == [False, True, True, True, True]
    assert [values.requires_grad for values in network.parameters()] == [True] * 3 + [False, True]
    assert all(values.grad is None for values in network.parameters())
    assert not any(module._forward_pre_hooks for module in network.modules())
    again = randomisation(network, saliency, IMAGES, CLASSES, seed=0)
    pd.testing.assert_frame_equal(found, again)
    other = randomisation(network, saliency, IMAGES, CLASSES, seed=1)
    assert (found[STATISTIC] != other[STATISTIC]).mean() > 0.5


def test_normalisation_starts_anew_with_its_layer():
    network = micro()
    (_, convolution) = find_layers(network, IMAGES)
    assert convolution == Layer("0", ("0", "1"))
    randomise_layer(network, convolution, 0)
    assert network[1].weight.tolist() == [1, 1]
    assert network[1].bias.tolist() == [0, 0]
    assert network[1].running_mean.tolist() == [0, 0]
    assert network[1].running_var.tolist() == [1, 1]
    assert network[1].num_batches_tracked == 0


def test_layers_are_in_the_order_in_which_they_run():
    """Not that of their registration; one that runs twice stands where it runs last."""

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.norm = nn.Linear(4, 2), nn.BatchNorm1d(4)
            self.first, self.twice = nn.Linear(4, 4), nn.Linear(4, 4)
            self.begin = nn.BatchNorm1d(4, affine=False)

        def forward(self, x):
            x = self.twice(self.norm(self.first(self.twice(self.begin(x.flatten(1))))))
            return self.last(x)

    found = find_layers(Odd(), drawn(2, 1, 2, 2))
    assert [layer.name for layer in found] == ["last", "twice", "first", "begin"]
    assert found[2].modules == ("first", "norm")


def test_layers_of_a_resnet_take_all_of_its_parameters():
    network = resnet(18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1))
    found = find_layers(network, IMAGES)
    names = [layer.name for layer in found]
    assert names[0] == "fc"
    assert names[-1] == "conv1"
    modules = [name for layer in found for name in layer.modules]
    owned = {
        f"{name}.{own}"
        for name in modules
        for own, _ in network.get_submodule(name).named_parameters(recurse=False)
    }
    assert owned == {name for name, _ in network.named_parameters()}
    assert Layer("layer2.0.downsample.0", ("layer2.0.downsample.0", "layer2.0.downsample.1")) in (
        found
    )


def test_what_plays_no_part_is_no_layer():
    network = micro()
    as_it_was = find_layers(network, IMAGES)
    network[2].spare = nn.Linear(2, 2)
    assert find_layers(network, IMAGES) == as_it_was


def test_sections_above_those_that_a_head_reads_are_no_layers():
    network = transfer_network(
        backbone="efficientnet_lite0", classes=3, cut="head", taps=("block1", "block2"), dropout=0
    )
    names = [layer.name for layer in find_layers(network.eval(), drawn(1, 1, 32, 32))]
    assert names[0].startswith("head")
    assert not any("_conv_head" in name or "_blocks.3." in name for name in names)


def test_parameters_that_would_stay_trained_are_refused():

    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(16, 4), nn.Linear(4, 2)

        def forward(self, x):
            return self.last(nn.functional.linear(x.flatten(1), self.first.weight))

    with pytest.raises(ValueError, match=r"first has parameters but does not run"):
        find_layers(Functional(), drawn(2, 1, 4, 4))
    odd = nn.Sequential(nn.Conv2d(1, 1, 1), nn.PReLU(), nn.Flatten())
    with pytest.raises(ValueError, match="how a PReLU begins"):
        randomisation(odd, edges, IMAGES, CLASSES, seed=0)


def spread(values):
    return values.std().item(), values.abs().max().item()


@pytest.mark.parametrize(
    ("build", "initialise", "names"),
    [
        (
            lambda: resnet(18, in_channels=1, classes=60, width=48, stem="small", blocks=(1, 1)),
            networks.initialise,
            ["layer1.0.conv1.weight", "layer2.0.conv1.weight", "fc.weight"],
        ),
        (
            lambda: calcium_network.calcium_network(classes=60, shape=(8, 8), hidden=80),
            calcium_network.initialise,
            ["features.3.weight", "features.6.weight", "head.hidden.weight", "head.fc.weight"],
        ),
    ],
    ids=["resnet", "calcium"],
)
def test_weights_are_drawn_as_the_networks_are_initialised(build, initialise, names):
    network, fresh = build(), build()
    with torch.no_grad():
        for values in network.parameters():
            values.fill_(9)
    initialise(fresh, [3])
    for layer in find_layers(network, IMAGES):
        randomise_layer(network, layer, 0)
    for name in names:
        own, other = spread(network.state_dict()[name]), spread(fresh.state_dict()[name])
        assert own[0] == pytest.approx(other[0], rel=0.05), name
        # Uniform draws end at their bound, normal ones do not.
        assert own[1] == pytest.approx(other[1], rel=0.3 if "conv" in name else 0.01), name
    for name, values in network.named_parameters():
        assert not (values == 9).any(), name
        if name.endswith("fc.bias"):
            assert (
                values.abs().max()
                <= dict(network.named_parameters())[name.replace("bias", "weight")].shape[1] ** -0.5
            )


def test_fan_out_of_groups_is_that_of_one():
    grouped = nn.Sequential(nn.Conv2d(400, 400, 3, groups=400, bias=False))
    randomise_layer(grouped, Layer("0", ("0",)), 0)
    assert grouped[0].weight.std().item() == pytest.approx((2 / 9) ** 0.5, rel=0.05)


def test_layers_of_one_shape_do_not_get_the_same_weights():
    twins = nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5))
    for layer in find_layers(twins, drawn(1, 5)):
        randomise_layer(twins, layer, 0)
    assert not torch.equal(twins[0].weight, twins[1].weight)


def test_values_are_spearmans_of_absolute_maps():
    network = micro()
    table = randomisation(network, saliency, IMAGES, CLASSES, seed=0, batch=3)
    before = saliency(micro().eval(), IMAGES, CLASSES)
    for layer in find_layers(network, IMAGES):
        randomise_layer(network, layer, 0)
    after = saliency(network.eval(), IMAGES, CLASSES)
    rows = table[(table["kind"] == CASCADING) & (table["depth"] == 2)]
    for value, one, other in zip(rows[STATISTIC], before, after, strict=True):
        expected = spearmanr(one.ravel(), other.ravel()).statistic
        assert value == pytest.approx(expected, abs=1e-12)


def test_the_edge_detector_is_exactly_1_and_not_sensitive():
    table = randomisation(micro(), edges, IMAGES, CLASSES, seed=0)
    assert (table["spearman"] == 1).all()
    assert (table["ssim"] == 1).all()
    assert judge(table, "edges", seed=0) == Verdict(
        "edges", 1, 1, 1, 0.5, False, 8, 0, p=2 / 10_001
    )


def test_the_weights_themselves_are_sensitive():
    def weights(network, images, classes):
        return network[4].weight.detach()[classes, :64].reshape(-1, 8, 8).numpy()

    verdict = judge(randomisation(micro(), weights, IMAGES, CLASSES, seed=0), "weights", seed=0)
    assert verdict.sensitive
    assert verdict.low < verdict.statistic < verdict.high < THRESHOLD
    assert abs(verdict.statistic) < 0.3


def test_only_the_end_of_the_cascade_is_judged():
    """Weights of the first layer change there and nowhere before."""

    def first(network, images, classes):
        kernel = network[0].weight.detach()[0, 0].numpy()
        return np.repeat(np.outer(kernel, kernel)[None], len(images), axis=0)

    table = randomisation(micro(), first, IMAGES, CLASSES, seed=0)
    at_head = table[(table["kind"] == CASCADING) & (table["depth"] == 1)]
    assert (at_head[STATISTIC] == 1).all()
    assert judge(table, "first", seed=0).statistic < 0.9


def test_maps_of_layers_are_found_by_name_in_the_copies():
    network = resnet(18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1))
    networks.initialise(network, [0])

    def grad_cam(copied, images, classes):
        layer = copied.get_submodule("layer2")
        return class_maps(copied, layer, images, classes[:, None])[:, 0, 0].numpy()

    table = randomisation(network, grad_cam, IMAGES, CLASSES, seed=0)
    verdict = judge(table, "grad_cam", seed=0)
    assert verdict.n + verdict.undefined == len(IMAGES)
    assert verdict.n > 2
    assert not (table[STATISTIC] == 1).all()


def table_of(values, kind=CASCADING, depth=3):
    table = pd.DataFrame({"kind": kind, "layer": "x", "depth": depth, "image": range(len(values))})
    return table.assign(spearman=values, ssim=0.0)


def test_verdict_by_hand():
    values = [0.2, 0.4, np.nan, 0.6]
    verdict = judge(table_of(values), "some", seed=0)
    assert (verdict.method, verdict.threshold, verdict.n, verdict.undefined) == ("some", 0.5, 3, 1)
    assert verdict.statistic == pytest.approx(0.4)
    assert not verdict.sensitive, "its interval holds the threshold"
    assert verdict.low < 0.2
    assert verdict.high > 0.6


def test_images_of_one_value_have_an_interval_that_holds_it_in_spite_of_rounding():
    for value in (0.35779519670907023, -0.2, 0.7):
        verdict = judge(table_of([value] * 3), "some", seed=0)
        assert verdict.low <= verdict.statistic <= verdict.high


@pytest.mark.parametrize(
    ("mean", "sensitive"), [(0.3, True), (0.42, True), (0.48, False), (0.6, False)]
)
def test_the_upper_bound_decides(mean, sensitive):
    values = mean + np.random.default_rng(0).normal(size=40) * 0.15
    values += mean - values.mean()
    verdict = judge(table_of(values), "some", seed=0)
    # The bootstrap's interval of so many images is nearly that of Student's t.
    half = 2.023 * values.std(ddof=1) / 40**0.5
    assert verdict.high == pytest.approx(mean + half, abs=0.01)
    assert verdict.low == pytest.approx(mean - half, abs=0.01)
    assert verdict.sensitive is sensitive


def test_maps_that_are_constant_are_counted_and_give_no_verdict():
    def empty(network, images, classes):
        maps = edges(network, images, classes)
        maps[classes != 0] = 0
        return maps

    table = randomisation(micro(), empty, IMAGES, CLASSES, seed=0)
    verdict = judge(table, "empty", seed=0)
    assert (verdict.n, verdict.undefined) == (3, 5)
    for one, n in (
        (judge(table_of([np.nan, np.nan]), "none", seed=0), 0),
        (judge(table_of([0.1, np.nan]), "one", seed=0), 1),
    ):
        assert not one.sensitive
        assert one.n == n
        assert np.isnan([one.low, one.high]).all()


def test_several_random_networks_count_as_one_image_each():
    joined = pd.concat([table_of([0.1, 0.2, 0.3]), table_of([0.3, 0.4, 0.5])])
    verdict = judge(joined, "some", seed=0)
    assert verdict.n == 3
    alone = judge(table_of([0.2, 0.3, 0.4]), "some", seed=0)
    assert verdict[1:4] == pytest.approx(alone[1:4])


def test_networks_of_true_and_permuted_labels():
    true, permuted = micro(0), micro(1)
    before = state_bytes(true), state_bytes(permuted)
    table = label_randomised(true, permuted, saliency, IMAGES, CLASSES, batch=3)
    assert list(table.columns) == list(COLUMNS)
    expected = [
        spearmanr(one.ravel(), other.ravel()).statistic
        for one, other in zip(
            saliency(micro(0).eval(), IMAGES, CLASSES),
            saliency(micro(1).eval(), IMAGES, CLASSES),
            strict=True,
        )
    ]
    np.testing.assert_allclose(table[STATISTIC], expected, rtol=0, atol=1e-12)
    verdict = judge(table, "saliency", seed=0, kind=LABELS)
    assert verdict.statistic == pytest.approx(np.mean(expected))
    assert before == (state_bytes(true), state_bytes(permuted))
    assert all(one.training for one in (*true, *permuted))
    same = label_randomised(true, true, edges, IMAGES, CLASSES)
    assert judge(same, "edges", seed=0, kind=LABELS).statistic == 1
    with pytest.raises(ValueError, match="no rows of the kind 'cascading'"):
        judge(table, "saliency", seed=0)
