"""Where the time between volumes is read, and what wins."""

import json

import nibabel
import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.fmri.repetition_time import json_files, repetition_times


def image(step, unit="sec"):
    made = nibabel.Nifti1Image(np.zeros((2, 2, 2, 3), np.float32), np.eye(4))
    made.header.set_zooms((1, 1, 1, step))
    made.header.set_xyzt_units("mm", unit)
    return made


def say(path, tr):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"RepetitionTime": tr}))
    return path


def found(paths, images, stated=None):
    intake = Intake()
    return repetition_times(paths, images, stated, intake), intake


@pytest.mark.parametrize(
    ("step", "unit", "tr"), [(2.0, "sec", 2.0), (1350, "msec", 1.35), (7.2e5, "usec", 0.72)]
)
def test_header(step, unit, tr):
    trs, intake = found(["a.nii"], [image(step, unit)])
    assert trs == pytest.approx([tr])
    assert intake.recognised == [f"TR {tr:g} s, from the headers of the BOLD files"]
    assert not intake.warnings


@pytest.mark.parametrize(("step", "unit"), [(0, "sec"), (2.0, "unknown"), (2.0, "hz")])
def test_a_header_that_states_none(tmp_path, step, unit):
    path = tmp_path / "run-1_bold.nii.gz"
    with pytest.raises(NeuroLoopError, match=r"states no TR .*: state nifti.repetition_time"):
        found([path], [image(step, unit)])
    assert found([path], [image(step, unit)], 2.5)[0] == [2.5]
    assert not found([path], [image(step, unit)], 2.5)[1].warnings
    file = say(tmp_path / "run-1_bold.json", 1.35)
    trs, intake = found([path], [image(step, unit)])
    assert trs == [1.35]
    assert intake.recognised == [f"TR 1.35 s, from {file}"]


def test_a_unit_that_does_not_exist_states_none(tmp_path):
    damaged = image(2.0)
    damaged.header["xyzt_units"] = 0x40 | 2
    with pytest.raises(NeuroLoopError, match=r"states no TR .*: state nifti.repetition_time"):
        found([tmp_path / "run-1_bold.nii"], [damaged])


def test_the_config_wins_and_a_difference_is_told(tmp_path):
    paths = [tmp_path / f"run-{n}_bold.nii" for n in (1, 2)]
    trs, intake = found(paths, [image(2.0), image(2.5)], 2.5)
    assert trs == [2.5, 2.5]
    assert intake.warnings == [
        f"repetition_time is 2.5 s, but {paths[0]} says 2 s: the config's value is used"
    ]
    file = say(tmp_path / "run-2_bold.json", 3)
    assert (
        f"{paths[0]} says 2 s, and 1 more files differ"
        in (found(paths, [image(2.0), image(2.5)], 2.5)[1].warnings[0])
    )
    assert f"but {file} says 3 s" in found(paths[1:], [image(2.5)], 2.5)[1].warnings[0]


def test_header_and_json_must_agree(tmp_path):
    path, file = tmp_path / "run-1_bold.nii", say(tmp_path / "run-1_bold.json", 2.2)
    with pytest.raises(NeuroLoopError, match=f"2 s in its header, but {file} says 2.2 s"):
        found([path], [image(2.0)])
    say(file, 2.0004)
    assert found([path], [image(2.0)])[0] == [2.0004]


def test_runs_may_differ_and_are_told():
    trs, intake = found(["a.nii", "b.nii"], [image(2.0), image(1.5)])
    assert trs == [2.0, 1.5]
    assert "The runs differ in TR (1.5 s, 2 s)" in intake.warnings[0]


@pytest.mark.parametrize(("step", "unit"), [(2000, "sec"), (2.0, "msec")])
def test_another_unit_is_refused(step, unit):
    with pytest.raises(NeuroLoopError, match="looks like another unit"):
        found(["a.nii"], [image(step, unit)])


@pytest.mark.parametrize("value", ["2.0", True, 0, -2, [2]])
def test_json_that_states_no_number(tmp_path, value):
    say(tmp_path / "run-1_bold.json", value)
    with pytest.raises(NeuroLoopError, match="not a number of seconds: correct it"):
        found([tmp_path / "run-1_bold.nii"], [image(2.0)])


def test_json_files_are_inherited(tmp_path):
    """The nearest and most special first, up to the root of the data set."""
    bold = tmp_path / "set" / "sub-1" / "func" / "sub-1_task-a_run-1_bold.nii.gz"
    own = say(bold.with_name("sub-1_task-a_run-1_bold.json"), 1)
    beside = say(bold.with_name("sub-1_task-a_bold.json"), 1)
    root = say(tmp_path / "set" / "task-a_bold.json", 1)
    any_task = say(tmp_path / "set" / "bold.json", 1)
    say(tmp_path / "set" / "task-b_bold.json", 1)
    say(bold.with_name("sub-1_task-a_run-2_bold.json"), 1)
    say(tmp_path / "task-a_bold.json", 1)
    (tmp_path / "set" / "dataset_description.json").write_text("{}")
    assert json_files(bold) == [own, beside, root, any_task]
    own.unlink()
    assert json_files(bold)[0] == beside
    assert json_files(tmp_path / "set" / "run1.nii") == []
