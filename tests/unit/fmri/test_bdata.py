"""BData files: what bdpy reads of ours, and what we read of bdpy's."""

import dataclasses
import json
import time

import h5py
import numpy as np
import pandas as pd
import pytest
from bdpy import BData

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri import god
from neuroloop.fmri.bdata import read_bdata, read_region, read_rows, read_unit, write_bdata
from neuroloop.fmri.brain import BrainData, make_rows

SYNSETS = (1443537, 1518878, 10123456)
ROIS = {"V1": slice(0, 4), "V2": slice(4, 7), "VC": slice(0, 9)}
VOXELS = 12


def god_table() -> pd.DataFrame:
    """Rows as in Generic Object Decoding, small: presented in another order than image order."""
    generator = np.random.default_rng(1)
    train = [synset + (8432 - image) * 1e-6 for synset in SYNSETS for image in range(8)]
    test = [synset + 77 * 1e-6 for synset in SYNSETS]
    table = [
        {"DataType": 1, "Run": place // 6 + 1, "stimulus_id": train[image]}
        for place, image in enumerate(generator.permutation(len(train)))
    ]
    table += [
        {"DataType": kind, "Run": repeat + 1, "stimulus_id": test[image]}
        for kind, repeats in ((2, 5), (3, 2))
        for repeat in range(repeats)
        for image in generator.permutation(len(test))
    ]
    return pd.DataFrame(table)


def save_with_bdpy(path, table: pd.DataFrame, voxels: np.ndarray, rois=ROIS) -> None:
    """Let bdpy write a file with the columns of Generic Object Decoding."""
    data = BData()
    data.add(voxels, "VoxelData")
    for name, places in rois.items():
        flags = np.zeros(voxels.shape[1])
        flags[places] = 1
        data.add_metadata(f"ROI_{name}", flags, f"1 = ROI {name}", where="VoxelData")
    for name in table:
        data.add(table[name].to_numpy(dtype=float)[:, None], name)
    data.save(str(path))


@pytest.fixture
def god_file(tmp_path):
    table = god_table()
    voxels = np.random.default_rng(2).standard_normal((len(table), VOXELS))
    save_with_bdpy(tmp_path / "Subject1.h5", table, voxels)
    return tmp_path / "Subject1.h5", table, voxels


@pytest.fixture
def named_brain() -> BrainData:
    """Blocks of volumes whose ids are no numbers, in runs that are not in order."""
    rows = make_rows(
        session=["training"] * 8,
        run=["training-2"] * 4 + ["training-10"] * 2 + ["training-1"] * 2,
        block=["x", "x", "y", "y", "z", "z", "w", "w"],
        stimulus_id=["shoe", "shoe", "cat", "cat", "shoe", "shoe", "cat", "cat"],
        category=["shoe", "shoe", "cat", "cat", "shoe", "shoe", "cat", "cat"],
    )
    voxels = np.random.default_rng(3).standard_normal((8, 5)).astype(np.float32)
    rois = {"left": np.array([1, 1, 0, 0, 0], bool), "all": np.ones(5, bool)}
    return BrainData(voxels, rows, rois)


def same(one: BrainData, other: BrainData) -> None:
    np.testing.assert_array_equal(one.voxels, other.voxels)
    pd.testing.assert_frame_equal(one.rows, other.rows)
    assert list(one.rois) == list(other.rois)
    for name in one.rois:
        np.testing.assert_array_equal(one.rois[name], other.rois[name])


def test_god_file_written_by_bdpy_is_read(god_file):
    path, table, voxels = god_file
    brain = read_bdata(path)
    np.testing.assert_array_equal(brain.voxels, voxels.astype(np.float32))
    assert brain.voxels.dtype == np.float32
    rows = brain.rows
    assert rows["session"].value_counts().to_dict() == {
        "training": 24,
        "perception": 15,
        "imagery": 6,
    }
    assert rows["stimulus_id"].tolist() == [f"{value:.6f}" for value in table["stimulus_id"]]
    assert set(rows["category"]) == {"n01443537", "n01518878", "n10123456"}
    assert rows["run"].nunique() == 4 + 5 + 2
    assert rows.groupby("run")["session"].nunique().max() == 1
    stretch = (rows[["run", "category"]] != rows[["run", "category"]].shift()).any(axis=1).cumsum()
    assert rows.groupby("block").ngroups == stretch.nunique() < len(rows)
    assert stretch.groupby(rows["block"]).nunique().max() == 1
    assert {name: int(mask.sum()) for name, mask in brain.rois.items()} == {
        "V1": 4,
        "V2": 3,
        "VC": 9,
    }


def test_brain_rows_are_named_by_their_stimulus_not_by_their_place(god_file):
    """Row i of the file is not image i: every row keeps the id that was presented."""
    path, table, voxels = god_file
    x, rows = read_region(path, "VC")
    by_id = rows.set_index("stimulus_id").index.get_indexer(
        [god.stimulus_name(value) for value in table["stimulus_id"][:24]]
    )
    np.testing.assert_array_equal(x[by_id], voxels[:24, :9].astype(np.float32))
    in_image_order = rows["stimulus_id"].sort_values().tolist()
    assert rows["stimulus_id"].tolist() != in_image_order


def test_another_session_of_a_region_is_read_with_its_own_rows(god_file):
    path, table, voxels = god_file
    x, rows = read_region(path, "V2", "perception")
    chosen = (table["DataType"] == 2).to_numpy()
    np.testing.assert_array_equal(x, voxels[chosen, 4:7].astype(np.float32))
    shown = [god.stimulus_name(value) for value in table.loc[chosen, "stimulus_id"]]
    assert rows["stimulus_id"].tolist() == shown
    assert set(rows["session"]) == {"perception"}


def test_label_stands_in_for_stimulus_id_as_in_early_files(tmp_path, god_file):
    _, table, voxels = god_file
    save_with_bdpy(tmp_path / "early.h5", table.rename(columns={"stimulus_id": "Label"}), voxels)
    same(read_bdata(tmp_path / "early.h5"), read_bdata(god_file[0]))


def test_block_column_that_joins_trials_is_not_believed(tmp_path, god_file):
    _, table, voxels = god_file
    save_with_bdpy(tmp_path / "blocks.h5", table.assign(Block=1), voxels)
    same(read_bdata(tmp_path / "blocks.h5"), read_bdata(god_file[0]))
    table = table.assign(Block=np.arange(len(table)) + 100)
    save_with_bdpy(tmp_path / "trials.h5", table, voxels)
    assert read_bdata(tmp_path / "trials.h5").rows["block"].iloc[0] == "training-1-100"


def test_god_file_survives_a_round_trip(tmp_path, god_file):
    brain = read_bdata(god_file[0])
    write_bdata(tmp_path / "b.h5", brain, "trial")
    same(read_bdata(tmp_path / "b.h5"), brain)
    numbers = BData(str(tmp_path / "b.h5")).get("stimulus_id").ravel()
    np.testing.assert_array_equal(numbers, god_file[1]["stimulus_id"])


def test_bdpy_opens_our_file(tmp_path, named_brain):
    xyz = np.arange(15.0).reshape(5, 3)
    write_bdata(tmp_path / "b.h5", named_brain, "volume", voxel_xyz=xyz)
    data = BData(str(tmp_path / "b.h5"))
    np.testing.assert_array_equal(data.select("ROI_left = 1"), named_brain.voxels[:, :2])
    np.testing.assert_array_equal(data.get("VoxelData"), named_brain.voxels)
    assert data.get_label("stimulus_id") == named_brain.rows["stimulus_id"].tolist()
    assert data.get_label("Label") == named_brain.rows["category"].tolist()
    assert data.get_label("Run") == named_brain.rows["run"].tolist()
    assert data.get_label("Block") == named_brain.rows["block"].tolist()
    assert set(data.get("DataType").ravel()) == {1}
    np.testing.assert_array_equal(data.get_metadata("voxel_y", where="VoxelData"), xyz[:, 1])


def test_names_and_run_order_survive_a_round_trip(tmp_path, named_brain):
    write_bdata(tmp_path / "b.h5", named_brain, "volume")
    same(read_bdata(tmp_path / "b.h5"), named_brain)
    assert read_unit(tmp_path / "b.h5") == "volume"


def test_rows_alone_are_those_of_the_whole_file(god_file):
    pd.testing.assert_frame_equal(read_rows(god_file[0]), read_bdata(god_file[0]).rows)


def test_a_foreign_file_holds_trials(god_file):
    assert read_unit(god_file[0]) == "trial"


def test_same_data_same_bytes(tmp_path, named_brain):
    """Also a second later: HDF5 counts time in seconds."""
    write_bdata(tmp_path / "one/b.h5", named_brain, "block")
    time.sleep(1.1)
    write_bdata(tmp_path / "two/b.h5", named_brain, "block")
    for name in ("b.h5", "b.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_sidecar_says_what_the_matrix_is(tmp_path, named_brain):
    write_bdata(tmp_path / "b.h5", named_brain, "block")
    facts = json.loads((tmp_path / "b.json").read_text())
    assert facts["shape"] == [8, 10]
    assert facts["unit"] == "block"
    assert facts["rois"] == {"left": 2, "all": 5}
    assert facts["ids"]["sample"][-1] == "s000007"


def test_nothing_is_written_of_bad_data(tmp_path, named_brain):
    named_brain.voxels[0, 0] = np.nan
    with pytest.raises(NeuroLoopError, match="1 NaN"):
        write_bdata(tmp_path / "b.h5", named_brain, "block")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("roi", ["V1", "ROI_V1", "ROI_V1 = 1"])
def test_region_is_the_training_rows_of_its_voxels(god_file, roi):
    path, _, voxels = god_file
    x, rows = read_region(path, roi)
    np.testing.assert_array_equal(x, voxels[:24, :4].astype(np.float32))
    assert x.dtype == np.float32
    pd.testing.assert_frame_equal(rows, read_bdata(path).rows.iloc[:24])


def test_region_of_a_condition_is_what_bdpy_selects(god_file):
    path = god_file[0]
    for condition in ("ROI_V1 = 1 | ROI_V2 = 1", "ROI_VC = 1 - ROI_V1 = 1", "ROI_V* = 1"):
        expected = BData(str(path)).select(condition)[:24]
        np.testing.assert_array_equal(read_region(path, condition)[0], expected.astype(np.float32))


def test_training_rows_need_not_be_together(tmp_path, god_file):
    _, table, voxels = god_file
    order = np.random.default_rng(4).permutation(len(table))
    save_with_bdpy(tmp_path / "mixed.h5", table.iloc[order], voxels[order])
    x, rows = read_region(tmp_path / "mixed.h5", "V2")
    training = np.flatnonzero(table["DataType"].to_numpy()[order] == 1)
    np.testing.assert_array_equal(x, voxels[order][training, 4:7].astype(np.float32))
    assert rows["sample"].tolist() == [f"s{place:06d}" for place in training]


def test_region_does_not_touch_other_voxels(god_file):
    """NaN in another region is no matter here; in this one it is."""
    path = god_file[0]
    with h5py.File(path, "a") as file:
        file["dataset"][3, 5] = np.nan
    read_region(path, "V1")
    with pytest.raises(NeuroLoopError, match=r"ROI V2: 1 NaN .* \(s000003\)"):
        read_region(path, "V2")


def refused(path, roi: str | None = None) -> str:
    with pytest.raises(NeuroLoopError) as error:
        read_region(path, roi) if roi else read_bdata(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


def test_missing_file(tmp_path):
    assert "is missing" in refused(tmp_path / "none.h5")


def test_truncated_file(god_file):
    path = god_file[0]
    path.write_bytes(path.read_bytes()[:-200])
    assert "truncated" in refused(path)


def test_file_of_another_kind(tmp_path):
    (tmp_path / "text.h5").write_text("not HDF5")
    assert "not an HDF5 file" in refused(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["features"] = np.ones(3)
    assert "not a BData file (it holds features)" in refused(tmp_path / "other.h5")


@pytest.mark.parametrize("column", ["stimulus_id", "Run"])
def test_missing_column(tmp_path, god_file, column):
    _, table, voxels = god_file
    save_with_bdpy(tmp_path / "b.h5", table.drop(columns=column), voxels)
    assert f"lacks the column {column}" in refused(tmp_path / "b.h5")


def test_missing_voxels(tmp_path, god_file):
    data = BData()
    data.add(god_file[2], "Voxels")
    data.save(str(tmp_path / "b.h5"))
    assert "lacks the column VoxelData: it has Voxels" in refused(tmp_path / "b.h5")


def test_empty_and_unknown_values(tmp_path, god_file):
    _, table, voxels = god_file
    unnamed = table.copy()
    unnamed.loc[[4, 9], "stimulus_id"] = np.nan
    save_with_bdpy(tmp_path / "b.h5", unnamed, voxels)
    assert "2 rows have no stimulus_id, the first is row 4" in refused(tmp_path / "b.h5")
    save_with_bdpy(tmp_path / "c.h5", table.assign(DataType=7), voxels)
    assert "DataType has 7" in refused(tmp_path / "c.h5")


def test_unknown_region_lists_those_there_are(god_file):
    assert "has no ROI V9: it has V1, V2, VC" in refused(god_file[0], "V9")
    assert "has no ROI ROI_V9 = 1: it has V1, V2, VC" in refused(god_file[0], "ROI_V9 = 1")


def test_region_without_voxels(tmp_path, god_file):
    _, table, voxels = god_file
    save_with_bdpy(tmp_path / "b.h5", table, voxels, {"V1": slice(0, 2), "FFA": slice(0, 0)})
    assert "ROI FFA has no voxel" in refused(tmp_path / "b.h5", "FFA")
    assert "ROI FFA has no voxel" in refused(tmp_path / "b.h5")


def test_value_map_with_a_hole(tmp_path, named_brain):
    write_bdata(tmp_path / "b.h5", named_brain, "volume")
    with h5py.File(tmp_path / "b.h5", "a") as file:
        del file["vmap/Label/2"]
    assert "the value map of Label lacks 2" in refused(tmp_path / "b.h5")


def test_training_session_is_needed(tmp_path, god_file):
    _, table, voxels = god_file
    save_with_bdpy(tmp_path / "b.h5", table.assign(DataType=2), voxels)
    assert "training" in refused(tmp_path / "b.h5", "V1")
    brain = read_bdata(god_file[0])
    rows = brain.rows.assign(session="imagery")
    with pytest.raises(NeuroLoopError, match="training"):
        write_bdata(tmp_path / "c.h5", dataclasses.replace(brain, rows=rows), "trial")
