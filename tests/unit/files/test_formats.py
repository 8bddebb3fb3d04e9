"""Files are whole or absent, the same bytes every time, and refused in one line if they are bad."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroloop.errors import NeuroLoopError
from neuroloop.files import formats as files
from tests.project import ROOT


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _refusal(read, *arguments) -> str:
    """The message of a read that is refused: one line that names the file."""
    with pytest.raises(NeuroLoopError) as caught:
        read(*arguments)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert str(arguments[0]) in message
    return message


# Atomicity


def test_atomic_makes_folders_and_leaves_the_file_alone(tmp_path):
    with files.atomic(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_text("whole")
        assert temporary.suffix == ".txt"
        assert not (tmp_path / "new" / "a.txt").exists()
    assert _names(tmp_path / "new") == {"a.txt"}


def _write_half(path: Path, error: type[BaseException]) -> None:
    with files.atomic(path) as temporary:
        temporary.write_text("half")
        raise error("stop")


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_every_file_has_the_mode_of_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        files.save_weights(tmp_path / "a.safetensors", {"w": torch.ones(2)})
        files.save_array(tmp_path / "b.npy", np.zeros(2), axes=["x"], units="1")
        files.save_table(tmp_path / "c.tsv", pd.DataFrame({"p": [1]}))
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("a.safetensors", "b.npy", "b.json", "c.tsv"), mode)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_neither_file_nor_temporary(tmp_path, error):
    with pytest.raises(error, match="stop"):
        _write_half(tmp_path / "a.txt", error)
    assert _names(tmp_path) == set()


def test_an_error_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ValueError, match="stop"):
        _write_half(tmp_path / "a.txt", ValueError)
    assert _names(tmp_path) == {"a.txt"}
    assert (tmp_path / "a.txt").read_text() == "old"


@pytest.mark.parametrize(
    "save",
    [
        lambda path: files.save_array(path, np.zeros(2), axes=["a", "b"], units="1"),
        lambda path: files.save_array(path, np.zeros(2), axes=["a"], units="1", ids={"a": ["x"]}),
        lambda path: files.save_array(path, np.array([None, 1]), axes=["a"], units="1"),
        lambda path: files.save_arrays(path, {"x": np.zeros(2)}, axes={"x": ["a", "b"]}),
        lambda path: files.save_arrays(path, {"x": np.array([None, "b"])}, axes={"x": ["a"]}),
        lambda path: files.save_array(path, np.zeros(2), axes=["a"], units="1", odd=object()),
    ],
)
def test_an_array_that_cannot_be_saved_leaves_neither_array_nor_sidecar(tmp_path, save):
    with pytest.raises((ValueError, TypeError)):
        save(tmp_path / "x.npy")
    assert _names(tmp_path) == set()


# Arrays


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12).reshape(2, 6)[:, ::2],
        np.array(3.0),
        np.zeros((0, 4), dtype=bool),
        np.array(["cat", "chair"]),
    ],
)
def test_an_array_comes_back_with_its_facts(tmp_path, array):
    axes = ["rows", "columns"][: array.ndim]
    files.save_array(tmp_path / "x.npy", array, axes=axes, units="percent", seed=3)
    back, facts = files.load_array(tmp_path / "x.npy")
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert facts["axes"] == axes
    assert facts["units"] == "percent"
    assert facts["seed"] == 3
    assert facts["versions"]["numpy"] == np.__version__


def test_the_sidecar_holds_the_ids_of_the_rows(tmp_path):
    files.save_array(
        tmp_path / "x.npy",
        np.zeros((2, 1)),
        axes=["stimuli", "classes"],
        units="1",
        ids={"stimuli": np.array(["007", "NA"]), "classes": [9]},
    )
    facts = json.loads((tmp_path / "x.json").read_text())
    assert facts["ids"] == {"stimuli": ["007", "NA"], "classes": ["9"]}


@pytest.mark.parametrize("share", [0.0, 0.02, 0.2, 0.99])
def test_a_truncated_array_is_refused(tmp_path, share):
    path = tmp_path / "x.npy"
    files.save_array(path, np.arange(50.0), axes=["rows"], units="1")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "delete it and run again" in _refusal(files.load_array, path)


def test_what_is_no_array_is_refused(tmp_path):
    path = tmp_path / "x.npy"
    files.save_array(path, np.zeros(3), axes=["rows"], units="1")
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert "damaged or not a NumPy array" in _refusal(files.load_array, path)
    with path.open("wb") as stream:
        np.savez(stream, x=np.zeros(3))
    assert "damaged or not a NumPy array" in _refusal(files.load_array, path)


def test_a_missing_array_or_sidecar_is_named(tmp_path):
    path = tmp_path / "x.npy"
    files.save_array(path, np.zeros(3), axes=["rows"], units="1")
    path.unlink()
    assert "x.npy is missing" in _refusal(files.load_array, path)
    files.save_array(path, np.zeros(3), axes=["rows"], units="1")
    (tmp_path / "x.json").unlink()
    with pytest.raises(NeuroLoopError, match=r"x\.json is missing"):
        files.load_array(path)


@pytest.mark.parametrize("facts", [{"shape": [4], "dtype": "float64"}, {"shape": [3]}, {}])
def test_a_sidecar_of_another_array_is_refused(tmp_path, facts):
    path = tmp_path / "x.npy"
    files.save_array(path, np.zeros(3), axes=["rows"], units="1")
    files.save_json(tmp_path / "x.json", facts)
    assert "its sidecar says" in _refusal(files.load_array, path)


def test_named_arrays_come_back(tmp_path):
    path = tmp_path / "x.npz"
    arrays = {
        "x": np.arange(6, dtype=np.float32).reshape(2, 3),
        "ids": pd.Series(["s1", "s02"]).to_numpy(),
        "n": np.array(2),
    }
    axes = {"x": ["samples", "voxels"], "ids": ["samples"], "n": []}
    files.save_arrays(path, arrays, axes=axes, units={"x": "percent"}, seed=1)
    back = files.load_arrays(path)
    assert list(back) == ["x", "ids", "n"]
    np.testing.assert_array_equal(back["x"], arrays["x"])
    assert back["ids"].tolist() == ["s1", "s02"]
    assert back["ids"].dtype.kind == "U"
    facts = files.read_json(tmp_path / "x.json")
    assert facts["seed"] == 1
    assert facts["arrays"]["x"] == {
        "shape": [2, 3],
        "dtype": "float32",
        "axes": ["samples", "voxels"],
        "units": "percent",
    }
    assert facts["arrays"]["ids"]["units"] == "1"


def test_pickled_arrays_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert "Python objects" in _refusal(files.load_arrays, path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_truncated_archives_are_refused(tmp_path, share):
    path = tmp_path / "x.npz"
    files.save_arrays(path, {"x": np.arange(50.0)}, axes={"x": ["rows"]})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "delete it and run again" in _refusal(files.load_arrays, path)
    path.unlink()
    assert "is missing" in _refusal(files.load_arrays, path)


# JSON


def test_json_turns_numpy_and_nan_into_what_it_knows(tmp_path):
    path = tmp_path / "x.json"
    facts = {
        "nan": float("nan"),
        "numpy nan": np.float32("nan"),
        "infinite": -np.inf,
        "list": [np.int64(3), (np.True_, None)],
        "array": np.array([[1.5, np.nan]]),
        "path": Path("a/b"),
        3: "Häuser",
    }
    files.save_json(path, facts)
    assert files.read_json(path) == {
        "nan": None,
        "numpy nan": None,
        "infinite": None,
        "list": [3, [True, None]],
        "array": [[1.5, None]],
        "path": "a/b",
        "3": "Häuser",
    }
    assert "NaN" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"", b'{"a": ', b"[1, 2]", b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert "JSON" in _refusal(files.read_json, path)


# Tables


def test_strings_of_a_table_stay_as_they_are(tmp_path):
    path = tmp_path / "x.tsv"
    names = ["NA", "007", "1e5", "", "None", "nan", 'a "b"', '"', "tab\there", " x ", "True"]
    files.save_table(path, pd.DataFrame({"name": names, "n": range(len(names))}))
    back = files.read_table(path, {"name": str, "n": int})
    assert back["name"].tolist() == names
    assert back["n"].tolist() == list(range(len(names)))
    assert back["n"].dtype == np.int64


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=6)))
def test_any_text_comes_back(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("table") / "x.tsv"
    files.save_table(path, pd.DataFrame({"name": pd.Series(names, dtype=str), "other": "o"}))
    assert files.read_table(path, {"name": str})["name"].tolist() == names


def test_types_and_missing_values_of_a_table(tmp_path):
    path = tmp_path / "x.tsv"
    table = pd.DataFrame({"p": [0.1 + 0.2, np.nan], "name": ["a", None], "left": [1, 2]})
    files.save_table(path, table)
    assert path.read_text().splitlines()[2] == "n/a\tn/a\t2"
    back = files.read_table(path, {"p": float, "name": str})
    assert back["p"][0] == 0.1 + 0.2
    assert np.isnan(back["p"][1])
    assert back["name"].tolist() == ["a", "n/a"]
    assert back["left"].tolist() == ["1", "2"]


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("a\tb\n")
    assert list(files.read_table(path, {"a": int, "b": str}).columns) == ["a", "b"]


def test_a_table_from_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_bytes("\ufeffname\tn\r\nü\t1\r\n\r\n".encode())
    assert files.read_table(path, {"name": str, "n": int}).to_dict("records") == [
        {"name": "ü", "n": 1}
    ]


def test_whole_numbers_may_be_written_as_a_spreadsheet_does(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("n\n10.0\n30\n1e2\n")
    back = files.read_table(path, {"n": int})
    assert back["n"].tolist() == [10, 30, 100]
    assert back["n"].dtype == int
    path.write_text("n\n10.0\n10.5\n")
    message = _refusal(files.read_table, path, {"n": int})
    assert "t.tsv, column n, line 3: '10.5' is not a whole number" in message


def test_a_missing_column_is_named_in_one_line(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("a\tb\n1\t2\n")
    message = _refusal(files.read_table, path, {"a": str, "run": str, "fold": int})
    assert "lacks the column run, fold" in message
    assert "it has a, b" in message


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"a\tb\n1\t2\n3", "line 3 has 1 fields"),
        (b"a\tb\n1\t2\t3\n4\t5\t6\n", "line 2 has 3 fields"),
        (b"a\ta\n1\t2\n", "twice"),
        (b'a\tb\n"1\t2\n', "not a TSV table"),
        (b"a\tb\n1\t\xff\n", "not a TSV table"),
        (b"a\tb\n1.5\t2\n", "column a"),
        (b"a\tb\nn/a\t2\n", "column a"),
    ],
)
def test_bad_tables_are_refused(tmp_path, content, told):
    path = tmp_path / "x.tsv"
    path.write_bytes(content)
    assert told in _refusal(files.read_table, path, {"a": int, "b": str})


def test_a_missing_table_is_named(tmp_path):
    assert "is missing" in _refusal(files.read_table, tmp_path / "x.tsv", {})


# Bytes

WRITE_ALL = """
import sys
import numpy as np
import pandas as pd
import torch
from pathlib import Path
from neuroloop.files import formats as files

folder = Path(sys.argv[1])
facts = dict(seed="1", network="resnet18", width="16", depth="18", stem="small")
x = np.random.default_rng(0).normal(size=(3, 4))
files.save_array(folder / "a.npy", x, axes=["rows", "columns"], units="1", **facts)
files.save_arrays(folder / "b.npz", {"x": x, "y": x[0]}, axes={"x": ["r", "c"], "y": ["c"]})
files.save_json(folder / "c.json", facts)
files.save_table(folder / "d.tsv", pd.DataFrame({"p": x[0], "name": list("abcd")}))
weights = {name: torch.from_numpy(x) for name in ("w", "b", "running_mean")}
files.save_weights(folder / "e.safetensors", {k: v.clone() for k, v in weights.items()}, **facts)
"""


def test_two_processes_write_the_same_bytes(tmp_path, monkeypatch):
    written = []
    for hash_seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        folder = tmp_path / hash_seed
        subprocess.run([sys.executable, "-c", WRITE_ALL, folder], check=True, cwd=ROOT)
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(written[0]) == 7
    assert written[0] == written[1]
