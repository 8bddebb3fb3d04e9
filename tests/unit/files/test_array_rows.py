"""Rows that stay on disk until they are asked for."""

import json

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import RowSpool, open_array, row_batches, take_rows
from neuroloop.files.formats import save_array, save_rows

VALUES = np.random.default_rng(1).integers(0, 256, (7, 3, 4), dtype=np.uint8)
AXES = ("film", "row", "column")


@pytest.fixture
def stored(tmp_path):
    save_array(tmp_path / "films.npy", VALUES, axes=AXES, units="1", ids={"film": list("abcdefg")})
    return tmp_path / "films.npy"


@pytest.mark.parametrize(
    "index",
    [
        3,
        -1,
        slice(2, 5),
        slice(None),
        np.array([6, 0, 0]),
        VALUES[:, 0, 0] > 100,
        (slice(None), 1),
        (slice(1, 3), slice(None), slice(0, 2)),
        (np.array([1, 2]), np.array([0, 2])),
    ],
)
def test_what_is_asked_for_is_read(stored, index):
    rows, facts = open_array(stored)
    assert (rows.shape, rows.dtype, rows.ndim, len(rows)) == ((7, 3, 4), np.uint8, 3, 7)
    assert facts["ids"]["film"] == list("abcdefg")
    np.testing.assert_array_equal(rows[index], VALUES[index])
    taken = rows[index]
    taken[...] = 0  # the caller's own: neither the file nor what is read next changes
    np.testing.assert_array_equal(rows[index], VALUES[index])


def test_rows_that_are_taken_stay_on_disk_in_their_order(stored):
    rows, _ = open_array(stored)
    order = np.array([5, 1, 1, 6])
    taken = take_rows(take_rows(rows, VALUES[:, 0, 0] >= 0), order)
    assert type(taken) is type(rows)
    np.testing.assert_array_equal(taken, VALUES[order])
    np.testing.assert_array_equal(taken[2:], VALUES[order[2:]])
    np.testing.assert_array_equal(list(taken), VALUES[order])
    np.testing.assert_array_equal(take_rows(VALUES, order), VALUES[order])


def test_batches_are_all_rows_once(monkeypatch, stored):
    monkeypatch.setattr("neuroloop.files.array_rows.BATCH", 30)  # two rows of 12 bytes
    rows, _ = open_array(stored)
    parts = list(row_batches(rows))
    assert [len(part) for part in parts] == [2, 2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(parts), VALUES)


def test_rows_are_written_as_one_array_is(stored, tmp_path):
    """The same bytes, in both files."""
    ids = {"film": list("abcdefg")}
    save_rows(tmp_path / "again.npy", iter(VALUES), 7, axes=AXES, units="1", ids=ids)
    assert (tmp_path / "again.npy").read_bytes() == stored.read_bytes()
    sidecars = [path.with_suffix(".json") for path in (stored, tmp_path / "again.npy")]
    written = [json.loads(path.read_text()) for path in sidecars]
    assert written[0] == written[1]
    with pytest.raises(ValueError, match="values of"):
        save_rows(tmp_path / "few.npy", iter(VALUES[:6]), 7, axes=AXES, units="1")
    assert not (tmp_path / "few.npy").exists()


def test_what_waits_on_disk_comes_back_and_leaves_nothing(tmp_path):
    spool = RowSpool(tmp_path)
    with pytest.raises(NeuroLoopError, match="no rows"):
        spool.rows()
    for film in VALUES:
        spool.add(film[:, ::-1])
    np.testing.assert_array_equal(spool.rows().take(np.array([2, 0])), VALUES[[2, 0], :, ::-1])
    with pytest.raises(ValueError, match="a row of"):
        spool.add(VALUES[0, :2])
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_told(stored):
    content = stored.read_bytes()
    stored.write_bytes(content[:-1])
    with pytest.raises(NeuroLoopError, match=r"films\.npy is damaged"):
        open_array(stored)
    stored.write_bytes(content)
    facts = json.loads(stored.with_suffix(".json").read_text())
    stored.with_suffix(".json").write_text(json.dumps({**facts, "dtype": "uint16"}))
    with pytest.raises(NeuroLoopError, match="its sidecar says"):
        open_array(stored)
    save_array(stored, np.asfortranarray(VALUES), axes=AXES, units="1")
    np.testing.assert_array_equal(open_array(stored)[0], VALUES)
