"""What must hold of a subject's brain data, and the line that says what does not."""

import dataclasses

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.brain import BrainData, check, make_rows, sample_ids


@pytest.fixture
def brain() -> BrainData:
    rows = make_rows(
        session=["training"] * 4 + ["perception"] * 2,
        run=["training-1", "training-1", "training-2", "training-2"] + ["perception-1"] * 2,
        block=[f"b{number}" for number in range(6)],
        stimulus_id=["a1", "b1", "a2", "b2", "a3", "b3"],
        category=["a", "b"] * 3,
    )
    voxels = np.arange(18, dtype=np.float32).reshape(6, 3)
    rois = {"V1": np.array([True, True, False]), "V2": np.array([False, False, True])}
    return BrainData(voxels, rows, rois)


def refused(brain: BrainData) -> str:
    """The one line with which `check` refuses."""
    with pytest.raises(NeuroLoopError) as error:
        check(brain, "s1.h5")
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("s1.h5")
    return str(error.value)


def edited(brain: BrainData, column: str, row: int, value: str) -> BrainData:
    rows = brain.rows.copy()
    rows.loc[row, column] = value
    return dataclasses.replace(brain, rows=rows)


def test_good_data_pass(brain):
    assert check(brain, "s1.h5") is brain


def test_rows_are_strings_numbered_in_file_order(brain):
    assert brain.rows["sample"].tolist() == sample_ids(6)
    assert sample_ids(13)[-1] == "s000012"
    numbers = make_rows(
        session=["training"], run=[1], block=[2], stimulus_id=[3.5], category=[np.int64(4)]
    )
    assert numbers.iloc[0].tolist() == ["s000000", "training", "1", "2", "3.5", "4"]


def test_nan_voxels_are_counted_and_placed(brain):
    brain.voxels[2, 1] = np.nan
    brain.voxels[5, :2] = np.inf
    line = refused(brain)
    assert "3 NaN or infinite values in 2 voxels, in 2 rows (s000002, s000005)" in line


def test_training_rows_are_needed(brain):
    rows = brain.rows.assign(session="imagery")
    assert "training" in refused(dataclasses.replace(brain, rows=rows))


def test_session_must_be_known(brain):
    assert "session dream" in refused(edited(brain, "session", 0, "dream"))


@pytest.mark.parametrize("column", ["category", "run"])
def test_block_mixes_nothing(brain, column):
    mixed = edited(brain, "block", 3, "b0") if column == "category" else brain
    if column == "run":
        mixed = edited(edited(brain, "block", 2, "b0"), "run", 2, "training-9")
    assert f"block b0 mixes {column}" in refused(mixed)


def test_region_needs_voxels(brain):
    brain.rois["V4"] = np.zeros(3, dtype=bool)
    assert "ROI V4 has no voxel" in refused(brain)


def test_region_must_flag_these_voxels(brain):
    brain.rois["V4"] = np.ones(4, dtype=bool)
    assert "flags 4 voxels, the data have 3" in refused(brain)


def test_there_must_be_a_region(brain):
    assert "no ROI" in refused(dataclasses.replace(brain, rois={}))


def test_lengths_must_agree(brain):
    short = dataclasses.replace(brain, rows=brain.rows.iloc[:5])
    assert "6 rows of voxels but 5 rows of labels" in refused(short)


@pytest.mark.parametrize("column", ["stimulus_id", "category", "run"])
def test_rows_must_be_labelled(brain, column):
    assert f"1 rows without {column}, the first is s000004" in refused(edited(brain, column, 4, ""))


def test_mistakes_of_the_program_are_not_blamed_on_the_user(brain):
    with pytest.raises(ValueError, match="float32"):
        check(dataclasses.replace(brain, voxels=brain.voxels.astype(float)), "s1.h5")
    with pytest.raises(ValueError, match="file order"):
        check(dataclasses.replace(brain, rows=brain.rows.iloc[::-1]), "s1.h5")
    with pytest.raises(ValueError, match="columns"):
        check(dataclasses.replace(brain, rows=brain.rows.drop(columns="run")), "s1.h5")
