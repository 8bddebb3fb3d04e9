"""Tables of an experiment: read, checked, joined by id."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.tables import (
    read_recordings,
    read_stimulations,
    session_recordings,
    session_stimulations,
)
from neuroloop.errors import NeuroLoopError

RECORDINGS = [
    "area\tsession\trecording\tpath\tframe_rate\tgroup",
    "A1\tbefore\tr1\tm/r1.tif\t2\tg1",
    "A1\tbefore\tr2\tm/r2a.tif; m/r2b.tif\t\tg1",
    "A1\tafter\tr3\tm/r3.tif\t2.5\tg1",
]
STIMULATIONS = [
    "recording\ttrial\tonset_frame\tcells",
    "r2\t1\t36\tc10+c2",
    "r2\t2\t52\tc10+c2",
    "r1\t1\t36\t",
    "r3\t1\t36\tc2",
]
CELLS = [
    "cell\trow\tcolumn\tradius\tgroup",
    "c2\t3.5\t4\t2\tg1",
    "c10\t8\t9\t2\tg1",
]


class Tables:
    """The three files, whose lines a test may spoil."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = {
            "recordings": list(RECORDINGS),
            "stimulations": list(STIMULATIONS),
            "cells": list(CELLS),
        }

    def path(self, name):
        path = self.folder / f"{name}.tsv"
        path.write_text("\n".join(self.lines[name]) + "\n")
        return path

    def read(self, session="before"):
        recordings = read_recordings(self.path("recordings"))
        stimulations = read_stimulations(self.path("stimulations"))
        cells = read_cells(self.path("cells"))
        return session_stimulations(
            stimulations, recordings, "A1", session, cells, self.path("stimulations")
        )

    def refused(self) -> str:
        with pytest.raises(NeuroLoopError) as error:
            self.read()
        assert "\n" not in str(error.value)
        return str(error.value)


@pytest.fixture
def tables(tmp_path) -> Tables:
    return Tables(tmp_path)


def test_tables_are_read(tables):
    recordings = read_recordings(tables.path("recordings"))
    np.testing.assert_array_equal(recordings["frame_rate"], [2, np.nan, 2.5])
    assert session_recordings(recordings, "A1", "after", "t")["recording"].tolist() == ["r3"]
    assert read_cells(tables.path("cells"))["radius"].tolist() == [2, 2]


def test_stimulations_follow_the_recordings_by_id(tables):
    found = tables.read()
    assert found["recording"].tolist() == ["r1", "r2", "r2"]
    assert found["pattern"].tolist() == ["none", "c2+c10", "c2+c10"]
    assert found["trial"].tolist() == [1, 1, 2]
    tables.lines["stimulations"][1:] = tables.lines["stimulations"][:0:-1]
    pd.testing.assert_frame_equal(tables.read(), found)


def test_one_name_in_two_sessions_needs_the_session(tables):
    tables.lines["recordings"][3] = tables.lines["recordings"][3].replace("r3\t", "r1\t")
    tables.lines["stimulations"].pop()
    assert "two sessions have a recording r1: add the columns area and session" in tables.refused()
    tables.lines["stimulations"] = [
        "area\tsession\t" + STIMULATIONS[0],
        *("A1\tbefore\t" + line for line in STIMULATIONS[1:4]),
        "A1\tafter\tr1\t1\t40\tc2",
    ]
    assert tables.read()["onset_frame"].tolist() == [36, 36, 52]
    assert tables.read("after")["onset_frame"].tolist() == [40]


@pytest.mark.parametrize(
    ("table", "line", "old", "new", "message"),
    [
        ("recordings", 2, "r2\t", "r1\t", "names the recording A1 before r1 twice"),
        ("recordings", 2, "m/r2b", "m/r1", "lists the file m/r1.tif twice"),
        ("recordings", 1, "r1\t", "\t", "row 1 has no recording"),
        ("recordings", 1, "m/r1.tif", "", "row 1 has no path"),
        ("recordings", 1, "\t2\t", "\tfast\t", "recording r1 has the frame rate fast"),
        ("recordings", 1, "\t2\t", "\t-2\t", "recording r1 has the frame rate -2"),
        ("recordings", 0, "path", "file", "lacks the column path"),
        ("stimulations", 1, "36", "-1", "has the trial 1 with onset frame -1"),
        ("stimulations", 1, "\t1\t", "\t0\t", "has the trial 0 with onset frame 36"),
        ("stimulations", 2, "\t2\t", "\t1\t", "names the trial r2 1 twice"),
        ("stimulations", 2, "52", "36", "r2, trial 2 does not begin after the trial before it"),
        ("stimulations", 1, "c10+c2", "c10+c3", "r2, trial 1 stimulates the cell c3"),
        ("stimulations", 1, "c10+c2", "c10+C2", "lacks (it has c2, which is spelt otherwise)"),
        ("stimulations", 1, "c10+c2", "c2+c2", "stimulates the cells c2+c2, one of them twice"),
        ("recordings", 1, "m/r1.tif", "m/r1.tif;", "the path m/r1.tif; has nothing beside a ;"),
        ("stimulations", 1, "r2", "r9", "names the recording r9, which the table of recordings"),
        ("stimulations", 3, "r1", "r3\t9", "line 4 has 5 fields"),
        ("stimulations", 3, "r1\t1", "r3\t2", "has no stimulation of the recording r1"),
        ("cells", 2, "c10", "c2", "names the cell c2 twice"),
        ("cells", 2, "c10", "c+10", "'c+10' cannot be the id of a cell"),
        ("cells", 2, "c10", "none", "'none' cannot be the id of a cell"),
        ("cells", 2, "\t2\t", "\t0\t", "cell c10 needs numbers for row and column, and a radius"),
        ("cells", 2, "\t8\t", "\tn/a\t", "cell c10 needs numbers"),
    ],
)
def test_mistakes_are_named_in_one_line(tables, table, line, old, new, message):
    assert old in tables.lines[table][line]
    tables.lines[table][line] = tables.lines[table][line].replace(old, new, 1)
    said = tables.refused()
    assert message in said
    assert table in said


def test_a_session_without_recordings_is_refused(tables):
    with pytest.raises(NeuroLoopError, match=r"no recording of A1/later: it has A1/after, A1/be"):
        tables.read("later")


def test_no_cells_are_refused(tables):
    tables.lines["cells"] = CELLS[:1]
    assert "lists no cell" in tables.refused()


def test_a_stimulation_of_an_unknown_session_or_of_another_one_is_refused(tables):
    tables.lines["stimulations"] = [
        "area\tsession\t" + STIMULATIONS[0],
        *("A1\tbefore\t" + line for line in STIMULATIONS[1:4]),
        "A1\tafter\tr3\t1\t40\tc2",
    ]
    assert len(tables.read()) == 3
    tables.lines["stimulations"][2] = tables.lines["stimulations"][2].replace("before", "befor")
    assert "stimulations of the area and session A1/befor, which the table" in tables.refused()
    tables.lines["stimulations"][2] = "A1\tbefore\tr3\t1\t40\tc2"
    assert "names the recording r3 for A1/before, which the table" in tables.refused()


def test_onsets_stand_in_one_column(tables):
    tables.lines["stimulations"][0] = "recording\ttrial\tonset_seconds\tcells"
    assert tables.read()["onset_seconds"].tolist() == [36, 36, 52]
    tables.lines["stimulations"][1] = "r2\t1\tn/a\tc2"
    assert "trial 1 with onset seconds nan" in tables.refused()
    tables.lines["stimulations"][1] = "r2\t1\t60.5\tc2"
    assert "r2, trial 2 does not begin after the trial before it" in tables.refused()
    tables.lines["stimulations"] = [line + "\t1" for line in STIMULATIONS]
    tables.lines["stimulations"][0] = STIMULATIONS[0] + "\tonset_seconds"
    assert "has both onset_frame and onset_seconds: leave one" in tables.refused()
    tables.lines["stimulations"] = [STIMULATIONS[0].replace("onset_frame", "onset")]
    assert "lacks the column onset_frame (frames from 0) or onset_seconds" in tables.refused()


def test_a_session_in_which_no_cell_is_stimulated_is_refused(tables):
    tables.lines["stimulations"][1:3] = ["r2\t1\t36\tnone"]
    assert "no trial of A1/before stimulates a cell" in tables.refused()
