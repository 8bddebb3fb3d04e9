"""What the check of a dataset tells of how it was read."""

from scripts.report.check_dataset import reading_notes


def test_what_was_left_out_or_doubled_is_told():
    facts = {
        "nan_in_masks": {"V1": 196, "V2": 0},
        "events_without_volumes": 2,
        "equal_runs": [["training-1", "training-3"]],
    }
    assert reading_notes(facts) == [
        "196 voxels of the mask of V1 are NaN, taken as outside",
        "2 events are shifted out of their runs",
        "training-1 and training-3 hold the same data, so that decoders are tested on what they "
        "learned",
    ]
    assert reading_notes({"unit": "trial"}) == []
