"""Slower on a plateau, stopped in time, the best epoch kept; also when training is resumed."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from neuroloop.networks.resnet import initialise, member_state, resnet
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.loop import fit
from neuroloop.training.recipe import Recipe
from neuroloop.training.watch import Watch

RECIPE = Recipe(epochs=9, batch_size=8, learning_rate=0.02, momentum=0.9)
ROWS = 16


def past(*losses):
    return [{"validation": loss} for loss in losses]


def watch(validate=lambda network: 0.0, reduce_after=2, factor=0.1, stop_after=3):
    return Watch(validate, reduce_after, factor, stop_after)


def test_rate_falls_after_two_epochs_without_a_lower_loss_and_again_two_later():
    falling = watch()
    assert falling.rate_factor([]) == 1
    assert falling.rate_factor(past(3, 2, 1)) == 1
    assert falling.rate_factor(past(3, 4)) == 1
    assert falling.rate_factor(past(3, 4, 3)) == pytest.approx(0.1)  # as low is not lower
    assert falling.rate_factor(past(3, 4, 3, 5)) == pytest.approx(0.1)
    assert falling.rate_factor(past(3, 4, 3, 5, 6)) == pytest.approx(0.01)
    assert falling.rate_factor(past(3, 4, 3, 2, 2.5)) == pytest.approx(0.1)


def test_training_is_over_three_epochs_after_the_best():
    assert not watch().is_over([])
    assert not watch().is_over(past(2, 1, 3, 3))
    assert watch().is_over(past(2, 1, 3, 3, 1))
    assert not watch().is_over(past(2, 1, 3, 0.5, 3, 3))


def test_ties_go_to_the_earlier_epoch():
    assert watch().is_best(past(2))
    assert watch().is_best(past(2, 1))
    assert not watch().is_best(past(1, 1))


def build():
    network = resnet(18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1))
    initialise(network, [4])
    return network


def loss_of_noise(network, epoch, indices):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(ROWS, 1, 8, 8, generator=generator)
    truth = torch.randint(0, 3, (ROWS,), generator=generator)
    return functional.cross_entropy(network(images[indices[0]])[:, 0], truth[indices[0]])[None], {}


def scripted(losses):
    """A validation that says these losses one after the other, and remembers what it saw."""
    seen = []

    def validate(network):
        assert not network.training
        seen.append(member_state(network, 0))
        return losses[len(seen) - 1]

    return validate, seen


def run(losses, checkpoint=None, start=0, loss=loss_of_noise):
    validate, seen = scripted(losses[start:])
    network = build()
    history = fit(network, loss, [ROWS], [5], RECIPE, checkpoint=checkpoint, watch=watch(validate))
    return network, history, seen


LOSSES = [5.0, 4.0, 4.5, 4.4, 4.3, 1.0]


def test_the_best_epochs_weights_are_kept_and_what_comes_later_is_not_run():
    network, history, seen = run(LOSSES)
    assert history["validation"].tolist() == LOSSES[:5]
    np.testing.assert_allclose(history["learning_rate"], [0.02, 0.02, 0.02, 0.02, 0.002])
    for name, values in member_state(network, 0).items():
        torch.testing.assert_close(values, seen[1][name], rtol=0, atol=0)
    assert any((seen[4][name] != seen[1][name]).any() for name in seen[1])


@pytest.mark.parametrize("stopped", [1, 3, 4])
def test_resumed_training_decides_alike(tmp_path, stopped):
    expected, history, _ = run(LOSSES)

    class Killed(Exception):
        pass

    def killing(network, epoch, indices):
        if epoch == stopped:
            raise Killed
        return loss_of_noise(network, epoch, indices)

    kept = Checkpoint(tmp_path, "key", interval=0)
    with pytest.raises(Killed):
        run(LOSSES, kept, loss=killing)
    network, again, _ = run(LOSSES, kept, start=stopped)
    assert again.equals(history)
    for name, values in member_state(expected, 0).items():
        torch.testing.assert_close(member_state(network, 0)[name], values, rtol=0, atol=0)
    finished, once_more, _ = run(LOSSES, kept, start=5)  # nothing is left to do
    assert once_more.equals(history)
    for name, values in member_state(expected, 0).items():
        torch.testing.assert_close(member_state(finished, 0)[name], values, rtol=0, atol=0)


def test_an_batched_network_is_not_watched():
    pair = resnet(18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1), members=2)
    with pytest.raises(ValueError, match="one network is watched"):
        fit(pair, loss_of_noise, [ROWS] * 2, [1, 2], RECIPE, watch=watch())


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_frozen_parameters_stay_also_when_training_is_resumed(tmp_path, optimiser):
    recipe = Recipe(epochs=3, batch_size=8, learning_rate=0.02, optimiser=optimiser)

    def frozen():
        network = build()
        network.conv1.requires_grad_(False)
        return network

    network, before = frozen(), build()
    fit(network, loss_of_noise, [ROWS], [5], recipe)
    torch.testing.assert_close(network.conv1.weight, before.conv1.weight, rtol=0, atol=0)
    assert (network.fc.weight != before.fc.weight).any()

    def killing(of, epoch, indices):
        if epoch == 2:
            raise KeyboardInterrupt
        return loss_of_noise(of, epoch, indices)

    kept = Checkpoint(tmp_path, "key", interval=0)
    with pytest.raises(KeyboardInterrupt):
        fit(frozen(), killing, [ROWS], [5], recipe, checkpoint=kept)
    resumed = frozen()
    fit(resumed, loss_of_noise, [ROWS], [5], recipe, checkpoint=kept)
    for name, values in member_state(network, 0).items():
        torch.testing.assert_close(member_state(resumed, 0)[name], values, rtol=0, atol=0)
