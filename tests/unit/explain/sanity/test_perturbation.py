"""Deletion and insertion: by hand, by scikit-learn's area, and orders that know nothing."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from sklearn.metrics import auc
from torch import nn

from neuroloop.explain.attribution.edges import edges
from neuroloop.explain.sanity.perturbation import (
    Curves,
    Perturbation,
    against_random,
    find_removal,
    perturbation_curves,
    random_curves,
)
from neuroloop.networks.calcium_network import calcium_network, initialise

#: One image of 2 x 2 with mean 0, and weights by which its score is 4 - 6 + 0.5 + 1.
IMAGE = torch.tensor([[[[2.0, -3], [0.5, 0.5]]]])
WEIGHTS = torch.tensor([2.0, 2, 1, 2])
FIRST = torch.tensor([0])


def linear(weights=WEIGHTS, classes=2):
    """Logits: the weighted sum of all pixels, then zeros."""
    head = nn.Linear(len(weights), classes)
    with torch.no_grad():
        head.weight.zero_()
        head.weight[0] = weights
        head.bias.zero_()
    return nn.Sequential(nn.Flatten(), head)


def sigmoid(values):
    return 1 / (1 + np.exp(-np.asarray(values, dtype=float)))


#: Pixels by weight times value: 4, 1, 0.5, -6, each replaced by 0, their mean.
ORDER = np.array([[[4.0, -6], [0.5, 1]]])
DELETED = sigmoid([-0.5, -4.5, -5.5, -6, 0])
INSERTED = sigmoid([0, 4, 5, 5.5, -0.5])


@pytest.mark.parametrize(
    ("direction", "expected"), [("deletion", DELETED), ("insertion", INSERTED)]
)
def test_by_hand(direction, expected):
    way = Perturbation(direction, baseline="mean", steps=4)
    made = perturbation_curves(linear(), IMAGE, FIRST, ORDER, way, seed=0)
    assert made.shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(made.probabilities[0], expected, rtol=1e-6)
    by_hand = (expected[0] / 2 + expected[1:4].sum() + expected[4] / 2) / 4
    np.testing.assert_allclose(made.auc, [by_hand], rtol=1e-6)
    np.testing.assert_allclose(made.auc, [auc(made.shares, made.probabilities[0])], rtol=1e-12)
    # Three pixels and then one: the trapezoids have the width of their pixels.
    coarse = perturbation_curves(
        linear(), IMAGE, FIRST, ORDER, Perturbation(direction, "mean", steps=3), seed=0
    )
    assert coarse.shares.tolist() == [0, 0.25, 0.75, 1]
    np.testing.assert_allclose(coarse.probabilities[0], expected[[0, 1, 3, 4]], rtol=1e-6)
    np.testing.assert_allclose(coarse.auc, [auc(coarse.shares, coarse.probabilities[0])])


def test_softmax_of_one_label_and_sigmoid_of_many():
    three = linear(classes=3)
    single = perturbation_curves(three, IMAGE, FIRST, ORDER, Perturbation("deletion"), seed=0)
    many = perturbation_curves(
        three, IMAGE, FIRST, ORDER, Perturbation("deletion", multi_label=True), seed=0
    )
    score = np.exp(-0.5)
    assert single.probabilities[0, 0] == pytest.approx(score / (score + 2))
    assert many.probabilities[0, 0] == pytest.approx(sigmoid(-0.5))
    other = perturbation_curves(
        three, IMAGE, FIRST + 1, ORDER, Perturbation("deletion"), seed=0
    ).probabilities[0, 0]
    assert other == pytest.approx(1 / (score + 2))


def test_the_mean_is_that_of_each_channel():
    images = torch.tensor([[[[1.0, 3]], [[10, 30]]]])
    net = linear(torch.tensor([1.0, 1, -0.1, -0.1]))
    way = Perturbation("deletion", baseline="mean", steps=2)
    made = perturbation_curves(net, images, FIRST, np.array([[[0.0, 1]]]), way, seed=0)
    # 1 + 3 - 1 - 3, then 1 + 2 - 1 - 2, then 2 + 2 - 2 - 2: with one mean for all, not 0.
    np.testing.assert_allclose(made.probabilities, 0.5, rtol=1e-6)


def test_what_removes_enough_is_taken_and_otherwise_the_test_is_void():
    """By hand: score 0.5 of the image, 0 of its mean; a blur of 0.1 pixels changes nothing."""
    found = find_removal(linear(-WEIGHTS), IMAGE, FIRST)
    assert found == ("mean", 0, "")
    wide = torch.tensor([[1.0, -1] * 20] * 40)[None, None]
    stripes = linear(wide.flatten() / 100)
    found = find_removal(stripes, wide, FIRST)  # blurred by 2 pixels, stripes are gone
    assert (found.baseline, found.reason) == ("blur", "")
    assert 0 < found.kept < 0.5  # but at the border
    # A bias of 2 stays whatever is seen: of 0.924 - 0.5 above chance, 0.881 - 0.5.
    biased = linear(-WEIGHTS)
    with torch.no_grad():
        biased[1].bias[0] = 2
    found = find_removal(biased, IMAGE, FIRST)
    assert found.baseline == "blur"
    assert found.kept == pytest.approx(1, abs=0.01)
    share = 100 * (sigmoid(2) - 0.5) / (sigmoid(2.5) - 0.5)
    assert f"the mean of each channel {share:.0f} %" in found.reason
    # Half of it may stay, and no more.
    with torch.no_grad():
        for bias, base in ((0.24, "mean"), (0.60, "blur")):
            biased[1].bias[0] = bias
            kept = (sigmoid(bias) - 0.5) / (sigmoid(bias + 0.5) - 0.5)
            found = find_removal(biased, IMAGE, FIRST)
            assert (kept <= 0.5, found.baseline) == (base == "mean", base)
            assert bool(found.reason) == (base == "blur")


def test_a_network_that_names_below_chance_has_nothing_to_lose():
    found = find_removal(linear(), IMAGE, FIRST)  # score -0.5
    assert np.isnan(found.kept)
    assert "no more probable than by chance" in found.reason
    # Several labels: the class of probability 0.622 is more than one true label in ten.
    labels = linear(-WEIGHTS, classes=3)
    found = find_removal(labels, IMAGE, FIRST, chance=0.1, multi_label=True)
    assert "too much stays" in found.reason  # 0.5 is left, 0.4 of 0.522 above chance
    found = find_removal(labels, IMAGE, FIRST, chance=0.5, multi_label=True)
    assert found == ("mean", 0, "")


def drawn(n=6, channels=1, shape=(8, 8), seed=0):
    return torch.randn(n, channels, *shape, generator=torch.Generator().manual_seed(seed))


def network(members=1):
    made = calcium_network(
        classes=3, shape=(8, 8), widths=(2, 3), hidden=4, in_channels=2, members=members
    )
    initialise(made, list(range(members)))
    return made


def test_the_image_stands_at_one_end_and_its_blur_at_the_other():
    net, images, classes = network(), drawn(channels=2), torch.arange(6) % 3
    maps = np.random.default_rng(0).random((6, 4, 4))
    ends = []
    for direction in ("deletion", "insertion"):
        made = perturbation_curves(net, images, classes, maps, Perturbation(direction), seed=0)
        ends.append(made.probabilities[:, [0, -1]])
    blurred = [[gaussian_filter(c, 0.05 * 8, mode="nearest") for c in one] for one in images]
    with torch.no_grad():
        each = [net(x)[:, 0].softmax(1) for x in (images, torch.from_numpy(np.array(blurred)))]
    expected = torch.stack([one[range(6), classes] for one in each], dim=1).numpy()
    np.testing.assert_allclose(ends[0], expected, rtol=1e-5)
    np.testing.assert_allclose(ends[1], expected[:, ::-1], rtol=1e-5)
    assert abs(expected[:, 0] - expected[:, 1]).min() > 1e-6


def test_batches_and_neighbours_do_not_matter():
    net, images, classes = network(), drawn(channels=2), torch.arange(6) % 3
    maps = np.zeros((6, 8, 8))
    whole = perturbation_curves(net, images, classes, maps, Perturbation("deletion"), seed=0)
    parts = perturbation_curves(
        net, images, classes, maps, Perturbation("deletion", batch=4), seed=0
    )
    np.testing.assert_allclose(whole.probabilities, parts.probabilities, rtol=1e-5)
    fewer = perturbation_curves(
        net, images[:2], classes[:2], maps[:2], Perturbation("deletion"), seed=0
    )
    assert np.array_equal(fewer.probabilities, whole.probabilities[:2])


def test_ties_are_broken_by_the_seed_not_by_position():
    """Of equal pixels each is the first to go equally often, and not the same in all images."""
    n = 300
    images, maps = IMAGE.expand(n, 1, 2, 2), np.zeros((n, 2, 2))
    way = Perturbation("deletion", baseline="mean", steps=4)
    made = perturbation_curves(linear(), images, FIRST.expand(n), maps, way, seed=0)
    gone = made.probabilities[:, 1]
    counts = [np.isclose(gone, sigmoid(-0.5 - loss)).sum() for loss in (4, -6, 0.5, 1)]
    assert sum(counts) == n
    assert min(counts) > 45
    again = perturbation_curves(linear(), images, FIRST.expand(n), maps, way, seed=0)
    assert np.array_equal(made.probabilities, again.probabilities)
    other = perturbation_curves(linear(), images, FIRST.expand(n), maps, way, seed=1)
    assert not np.array_equal(made.probabilities, other.probabilities)


def test_enlarged_constant_maps_have_no_order_either():
    """Rounding while a map is enlarged is not evidence."""
    way, seed = Perturbation("deletion"), 4
    images = drawn(3, 2)
    curves = [
        perturbation_curves(
            network(), images, torch.zeros(3, dtype=torch.int64), maps, way, seed=seed
        ).probabilities
        for maps in (np.full((3, 3, 3), 0.1), np.zeros((3, 8, 8)))
    ]
    assert np.array_equal(*curves)


def test_maps_that_are_not_finite_are_left_out_and_counted():
    images, maps = drawn(6, 2), np.random.default_rng(0).random((6, 8, 8))
    classes = torch.zeros(6, dtype=torch.int64)
    maps[2, 0, 0], maps[4, 1, 1] = np.nan, np.inf
    way = Perturbation("insertion")
    made = perturbation_curves(network(), images, classes, maps, way, seed=0)
    assert np.isnan(made.auc).tolist() == [False, False, True, False, True, False]
    random = random_curves(network(), images, classes, way, seed=0, draws=2)
    beside = against_random(made, random, seed=0)
    assert (beside.n, beside.undefined) == (4, 2)
    chance = np.mean([one.auc for one in random], axis=0)
    assert beside.value == pytest.approx((made.auc - chance)[[0, 1, 3, 5]].mean())
    single = made.probabilities.copy()
    single[1:] = np.nan
    one = against_random(Curves(made.shares, single), random, seed=0)
    assert (one.n, one.undefined) == (1, 5)
    assert one.value == pytest.approx(made.auc[0] - chance[0])
    assert np.isnan([one.ci_low, one.ci_high, one.p]).all()
    nothing = Curves(made.shares, made.probabilities * np.nan)
    assert against_random(nothing, random, seed=0).n == 0
    assert np.isnan(against_random(nothing, random, seed=0)[:4]).all()


@pytest.mark.parametrize(("direction", "sign"), [("deletion", -1), ("insertion", 1)])
def test_a_map_of_what_counts_beats_random_orders_and_its_negative_loses(direction, sign):
    """In a linear network, a pixel counts by its weight times its distance from the baseline."""
    images, classes = drawn(24), torch.zeros(24, dtype=torch.int64)
    weights = torch.randn(64, generator=torch.Generator().manual_seed(1)) / 4
    net, way = linear(weights), Perturbation(direction, baseline="mean", steps=16)
    away = (images - images.mean((2, 3), keepdim=True))[:, 0].numpy()
    evidence = away * weights.view(8, 8).numpy()
    random = random_curves(net, images, classes, way, seed=0, draws=3)

    def beside(maps):
        made = perturbation_curves(net, images, classes, maps, way, seed=0)
        return against_random(made, random, seed=0)

    good, bad = beside(evidence), beside(-evidence)
    assert 0 < min(sign * good.ci_low, sign * good.ci_high) < sign * good.value
    assert 0 > max(sign * bad.ci_low, sign * bad.ci_high) > sign * bad.value
    assert max(good.p, bad.p) < 0.01
    for nothing in (beside(np.zeros((24, 8, 8))), beside(edges(net, images, classes))):
        assert nothing.ci_low < 0 < nothing.ci_high
        assert abs(nothing.value) < abs(good.value) / 3


def test_random_orders_are_seeded_and_differ():
    images, classes = drawn(3, 2), torch.zeros(3, dtype=torch.int64)
    way = Perturbation("deletion")
    first, second = random_curves(network(), images, classes, way, seed=0, draws=2)
    assert not np.array_equal(first.probabilities, second.probabilities)
    again = random_curves(network(), images, classes, way, seed=0, draws=1)[0]
    assert np.array_equal(first.probabilities, again.probabilities)


class Failing(nn.Module):
    def forward(self, x):
        raise KeyError("broken")


def test_modes_come_back_also_after_an_exception():
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 2))
    net[0].eval()  # modes that differ
    images, maps = IMAGE, ORDER
    made = [
        perturbation_curves(net, images, FIRST, maps, Perturbation("deletion"), seed=0)
        for _ in range(2)
    ]
    assert np.array_equal(made[0].probabilities, made[1].probabilities), "dropout is off"
    assert [one.training for one in net] == [False, True, True]
    net.append(Failing())
    with pytest.raises(KeyError):
        perturbation_curves(net, images, FIRST, maps, Perturbation("deletion"), seed=0)
    assert [one.training for one in net] == [False, True, True, True]
    assert all(values.requires_grad for values in net.parameters())


def test_members_of_an_batched_network_count_by_their_mean_logits():
    both = network(members=2)
    images, classes = drawn(2, 4), torch.tensor([1, 2])
    made = perturbation_curves(
        both, images, classes, np.zeros((2, 8, 8)), Perturbation("deletion"), seed=0
    )
    with torch.no_grad():
        expected = both(images).mean(1).softmax(1)[[0, 1], classes]
    np.testing.assert_allclose(made.probabilities[:, 0], expected, rtol=1e-5)


def test_what_does_not_go_together():
    with pytest.raises(ValueError, match="no 'removal'"):
        Perturbation("removal")
    with pytest.raises(ValueError, match="baseline 'black'"):
        Perturbation("deletion", baseline="black")
    with pytest.raises(ValueError, match="0 steps"):
        Perturbation("deletion", steps=0)
    with pytest.raises(ValueError, match="2 maps"):
        perturbation_curves(
            linear(), IMAGE, FIRST, np.zeros((2, 2, 2)), Perturbation("deletion"), seed=0
        )
    curves = Curves(np.array([0.0, 1]), np.ones((3, 2)))
    with pytest.raises(ValueError, match="3 images"):
        against_random(curves, [Curves(curves.shares, np.ones((2, 2)))], seed=0)
