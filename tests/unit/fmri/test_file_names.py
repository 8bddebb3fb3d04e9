"""Names of BIDS files."""

import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.file_names import check_pairs, check_subject, entities


def test_entities_of_the_name_alone():
    path = "sub-09/ses-9/sub-S01_ses-02_task-faces_acq-x_run-010_space-MNI_bold.nii.gz"
    named = {"sub": "S01", "ses": "2", "task": "faces", "run": "10", "space": "MNI"}
    assert entities(path) == named
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


def test_folders_say_subject_and_session_where_the_name_does_not():
    assert entities("data/sub-02/ses-1/func/run-3_bold.nii") == {"sub": "2", "ses": "1", "run": "3"}
    assert entities("sub-02/sub-03/bold.nii") == {"sub": "3"}
    assert entities("sub-02_old/bold.nii") == {}
    with pytest.raises(NeuroLoopError, match="sub is 1 here and 2 there"):
        check_pairs(["sub-01/run-1_bold.nii"], ["sub-02/run-1_events.tsv"])


@pytest.mark.parametrize(
    ("bold", "mask", "said"),
    [
        (["sub-1_run-1_bold.nii", "sub-01_run-2_bold.nii"], "sub-1_V1.nii", None),
        (["sub-1_ses-1_bold.nii", "sub-1_ses-2_bold.nii"], "ses-3/V1.nii", None),
        (["sub-1_space-MNI152NLin6Asym_bold.nii"], "space-MNI_V1.nii", None),
        (["sub-1_run-1_bold.nii", "sub-02_run-2_bold.nii"], "V1.nii", "sub is 1 here and 2 there"),
        (["sub-1_bold.nii"], "sub-02_V1.nii", "a mask of this subject"),
        (["a_bold.nii", "sub-1_bold.nii"], "sub-02_V1.nii", "a mask of this subject"),
        (["space-T1w_bold.nii"], "space-MNI152NLin6Asym_V1.nii", "space is T1w here and MNI152"),
        (["space-T1w_bold.nii", "space-MNI_bold.nii"], "V1.nii", "space is T1w here and MNI there"),
    ],
)
def test_runs_and_masks_of_a_subject(bold, mask, said):
    if said is None:
        check_subject(bold, [mask])
        return
    with pytest.raises(NeuroLoopError, match=said):
        check_subject(bold, [mask])
