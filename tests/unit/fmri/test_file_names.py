"""Names of BIDS files."""

import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.file_names import check_pairs, entities


def test_entities_of_the_name_alone():
    path = "sub-09/ses-9/sub-S01_ses-02_task-faces_acq-x_run-010_space-MNI_bold.nii.gz"
    assert entities(path) == {"sub": "S01", "ses": "2", "task": "faces", "run": "10"}
    assert entities("run-1_bold.nii.gz") == {"run": "1"}
    assert entities("rerun-1_subrun-2_my-sub-1.nii") == {}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sub01_run1_bold.nii", {"sub": "1", "run": "1"}),
        ("Sub01_Ses_2_RUN-03.nii.gz", {"sub": "1", "ses": "2", "run": "3"}),
        ("sub-01_run_2_events.tsv", {"sub": "1", "run": "2"}),
        ("run-2_run2.tsv", {"run": "2"}),
        ("run1_vs_run2.tsv", {}),
        ("run10hz_sub1x_rerun2_task1.nii", {}),
    ],
)
def test_numbers_that_are_written_otherwise(name, found):
    assert entities(name) == found


@pytest.mark.parametrize(
    ("bold", "events", "key"),
    [
        ("sub-01_task-a_run-1_bold.nii.gz", "sub-1_task-a_run-01_events.tsv", None),
        ("sub-01_task-a_run-1_bold.nii.gz", "task-a_events.tsv", None),
        ("bold1.nii.gz", "sub-01_run-2_events.tsv", None),
        ("sub-01_task-a_run-1_bold.nii", "sub-01_task-b_run-1_events.tsv", "task is a"),
        ("sub-01_run-1_bold.nii", "sub-01_run-10_events.tsv", "run is 1 here and 10 there"),
        ("sub-01_run-1_bold.nii", "sub-02_run-1_events.tsv", "sub is 1"),
        ("sub-01_ses-1_bold.nii", "sub-01_ses-2_events.tsv", "ses is 1"),
        ("sub01_run1_bold.nii", "sub01_run2_events.tsv", "run is 1 here and 2 there"),
        ("sub01_run_1_bold.nii", "sub-01_run-01_events.tsv", None),
        ("sub-S1_bold.nii", "sub-S01_events.tsv", "sub is S1"),
    ],
)
def test_pairs(bold, events, key):
    if key is None:
        check_pairs([bold, bold], [events, events])
        return
    with pytest.raises(NeuroLoopError, match=key) as error:
        check_pairs([bold], [events])
    assert bold in str(error.value)
    assert events in str(error.value)
