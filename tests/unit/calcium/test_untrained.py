"""Maps of networks with random weights."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.mapped_trials import map_items
from neuroloop.calcium.reader import RECIPE, Reader, build
from neuroloop.calcium.reader_maps import held_out_evidence, held_out_maps
from neuroloop.calcium.reader_training import Place
from neuroloop.calcium.untrained import untrained_evidence, untrained_maps
from neuroloop.calcium.views import level
from neuroloop.statistics.folds import Split

READER = Reader(widths=(3, 4), hidden_units=5, recipe=replace(RECIPE, epochs=1))
ROWS = pd.DataFrame(
    {
        "recording": "r",
        "trial": np.repeat([1, 2, 3], 2),
        "pattern": np.repeat(["a+b", "a", "b"], 2),
        "group": "g",
        "trial_row": np.repeat([0, 1, 2], 2),
    }
)
ITEMS = map_items(ROWS, ["a", "b"])
IMAGES = np.random.default_rng(0).normal(2, 3, (6, 16, 16)).astype(np.float32)
EARLY, MIDDLE, LATE = np.arange(2), np.arange(2, 4), np.arange(4, 6)


def made(seeds: list[int], splits: list[Split]) -> np.ndarray:
    options = (READER, 3, seeds, "hires_cam", torch.device("cpu"))
    return untrained_maps(lambda rows: IMAGES[rows], ROWS, ITEMS, splits, *options)


def test_maps_are_those_of_networks_as_they_are_built() -> None:
    both = [Split(EARLY, np.concatenate([MIDDLE, LATE])), Split(LATE, EARLY)]
    found = made([4, 9], both)
    assert found.shape == (2, 4, 4, 4)
    everything = Split(EARLY, np.arange(6))
    levels = np.array([level(lambda rows: IMAGES[rows], np.arange(6), None)])
    for maps, seed in zip(found, (4, 9), strict=True):
        network = build(READER, 3, (16, 16), [seed], None, levels).eval()
        expected = held_out_maps(
            network,
            [Place(0, 0)],
            lambda rows: IMAGES[rows],
            ROWS,
            ITEMS,
            [everything],
            "hires_cam",
        )
        np.testing.assert_array_equal(maps, expected[0])
    assert not np.allclose(found[0], found[1])


def test_only_held_out_trials_are_explained() -> None:
    """As of the trained networks: items of the trials that a split tests, in their order."""
    found = made([4], [Split(np.concatenate([EARLY, MIDDLE]), LATE)])
    assert found.shape[1] == (ITEMS["trial_row"] == 2).sum() == 1


def test_evidence_is_that_of_networks_as_they_are_built() -> None:
    """Of the rows that are asked for, by networks whose level is that of the frames given."""
    windows = np.zeros((2, 16, 16), dtype=bool)
    windows[0, 2:7, 2:7] = windows[1, 8:14, 9:15] = True
    seen, level_of = np.array([0, 2, 5]), np.arange(4)

    def frames(rows: np.ndarray) -> np.ndarray:
        return IMAGES[rows]

    options = (READER, [4, 9], torch.device("cpu"))
    found = untrained_evidence(frames, seen, windows, *options, levels_of=level_of)
    assert found.shape == (2, 3, 2)
    levels = np.array([level(frames, level_of, None)])
    for one, seed in zip(found, (4, 9), strict=True):
        network = build(READER, 3, (16, 16), [seed], None, levels).eval()
        expected = held_out_evidence(network, [Place(0, 0)], frames, [seen], windows)
        np.testing.assert_array_equal(one, expected[0])
    assert not np.allclose(found[0], found[1])
