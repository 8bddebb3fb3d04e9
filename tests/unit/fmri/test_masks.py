"""Which voxels of a mask are a region's."""

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.fmri.masks import Region, choose_voxels, tell_region


def chosen(values, **choice):
    return choose_voxels(np.asarray(values), Region("m.nii", **choice), "V1")


def refused(values, **choice) -> str:
    with pytest.raises(NeuroLoopError) as error:
        chosen(values, **choice)
    assert str(error.value).startswith("m.nii, region V1: ")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "values",
    [
        np.array([0, 1, 1, 0], dtype=np.uint8),
        np.array([0, 1, 1, 0], dtype=bool),
        np.array([0, 1, 1, 0], dtype=np.float32),
        [np.nan, 1, 1, 0],
        [np.nan, 1, 1, np.nan],
        [1e-7, 1 - 1e-7, 1, -1e-7],  # what scaling or resampling leaves
        [0, 255 * np.float32(1 / 255), 1, 0],
    ],
)
def test_masks_of_0_and_1(values):
    np.testing.assert_array_equal(chosen(values)[0], [False, True, True, False])


def test_nan_is_outside_and_counted():
    flags, missing = chosen([np.nan, 1, 0, np.nan, np.nan])
    assert flags.tolist() == [False, True, False, False, False]
    assert missing == 3
    intake = Intake()
    tell_region(flags, missing, Region("m.nii"), "V1", intake)
    assert [(each.what, each.count) for each in intake.dropped] == [
        ("voxels of the mask of region V1", 3)
    ]
    assert chosen([2, np.nan, 1], label=2)[1] == 1
    assert chosen([0.6, np.nan, 0.5], threshold=0.5)[0].tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("values", "found", "keys"),
    [
        ([-1, 0, 1, 1], "-1 (1 voxels), 0 (1 voxels), 1 (2 voxels)", "label: 1 or threshold: 0"),
        ([0, 255, 255], "0 (1 voxels), 255 (2 voxels)", "label: 255 or threshold: 0"),
        ([0, 1, 2], "2 (1 voxels)", "label: 1 or label: 2 or threshold: 0"),
        ([2, 2], "2 (2 voxels)", "label: 2 or threshold: 0"),
        ([0, 0.25, 1], "0.25 (1 voxels)", "those above a value: threshold: 0.5"),
        (np.arange(20), "20 values from 0 to 19", "label: 6 or threshold: 0 (or another label)"),
        ([np.nan, -1, 1], "-1 (1 voxels), 1 (1 voxels)", "label: 1 or threshold: 0"),
    ],
)
def test_other_values_are_refused_with_what_was_found(values, found, keys):
    line = refused(values)
    assert f"a mask holds 0 and 1 (NaN outside), this one {found}" in line or found in line
    assert line.endswith(keys)


def test_a_label_of_an_atlas():
    atlas = np.array([0, 1, 2, 3, 2], dtype=np.int16)
    assert chosen(atlas, label=2)[0].tolist() == [False, False, True, False, True]
    assert chosen(atlas.astype(float), label=2)[0].sum() == 2
    assert chosen([-1, 0, 1, 1], label=1)[0].sum() == 2
    assert "no voxel is of label 7, the image holds 0 (1 voxels), 1" in refused(atlas, label=7)
    line = refused([0, 1, 1.5, 2], label=1)
    assert "label 1 is requested, but the image holds" in line
    assert "1.5 (1 voxels), 2 (1 voxels), which are not labels" in line


def test_above_a_threshold():
    assert chosen([0, 0.2, 0.5, 0.9], threshold=0.5)[0].tolist() == [False, False, False, True]
    assert chosen([-1, 0, 1], threshold=0)[0].tolist() == [False, False, True]
    # A stored 0.3 is not above 0.3, though as a double it is 0.3000000119.
    assert chosen(np.array([0.3, 0.4], np.float32), threshold=0.3)[0].tolist() == [False, True]
    assert "no voxel is above 0.9, the image holds 0 (1 voxels)" in refused([0, 0.9], threshold=0.9)


def test_nothing_to_choose():
    assert "no voxel is 1, the image holds 0 (3 voxels)" in refused([0, 0, 0])
    assert "the image holds nothing but NaN" in refused([np.nan, np.nan])
    assert "2 voxels are infinite" in refused([0, np.inf, 1, -np.inf])
    assert "2 voxels are infinite" in refused([0, np.inf, 1, -np.inf], threshold=0.5)
    colours = np.zeros(2, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert "not numbers" in refused(colours)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_region_of_more_than_half_of_the_grid_is_told(count):
    flags, intake = np.arange(4).reshape(2, 2, 1) < count, Intake()
    tell_region(flags, 0, Region("m.nii"), "V1", intake)
    assert intake.recognised == [f"region V1: {count} of the 4 voxels of m.nii"]
    assert bool(intake.warnings) == (count > 2)
    if count > 2:
        assert (
            f"region V1 covers {count} of 4 voxels of the grid ({25 * count}%)"
            in (intake.warnings[0])
        )
    assert not intake.dropped
