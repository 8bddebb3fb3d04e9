"""Steps against students: where they lead by hand, and what they never leave."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from neuroloop.distill.outcomes.adversarial import ATTACKS, EPSILONS, Attack, attacked
from neuroloop.images.preparation import Preparation, Prepared
from neuroloop.networks.batched_network import BatchedNetwork
from tests.unit.distill.outcomes.trained import alone, pixels_of, students


class Linear(BatchedNetwork):
    """Two members whose logits are sums of pixels, weighed by 1 and -1 in opposite order."""

    def __init__(self) -> None:
        super().__init__(2, 1, 2)
        self.weight = nn.Parameter(torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.sum((2, 3))[:, :, None] * self.weight


def test_one_step_by_hand():
    """Each member's own gradient: what lowers the first one's logit raises the second one's."""
    inputs = torch.zeros(1, 1, 2, 2)
    preparation = Preparation(2, 1, mean=(0.5,), std=(0.25,))
    one_step = Attack(1, 1.0, False)
    moved = attacked(
        Linear(), inputs, torch.tensor([0]), preparation, one_step, 0.1, torch.ones_like(inputs)
    )
    wanted = torch.tensor([-0.4, 0.4])[None, :, None, None].expand(1, 2, 2, 2)
    torch.testing.assert_close(moved, wanted)


def test_steps_go_no_further_than_epsilon_and_the_range():
    inputs = torch.full((1, 1, 2, 2), -1.9)  # pixels of 0.025
    preparation = Preparation(2, 1, mean=(0.5,), std=(0.25,))
    many = Attack(10, 2.5, True)
    for start in (-1, 1):
        moved = attacked(
            Linear(),
            inputs,
            torch.tensor([0]),
            preparation,
            many,
            0.1,
            start * torch.ones(1, 1, 2, 2),
        )
        torch.testing.assert_close(moved[:, 0], torch.full((1, 2, 2), -2.0))  # black
        torch.testing.assert_close(moved[:, 1], torch.full((1, 2, 2), -1.5))  # epsilon more


@pytest.fixture(scope="module")
def shown():
    """Test images as the students take them, with their classes and starts."""
    pixels, labels = pixels_of(45, seed=3)
    network, preparation = students()
    network.eval()
    inputs = torch.from_numpy(Prepared(preparation, pixels)[0:45])
    starts = np.random.default_rng(0).uniform(-1, 1, inputs.shape).astype(np.float32)
    return network, preparation, inputs, torch.from_numpy(labels), torch.from_numpy(starts)


def moved_by(shown, name, epsilon):
    network, preparation, inputs, truth, starts = shown
    return attacked(network, inputs, truth, preparation, ATTACKS[name], epsilon, starts)


def loss_of(network, inputs, truth):
    with torch.no_grad():
        logits = network(inputs)
    each = [functional.cross_entropy(logits[:, member], truth).item() for member in range(2)]
    return np.array(each), (logits.argmax(2) == truth[:, None]).float().mean(0).numpy()


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("epsilon", EPSILONS)
def test_pixels_stay_within_epsilon_and_within_the_range(shown, name, epsilon):
    _, preparation, inputs, _, _ = shown
    moved = moved_by(shown, name, epsilon)
    assert moved.shape == (45, 6, 8, 8)
    clean = preparation.undo(inputs.numpy())
    for member in range(2):
        pixels = preparation.undo(moved[:, 3 * member : 3 * member + 3].numpy())
        assert np.abs(pixels - clean).max() == pytest.approx(epsilon, rel=1e-3)
        assert pixels.min() >= -1e-6
        assert pixels.max() <= 1 + 1e-6


@pytest.mark.parametrize("name", ATTACKS)
def test_trained_students_do_worse_the_further_they_are_moved(shown, name):
    network, _, inputs, truth, _ = shown
    losses, accuracies = loss_of(network, inputs.repeat(1, 2, 1, 1), truth)
    assert (accuracies > 0.9).all(), "they learned"
    for epsilon in (1 / 255, 4 / 255, 16 / 255):
        now, right = loss_of(network, moved_by(shown, name, epsilon), truth)
        assert (now > losses).all()
        losses = now
    assert (right < accuracies - 0.3).all()


def test_few_steps_find_more_than_one(shown):
    network, _, _, truth, _ = shown
    one, many = (loss_of(network, moved_by(shown, name, 8 / 255), truth)[0] for name in ATTACKS)
    assert (many > one).all()


def test_a_member_is_moved_as_if_it_were_alone(shown):
    _, preparation, inputs, truth, starts = shown
    together = moved_by(shown, "fgsm", 2 / 255)
    for member in range(2):
        own = attacked(
            alone(member).eval(), inputs, truth, preparation, ATTACKS["fgsm"], 2 / 255, starts
        )
        same = torch.isclose(own, together[:, 3 * member : 3 * member + 3], atol=1e-6)
        assert same.float().mean() > 0.999, "but where a gradient is zero within rounding"
