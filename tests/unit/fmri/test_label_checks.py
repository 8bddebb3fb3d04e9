"""Planted faults of labels are named in warnings, sound ones are not."""

import numpy as np
import pytest

from neuroloop.files.formats import save_arrays
from neuroloop.files.intake import Intake
from neuroloop.fmri.brain import make_rows
from neuroloop.fmri.label_checks import check_labels
from neuroloop.fmri.region_voxels import RegionVoxels
from neuroloop.fmri.scan import Scan
from tests.unit.fmri.test_label_shifts import late, scan


def subject(tmp_path, series, volumes):
    """A region's voxels.npz, folds and scan of volumes with these labels."""
    shown = volumes[volumes["event"] > 0]
    rows = make_rows(
        session="training",
        run=shown["run"],
        block=shown["run"] + "-" + shown["event"].astype(str),
        stimulus_id=shown["category"],
        category=shown["category"],
    )
    x, axes = series[shown.index].astype(np.float32), {"x": ("sample", "voxel")}
    arrays = {"x": x, "sample": rows["sample"].to_numpy(str)}
    save_arrays(tmp_path / "voxels.npz", arrays, axes=axes | {"sample": ("sample",)})
    kept = Scan()
    sample = np.where(volumes["event"] > 0, (volumes["event"] > 0).cumsum() - 1, -1)
    kept.follow(volumes, sample, dict.fromkeys(volumes["run"], 2.0))
    course = RegionVoxels(np.arange(series.shape[1]), series=series.astype(np.float16))
    return tmp_path / "voxels.npz", rows, kept.with_regions({"V1": course})


def warnings(tmp_path, series, volumes):
    intake = Intake()
    check_labels("S1", *subject(tmp_path, series, volumes), intake)
    return intake.warnings


def test_sound_labels_are_not_warned_of(tmp_path):
    assert warnings(tmp_path, *scan(0, 0.5)) == []


def test_shifted_labels_are_warned_of_in_volumes_and_seconds(tmp_path):
    series, volumes = scan(0, 0.5)
    (told,) = warnings(tmp_path, series, late(volumes, 2))
    assert told.startswith("S1: labels may be shifted: accuracy is highest at -2 TR (-4 s), ")
    assert "the key shift" in told


def test_exchanged_events_are_warned_of_with_both_runs(tmp_path):
    series, volumes = scan(0, 0.7)
    one, other = (volumes["run"] == name for name in ("run-1", "run-4"))
    changed = volumes.copy()
    for key in ("category", "event"):
        changed.loc[one, key] = volumes.loc[other, key].to_numpy()
        changed.loc[other, key] = volumes.loc[one, key].to_numpy()
    told = warnings(tmp_path, series, changed)
    assert len(told) == 2
    assert told[0].startswith("S1, run-1: ")
    assert "exchanged with those of run-4" in told[0]
    assert "exchanged with those of run-1" in told[1]


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_not_warned_of(tmp_path, seed):
    assert warnings(tmp_path, *scan(seed, 0.0)) == []
