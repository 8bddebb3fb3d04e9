"""Labels of volumes from events files and from lists."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.fmri.volume_labels import read_events, read_label_list

TR = 2.0


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


def test_events_label_the_volumes_that_start_within_them(tmp_path):
    path = events(tmp_path / "e.tsv", "2.0 4.0 cat", "6.0 4.0 dog", "13.5 2.5 owl")
    table = read_events([path], [9], TR)
    # Volumes start at 0, 2, 4, ...: 14 is the only start within [13.5, 16).
    assert categories(table) == ".ccdd..o."
    assert table["stimulus_id"].tolist() == table["category"].tolist()
    assert set(table["run"]) == {"training-1"}


def test_positive_shift_gives_labels_to_later_volumes(tmp_path):
    path = events(tmp_path / "e.tsv", "4.0 4.0 cat")
    shifted = {s: categories(read_events([path], [6], TR, shift=s)) for s in (-2.0, 0.0, 2.0)}
    assert shifted == {-2.0: ".cc...", 0.0: "..cc..", 2.0: "...cc."}
    # Volume at t gets the label of t - s, whether or not s is a whole number of volumes.
    assert categories(read_events([path], [6], TR, shift=1.0)) == "...cc."
    assert categories(read_events([path], [6], TR, shift=0.5)) == "...cc."


def test_labels_shifted_out_of_the_run_are_counted(tmp_path, caplog):
    path = events(tmp_path / "e.tsv", "0.0 4.0 cat", "8.0 4.0 dog")
    with caplog.at_level(logging.INFO):
        assert categories(read_events([path], [6], TR, shift=2.0)) == ".cc..d"
        assert categories(read_events([path], [6], TR, shift=-2.0)) == "c..dd."
    assert [record.getMessage().split(": ")[1][:8] for record in caplog.records] == ["1 labels"] * 2


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
        ("8 4 cat", "event cat at 8 s for 4 s is not within the run, which lasts 10 s"),
        ("-2 4 cat", "event cat at -2 s for 4 s is not within the run"),
        ("2 0 cat", "for 0 s is not within"),
        ("n/a 2 cat", "not within the run"),
        ("2.5 1 cat", "covers the start of no volume (TR 2 s)"),
    ],
)
def test_impossible_events_are_refused(tmp_path, row, message):
    path = events(tmp_path / "e.tsv", row)
    assert message in refused(read_events, [path], [5], TR)


def test_overlapping_events_are_refused(tmp_path):
    path = events(tmp_path / "e.tsv", "0 6 cat", "4 4 dog")
    assert "event dog at 4 s overlaps" in refused(read_events, [path], [5], TR)


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
        ("cat 0, dog 1, cat 0, dog 0", "run 0 comes back at line 3"),
        ("cat 0, dog 0, cat, dog 0", "each line must be"),
        ("cat 0 x, dog 0 x, cat 0 x, dog 0 x", "each line must be"),
    ],
)
def test_broken_lists_are_refused(tmp_path, text, message):
    assert message in refused(read_label_list, label_list(tmp_path / "l.txt", text), [4], TR)


def test_missing_list(tmp_path):
    assert "is missing" in refused(read_label_list, tmp_path / "l.txt", [4], TR)
