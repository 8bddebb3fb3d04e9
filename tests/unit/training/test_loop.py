"""The training loop: order of batches, independence of members, resuming, prediction."""

import logging
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_weights
from neuroloop.networks.resnet import initialise, member_state, resnet
from neuroloop.training.batches import batch_order
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.loop import fit, predict
from neuroloop.training.recipe import Recipe

SEEDS = (21, 22, 23)
RECIPE = Recipe(epochs=4, batch_size=8, learning_rate=0.02, momentum=0.9)
ROWS = 20
ROOT = Path(__file__).parents[3]


def build(seeds=SEEDS):
    network = resnet(
        18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1), members=len(seeds)
    )
    initialise(network, seeds)
    return network


def data():
    """Images (members, rows, 1, 8, 8) and classes (members, rows), other ones for each member."""
    generator = torch.Generator().manual_seed(0)
    members = len(SEEDS)
    truth = torch.randint(0, 3, (members, ROWS), generator=generator)
    noise = torch.randn(members, ROWS, 1, 8, 8, generator=generator)
    return noise + truth[:, :, None, None, None], truth


def cross_entropy(images, truth):
    """Loss of members that each have images and classes of their own."""

    def loss(network, epoch, indices):
        members = torch.arange(len(indices))[:, None]
        logits = network(images[members, indices].transpose(0, 1).flatten(1, 2))
        each = functional.cross_entropy(
            logits.permute(0, 2, 1), truth[members, indices].T, reduction="none"
        ).mean(dim=0)
        return each, {"twice": 2 * each}

    return loss


def train(recipe=RECIPE, seeds=SEEDS, only=slice(None), **options):
    images, truth = data()
    network = build(seeds)
    loss = cross_entropy(images[only], truth[only])
    history = fit(network, loss, [ROWS] * len(seeds), seeds, recipe, **options)
    return network, history


# ---------------------------------------------------------------------------------- recipe


def test_rates_by_hand():
    recipe = Recipe(epochs=4, batch_size=1, learning_rate=0.8)
    assert [recipe.rate(epoch) for epoch in range(4)] == [0.8] * 4
    cosine = replace(recipe, schedule="cosine")
    half = 0.8 * (1 + math.sqrt(0.5)) / 2
    assert [cosine.rate(epoch) for epoch in range(4)] == pytest.approx([0.8, half, 0.4, 0.8 - half])
    step = replace(recipe, schedule="step", step_epochs=2, gamma=0.5)
    assert [step.rate(epoch) for epoch in range(5)] == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2])


@pytest.mark.parametrize("schedule", ["cosine", "step"])
def test_rates_are_those_of_torch(schedule):
    recipe = Recipe(7, 1, 0.3, schedule=schedule, step_epochs=3, gamma=0.2)
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    if schedule == "cosine":
        peer = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=7)
    else:
        peer = torch.optim.lr_scheduler.StepLR(optimiser, 3, 0.2)
    for epoch in range(7):
        assert recipe.rate(epoch) == pytest.approx(peer.get_last_lr()[0])
        optimiser.step()
        peer.step()


# ----------------------------------------------------------------------------- batch order


def test_an_epoch_goes_through_all_rows():
    order = batch_order([10, 10], 4, [1, 2], epoch=0)
    assert order.shape == (3, 2, 4)
    for member in range(2):
        rows = order[:, member].ravel()
        assert sorted(rows[:10]) == list(range(10))
        assert rows[10:].tolist() == rows[:2].tolist(), "it begins again"
    assert order[:, 0].tolist() != order[:, 1].tolist()


def test_order_depends_on_seed_and_epoch_alone():
    alone = batch_order([10], 4, [2], epoch=3)
    together = batch_order([10, 10, 10], 4, [1, 2, 3], epoch=3)
    np.testing.assert_array_equal(together[:, [1]], alone)
    np.random.seed(0)  # noqa: NPY002 - a global state that must not matter
    np.testing.assert_array_equal(batch_order([10], 4, [2], epoch=3), alone)
    assert batch_order([10], 4, [2], epoch=4).tolist() != alone.tolist()
    assert batch_order([10], 4, [5], epoch=3).tolist() != alone.tolist()


def test_same_steps_same_order_whatever_the_other_sizes():
    order = batch_order([12, 10], 4, [1, 2], epoch=0)
    np.testing.assert_array_equal(order[:, [1]], batch_order([10], 4, [2], epoch=0))
    np.testing.assert_array_equal(order[:, [0]], batch_order([12], 4, [1], epoch=0))


@pytest.mark.parametrize(
    ("sizes", "batch", "shape"),
    [([5, 9], 64, (2, 2, 5)), ([7], 64, (1, 1, 7)), ([9], 8, (2, 1, 8)), ([8], 4, (2, 1, 4))],
)
def test_batches_are_full(sizes, batch, shape):
    order = batch_order(sizes, batch, range(len(sizes)), epoch=0)
    assert order.shape == shape
    for member, size in enumerate(sizes):
        assert set(order[:, member].ravel()) == set(range(size))
        for rows in order[:, member]:
            assert len(set(rows)) == shape[2], "no row twice in a batch"


# ------------------------------------------------------------------------------------- fit


def test_history_and_modes():
    network, history = train(replace(RECIPE, schedule="cosine"))
    assert not network.training
    assert list(history.columns) == ["member", "epoch", "learning_rate", "loss", "twice"]
    assert history["epoch"].tolist() == [epoch for epoch in (1, 2, 3, 4) for _ in range(3)]
    assert history["member"].tolist() == [0, 1, 2] * 4
    assert history["learning_rate"].iloc[6] == pytest.approx(0.01)
    np.testing.assert_allclose(history["twice"], 2 * history["loss"], rtol=1e-6)
    last = history[history["epoch"] == 4]["loss"].to_numpy()
    assert (last < 0.85 * history[history["epoch"] == 1]["loss"].to_numpy()).all()


def test_first_loss_is_the_mean_over_the_batches_of_an_untrained_network():
    images, truth = data()
    _, history = train(replace(RECIPE, epochs=1, learning_rate=1e-30))
    losses = []
    untrained = build().requires_grad_(False)
    for rows in batch_order([ROWS] * 3, 8, SEEDS, epoch=0):
        seen = torch.cat([images[member, rows[member]] for member in range(3)], dim=1)
        logits = untrained(seen)
        losses.append(
            [
                float(functional.cross_entropy(logits[:, member], truth[member, rows[member]]))
                for member in range(3)
            ]
        )
    np.testing.assert_allclose(history["loss"], np.mean(losses, axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("recipe", "peer"),
    [
        (
            replace(RECIPE, nesterov=True, weight_decay=0.1),
            lambda p: torch.optim.SGD(p, 0.02, 0.9, nesterov=True, weight_decay=0.1, foreach=False),
        ),
        (replace(RECIPE, momentum=0), lambda p: torch.optim.SGD(p, 0.02, foreach=False)),
        (
            replace(RECIPE, optimiser="adam", weight_decay=0.1),
            lambda p: torch.optim.Adam(p, 0.02, weight_decay=0.1, foreach=False),
        ),
    ],
)
def test_equals_a_plain_loop(recipe, peer):
    recipe = replace(recipe, epochs=1)
    images, truth = data()
    network, _ = train(recipe, SEEDS[:1], slice(1))
    plain = build(SEEDS[:1])
    optimiser = peer(plain.parameters())
    for rows in batch_order([ROWS], 8, SEEDS[:1], epoch=0)[:, 0]:
        optimiser.zero_grad()
        functional.cross_entropy(plain(images[0, rows])[:, 0], truth[0, rows]).backward()
        optimiser.step()
    for name, values in plain.named_parameters():
        torch.testing.assert_close(network.get_parameter(name), values, rtol=1e-4, atol=1e-5)


def test_the_schedule_reaches_the_optimiser():
    stopped = replace(RECIPE, schedule="step", step_epochs=1, gamma=0.0)
    long, _ = train(stopped)
    short, _ = train(replace(RECIPE, epochs=1))
    for name, values in short.named_parameters():
        assert torch.equal(long.get_parameter(name), values)


def test_training_mode_is_set(tmp_path):
    images, truth = data()
    network = build().eval()
    fit(network, cross_entropy(images, truth), [ROWS] * 3, SEEDS, RECIPE)
    assert content(network, tmp_path) == content(train()[0], tmp_path)


def test_members_train_as_if_alone():
    """Also shows that the loss is the sum over members: a mean would divide their rates by 3."""
    together, history = train()
    for member, seed in enumerate(SEEDS):
        alone, own = train(seeds=(seed,), only=slice(member, member + 1))
        state = member_state(together, member)
        for name, values in alone.named_parameters():
            torch.testing.assert_close(state[name], values, rtol=0, atol=1e-4)
        np.testing.assert_allclose(
            history[history["member"] == member]["loss"], own["loss"], rtol=1e-4
        )


def test_repeats_byte_for_byte_whatever_the_global_random_state(tmp_path):
    torch.manual_seed(1)
    first, history = train()
    torch.manual_seed(2)
    second, again = train()
    assert content(first, tmp_path) == content(second, tmp_path)
    pd.testing.assert_frame_equal(history, again, check_exact=True)


def test_the_log_tells_epoch_loss_and_time_left(monkeypatch, caplog):
    monkeypatch.setattr("neuroloop.jobs.progress.INTERVAL", 0.0)
    with caplog.at_level(logging.INFO):
        _, history = train(label="students")
    told = [message for message in caplog.messages if message.startswith("students")]
    means = history.groupby("epoch")["loss"].mean()
    assert told[0] == f"students, epochs: 1 of 4 done, loss {means[1]:.4g}, under a minute left"
    assert told[3] == f"students, epochs: 4 of 4 done, loss {means[4]:.4g}"


def test_divergence_is_one_line_that_says_what_to_do():
    with pytest.raises(NeuroLoopError, match=r"epoch 1 of 4: set a learning_rate below 1e\+30"):
        train(replace(RECIPE, learning_rate=1e30))


def test_weights_that_diverge_at_the_last_step_are_noticed():
    with pytest.raises(NeuroLoopError, match="epoch 1 of 1"):
        # One step: its loss was finite, the weights after it are not.
        train(replace(RECIPE, epochs=1, batch_size=20, learning_rate=float("inf")))


def test_infinite_loss_of_one_member_is_noticed():
    loss = cross_entropy(*data())

    def infinite(network, epoch, indices):
        each, terms = loss(network, epoch, indices)
        return each + torch.tensor([0.0, float("inf") if epoch == 2 else 0.0, 0.0]), terms

    with pytest.raises(NeuroLoopError, match="epoch 3 of 4"):
        fit(build(), infinite, [ROWS] * 3, SEEDS, RECIPE)


def test_one_row_is_too_few():
    images, truth = data()
    with pytest.raises(NeuroLoopError, match="1 training rows are too few"):
        fit(build(), cross_entropy(images, truth), [20, 20, 1], SEEDS, RECIPE)


# -------------------------------------------------------------------------------- resuming


def content(network, folder) -> bytes:
    save_weights(folder / "w.safetensors", network.state_dict())
    return (folder / "w.safetensors").read_bytes()


class Killed(Exception):
    """Stands for a signal."""


def interrupted(loss, epoch):
    """The loss, but the second batch of that epoch (from 0) kills the training."""
    seen = []

    def killing(network, now, indices):
        seen.append(now)
        if seen.count(epoch) == 2:
            raise Killed
        return loss(network, now, indices)

    return killing


@pytest.mark.parametrize(
    "recipe",
    [
        replace(RECIPE, nesterov=True, weight_decay=5e-4, schedule="cosine"),
        replace(RECIPE, optimiser="adam"),
        replace(RECIPE, momentum=0.0, schedule="step", step_epochs=2),
    ],
    ids=["nesterov", "adam", "no momentum"],
)
@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_resumed_training_ends_in_the_same_bytes(tmp_path, recipe, epoch):
    network, history = train(recipe)
    expected = content(network, tmp_path)
    kept = Checkpoint(tmp_path / "states", "key", interval=0)
    loss = cross_entropy(*data())
    with pytest.raises(Killed):
        fit(build(), interrupted(loss, epoch), [ROWS] * 3, SEEDS, recipe, checkpoint=kept)
    assert kept.path.exists() == (epoch > 0)

    epochs = []

    def counting(network, now, indices):
        epochs.append(now)
        return loss(network, now, indices)

    resumed = build()
    with torch.no_grad():
        for values in resumed.parameters():
            values.zero_()  # all must come from the state
    if epoch == 0:
        resumed = build()
    again = fit(resumed, counting, [ROWS] * 3, SEEDS, recipe, checkpoint=kept)
    assert sorted(set(epochs)) == list(range(epoch, 4)), "no epoch is trained twice"
    assert content(resumed, tmp_path) == expected
    pd.testing.assert_frame_equal(again, history, check_exact=True)


SCRIPT = """
import os, signal, sys
from pathlib import Path
from neuroloop.training.checkpoints import Checkpoint
sys.path.insert(0, {tests!r})
import test_loop as t

loss = t.cross_entropy(*t.data())
def killing(network, epoch, indices):
    if epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return loss(network, epoch, indices)
t.torch.set_num_threads({threads})
kept = Checkpoint(Path({folder!r}), "key", interval=0)
t.fit(t.build(), killing, [t.ROWS] * 3, t.SEEDS, t.RECIPE, checkpoint=kept)
"""


def test_killed_process_is_resumed_to_the_same_bytes(tmp_path):
    network, _ = train()
    expected = content(network, tmp_path)
    script = SCRIPT.format(
        tests=str(Path(__file__).parent),
        folder=str(tmp_path / "states"),
        threads=torch.get_num_threads(),
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True
    )
    assert ended.returncode == -9, ended.stderr.decode()
    kept = Checkpoint(tmp_path / "states", "key")
    assert max(row["epoch"] for row in kept.load()[1]["history"]) == 2
    resumed, _ = train(checkpoint=kept)
    assert content(resumed, tmp_path) == expected


def test_finished_training_is_not_repeated(tmp_path):
    kept = Checkpoint(tmp_path / "states", "key")
    network, history = train(checkpoint=kept)
    assert not any(name.startswith("optimiser") for name in kept.load()[0])
    saved = kept.path.stat()

    def never(network, epoch, indices):
        raise AssertionError("trained again")

    again = build()
    repeated = fit(again, never, [ROWS] * 3, SEEDS, RECIPE, checkpoint=kept)
    assert content(again, tmp_path) == content(network, tmp_path)
    pd.testing.assert_frame_equal(repeated, history, check_exact=True)
    assert not again.training
    assert kept.path.stat().st_mtime_ns == saved.st_mtime_ns


def test_bytes_do_not_depend_on_how_often_states_are_kept(tmp_path):
    often, _ = train(checkpoint=Checkpoint(tmp_path / "a", "key", interval=0))
    never, _ = train()
    assert content(often, tmp_path) == content(never, tmp_path)


def test_damaged_state_starts_over(tmp_path, caplog):
    network, _ = train()
    kept = Checkpoint(tmp_path / "states", "key", interval=0)
    loss = interrupted(cross_entropy(*data()), 2)
    with pytest.raises(Killed):
        fit(build(), loss, [ROWS] * 3, SEEDS, RECIPE, checkpoint=kept)
    kept.path.write_bytes(kept.path.read_bytes()[:-100])
    with caplog.at_level(logging.WARNING):
        again, _ = train(checkpoint=kept)
    assert "damaged" in caplog.text
    assert content(again, tmp_path) == content(network, tmp_path)


def test_state_of_another_network_starts_over(tmp_path, caplog):
    kept = Checkpoint(tmp_path / "states", "key", interval=0)
    train(seeds=SEEDS[:1], only=slice(1), checkpoint=kept)
    with caplog.at_level(logging.WARNING):
        again, _ = train(checkpoint=kept)
    assert "another network" in caplog.text
    assert content(again, tmp_path) == content(train()[0], tmp_path)


# ------------------------------------------------------------------------------ prediction


def test_prediction_does_not_depend_on_the_batch():
    network, _ = train()
    images, _ = data()
    inputs = images.transpose(0, 1).flatten(1, 2).numpy()
    logits = predict(network, inputs, batch=7)
    assert logits.shape == (ROWS, 3, 3)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, predict(network, inputs), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(logits[:1], predict(network, inputs[:1]), rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        np.testing.assert_allclose(
            logits, network(torch.from_numpy(inputs)).numpy(), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("training", [True, False])
def test_prediction_leaves_the_network_as_it_was(training):
    network, _ = train()
    network.train(training)
    before = {name: values.clone() for name, values in network.state_dict().items()}
    images, _ = data()
    predict(network, images[0].numpy())
    assert network.training == training
    assert all(torch.equal(network.state_dict()[name], values) for name, values in before.items())


def test_inputs_of_one_member_are_shown_to_all():
    network, _ = train()
    images, _ = data()
    shared = predict(network, images[0])
    np.testing.assert_array_equal(shared, predict(network, images[0].repeat(1, 3, 1, 1)))


def test_prediction_of_nothing():
    assert predict(build(), np.zeros((0, 3, 8, 8), dtype=np.float32)).shape == (0, 3, 3)
