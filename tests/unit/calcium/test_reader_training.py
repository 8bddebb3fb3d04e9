"""Readers of all seeds and folds, tested on trials that they did not see."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.calcium import reader_training
from neuroloop.calcium.reader import Reader, multi_hot, read_frames
from neuroloop.calcium.reader_training import Place, train_readers
from neuroloop.calcium.views import Augmentation
from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.folds import Split, splits
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.recipe import Recipe

CPU = torch.device("cpu")
CELLS = ["1", "2", "3"]
PATTERNS = ["1", "2", "3", "1+3", "none"]
SIDE = 16
READER = Reader(
    widths=(4, 6),
    hidden_units=12,
    recipe=Recipe(epochs=2, batch_size=8, learning_rate=1e-3, optimiser="adam"),
    augmentation=Augmentation(0.5, 0.2, 0.2),
)
SEEDS = [3, 4]


def session(trials=3, per_trial=2, signal=3.0, seed=0):
    """Frames of small spots in noise, their patterns and trials."""
    generator = np.random.default_rng(seed)
    patterns = np.repeat(PATTERNS * trials, per_trial)
    trial = np.repeat(np.arange(trials), len(PATTERNS) * per_trial)
    images = generator.normal(2, 1, size=(len(patterns), SIDE, SIDE)).astype(np.float32)
    for image, name in zip(images, patterns, strict=True):
        for cell in name.split("+") if name != "none" else []:
            at = 3 + 4 * (int(cell) - 1)
            image[at : at + 3, at : at + 3] += signal
    return images, patterns, trial


IMAGES, NAMES, TRIALS = session()
MADE = splits(TRIALS)


def train(images=IMAGES, names=NAMES, made=MADE, reader=READER, seeds=SEEDS, **options):
    targets = multi_hot(names, CELLS)
    return train_readers(images.__getitem__, targets, made, reader, seeds, CPU, **options)


def test_learns_to_read_out_of_fold():
    images, names, trials = session(trials=4, per_trial=5, signal=4.0)
    reader = replace(READER, recipe=replace(READER.recipe, epochs=12, learning_rate=3e-3))
    made = train(images, names, splits(trials)[:2], reader, [1])
    held = trials < 2
    assert np.isfinite(made.logits[:, held]).all()
    assert np.isnan(made.logits[:, ~held]).all(), "rows that no split tests"
    assert made.logits.dtype == np.float32
    right = ((made.logits[0, held] > 0) == multi_hot(names[held], CELLS)).all(axis=1)
    assert right.mean() > 0.7


def test_history_says_who_learned_what():
    made = train()
    assert list(made.history) == ["seed", "fold", "epoch", "learning_rate", "loss"]
    networks = made.history[["seed", "fold"]].drop_duplicates()
    assert len(networks) == 6
    assert made.history.groupby(["seed", "fold"])["epoch"].apply(list).tolist() == [[1, 2]] * 6
    assert set(made.harvest) == {Place(seed, fold) for seed in (0, 1) for fold in (0, 1, 2)}
    assert not any(made.harvest.values())


@pytest.mark.parametrize("head", ["flatten", "gap"])
def test_networks_do_not_depend_on_those_beside_them(head):
    # Numbers of training rows that differ: 20, 19 and 8.
    made = [
        *MADE[:2],
        Split(MADE[2].train[:19], MADE[2].test),
        Split(MADE[0].train[:8], MADE[0].test[:3]),
    ]
    reader = replace(READER, head=head)
    alone = train(made=made, reader=reader)
    together = train(made=made, reader=reader, members_at_once=4)
    np.testing.assert_allclose(alone.logits, together.logits, rtol=0, atol=1e-3)
    key = ["seed", "fold", "epoch"]
    histories = (one.history.sort_values(key, ignore_index=True) for one in (alone, together))
    pd.testing.assert_frame_equal(*histories, rtol=1e-3)
    assert np.abs(alone.logits[0] - alone.logits[1]).max() > 0.01


def test_nothing_is_learned_from_test_rows():
    first = MADE[:1]
    made = train(made=first)
    test = first[0].test
    images, names = IMAGES.copy(), NAMES.copy()
    images[test[1:]] = images[test[1:]] * 50 + 7
    names[test] = "none"
    again = train(images, names, first)
    np.testing.assert_array_equal(again.history, made.history)
    np.testing.assert_allclose(again.logits[:, test[0]], made.logits[:, test[0]], atol=1e-5)
    assert np.abs(again.logits[:, test[1:]] - made.logits[:, test[1:]]).max() > 0.01


def test_units_of_the_frames_do_not_matter():
    made, again = train(), train(images=IMAGES * 1000 - 500)
    np.testing.assert_allclose(made.logits, again.logits, atol=0.02)


def test_pixels_outside_the_mask_do_not_matter():
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[:9, :9] = True
    images = np.where(mask, IMAGES, 99).astype(np.float32)
    made, again = (train(given, made=MADE[:1], mask=mask) for given in (IMAGES, images))
    np.testing.assert_array_equal(made.logits, again.logits)
    assert np.abs(train(made=MADE[:1]).logits - made.logits)[:, MADE[0].test].max() > 0.01


def test_seed_decides():
    first, same, other = (train(made=MADE[:1], seeds=[seed]).logits for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert np.nanmax(np.abs(first - other)) > 0.01


def held_out(network, places):
    """Mean logit of each member over its held-out rows, and something of another type."""
    assert not network.training
    assert all(values.grad is None for values in network.parameters())
    kept = []
    for member, place in enumerate(places):
        logits = read_frames(network, IMAGES.__getitem__, MADE[place.fold].test)[:, member]
        kept.append({"logit": logits.mean(0), "place": np.array(place)})
    return kept


@pytest.mark.parametrize("members_at_once", [1, 4])
def test_the_caller_harvests_every_network(members_at_once):
    made = train(members_at_once=members_at_once, harvest=held_out)
    for place, kept in made.harvest.items():
        assert kept["place"].tolist() == list(place)
        expected = made.logits[place.seed, MADE[place.fold].test].mean(axis=0)
        np.testing.assert_allclose(kept["logit"], expected, rtol=1e-4, atol=1e-5)


class Killed(Exception):
    """Stands for a signal."""


@pytest.mark.parametrize("members_at_once", [1, 2])
@pytest.mark.parametrize("epoch", [1, None])
def test_resumed_training_ends_in_the_same_bytes(tmp_path, monkeypatch, members_at_once, epoch):
    """Killed in the second epoch of the second group, or while it is harvested."""
    expected = train(members_at_once=members_at_once, harvest=held_out)

    def checkpoint(name):
        return Checkpoint(tmp_path / "states", f"key-{name}", interval=0)

    real, fitted, harvested = reader_training.fit, [], []

    def dying(network, loss, sizes, seeds, recipe, **options):
        fitted.append(tuple(seeds))
        begin = loss.batches

        def killing(now, order):
            if len(fitted) == 2 and now == epoch:
                raise Killed
            return begin(now, order)

        loss.batches = killing
        return real(network, loss, sizes, seeds, recipe, **options)

    def harvest(network, places):
        harvested.extend(places)
        if len(fitted) == 2 and epoch is None and len(harvested) == 2 * members_at_once:
            raise Killed
        return held_out(network, places)

    monkeypatch.setattr(reader_training, "fit", dying)
    options = {"members_at_once": members_at_once, "checkpoint": checkpoint}
    with pytest.raises(Killed):
        train(**options, harvest=harvest)
    first = fitted[0]
    resumed = train(**options, harvest=harvest)
    assert fitted.count(first) == 1, "what is done is not done again"
    np.testing.assert_array_equal(resumed.logits, expected.logits)
    pd.testing.assert_frame_equal(resumed.history, expected.history, check_exact=True)
    for place, kept in expected.harvest.items():
        for name, values in kept.items():
            np.testing.assert_array_equal(resumed.harvest[place][name], values)
            assert resumed.harvest[place][name].dtype == values.dtype
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "states").iterdir()}
    assert all("done" in name for name in sizes), "no weights are left"
    finished = train(**options, harvest=harvest)
    np.testing.assert_array_equal(finished.logits, expected.logits)
    pd.testing.assert_frame_equal(finished.history, expected.history, check_exact=True)


def test_too_few_rows_and_divergence_are_one_line():
    with pytest.raises(NeuroLoopError, match="1 training rows"):
        train(made=[Split(np.array([3]), np.array([0, 1]))])
    wild = replace(READER, recipe=replace(READER.recipe, learning_rate=1e30))
    with pytest.raises(NeuroLoopError, match="set a learning_rate below"):
        train(reader=wild, made=MADE[:1])
