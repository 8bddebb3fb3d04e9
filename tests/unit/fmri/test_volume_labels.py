"""Labels of volumes from events files and from lists."""

import logging
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Dropped, Intake
from neuroloop.fmri import label_list as lists
from neuroloop.fmri import volume_labels
from neuroloop.fmri.event_rows import Choice

TR = 2.0


def read_events(paths, volumes, tr, shift=0.0, intake=None, **choice) -> pd.DataFrame:
    trs = [tr] * len(volumes)
    stated = Choice.stated(**choice)
    return volume_labels.read_events(paths, volumes, trs, shift, stated, intake)


def read_label_list(path, volumes, tr, shift=0.0, intake=None, **choice) -> pd.DataFrame:
    trs = [tr] * len(volumes)
    return lists.read_label_list(path, volumes, trs, shift, Choice.stated(**choice), intake)


def events(path: Path, *rows: str, header: str = "onset\tduration\ttrial_type") -> Path:
    path.write_text("\n".join([header, *(row.replace(" ", "\t") for row in rows)]) + "\n")
    return path


def categories(table: pd.DataFrame) -> str:
    """Initials of the categories; rest is a dot."""
    return "".join("." if name == "rest" else name[0] for name in table["category"])


def refused(read, *arguments, **options) -> str:
    with pytest.raises(NeuroLoopError) as error:
        read(*arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_events_label_the_volumes_whose_middles_lie_within_them(tmp_path):
    path = events(tmp_path / "e.tsv", "2.0 4.0 cat", "6.0 4.0 dog", "12.7 3 owl")
    table = read_events([path], [9], TR)
    # Middles are at 1, 3, 5, ...: 13 and 15 lie within [12.7, 15.7), whose volume 7 begins at 14.
    assert categories(table) == ".ccdd.oo."
    assert table["stimulus_id"].tolist() == table["category"].tolist()
    assert set(table["run"]) == {"training-1"}


def test_positive_shift_gives_labels_to_later_volumes(tmp_path):
    path = events(tmp_path / "e.tsv", "4.0 4.0 cat")
    shifted = {s: categories(read_events([path], [6], TR, shift=s)) for s in (-2.0, 0.0, 2.0)}
    assert shifted == {-2.0: ".cc...", 0.0: "..cc..", 2.0: "...cc."}
    # Volume at t gets the label of t - s, whether or not s is a whole number of volumes.
    # Edges at 4.5 and 8.5 s, between the middles 3 | 5, 7 | 9; then at 5.5 and 9.5.
    assert categories(read_events([path], [6], TR, shift=0.5)) == "..cc.."
    assert categories(read_events([path], [6], TR, shift=1.5)) == "...cc."


def test_a_middle_at_an_edge_belongs_to_the_event_that_begins_there(tmp_path):
    """Shift 5 s at TR 2 s: edges at 9, 13, 17 s, where volumes 4, 6, 8 have their middles."""
    path = events(tmp_path / "e.tsv", "4 4 cat", "8 4 dog")
    assert categories(read_events([path], [10], TR, shift=5.0)) == "....ccdd.."
    # Up to a tenth of a volume to either side is the same, more is not.
    for late, labels in [(-0.15, "....cc.."), (0.15, "....cc.."), (0.3, ".....cc.")]:
        path = events(tmp_path / "e.tsv", f"{4 + late} 4 cat")
        assert categories(read_events([path], [8], TR, shift=5.0)) == labels


@pytest.mark.parametrize("shift", [0.0, 4.0, 5.0, 5.2])
@pytest.mark.parametrize("tr", [2.0, 2.5])
def test_jitter_changes_no_label(tmp_path, tr, shift):
    """Shift 4 s at TR 2.5 s puts every edge at the very end of a tie."""
    header = "onset\tduration\ttrial_type\tstimulus_id"
    found = []
    for late in (0, -0.02, -0.003, 0.003, 0.02):
        rows = [
            f"{4 * tr * n + (-1) ** n * late:g} {3 * tr if n % 2 else 4 * tr:g} cat i{n}"
            for n in range(5)
        ]
        path = events(tmp_path / "e.tsv", *rows, header=header)
        found.append(read_events([path], [22], tr, shift))
    assert found[0]["event"].nunique() == 6
    assert all(table.equals(found[0]) for table in found)


def test_times_on_no_grid_lose_no_volume(tmp_path):
    """Back to back by the design, but a gap or an overlap of 5 ms in the log."""
    generator = np.random.default_rng(1)
    for late in (-0.005, 0.0, 0.005):
        edges = np.cumsum(np.r_[3.0, generator.uniform(5, 9, 40)])
        rows = [
            f"{a:.4f} {b - a - late:.4f} {'cat' if i % 2 else 'dog'}"
            for i, (a, b) in enumerate(pairwise(edges))
        ]
        volumes = int(edges[-1] / TR) + 4
        table = read_events([events(tmp_path / "e.tsv", *rows)], [volumes], TR, shift=4.0)
        # Found one by one: the event of the last onset that is not more than a tie after a middle.
        middles = (np.arange(volumes) + 0.5) * TR - 4.0
        want = np.searchsorted(edges[:-1], middles + 0.1 * TR, side="right")
        inside = middles < edges[-1] - 0.3
        np.testing.assert_array_equal(table["event"].to_numpy()[inside], want[inside])


def test_labels_shifted_out_of_the_run_are_counted(tmp_path, caplog):
    path = events(tmp_path / "e.tsv", "0.0 4.0 cat", "8.0 4.0 dog")
    with caplog.at_level(logging.INFO):
        assert categories(read_events([path], [6], TR, shift=2.0)) == ".cc..d"
        assert categories(read_events([path], [6], TR, shift=-2.0)) == "c..dd."
    told = [line for line in caplog.messages if "fall outside" in line]
    assert [line[:8] for line in told] == ["1 labels"] * 2


def test_events_shifted_wholly_out_of_the_run_are_told(tmp_path):
    rows = [f"{4 * n} 4 cat" for n in range(10)]
    path = events(tmp_path / "e.tsv", *rows)
    for shift, lost in [(0.0, 0), (4.0, 1), (20.0, 5), (-9.0, 2)]:
        intake = Intake()
        table = read_events([path, path], [20, 20], TR, shift, intake)
        assert table.attrs["events_without_volumes"] == 2 * lost
        reason = f"the shift of {shift:g} s moves them out of their runs"
        want = [Dropped("events", 2 * lost, reason)] if lost else []
        assert intake.dropped == want
    # Half an event and less of the last one.
    intake = Intake()
    read_events([path], [20], TR, 2.0, intake)
    assert "1 events lose half of their volumes or more" in intake.warnings[0]


def test_stretches_of_a_list_shifted_out_are_told(tmp_path):
    intake = Intake()
    path = label_list(tmp_path / "l.txt", "cat 0, cat 0, dog 0, dog 1, rest 1, owl 1")
    table = read_label_list(path, [6], TR, 2.0, intake)
    assert categories(table) == ".cc.d."
    assert table["event"].tolist() == [0, 1, 1, 0, 3, 0]
    assert table.attrs["events_without_volumes"] == 2
    assert [(each.what, each.count) for each in intake.dropped] == [
        ("volumes with label rest", 1),
        ("stretches of a label", 2),
    ]


def test_rest_in_other_letters_is_refused(tmp_path):
    """It would be a category."""
    path = events(tmp_path / "e.tsv", "0 2 cat", "2 2 Rest")
    line = refused(read_events, [path], [3], TR)
    assert "trial_type 'Rest' and the key rest ('rest') differ only in letter case" in line
    path = label_list(tmp_path / "l.txt", "cat, REST")
    assert "'REST' and the key rest ('rest')" in refused(read_label_list, path, [2], TR)


def test_runs_of_a_list_keep_to_the_ends_of_files(tmp_path):
    path = label_list(tmp_path / "l.txt", "cat 0, dog 0, cat 1, dog 1, cat 2, dog 2")
    for volumes in ([6], [2, 4], [4, 2], [2, 2, 2]):
        read_label_list(path, volumes, TR)
    line = refused(read_label_list, path, [3, 3], TR)
    assert "run 1 begins in BOLD file 1 and ends in file 2" in line


def test_events_name_the_image_if_they_know_it(tmp_path):
    header = "onset\tduration\ttrial_type\tstim_file"
    path = events(
        tmp_path / "e.tsv", "0 2 cat c1.png", "2 2 cat c2.png", "4 2 dog n/a", header=header
    )
    table = read_events([path], [4], TR)
    assert table["stimulus_id"].tolist() == ["c1.png", "c2.png", "dog", "rest"]
    assert table["category"].tolist() == ["cat", "cat", "dog", "rest"]


def test_rest_and_missing_events_are_rest(tmp_path):
    path = events(tmp_path / "e.tsv", "0 2 fixation", "2 2 n/a", "4 2 cat")
    assert read_events([path], [3], TR, rest="fixation")["category"].tolist() == [
        "fixation",
        "fixation",
        "cat",
    ]


def test_every_run_has_its_file(tmp_path):
    paths = [events(tmp_path / f"{n}.tsv", f"{n}.0 2.0 cat") for n in (2, 4)]
    table = read_events(paths, [3, 4], TR)
    assert categories(table) == ".c." + "..c."
    assert table["run"].tolist() == ["training-1"] * 3 + ["training-2"] * 4
    assert "2 events files for 1 BOLD runs" in refused(read_events, paths, [3], TR)


def test_times_with_few_decimals_hit_the_volume_they_mean(tmp_path):
    path = events(tmp_path / "e.tsv", "4.001 3.999 cat")
    assert categories(read_events([path], [5], TR)) == "..cc."


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("8 4 cat", "not within the run, which lasts 10 s (5 volumes of 2 s), the first is cat at"),
        ("-2 4 cat", "not within the run, which lasts 10 s (5 volumes of 2 s), the first is cat"),
        ("-0.3 4 cat", "1 of 1 events are not within the run"),
        ("2 -1 cat", "1 of 1 events have a negative duration"),
        ("2 0 cat", "have no duration (0 or n/a), the first is cat at 2 s for 0 s: impulses label"),
        ("2 n/a cat", "cat at 2 s for nan s: impulses label no volume: a general linear model"),
        ("n/a 2 cat", "1 of 1 events have no onset (n/a)"),
        ("2.5 0.9 cat", "is shorter than a volume (TR 2 s), as are 1 of 1 events there: a general"),
        ("3.24 1.85 cat", "covers the middle of no volume (TR 2 s): a general linear model"),
    ],
)
def test_impossible_events_are_refused(tmp_path, row, message):
    path = events(tmp_path / "e.tsv", row)
    assert message in refused(read_events, [path], [5], TR)


def test_overlapping_events_are_refused(tmp_path):
    path = events(tmp_path / "e.tsv", "0 6 cat", "4 4 dog")
    assert "dog at 4 s for 4 s overlaps" in refused(read_events, [path], [5], TR)


def test_a_run_may_begin_and_end_with_an_event_that_is_logged_outside_of_it(tmp_path):
    path = events(tmp_path / "e.tsv", "-0.004 4 cat", "6 4.02 dog")
    assert categories(read_events([path], [5], TR)) == "cc.dd"


def test_rows_of_a_file_are_numbered_and_stretches_of_a_list(tmp_path):
    path = events(tmp_path / "e.tsv", "2 4 cat", "6 4 cat", "12 2 dog")
    assert read_events([path], [7], TR)["event"].tolist() == [0, 1, 1, 2, 2, 0, 3]
    table = read_label_list(label_list(tmp_path / "l.txt", "cat 0, cat 0, dog 0, rest 0"), [4], TR)
    assert table["event"].tolist() == [1, 1, 2, 0]


def test_events_file_must_have_its_columns(tmp_path):
    path = events(tmp_path / "e.tsv", "0 6", header="onset\tduration")
    assert "lacks the column trial_type" in refused(read_events, [path], [5], TR)
    assert "is missing" in refused(read_events, [tmp_path / "no.tsv"], [5], TR)


def label_list(path: Path, text: str) -> Path:
    path.write_text("\n".join(text.split(", ")) + "\n")
    return path


def test_list_labels_each_volume_and_names_runs(tmp_path):
    path = label_list(tmp_path / "l.txt", "rest 0, cat 0, cat 0, dog 1, rest 1")
    table = read_label_list(path, [5], TR)
    assert categories(table) == ".ccd."
    assert table["run"].tolist() == ["training-0"] * 3 + ["training-1"] * 2


def test_list_shifts_within_runs_by_whole_volumes(tmp_path):
    path = label_list(tmp_path / "l.txt", "rest 0, cat 0, cat 0, dog 1, rest 1")
    assert categories(read_label_list(path, [5], TR, shift=2.0)) == "..c.d"
    assert categories(read_label_list(path, [5], TR, shift=-2.0)) == "cc..."
    assert categories(read_label_list(path, [5], TR, shift=0.9)) == ".ccd."


@pytest.mark.parametrize("shift", [-5.0, -3.0, 0.9, 1.0, 1.1, 1.5, 3.0, 4.0, 5.0])
def test_lists_and_events_shift_alike(tmp_path, shift):
    path = events(tmp_path / "e.tsv", "6 4 cat", "10 4 dog")
    listed = label_list(tmp_path / "l.txt", "rest, " * 3 + "cat, cat, dog, dog" + ", rest" * 4)
    want = categories(read_events([path], [11], TR, shift))
    assert categories(read_label_list(listed, [11], TR, shift)) == want


def test_list_without_runs_takes_a_file_for_a_run(tmp_path):
    path = label_list(tmp_path / "l.txt", "cat, rest, dog")
    assert read_label_list(path, [2, 1], TR)["run"].tolist() == ["training-1"] * 2 + ["training-2"]


def test_header_is_skipped(tmp_path):
    path = label_list(tmp_path / "l.txt", "labels chunks, cat 0, dog 0")
    assert categories(read_label_list(path, [2], TR)) == "cd"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat 0, dog 0, cat 0", "labels 3 volumes, but the BOLD files have 4"),
        ("cat 0, dog 1, cat 0, dog 0", "run 0 recurs at line 3"),
        ("cat 0, dog 0, cat nan, dog nan", "volume 3 has no run (nan)"),
        ("cat 0, dog 0, cat, dog 0", "each line must be"),
        ("cat 0 x, dog 0 x, cat 0 x, dog 0 x", "each line must be"),
    ],
)
def test_broken_lists_are_refused(tmp_path, text, message):
    assert message in refused(read_label_list, label_list(tmp_path / "l.txt", text), [4], TR)


def test_missing_list(tmp_path):
    assert "is missing" in refused(read_label_list, tmp_path / "l.txt", [4], TR)


# ------------------------------------------------------------------ which rows, and which events


ROWS = ["0 4 cat", "1.3 0 response", "4 4 fixation", "8 4 dog", "9.3 0 response", "12 4 owl"]


@pytest.mark.parametrize(
    ("choice", "labels"),
    [
        ({"drop": ["response", "fixation"]}, "cc..ddoo"),
        ({"drop": "response", "rest": ["rest", "fixation"]}, "cc..ddoo"),
        ({"rest": ["rest", "response", "fixation"]}, "cc..ddoo"),
        ({"keep": ["cat", "dog"]}, "cc..dd.."),
        ({"keep": ["cat", "dog", "owl"], "drop": ["owl"]}, "cc..dd.."),
        ({"keep": {"trial_type": ["owl"]}}, "......oo"),
    ],
)
def test_rows_are_chosen_by_their_names(tmp_path, choice, labels):
    """Rows that are left out may overlap, and last no time."""
    path = events(tmp_path / "e.tsv", *ROWS)
    intake = Intake()
    assert categories(read_events([path], [8], TR, 0.0, intake, **choice)) == labels
    left = len(set(labels) - {"."})
    assert sum(each.count for each in intake.dropped) == len(ROWS) - left
    assert any(f"{left} events of {left} categories" in line for line in intake.recognised)
    assert not intake.warnings


def test_left_out_rows_are_counted_with_their_reason(tmp_path):
    path = events(tmp_path / "e.tsv", *ROWS, "8 4 n/a")
    intake = Intake()
    read_events([path, path], [8, 8], TR, 0.0, intake, drop="response", rest=["fixation"])
    assert {(each.what, each.count, each.reason) for each in intake.dropped} == {
        ("rows of events with trial_type fixation", 2, "rest names it"),
        ("rows of events with trial_type response", 4, "drop names it"),
        ("rows of events with trial_type (n/a or empty)", 2, "it names no category"),
    }


def test_rows_are_chosen_by_other_columns_and_named_by_another(tmp_path):
    header = "onset\tduration\ttrial_type\tkind\tcorrect"
    rows = ["0 4 go cat 1", "4 4 go dog 0", "8 4 stop owl 1", "12 4 go owl 1"]
    path = events(tmp_path / "e.tsv", *rows, header=header)
    choice = {"column": "kind", "keep": {"trial_type": "go"}, "drop": {"correct": ["0"]}}
    assert categories(read_events([path], [8], TR, **choice)) == "cc....oo"
    line = refused(read_events, [path], [8], TR, column="sort")
    assert "lacks the column sort" in line


def test_names_that_no_row_has(tmp_path):
    path = events(tmp_path / "e.tsv", "0 4 cat", "4 4 dog")
    line = refused(read_events, [path], [4], TR, keep=["cat", "dgo"])
    assert "keep names dgo, which no row has: the column trial_type holds cat, dog" in line
    intake = Intake()
    read_events([path], [4], TR, 0.0, intake, drop=["owl"])
    assert "drop names owl, which no row has" in intake.warnings[0]


def test_impulses_of_another_kind_are_told_with_the_key_that_leaves_them_out(tmp_path):
    path = events(tmp_path / "e.tsv", "0 4 cat", "1.3 0 response", "5 n/a response")
    line = refused(read_events, [path], [4], TR)
    assert "2 of 3 events have no duration" in line
    assert line.endswith("rows that show no stimulus are left out by drop: [response]")
    path = events(tmp_path / "e.tsv", "0 0 cat", "4 0 dog")
    line = refused(read_events, [path], [4], TR)
    assert "a general linear model (GLM) reads them" in line
    assert "drop" not in line


def test_an_event_that_the_scans_end_cuts_is_left_out_and_counted(tmp_path):
    path = events(tmp_path / "e.tsv", "0 4 cat", "4 4 dog", "8 4 cat")
    intake = Intake()
    assert categories(read_events([path], [5], TR, 0.0, intake)) == "ccdd."
    reason = "the scan stopped before they ended"
    assert intake.dropped == [Dropped(f"events of {path}", 1, reason)]
    assert not intake.warnings
    # More than one looks like events of another run; more than half, like another unit.
    path = events(tmp_path / "e.tsv", *(f"{4 * n} 4 cat" for n in range(5)))
    intake = Intake()
    assert categories(read_events([path], [7], TR, 0.0, intake)) == "cccccc."
    assert "2 of 5 events end after the scan" in intake.warnings[0]
    assert "3 of 5 events are not within the run" in refused(read_events, [path], [5], TR)


@pytest.mark.parametrize("other", ["Cat", "cat ", "ÇA", "Rest"])
def test_names_that_differ_in_spelling_alone(tmp_path, other):
    path = tmp_path / "e.tsv"
    rows = ["0\t4\tcat", "4\t4\tc\u0327a", f"8\t4\t{other}"]
    path.write_text("\n".join(["onset\tduration\ttrial_type", *rows]) + "\n")
    assert "spell them alike" in refused(read_events, [path], [8], TR)


def test_overlaps_are_refused_at_every_shift_and_within_longer_events(tmp_path):
    path = events(tmp_path / "e.tsv", "0 10 cat", "2 2 dog", "6 2 owl")
    for shift in (0.0, 1.0, 4.3):
        assert "dog at 2 s for 2 s overlaps" in refused(read_events, [path], [8], TR, shift)
        read_events([path], [8], TR, shift, drop=["dog", "owl"])
    path = events(tmp_path / "e.tsv", "0 4.3 cat", "4 4 dog")
    assert "overlaps" in refused(read_events, [path], [8], TR)


def test_images_are_named_in_all_runs_or_in_none(tmp_path):
    header = "onset\tduration\ttrial_type\tstim_file"
    one = events(tmp_path / "1.tsv", "0 4 cat c1.png", header=header)
    two = events(tmp_path / "2.tsv", "0 4 cat")
    assert "has a column stim_file, but not" in refused(read_events, [one, two], [2, 2], TR)
    intake = Intake()
    read_events([one, one], [2, 2], TR, 0.0, intake)
    assert "images are named by the column stim_file of the events" in intake.recognised


def test_what_is_done_with_times_is_told(tmp_path):
    rows = [f"{6 * n + 0.003} 4 cat" for n in range(6)]
    path, intake = events(tmp_path / "e.tsv", *rows), Intake()
    read_events([path], [20], TR, 1.2, intake)
    assert intake.recognised[-1] == (
        "onsets lie within 3 ms of multiples of 2 s and are taken as these: 12 edges of events "
        "fall on another volume than by the logged times"
    )
    times = np.cumsum(np.random.default_rng(0).uniform(5, 9, 30))
    times[0] = 1.215  # where volume 0 changes its event is at 1.2
    path = events(tmp_path / "e.tsv", *(f"{time:.4f} 3.1234 cat" for time in times))
    read_events([path], [150], TR, 0.0, intake := Intake())
    assert "times of events follow no regular grid" in intake.recognised[-1]


def test_runs_have_their_own_repetition_time(tmp_path):
    path = events(tmp_path / "e.tsv", "4 4 cat")
    table = volume_labels.read_events([path, path], [5, 10], [2.0, 1.0])
    assert categories(table) == "..cc." + "....cccc.."
    listed = label_list(tmp_path / "l.txt", "cat, rest, rest, cat, rest, rest")
    assert categories(lists.read_label_list(listed, [3, 3], [2.0, 1.0], 2.0)) == ".c." + "..c"


def test_labels_of_a_list_are_chosen_too(tmp_path):
    path = label_list(tmp_path / "l.txt", "rest, cat, cat, blank, dog, owl")
    assert categories(read_label_list(path, [6], TR, rest=["rest", "blank"])) == ".cc.do"
    assert categories(read_label_list(path, [6], TR, drop=["blank", "owl"])) == ".cc.d."
    intake = Intake()
    labels = categories(read_label_list(path, [6], TR, 0.0, intake, keep=["cat", "owl"]))
    assert labels == ".cc..o"
    assert sum(each.count for each in intake.dropped) == 3
    assert "2 stretches of 2 labels: cat 1, owl 1" in intake.recognised
    line = refused(read_label_list, path, [6], TR, keep={"correct": ["1"]})
    assert "without a column correct" in line
    path = label_list(tmp_path / "l.txt", "cat, Cat")
    assert "differ only in letter case" in refused(read_label_list, path, [2], TR)


def test_numbers_that_differ_in_decimals_alone_are_one_category(tmp_path):
    paths = [
        events(tmp_path / f"{n}.tsv", f"0 4 {one}", f"4 4 {two}")
        for n, (one, two) in enumerate([("1", "2"), ("1.0", "2.0")])
    ]
    assert "'1.0' and '1' differ only in" in refused(read_events, paths, [6, 6], TR)


def test_runs_without_events_and_times_that_end_early_are_told(tmp_path):
    full = events(tmp_path / "full.tsv", "0 4 cat", "6 8 dog")
    none = events(tmp_path / "none.tsv")
    intake = Intake()
    read_events([full, none], [8, 8], TR, intake=intake)
    assert intake.warnings == [f"{none}: no row of it is used, so that its run has no samples"]
    intake = Intake()
    read_events([full, full], [20, 20], TR, intake=intake)
    assert "end before half of the scan, in the first at 14 of 40 s" in intake.warnings[0]
    intake = Intake()
    read_events([full, full], [20, 8], TR, intake=intake)
    assert not intake.warnings
