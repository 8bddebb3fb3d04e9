"""Splits by trial: frames of a trial are never on both sides."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.trial_splits import check_readers, check_whole_trials, trial_splits
from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.folds import Split


def frames(trials=5, recordings=3, each=4) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "recording": f"r{recording}",
                "trial": trial,
                "offset": offset,
                "pattern": f"c{recording}",
            }
            for recording in range(recordings)
            for trial in range(1, trials + 1)
            for offset in range(each)
        ]
    )


def sides(rows, split) -> tuple[set, set]:
    keys = list(zip(rows["recording"], rows["trial"], strict=True))
    return {keys[i] for i in split.train}, {keys[i] for i in split.test}


def test_every_trial_number_is_held_out_once_in_all_recordings():
    rows = frames()
    made = trial_splits(rows, "leave_one_trial_out")
    assert len(made) == 5
    for number, split in enumerate(made, start=1):
        train, test = sides(rows, split)
        assert test == {(f"r{n}", number) for n in range(3)}
        assert not train & test
        assert len(split.train) + len(split.test) == len(rows)
    np.testing.assert_array_equal(
        np.sort(np.concatenate([split.test for split in made])), np.arange(len(rows))
    )


def test_rows_in_any_order_are_split_alike():
    rows = frames().sample(frac=1, random_state=0).reset_index(drop=True)
    for split in trial_splits(rows, "leave_one_trial_out"):
        train, test = sides(rows, split)
        assert not train & test


def test_trial_numbers_can_share_folds():
    rows = frames(trials=10)
    made = trial_splits(rows, "leave_one_trial_out", folds=5)
    assert len(made) == 5
    assert {trial for _, trial in sides(rows, made[0])[1]} == {1, 2}
    assert {trial for _, trial in sides(rows, made[4])[1]} == {9, 10}


def session(*recordings: str) -> pd.DataFrame:
    """One frame a trial; a recording is given by its patterns, in order."""
    return pd.DataFrame(
        [
            {"recording": f"r{number}", "trial": trial, "pattern": pattern}
            for number, patterns in enumerate(recordings)
            for trial, pattern in enumerate(patterns, start=1)
        ]
    )


@pytest.mark.parametrize("folds", [None, 2, 4])
@pytest.mark.parametrize(
    "recordings", [["aaaabbbb"], ["abbabaab"], ["aaaabbbb", "bbbbaaaa"], ["ab", "ba", "ab", "ba"]]
)
def test_no_pattern_is_tested_that_was_never_trained(recordings, folds):
    """Numbered through, in blocks, mixed, or once a recording."""
    rows = session(*recordings)
    made = trial_splits(rows, "leave_one_trial_out", folds=folds)
    assert len(made) == (folds or 4)
    tested = np.concatenate([split.test for split in made])
    np.testing.assert_array_equal(np.sort(tested), np.arange(len(rows)))
    for split in made:
        assert len(set(rows["pattern"].iloc[split.test].value_counts())) == 1
        assert set(rows["pattern"].iloc[split.train]) == {"a", "b"}


def test_patterns_of_unlike_numbers_of_trials_are_dealt_too():
    rows = session("aaaaaa", "bb")
    made = trial_splits(rows, "leave_one_trial_out", folds=2)
    assert [rows["pattern"].iloc[split.test].tolist() for split in made] == [[*"aaab"]] * 2


@pytest.mark.parametrize(
    ("recordings", "split", "message"),
    [
        (["aaab"], "leave_one_trial_out", r"pattern b would be tested .* \(it has 1 trial\(s\)\)"),
        (["ab"], "leave_one_trial_out", "a pattern has one trial"),
        (["aabb"], "last", "pattern b would be tested"),
    ],
)
def test_a_pattern_that_cannot_be_trained_is_refused(recordings, split, message):
    with pytest.raises(NeuroLoopError, match=message):
        trial_splits(session(*recordings), split, last=2 if split == "last" else 1)


def test_last_trials_are_those_of_each_recording():
    """4 of 5 and 8 of 10 train, as in the study; numbers may have gaps."""
    rows = pd.concat([frames(5, 1), frames(10, 2)[40:]], ignore_index=True)
    rows = rows[rows["trial"] != 9].reset_index(drop=True)
    (split,) = trial_splits(rows, "last", last=2)
    train, test = sides(rows, split)
    assert test == {("r0", 4), ("r0", 5), ("r1", 8), ("r1", 10)}
    assert not train & test
    assert len(train) == 3 + 7


@pytest.mark.parametrize("last", [0, 5, 6])
def test_a_trial_must_be_left_on_both_sides(last):
    with pytest.raises(NeuroLoopError, match=f"{last} last trials cannot be held out"):
        trial_splits(frames(), "last", last=last)


def test_an_unknown_split_is_refused():
    with pytest.raises(NeuroLoopError, match="split random: known are"):
        trial_splits(frames(), "random")


def test_a_broken_split_is_refused():
    rows = frames()
    half = Split(np.arange(0, len(rows), 2), np.arange(1, len(rows), 2))
    with pytest.raises(NeuroLoopError, match="frames of recording r0, trial 1 on both sides"):
        check_whole_trials(rows, [half])


def test_a_reader_that_would_be_tested_on_what_it_never_saw_is_named():
    rows = pd.concat([frames(), frames(trials=1, recordings=1).assign(pattern="c9", trial=6)])
    rows = rows.reset_index(drop=True)
    last = {"split": "last", "last": 1}
    check_readers(frames(), {"small": {"split": "leave_one_trial_out", "folds": 2}}, "s.tsv")
    with pytest.raises(NeuroLoopError, match=r"s.tsv: reader big cannot be .* pattern c9 would"):
        check_readers(rows, {"big": last}, "s.tsv")
