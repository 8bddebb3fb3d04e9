"""Planted faults of labels are named in warnings, sound ones are not."""

import numpy as np
import pytest

from neuroloop.files.intake import Intake
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.brain import BrainData, make_rows
from neuroloop.fmri.label_checks import check_labels
from neuroloop.fmri.scan import Scan
from tests.unit.fmri.test_label_shifts import late, scan


def subject(tmp_path, series, volumes):
    """A subject's BData file, folds and scan of volumes with these labels."""
    shown = volumes[volumes["event"] > 0]
    rows = make_rows(
        session="training",
        run=shown["run"],
        block=shown["run"] + "-" + shown["event"].astype(str),
        stimulus_id=shown["category"],
        category=shown["category"],
    )
    flags = {"V1": np.arange(series.shape[1]) < 40, "V2": np.arange(series.shape[1]) >= 40}
    brain = BrainData(series[shown.index].astype(np.float32), rows, flags)
    write_bdata(tmp_path / "bdata.h5", brain, "volume")
    kept = Scan()
    kept.follow(series, flags, volumes, dict.fromkeys(volumes["run"], 2.0))
    return tmp_path / "bdata.h5", rows, kept


def warnings(tmp_path, series, volumes):
    bdata, rows, kept = subject(tmp_path, series, volumes)
    intake = Intake()
    regions = {"V1": {"flag": "V1"}, "V2": {"flag": "V2"}}
    check_labels("S1", bdata, rows, kept, regions, {"V1": 40, "V2": 20}, intake)
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
