"""Onsets in seconds, and the frames that they fall into."""

import pandas as pd
import pytest

from neuroloop.calcium.onsets import example, frames_of_onsets
from neuroloop.errors import NeuroLoopError


def table(*seconds, recording="r1"):
    return pd.DataFrame(
        {
            "recording": recording,
            "trial": range(1, len(seconds) + 1),
            "onset_seconds": [float(time) for time in seconds],
            "cells": "c1",
        }
    )


@pytest.mark.parametrize(
    ("seconds", "rate", "frame"),
    [
        (18, 2, 36),
        (18.25, 2, 36),
        (18.44, 2, 36),
        (18.45, 2, 37),  # a tenth of a frame before the end of the frame: the next one's
        (17.997, 2, 36),
        (0.3, 10, 3),  # 0.3 x 10 is below 3 in binary
        (0.29, 10, 3),
        (0.289, 10, 2),
        (1.99, 30.0, 59),
        (0.09, 10.0, 1),  # just below a tenth in binary
        (2.003, 30.0, 60),
    ],
)
def test_an_onset_belongs_to_the_frame_that_is_taken_then(seconds, rate, frame):
    found = frames_of_onsets(table(seconds), {"r1": rate}, "t")
    assert found["onset_frame"].tolist() == [frame]
    assert list(found) == ["recording", "trial", "onset_frame", "cells"]


def test_milliseconds_early_or_late_change_nothing():
    for rate in (2.0, 7.5, 30.0):
        exact = [frame / rate for frame in range(36, 200, 16)]
        kept = frames_of_onsets(table(*exact), {"r1": rate}, "t")["onset_frame"].tolist()
        assert kept == list(range(36, 200, 16))
        for off in (-0.003, 0.003):
            moved = table(*(time + off for time in exact))
            assert frames_of_onsets(moved, {"r1": rate}, "t")["onset_frame"].tolist() == kept


def test_each_recording_has_its_own_rate():
    both = pd.concat([table(10), table(10, recording="r2")], ignore_index=True)
    assert frames_of_onsets(both, {"r1": 2.0, "r2": 4.0}, "t")["onset_frame"].tolist() == [20, 40]
    assert example(both, {"r1": 2.0, "r2": 4.0}) == "10 s is in frame 20 at 2 Hz"


def test_two_trials_in_one_frame_are_refused():
    with pytest.raises(NeuroLoopError, match="r1, trial 2 begins in the frame of the trial before"):
        frames_of_onsets(table(10, 10.3), {"r1": 2.0}, "t")


def test_frames_stay_as_they_are():
    frames = table(1).rename(columns={"onset_seconds": "onset_frame"})
    assert frames_of_onsets(frames, {}, "t") is frames
