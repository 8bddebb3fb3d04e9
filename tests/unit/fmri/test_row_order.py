"""Rows of one category that follow one another."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.files.intake import Intake
from neuroloop.fmri.row_order import following_alike, in_file_order, warn_of_order


def rows(categories: str, run_length: int = 48, joined: bool = False) -> pd.DataFrame:
    """Training rows in runs of that length, each a block of its own or joined with its like."""
    shown = pd.Series([*categories])
    run = pd.Series([f"training-{row // run_length}" for row in range(len(shown))])
    block = ((shown != shown.shift()) | (run != run.shift())).cumsum()
    number = block if joined else pd.Series(range(len(shown)))
    return pd.DataFrame(
        {"session": "training", "run": run, "block": number.astype(str), "category": shown}
    )


def stretches(length: int = 6) -> str:
    return "".join(name * length for name in "abcdabcd")


def warned(table: pd.DataFrame) -> list[str]:
    intake = Intake()
    warn_of_order(table, intake)
    return intake.warnings


@pytest.mark.parametrize(
    ("categories", "parts", "expected"),
    [
        ("aabb", "0000", True),
        ("aabbab", "000011", True),
        ("aabbab", "000000", False),
        ("aabba", "00000", False),
        ("ab", "00", False),  # one of each is no order
    ],
)
def test_order_of_a_file(categories: str, parts: str, expected: bool) -> None:
    assert in_file_order([*categories], [int(part) for part in parts]) is expected


def test_following_rows_are_counted_within_runs() -> None:
    found = following_alike(rows("aabbbb", 3))
    assert (found.same, found.pairs) == (3, 4)
    assert found.chance == pytest.approx((2 + 0) / 3 + 2)
    assert following_alike(rows("aabbbb", 3, joined=True))[:2] == (0, 1)


def test_rows_in_stretches_are_warned_of_unless_they_are_blocks() -> None:
    (told,) = warned(rows(stretches()))
    assert told.startswith(
        "40 of 47 rows follow one of their category, each a block of its own (by"
    )
    assert "(by chance 11)" in told
    assert warned(rows(stretches(), joined=True)) == []
    assert warned(rows(stretches()).assign(session="imagery")) == []


def test_random_orders_are_not_warned_of() -> None:
    for seed in range(200):
        order = np.random.default_rng(seed).permutation([*stretches()])
        assert warned(rows("".join(order), 12)) == [], seed
        assert warned(rows("".join(order).replace("c", "a").replace("d", "b"))) == [], seed
