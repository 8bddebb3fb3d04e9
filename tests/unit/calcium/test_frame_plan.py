"""Which frames of a session are kept."""

import pandas as pd
import pytest
from pydantic import ValidationError

from neuroloop.calcium.frame_plan import Selection, plan_frames
from neuroloop.errors import NeuroLoopError


def plan(onsets=(16, 32), frames=60, rate=2.0, **selection):
    recordings = pd.DataFrame({"recording": ["r1"], "group": ["g1"]})
    stimulations = pd.DataFrame(
        {
            "recording": "r1",
            "trial": range(1, len(onsets) + 1),
            "onset_frame": onsets,
            "pattern": "c1+c2",
        }
    )
    return plan_frames(
        recordings, stimulations, {"r1": frames}, {"r1": rate}, Selection(**selection)
    )


def refused(**options) -> str:
    with pytest.raises(NeuroLoopError) as error:
        plan(**options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_offsets_by_hand():
    rows, trials = plan()
    first = rows[rows["trial"] == 1]
    assert first["offset"].tolist() == [-5, -4, 0, 1, 2, 3, 4]
    assert first["frame"].tolist() == [11, 12, 16, 17, 18, 19, 20]
    assert first["kind"].tolist() == ["control"] * 2 + ["stimulated"] * 5
    assert rows["row"].tolist() == list(range(14))
    assert rows["trial_row"].tolist() == [0] * 7 + [1] * 7
    assert trials["onset_frame"].tolist() == [16, 32]


def test_the_artefact_frame_can_be_left_out():
    rows, _ = plan(skip=1, control=0)
    assert rows["offset"].tolist() == [1, 2, 3, 4] * 2


@pytest.mark.parametrize("control", [0, 1, 3])
@pytest.mark.parametrize("baseline", [1, 2, 4])
def test_no_control_frame_is_in_its_own_or_any_baseline(control, baseline):
    selection = Selection(baseline=baseline, control=control)
    rows, trials = plan(baseline=baseline, control=control, settle=4.0)
    used = {
        onset + offset for onset in trials["onset_frame"] for offset in selection.baseline_offsets
    }
    assert len(used) == 2 * baseline
    assert not used & set(rows["frame"])
    assert (rows["kind"] == "control").sum() == 2 * control
    assert not set(selection.baseline_offsets) & set(selection.kept_offsets)


def test_frames_before_an_onset_lie_after_the_decay():
    """The third onset is 10 frames after the second: 2.5 s are left of 5 s to settle."""
    assert "trial 3: onset frame 42: the 5 frames before it begin 2.5 s after the onset before" in (
        refused(onsets=(16, 32, 42))
    )
    assert len(plan(onsets=(16, 32, 42), settle=2.5)[0]) == 21
    # Frames that count as stimulated are never baseline, however short the time to settle.
    assert "when 2.5 s are needed" in refused(onsets=(16, 32, 41), settle=0.0)


def test_onsets_must_lie_within_the_movie():
    assert "trial 2: onset frame 60 lies past the end of the movie, which has 60 frames" in (
        refused(onsets=(16, 60))
    )
    assert "trial 2: onset frame 56 needs 5 frames, but the movie ends after 60" in (
        refused(onsets=(16, 56))
    )
    assert "trial 1: onset frame 4 has 4 frames before it, 5 are needed" in refused(onsets=(4, 32))
    assert len(plan(onsets=(5, 55))[0]) == 14


@pytest.mark.parametrize(
    "wrong", [{"skip": 5}, {"stimulated": 0}, {"baseline": 0}, {"control": -1}, {"skip": -1}]
)
def test_a_selection_of_nothing_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Selection(**wrong)
