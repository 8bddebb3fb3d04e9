"""Maps and evidence of held-out trials."""

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.calcium.mapped_trials import (
    items_of_split,
    map_items,
    pattern_maps,
    pattern_trials,
)
from neuroloop.calcium.reader_maps import held_out_evidence, held_out_maps, method_of
from neuroloop.calcium.reader_training import Place
from neuroloop.calcium.windows import cell_windows
from neuroloop.explain.attribution.cam import class_maps
from neuroloop.networks.calcium_network import calcium_network, initialise
from neuroloop.statistics.folds import Split

NAMES = ["a", "b", "c"]
CELLS = pd.DataFrame(
    {
        "cell": NAMES,
        "row": [4.0, 4.0, 11.0],
        "column": [4.0, 11.0, 8.0],
        "radius": 1.5,
        "group": "g",
    }
)


def frames_table() -> pd.DataFrame:
    """Two trials each of a pair, a single and nothing, two frames a trial, folds by trial."""
    rows = [
        {"recording": name, "trial": trial, "pattern": pattern, "group": "g", "trial_row": number}
        for number, (name, pattern, trial) in enumerate(
            (name, pattern, trial)
            for name, pattern in [("r1", "a+b"), ("r2", "c"), ("r3", "none")]
            for trial in (1, 2)
        )
        for _ in range(2)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def reading():
    """Two networks, frames, rows and splits by trial."""
    network = calcium_network(
        classes=4, shape=(16, 16), head="flatten", widths=(3, 4), hidden=5, members=2
    )
    initialise(network, [1, 2])
    network.eval()
    rows = frames_table()
    images = np.random.default_rng(0).standard_normal((len(rows), 16, 16)).astype(np.float32)
    places = np.arange(len(rows))
    first = (rows["trial"] == 1).to_numpy()
    splits = [Split(places[~first], places[first]), Split(places[first], places[~first])]
    return network, images, rows, splits


def test_every_stimulated_cell_of_every_trial_is_an_item() -> None:
    items = map_items(frames_table(), NAMES)
    assert list(zip(items["trial_row"], items["cell"], items["output"], strict=True)) == [
        (0, "a", 0),
        (0, "b", 1),
        (1, "a", 0),
        (1, "b", 1),
        (2, "c", 2),
        (3, "c", 2),
    ]


def test_maps_are_those_of_the_network_that_did_not_learn_the_trial(reading) -> None:
    """Means over the frames of a trial, one class a stimulated cell."""
    network, images, rows, splits = reading
    items = map_items(rows, NAMES)
    places = [Place(0, 0), Place(0, 1)]
    made = held_out_maps(
        network, places, lambda chosen: images[chosen], rows, items, splits, "hires_cam"
    )
    for member, place in enumerate(places):
        mine = items_of_split(rows, items, splits[place.fold])
        assert set(mine["trial_row"]) == set(rows["trial_row"].iloc[splits[place.fold].test]) - {
            4,
            5,
        }
        for of_item, item in zip(made[member], mine.to_dict("records"), strict=True):
            own = np.flatnonzero(rows["trial_row"] == item["trial_row"])
            given = torch.from_numpy(images[own])[:, None].repeat(1, 2, 1, 1)
            classes = torch.full((len(own), 1), item["output"])
            expected = class_maps(network, network.features, given, classes, "hires_cam")
            expected = expected[:, member, 0].mean(dim=0).numpy()
            np.testing.assert_allclose(of_item, expected, rtol=1e-5, atol=1e-7)


def test_evidence_is_each_members_own(reading) -> None:
    network, images, _, splits = reading
    windows = cell_windows(CELLS, (16, 16))
    rows = [split.test for split in splits]
    made = held_out_evidence(
        network, [Place(0, 0), Place(0, 1)], lambda chosen: images[chosen], rows, windows
    )
    swapped = held_out_evidence(
        network, [Place(0, 1), Place(0, 0)], lambda chosen: images[chosen], rows[::-1], windows
    )
    assert [one.shape for one in made] == [(6, 3), (6, 3)]
    assert not np.allclose(made[0], swapped[1])  # other networks say other things of the same rows
    again = held_out_evidence(
        network,
        [Place(0, 0), Place(0, 1)],
        lambda chosen: images[chosen],
        2 * [rows[0][::-1]],
        windows,
    )
    np.testing.assert_allclose(again[0], made[0][::-1], rtol=1e-5, atol=1e-6)


def test_a_trial_is_the_mean_of_its_cells_by_hand() -> None:
    items = map_items(frames_table(), NAMES)
    maps = np.arange(6, dtype=np.float32).reshape(1, 6, 1, 1) * np.ones((1, 1, 2, 2), np.float32)
    by_trial, trials = pattern_trials(maps, items)
    assert by_trial[0, :, 0, 0].tolist() == [0.5, 2.5, 4, 5]
    assert trials["pattern"].tolist() == ["a+b", "a+b", "c", "c"]
    of_patterns, patterns = pattern_maps(maps, items)
    assert patterns == ["c", "a+b"]  # singles before pairs
    assert of_patterns[0, :, :, 0, 0].tolist() == [[4, 0.5], [5, 2.5]]


def test_patterns_have_equal_numbers_of_maps() -> None:
    items = map_items(frames_table(), NAMES).iloc[:5]  # c has one trial
    of_patterns, _ = pattern_maps(np.zeros((2, 5, 3, 3), np.float32), items)
    assert of_patterns.shape == (2, 1, 2, 3, 3)


def test_a_head_that_flattens_space_has_no_grad_cam() -> None:
    assert method_of("flatten") == "hires_cam"
    assert method_of("gap") == "grad_cam"
