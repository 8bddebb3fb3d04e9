"""Scores of a session's readers, on frames after stimulation and on those before."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.reader_training import Readings
from neuroloop.calcium.session_readers import SessionReadings
from neuroloop.calcium.session_scores import exact_share, recall_of_cells, score_session

NAMES = ["a", "b"]
ROWS = pd.DataFrame(
    {
        "recording": ["r1", "r1", "r2", "r2"],
        "trial": [1, 2, 1, 2],
        "pattern": ["a", "a", "b", "b"],
        "group": "g",
    }
)
NAN = [np.nan] * 3


@pytest.fixture
def readings():
    """After stimulation a, a and b are predicted as a, b and b; before, as none, a and none."""
    after = np.array([[[2.0, 0, 0], [0, 2, 0], [0, 2, 0], NAN]])
    before = np.array([[[0.0, 0, 2], [2, 0, 0], NAN, [0, 0, 2]]])
    read, control = (Readings(logits, pd.DataFrame(), {}) for logits in (after, before))
    nothing = np.zeros(0)
    return SessionReadings(ROWS, ROWS, [], read, control, ROWS, *[nothing] * 6)


def test_shares_by_hand(readings):
    scores = score_session(readings, NAMES)
    shares = exact_share(scores)
    assert list(shares) == ["stimulated", "control"]
    assert shares["stimulated"]["value"] == pytest.approx(2 / 3)
    assert shares["control"]["value"] == pytest.approx(1 / 3)
    for share in shares.values():  # the trial that no split tests is left out
        assert (share["frames"], share["trials"], share["seeds"]) == (3, 3, 1)
        assert (share["subset"], share["measure"]) == ("all", "exact_top")


def test_recall_of_each_cell_by_hand(readings):
    recall = recall_of_cells(readings, NAMES).set_index("cell").loc[NAMES]
    assert recall["frames"].to_dict() == {"a": 2, "b": 1}
    assert recall["value"].to_dict() == {"a": 0.5, "b": 1.0}
