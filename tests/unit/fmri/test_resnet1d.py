"""Decoding with 1-D networks, a split each."""

from dataclasses import replace

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri import resnet1d
from neuroloop.fmri.permutation import label_null
from neuroloop.fmri.resnet1d import RECIPE, resnet1d18
from neuroloop.statistics.folds import Split, splits
from neuroloop.statistics.intervals import permutation_p
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.recipe import Recipe

QUICK = Recipe(epochs=2, batch_size=8, learning_rate=0.01, momentum=0.9)
N_CLASSES = 3


def problem(n=45, voxels=40, signal=1.0, seed=0):
    """Activity with class means in every voxel, classes, and five folds of neighbours."""
    generator = np.random.default_rng(seed)
    y = generator.permutation(np.arange(n) % N_CLASSES)
    means = signal * generator.normal(size=(N_CLASSES, voxels))
    x = (means[y] + generator.normal(size=(n, voxels))).astype(np.float32)
    return x, y, splits(np.arange(n) * 5 // n)


def decode(x, y, made, recipe=QUICK, n_voxels=30, members_at_once=1, **options):
    return resnet1d18(
        x,
        y,
        made,
        N_CLASSES,
        n_voxels,
        recipe=recipe,
        **{"width": 4, "seed": 1, "device": "cpu", "members_at_once": members_at_once} | options,
    )


def test_the_studys_recipe():
    assert Recipe(15, 64, 0.01, 0.9, schedule="step", step_epochs=90).rate(14) == RECIPE.rate(14)
    assert Recipe(epochs=15, batch_size=64, learning_rate=0.01, momentum=0.9) == RECIPE


def test_learns_a_signal_out_of_fold():
    x, y, made = problem(n=90, voxels=60)
    recipe = replace(QUICK, epochs=8)
    scores = decode(x, y, made, recipe, n_voxels=60, members_at_once=5, width=8)
    assert [one.shape for one in scores] == [(len(split.test), 3) for split in made]
    assert all(one.dtype == np.float32 for one in scores)
    hits = [one.argmax(axis=1) == y[split.test] for one, split in zip(scores, made, strict=True)]
    assert np.concatenate(hits).mean() > 0.8


@pytest.mark.parametrize("members_at_once", [2, 5])
def test_networks_do_not_depend_on_those_beside_them(members_at_once):
    x, y, made = problem()
    # Sizes of all kinds: equal, with as many batches, with fewer, below a batch.
    made = [*made, *(Split(made[0].train[:n], made[0].test) for n in (34, 33, 12, 6, 5, 5))]
    # Training magnifies rounding, the more the higher the rate.
    slow = replace(QUICK, learning_rate=0.001)
    alone = decode(x, y, made, slow)
    together = decode(x, y, made, slow, members_at_once=members_at_once)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3)
    assert np.abs(alone[9] - alone[10]).max() > 0.05, "same rows, another network"


def test_nothing_is_learned_from_test_rows():
    x, y, made = problem()
    first = made[0]
    scores = decode(x, y, [first])[0]
    changed = x.copy()
    changed[first.test[1:]] *= 100
    labels = y.copy()
    labels[first.test] = 0
    again = decode(changed, labels, [first])[0]
    np.testing.assert_allclose(again[0], scores[0], rtol=1e-4, atol=1e-5)
    assert np.abs(again[1:] - scores[1:]).max() > 0.05


def test_voxels_are_selected_and_scaled_in_the_training_rows(monkeypatch):
    x, y, made = problem()
    real, seen = resnet1d.prepare, []

    def spy(*given):
        seen.append(given)
        return real(*given)

    monkeypatch.setattr(resnet1d, "prepare", spy)
    decode(x, y, made, replace(QUICK, epochs=1), n_voxels=7, members_at_once=2)
    assert len(seen) == len(made)
    for (x_train, y_train, x_test, n_voxels), split in zip(seen, made, strict=True):
        np.testing.assert_array_equal(x_train, x[split.train])
        np.testing.assert_array_equal(y_train, y[split.train])
        np.testing.assert_array_equal(x_test, x[split.test])
        assert n_voxels == 7


def test_seed_decides():
    x, y, made = problem()
    first, again, other = (decode(x, y, made[:1], seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


def test_few_voxels_and_few_rows():
    x, y, _ = problem(n=9, voxels=2)
    (scores,) = decode(x, y, [Split(np.arange(2), np.arange(2, 9))])
    assert scores.shape == (7, 3)
    assert np.isfinite(scores).all()
    with pytest.raises(NeuroLoopError, match="1 training rows"):
        decode(x, y, [Split(np.arange(1), np.arange(2, 9))])


class Killed(Exception):
    """Stands for a signal."""


@pytest.mark.parametrize("members_at_once", [1, 2])
def test_resumed_decoding_ends_in_the_same_bytes(tmp_path, monkeypatch, members_at_once):
    x, y, made = problem()
    expected = decode(x, y, made, members_at_once=members_at_once)

    def checkpoint(name):
        return Checkpoint(tmp_path / "states", f"key-{name}", interval=0)

    real, trained = resnet1d.fit, []

    def dying(network, loss, sizes, seeds, recipe, **options):
        trained.append(tuple(seeds))
        if len(trained) == 2:  # in the second epoch of the second group
            begin = loss.batches

            def batches_that_kill(epoch, order):
                if epoch == 1:
                    raise Killed
                return begin(epoch, order)

            loss.batches = batches_that_kill
        return real(network, loss, sizes, seeds, recipe, **options)

    monkeypatch.setattr(resnet1d, "fit", dying)
    with pytest.raises(Killed):
        decode(x, y, made, members_at_once=members_at_once, checkpoint=checkpoint)
    assert len(list((tmp_path / "states").iterdir())) == 2, "scores of one, training of another"

    resumed = decode(x, y, made, members_at_once=members_at_once, checkpoint=checkpoint)
    assert trained[2] == trained[1], "the first group is not trained again"
    for one, other in zip(resumed, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    names = [path.name for path in (tmp_path / "states").iterdir()]
    assert all(name.startswith("key-scores-") for name in names), "no weights are left"
    trained.clear()
    again = decode(x, y, made, members_at_once=members_at_once, checkpoint=checkpoint)
    assert not trained
    np.testing.assert_array_equal(again[3], expected[3])
    Checkpoint(tmp_path / "states", "key").remove()
    assert not list((tmp_path / "states").iterdir())


def test_trained_networks_are_no_more_alike_from_fold_to_fold_than_their_null_allows() -> None:
    """Studies of noise in two runs, each run's networks judged by the other run.

    `label_null` is widened for linear decoders, whose accuracies vary 1.3 times as much as
    permutations that keep the predictions say. Networks are less alike (1.0 to 1.1 times in 60 to
    150 studies), so that their p is not too small.
    """
    generator, studies, classes = np.random.default_rng(0), 40, 2
    y = np.concatenate([generator.permutation(np.arange(20) % 2) for _ in range(2 * studies)])
    x, run = generator.standard_normal((len(y), 32)), np.arange(len(y)) // 20
    made = [
        Split(np.flatnonzero(run == (one ^ 1)), np.flatnonzero(run == one))
        for one in range(2 * studies)
    ]
    recipe = replace(QUICK, epochs=10, batch_size=16, learning_rate=0.05)
    options = {"width": 4, "seed": 0, "device": "cpu", "members_at_once": 20}
    x = x.astype(np.float32)
    scores = resnet1d18(x, y, made, classes, 32, recipe=recipe, **options)
    predicted = np.concatenate([one.argmax(axis=1) for one in scores])
    above, spread, p = [], [], []
    for study in range(studies):
        rows = slice(40 * study, 40 * study + 40)
        labels, runs, blocks = y[rows], run[rows].astype(str), np.arange(40).astype(str)
        null = label_null(predicted[rows], labels, blocks, runs, generator, 99)
        above.append((predicted[rows] == labels).mean() - null.mean())
        spread.append(null.std())
        p.append(permutation_p((predicted[rows] == labels).mean(), null))
    assert np.std(above) < np.mean(spread)
    assert abs(np.mean(above)) < 0.05
    assert np.mean(np.array(p) <= 0.05) <= 0.1
