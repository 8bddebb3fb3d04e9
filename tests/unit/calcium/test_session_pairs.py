"""Trials of two sessions are paired recording by recording, which then change sides whole."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.session_pairs import match_trials
from neuroloop.errors import NeuroLoopError


def table(**recordings: str) -> pd.DataFrame:
    """A session of recordings, each given by the patterns of its trials in order."""
    return pd.DataFrame(
        [
            {"recording": name, "trial": trial, "pattern": pattern}
            for name, patterns in recordings.items()
            for trial, pattern in enumerate(patterns, start=1)
        ]
    )


def pairs(first: pd.DataFrame, second: pd.DataFrame) -> set[tuple[str, str, str, int, int]]:
    made = match_trials(first, second)
    one, other = first.iloc[made.first], second.iloc[made.second]
    assert one["pattern"].tolist() == other["pattern"].tolist() == made.patterns
    assert made.unmatched == len(first) + len(second) - 2 * len(one)
    return set(
        zip(
            made.patterns,
            one["recording"],
            other["recording"],
            one["trial"],
            other["trial"],
            strict=True,
        )
    )


def test_trials_are_matched_by_pattern_and_order():
    first = table(r1="b", r2="aaa")
    second = table(s1="c", s2="b", s3="aa")
    assert pairs(first, second) == {
        ("b", "r1", "s2", 1, 1),
        ("a", "r2", "s3", 1, 1),
        ("a", "r2", "s3", 2, 2),
    }
    with pytest.raises(NeuroLoopError, match="no pattern in common"):
        match_trials(first, table(s="dd"))


def test_a_recording_of_one_pattern_is_a_unit_whatever_its_order():
    first, second = table(r1="aa", r2="bb", r3="aa"), table(s1="bb", s2="aa", s3="aa")
    made = match_trials(first, second)
    units = pd.DataFrame({"unit": made.units, "of": first["recording"].iloc[made.first].to_numpy()})
    assert units.groupby("unit")["of"].nunique().tolist() == [1, 1, 1]
    assert {pair[:3] for pair in pairs(first, second)} == {
        ("a", "r1", "s2"),
        ("a", "r3", "s3"),
        ("b", "r2", "s1"),
    }


def test_recordings_of_all_patterns_are_units_in_any_order_of_trials():
    generator = np.random.default_rng(0)
    sides = [
        table(**{f"{side}{n}": "".join(generator.permutation([*"aabbcc"])) for n in range(4)})
        for side in "rs"
    ]
    made = match_trials(*sides)
    assert made.unmatched == 0
    assert len(set(made.units)) == 4
    assert {pair[1:3] for pair in pairs(*sides)} == {(f"r{n}", f"s{n}") for n in range(4)}


def test_one_recording_a_session_is_one_unit():
    assert set(match_trials(table(r="abab"), table(s="aabb")).units) == {0}


def test_a_pattern_that_no_pair_shares_joins_recordings():
    first, second = table(r1="aab", r2="ccd"), table(s1="aad", s2="ccb")
    made = match_trials(first, second)
    assert made.unmatched == 0
    assert set(made.units) == {0}
