"""Permuted labels: what is trained, what is not, and whether it was memorised."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from neuroloop.explain.sanity.label_training import _loss, train_on_permuted_labels, trained_layers
from neuroloop.training.loop import predict
from neuroloop.training.recipe import Recipe
from tests.unit.explain.explained_models import radiographs, reader, student

SHORT = Recipe(epochs=1, batch_size=4, learning_rate=0.001, optimiser="adam")


def train(model, **options):
    return train_on_permuted_labels(
        model.network,
        model.images.images,
        model.images.truth,
        multi_label=model.labels == "multi",
        **{"seed": 0} | options,
    )


@pytest.mark.parametrize("make", [student, lambda: student(2), reader, radiographs])
def test_labels_are_memorised_and_the_given_network_stays(make):
    model = make()
    before = {name: values.clone() for name, values in model.network.state_dict().items()}
    made = train(model)
    assert made.memorised
    assert made.accuracy >= 0.95
    assert made.n == 12
    after = model.network.state_dict()
    assert all(torch.equal(values, after[name]) for name, values in before.items())
    assert not model.network.training
    assert not made.network.training
    # The accuracy is on permuted labels, not on those of the images.
    logits = predict(made.network, model.images.images)
    if model.labels == "single":
        true = (logits.argmax(axis=2) == model.images.truth[:, None]).mean()
        assert true == pytest.approx(made.kept, abs=0.1)
        assert made.kept < 0.9
        assert made.chance == pytest.approx(1 / 3)


def test_what_was_frozen_stays_and_the_rest_starts_anew():
    model = radiographs()
    names = {
        name
        for layer in trained_layers(model.network, torch.zeros(1, 1, 16, 16))
        for name in layer.modules
    }
    assert "head.fc" in names
    assert {name.split(".")[1] for name in names if name.startswith("backbone")} == {
        "layer3",
        "layer4",
    }
    made = train(model, recipe=SHORT, rounds=1)
    own, trained = model.network.state_dict(), made.network.state_dict()
    for name, values in own.items():
        frozen = name.startswith(("backbone.conv1", "backbone.bn1", "backbone.layer1", "mean"))
        if values.ndim > 1 or frozen:
            assert torch.equal(values, trained[name]) == frozen or "layer2" in name, name
        if "layer2" in name:
            assert torch.equal(values, trained[name]), name
    # One epoch of small steps does not lead so far from the given weights: they were drawn anew.
    moved = (own["head.fc.weight"] - trained["head.fc.weight"]).abs().max()
    assert moved > 0.05


def test_dropout_does_not_stand_against_memorising():
    model = radiographs()
    made = train(model, recipe=SHORT, rounds=1)
    assert (model.network.head.dropout.p, made.network.head.dropout.p) == (0.5, 0)


def test_too_little_training_is_said_so():
    made = train(student(), recipe=SHORT, rounds=1)
    assert not made.memorised
    assert made.epochs == 1


def test_the_same_seed_gives_the_same_bytes():
    states = [
        train(reader(), recipe=SHORT, rounds=2, seed=seed).network.state_dict()
        for seed in (0, 0, 1)
    ]
    name = "head.fc.weight"
    assert torch.equal(states[0][name], states[1][name])
    assert not torch.equal(states[0][name], states[2][name])


def test_each_members_loss_is_of_its_own_rows():
    model = student(2)
    inputs = torch.from_numpy(model.images.images)
    targets = torch.from_numpy(model.images.truth)
    rows = torch.tensor([[0, 3, 5], [7, 1, 2]])
    made = _loss(model.network, inputs, targets, rows, False)
    for member, chosen in enumerate(rows):
        logits = model.network(inputs[chosen])[:, member]
        expected = functional.cross_entropy(logits, targets[chosen])
        torch.testing.assert_close(made[member], expected)


def test_the_loss_of_several_labels_by_an_independent_formula():
    model = reader()
    inputs, truth = torch.from_numpy(model.images.images), model.images.truth
    rows = torch.tensor([[0, 3, 5]])
    made = _loss(model.network, inputs, torch.from_numpy(truth), rows, True)
    chances = torch.sigmoid(model.network(inputs[rows[0]])[:, 0]).detach().numpy()
    chosen = truth[rows[0].numpy()]
    expected = -np.log(np.where(chosen, chances, 1 - chances)).mean()
    assert float(made.detach()[0]) == pytest.approx(expected, rel=1e-5)


def test_fresh_weights_have_statistics_of_their_own():
    model = radiographs()
    model.network.frozen_norm = True
    made = train(model, recipe=SHORT, rounds=1)
    name = "backbone.layer4.0.bn1.running_mean"
    assert made.network.state_dict()[name].abs().max() > 0, "reset to 0, and seen since"
    assert model.network.frozen_norm
