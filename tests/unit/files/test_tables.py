"""Tables from any program: what is in them is read as it stands, or the line is named."""

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.tables import read_rows, read_table


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"n\tx\n1\t1_000\n", "column x, line 2: '1_000' is not a number"),
        ("n\tx\n1\t\u0663\n".encode(), "is not a number"),
        (b"n\tx\n1_0\t1\n", "column n, line 2: '1_0' is not a whole number"),
        (b"n\tx\n99999999999999999999\t1\n", "is not a whole number"),
        (b"n\tx\n9007199254740994\t1\n", "is not a whole number"),
        (b"n\tx\n1e300\t1\n", "is not a whole number"),
        (b"n\tx\n1\t2\0\n", "NUL"),
        ("n\tx\n1\t2\n".encode("utf-16"), "UTF-16: save it as UTF-8"),
        ("n\tx\n1\t2\n".encode("utf-16-le"), "UTF-16: save it as UTF-8"),
        (b"n\tx\n1\t" + b"2" * 200_000 + b"\n", "field larger"),
        (b"n\tx\n1\t2\n1\t\xe4\n", "line 3 is not UTF-8"),
    ],
)
def test_what_is_no_number_or_no_text_is_named(tmp_path, content, told):
    path = tmp_path / "x.tsv"
    path.write_bytes(content)
    with pytest.raises(NeuroLoopError, match=told) as caught:
        read_table(path, {"n": int, "x": float})
    assert str(path) in str(caught.value)


def test_line_ends_of_any_system_are_read(tmp_path):
    for end in ("\n", "\r\n", "\r"):
        path = tmp_path / "x.tsv"
        path.write_bytes(end.join(["n\tx", "1\t0.5", "-2\tn/a", ""]).encode())
        table = read_table(path, {"n": int, "x": float})
        assert table["n"].tolist() == [1, -2]
        assert table["x"][0] == 0.5
        assert np.isnan(table["x"][1])


def test_a_file_too_large_for_a_table_is_not_read(tmp_path):
    path = tmp_path / "x.tsv"
    with path.open("wb") as stream:
        stream.truncate(2**31)
    with pytest.raises(NeuroLoopError, match=r"2\.15 GB are no text"):
        read_table(path, {})


def test_rows_keep_the_numbers_of_their_lines(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n\n"two\nlines",1\n3,4\n')
    assert read_rows(path, ",") == (["a", "b"], [(4, ["two\nlines", "1"]), (5, ["3", "4"])])


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("onset,duration", "separated by commas: separate them by tabs"),
        ("onset;duration", "separated by semicolons"),
        ("onset duration", "separated by blanks"),
        ("Onset\tduration", ": rename Onset to onset"),
    ],
)
def test_a_header_of_another_form_is_told_with_what_to_do(tmp_path, header, said):
    path = tmp_path / "t.tsv"
    path.write_text(header + "\n")
    with pytest.raises(NeuroLoopError, match=said):
        read_table(path, {"onset": float, "duration": float})


def test_rows_of_separators_alone_are_passed_over(tmp_path):
    """As spreadsheets leave them at the end of a table."""
    path = tmp_path / "x.tsv"
    path.write_text("n\tx\n1\t0.5\n\t\n\t\n")
    assert read_table(path, {"n": int, "x": float})["n"].tolist() == [1]
