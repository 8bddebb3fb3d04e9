"""A reader: what it should say, its loss and its predictions."""

import numpy as np
import pytest
import torch

from neuroloop.calcium.reader import (
    AUGMENTATION,
    RECIPE,
    Reader,
    Reading,
    build,
    multi_hot,
    read_frames,
)
from neuroloop.calcium.views import Augmentation, FrameSource, Views
from neuroloop.errors import NeuroLoopError
from neuroloop.training.batches import batch_order
from neuroloop.training.recipe import Recipe

SMALL = Reader(widths=(2, 3), hidden_units=4)
FRAMES = np.random.default_rng(0).normal(size=(20, 9, 8)).astype(np.float32)


def frames(rows):
    return FRAMES[rows]


def test_the_studys_recipe():
    assert Recipe(epochs=30, batch_size=10, learning_rate=1e-4, optimiser="adam") == RECIPE
    assert Reader() == Reader.from_block({})
    assert Reader().widths == (16, 32, 64)
    assert Reader().hidden_units == 300
    assert AUGMENTATION.augmented_share == 0.5


def test_a_block_of_the_config():
    block = {
        "input": "dff",
        "head": "gap",
        "widths": [4, 8],
        "coordinates": True,
        "epochs": 3,
        "learning_rate": 0.001,
        "augmented_share": 0.25,
    }
    reader = Reader.from_block(block)
    assert (reader.head, reader.widths, reader.coordinates) == ("gap", (4, 8), True)
    assert reader.recipe == Recipe(3, 10, 0.001, optimiser="adam")
    assert reader.augmentation == Augmentation(0.25, 0.2, 0.2)


def test_targets_by_hand():
    made = multi_hot(["2", "1+10", "none", "", "10+2"], ["1", "2", "10"])
    expected = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 1, 1, 0]]
    assert made.dtype == bool
    assert made.astype(int).tolist() == expected
    assert multi_hot([], ["1"]).shape == (0, 2)
    with pytest.raises(NeuroLoopError, match=r"pattern 1\+7: cell 7 is not in the table of cells"):
        multi_hot(["1+7"], ["1"])


def test_loss_by_hand():
    """Each member's own frames and targets: -log of the right probability, mean over outputs."""
    targets = np.zeros((20, 3), dtype=bool)
    targets[np.arange(20), np.arange(20) % 3] = True
    targets[4] = [True, True, False]
    rows = [np.arange(4, 14), np.arange(2, 20, 2)[[0, 1, 2, 3, 4, 5, 6, 7, 8]]]
    seeds, levels = [1, 2], np.array([[0.0, 1.0], [0.0, 1.0]])
    network = build(SMALL, 3, (9, 8), seeds, levels=levels)
    order = batch_order([10, 9], 4, seeds, 0)
    source = FrameSource(frames, np.arange(20), torch.device("cpu"))
    reading = Reading(Views(source, rows, seeds, Augmentation(0, 0, 0), levels), targets)
    loss, terms = reading.score(network, *next(reading.batches(0, order)))
    assert terms == {}
    for member in range(2):
        chosen = rows[member][order[0, member]]
        alone = build(SMALL, 3, (9, 8), seeds[member : member + 1])
        logits = read_frames(alone, frames, chosen)[:, 0].astype(np.float64)
        probability = 1 / (1 + np.exp(-logits))
        right = np.where(targets[chosen], probability, 1 - probability)
        assert float(loss[member].detach()) == pytest.approx(-np.log(right).mean(), rel=1e-5)


def test_what_is_fitted_is_in_the_network():
    levels = np.array([[1.0, 2.0], [3.0, 4.0]])
    mask = np.zeros((9, 8), dtype=bool)
    mask[2:5] = True
    network = build(SMALL, 3, (9, 8), [1, 2], mask, levels)
    assert network.input.mean.tolist() == [1, 3]
    assert network.input.std.tolist() == [2, 4]
    assert network.input.mask.shape == (2, 9, 8)
    changed = np.where(mask, FRAMES, 7).astype(np.float32)
    rows = np.arange(20)
    np.testing.assert_array_equal(
        read_frames(network, frames, rows), read_frames(network, changed.__getitem__, rows)
    )


def test_reading_does_not_depend_on_batches_or_members():
    batched_network = build(SMALL, 3, (9, 8), [1, 2])
    rows = np.stack([np.arange(20), np.arange(20)[::-1]])
    logits = read_frames(batched_network, frames, rows)
    assert logits.shape == (20, 2, 3)
    assert logits.dtype == np.float32
    for member in range(2):
        single = build(SMALL, 3, (9, 8), [member + 1])
        for row in (0, 7, 19):
            alone = read_frames(single, frames, rows[member, row : row + 1])[0, 0]
            np.testing.assert_allclose(logits[row, member], alone, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        read_frames(batched_network, frames, rows[0])[:, 0], logits[:, 0], atol=1e-6
    )


def test_seed_decides_the_weights():
    one, same, other = (build(SMALL, 3, (9, 8), [seed]).head.fc.weight for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
