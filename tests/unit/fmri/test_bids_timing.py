"""What BIDS JSON files say of the times of volumes and slices."""

import json

import nibabel
import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.fmri.repetition_time import repetition_times

EVEN = [0.0, 2.0, 4.0, 6.0]
GAPS = [0.0, 2.0, 5.0, 7.0]


@pytest.fixture
def read(tmp_path):
    """Read the TR of a run of four volumes, of which header and JSON say this."""

    def read(facts, header=0.0, stated=None, uneven=False):
        path = tmp_path / "sub-1_task-x_run-1_bold.nii.gz"
        image = nibabel.Nifti1Image(np.zeros((2, 2, 2, 4), np.float32), np.eye(4))
        image.header.set_zooms((1, 1, 1, header))
        image.header.set_xyzt_units("mm", "sec")
        (tmp_path / "sub-1_task-x_run-1_bold.json").write_text(json.dumps(facts))
        intake = Intake()
        (tr,) = repetition_times([path], [image], stated, intake, uneven)
        return tr, intake

    return read


def test_even_times_of_volumes_are_the_repetition_time(read):
    tr, intake = read({"VolumeTiming": EVEN})
    assert tr == 2
    assert "VolumeTiming" in intake.recognised[0]
    assert not intake.warnings
    assert read({"VolumeTiming": EVEN, "RepetitionTime": 2}, header=2.0)[0] == 2


@pytest.mark.parametrize(
    ("facts", "header", "said"),
    [
        ({"VolumeTiming": GAPS}, 2.0, "after 2 to 3 s"),
        ({"VolumeTiming": EVEN[:3]}, 2.0, "3 times, but the image 4 volumes"),
        ({"VolumeTiming": [5, 7, 9, 11]}, 2.0, "begins at 5 s"),
        ({"VolumeTiming": EVEN[::-1]}, 2.0, "give rising times"),
        ({"VolumeTiming": "0 2 4 6"}, 2.0, "no number of seconds"),
        ({"VolumeTiming": []}, 2.0, "VolumeTiming holds None"),
        ({"VolumeTiming": EVEN}, 1.0, "has a TR of 1 s in its header, but VolumeTiming of"),
        ({"VolumeTiming": EVEN, "RepetitionTime": 3}, 0.0, "has a TR of 3 s, but VolumeTiming"),
        ({"SliceTiming": [0, 500, 1000, 1500]}, 2.0, "SliceTiming reaches from 0 to 1500 s"),
        ({"SliceTiming": [0, None]}, 2.0, "SliceTiming holds None"),
        ({"DelayTime": 2.5}, 2.0, "DelayTime is 2.5 s, but a volume lasts 2 s"),
    ],
)
def test_times_that_no_label_can_go_by_are_refused(read, facts, header, said):
    with pytest.raises(NeuroLoopError) as error:
        read(facts, header)
    assert said in str(error.value)
    assert "_bold.json" in str(error.value)
    assert "\n" not in str(error.value)


def test_uneven_volumes_are_refused_whatever_the_config_states_unless_each_has_a_label(read):
    with pytest.raises(NeuroLoopError, match="label each volume by a list"):
        read({"VolumeTiming": GAPS}, stated=2.0)
    assert read({"VolumeTiming": GAPS}, stated=2.0, uneven=True)[0] == 2


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"SliceTiming": [0, 1, 0.5, 1.5]}, None),
        ({"SliceTiming": [0, 0, 0]}, None),
        ({"SliceTimingCorrected": True, "StartTime": 0.96}, None),
        ({"AcquisitionDuration": 300}, None),
        ({"SliceTimingCorrected": True, "StartTime": 0.0}, "1 s before the middle"),
        ({"SliceTiming": [0, 0.1, 0.2, 0.3]}, "0.8 s before the middle"),
        ({"DelayTime": 1.0}, "0.5 s before the middle"),
        ({"AcquisitionDuration": 1.0}, "nifti.shift 0.5 s more than the haemodynamic lag"),
    ],
)
def test_what_is_acquired_far_from_a_volumes_middle_is_told(read, facts, said):
    """Of a volume of 2 s."""
    for stated, header in ((None, 2.0), (2.0, 0.0)):
        _, intake = read(facts, header, stated)
        assert len(intake.warnings) == (said is not None)
        assert said is None or said in intake.warnings[0]
