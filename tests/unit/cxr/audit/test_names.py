"""Names and dates that tell the class within a source are found; classes' own names are no find."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.audit.class_checks import class_checks
from neuroloop.cxr.audit.names import name_cues, told_names

PATIENTS = 60
LABELS = pd.Series(np.resize(["NORMAL", "ill"], PATIENTS))
OWNERS = pd.Series([f"p{number}" for number in range(PATIENTS)])
NUMBERS = np.random.default_rng(0).permutation(PATIENTS)


def flagged(names, site=(), dates=()):
    files = [f"{label}/{name}.png" for label, name in zip(LABELS, names, strict=True)]
    told = told_names(
        files,
        dates or [""] * PATIENTS,
        LABELS,
        OWNERS,
        {"site": list(site)} if len(site) else {},
        np.random.default_rng(1),
    )
    (check,) = class_checks("mine", {}, [], {"names": told})
    return check


def ill(row):
    return LABELS[row] == "ill"


NAMES = {
    "prefix": lambda row: f"{'IM' if ill(row) else 'scan'}-{NUMBERS[row]:03d}",
    "numbers": lambda row: f"p{NUMBERS[row] + 500 * ill(row)}",
    "dates": lambda row: f"x_{2015 + 3 * ill(row)}-0{1 + NUMBERS[row] % 9}-11",
    "two years in turn": lambda row: f"x{2018 - ill(row)}{1 + NUMBERS[row] % 9:02d}15",
}


@pytest.mark.parametrize("kind", NAMES)
def test_names_that_tell_the_class_are_found(kind):
    check = flagged([NAMES[kind](row) for row in range(PATIENTS)])
    assert check.found, check.told
    assert "collected apart" in check.remedy


def test_the_name_of_the_class_and_numbers_by_chance_are_not():
    assert not flagged([f"{LABELS[row]}-{NUMBERS[row]}" for row in range(PATIENTS)]).found
    assert not flagged([f"{LABELS[row].lower()}_{NUMBERS[row]}" for row in range(PATIENTS)]).found


def test_names_that_tell_the_site_alone_are_not():
    """Sites differ in their names, and in how many of their patients are ill."""
    first = [row % 10 < (8 if ill(row) else 2) for row in range(PATIENTS)]
    site = np.where(first, "A", "B")
    names = [f"{'scan' if site[row] == 'A' else 'IM'}{NUMBERS[row]}" for row in range(PATIENTS)]
    assert not flagged(names, site).found
    assert flagged([f"{name}{'x' * ill(row)}" for row, name in enumerate(names)], site).found


def test_dates_of_headers_are_looked_at():
    names = [f"x{number}" for number in NUMBERS]
    days = [f"{2015 + 4 * ill(row)}:03:0{1 + row % 9} 10:00:00" for row in range(PATIENTS)]
    assert flagged(names, dates=days).found
    assert "date" in flagged(names, dates=days).told


def test_numbers_days_and_patterns_of_a_name():
    files = ["sick/sick12-20200131-7.png", "well/IM-3_20201331.png"]
    cues = name_cues(files, ["", ""], pd.Series(["sick", "well"]))
    assert cues["date"].tolist() == [pd.Timestamp("2020-01-31").toordinal(), 0]
    assert cues["number 1 of the name"].tolist() == [12, 3]
    assert cues["number 2 of the name"].tolist() == [7, 20201331]  # no month has 13
    assert cues["names like im-#_#"].tolist() == [0, 1]
