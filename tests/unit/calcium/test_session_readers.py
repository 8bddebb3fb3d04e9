"""What the networks of a session's folds made of their trials, put together by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.calcium.reader_training import Place, Readings
from neuroloop.calcium.session_readers import (
    SessionReadings,
    frames_of,
    gather_evidence,
    gather_maps,
)
from neuroloop.statistics.folds import Split

#: Four trials of a frame each: the last one is tested by no split.
ROWS = pd.DataFrame({"trial_row": [0, 1, 2, 3]})
SPLITS = [Split(np.array([1, 2, 3]), np.array([0])), Split(np.array([0, 3]), np.array([1, 2]))]


def harvested(kept):
    logits = np.zeros((2, 4, 3), np.float32)
    return Readings(logits, pd.DataFrame(), {Place(*place): one for place, one in kept.items()})


def test_maps_go_to_their_seed_and_item():
    items = pd.DataFrame({"trial_row": [0, 1, 1, 2, 3]})
    level = np.array([[0, 1, 2, 3], [10, 11, 12, 13]])[..., None, None]
    maps = {
        (seed, fold): {"maps": np.zeros((count, 2, 2)) + of_seed[fold : fold + count]}
        for seed, of_seed in enumerate(level)
        for fold, count in ((0, 1), (1, 3))
    }
    made = gather_maps(harvested(maps), ROWS, items, SPLITS)
    assert made.shape == (2, 5, 2, 2)
    np.testing.assert_array_equal(
        made[:, :, 0, 1], [[0, 1, 2, 3, np.nan], [10, 11, 12, 13, np.nan]]
    )


def test_evidence_goes_to_its_seed_and_frame_with_the_fold_that_read_it():
    kept = {
        (0, 0): {"evidence": np.array([[1.0], [2.0]])},
        (0, 1): {"evidence": np.array([[3.0]])},
        (1, 0): {"evidence": np.array([[4.0], [5.0]])},
        (1, 1): {"evidence": np.array([[6.0]])},
    }
    evidence, networks = gather_evidence(harvested(kept), [np.array([4, 0]), np.array([2])], 5)
    nothing = np.nan
    np.testing.assert_array_equal(
        evidence[..., 0], [[2, nothing, 3, nothing, 1], [5, nothing, 6, nothing, 4]]
    )
    assert networks.tolist() == [0, -1, 1, -1, 0]


def test_weights_that_are_kept_are_those_of_the_first_seed_and_fold():
    first = {"maps": np.zeros(1), "evidence": np.zeros(1), "fc.weight": np.array([7.0])}
    read = harvested({(0, 0): first, (0, 1): {"fc.weight": np.array([8.0])}})
    nothing = np.zeros(0)
    weights = SessionReadings(ROWS, ROWS, SPLITS, read, read, ROWS, *[nothing] * 6).first_weights()
    assert list(weights) == ["fc.weight"]
    assert torch.equal(weights["fc.weight"], torch.tensor([7.0], dtype=torch.float64))


@pytest.mark.parametrize(("kind", "frames"), [("stimulated", [1, 3, 5]), ("control", [0, 2, 4])])
def test_frames_of_a_kind_are_split_by_trial(kind, frames):
    store = SimpleNamespace(
        rows=pd.DataFrame(
            {
                "row": range(6),
                "kind": ["control", "stimulated"] * 3,
                "recording": "r1",
                "pattern": "a",
                "trial": [1, 1, 2, 2, 3, 3],
            }
        )
    )
    rows, splits = frames_of(store, kind, {"split": "last", "last_trials": 2})
    assert rows["row"].tolist() == frames
    assert rows.index.tolist() == [0, 1, 2]
    assert [(one.train.tolist(), one.test.tolist()) for one in splits] == [([0], [1, 2])]
    _, dealt = frames_of(store, kind, {"split": "leave_one_trial_out", "last_trials": 1})
    assert [one.test.tolist() for one in dealt] == [[0], [1], [2]]
