"""The rows' table as numbers and value maps, and back."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.bdata_rows import decode_rows, encode_rows
from neuroloop.fmri.brain import make_rows


def rows(**changed: list[str]) -> pd.DataFrame:
    columns = {
        "session": ["training"] * 3 + ["perception"],
        "run": ["training-1", "training-1", "training-2", "perception-1"],
        "block": ["training-1-1", "training-1-2", "training-2-1", "perception-1-1"],
        "stimulus_id": ["1518878.008432", "1443537.022120", "1518878.000007", "0.000042"],
        "category": ["b", "a", "b", "c"],
    }
    return make_rows(**(columns | changed))


def test_ids_of_generic_object_decoding_are_plain_numbers():
    columns, vmaps = encode_rows(rows())
    assert columns["DataType"].tolist() == [1, 1, 1, 2]
    assert columns["Run"].tolist() == [1, 1, 2, 1]
    assert columns["Block"].tolist() == [1, 2, 1, 1]
    assert columns["stimulus_id"][0] == 1518878.008432
    assert columns["Label"].tolist() == [2, 1, 2, 3]
    assert vmaps == {"Label": {1: "a", 2: "b", 3: "c"}}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"run": ["one", "one", "two", "three"]},
        {"run": ["training-2", "training-2", "training-1", "perception-1"]},
        {"block": ["x", "y", "z", "w"]},
        {"block": ["training-1-1", "training-1-01", "training-2-1", "perception-1-1"]},
        {"stimulus_id": ["cat01.jpg", "2", "3.5", "1518878.008432"]},
        {"stimulus_id": ["1518878.0084321", "1", "2", "3"]},
        {"category": ["run 10", "run 9", "\N{GREEK SMALL LETTER ALPHA}", "n/a"]},
    ],
)
def test_any_table_comes_back(changed):
    table = rows(**changed)
    pd.testing.assert_frame_equal(decode_rows(*encode_rows(table), "f.h5"), table)


def test_codes_of_names_are_in_natural_order():
    _, vmaps = encode_rows(rows(category=["c10", "c9", "c10", "c1"]))
    assert vmaps["Label"] == {1: "c1", 2: "c9", 3: "c10"}


def test_without_value_maps_ids_are_derived():
    columns, _ = encode_rows(rows())
    del columns["Block"], columns["Label"]
    table = decode_rows(columns, {}, "f.h5")
    assert table["category"].tolist() == ["n01518878", "n01443537", "n01518878", "n00000000"]
    assert table["block"].tolist() == rows()["block"].tolist()


def test_empty_block_numbers_are_no_block_numbers():
    columns, vmaps = encode_rows(rows())
    columns["Block"] = np.array([1, np.nan, 1, 1])
    assert decode_rows(columns, vmaps, "f.h5")["block"].tolist() == rows()["block"].tolist()


def test_named_stimuli_need_named_categories():
    columns, vmaps = encode_rows(rows(stimulus_id=["a", "b", "c", "d"]))
    del columns["Label"]
    with pytest.raises(NeuroLoopError, match=r"^f\.h5: stimulus ids are names, so Label"):
        decode_rows(columns, {"stimulus_id": vmaps["stimulus_id"]}, "f.h5")
