"""The line of a dataset, and what its passport holds of volumes in time."""

import pandas as pd

from neuroloop.fmri.scan import Scan
from scripts.report.check_dataset import dataset_line, volumes_per_run


def subject(**changed):
    return {
        "samples": 864,
        "unit": "volume",
        "runs": 12,
        "blocks": 96,
        "categories": 8,
        "voxels": {"vt": 530},
        "volumes_per_run": 121,
    } | changed


def test_one_subject():
    counts = {"subjects": {"sub001": subject()}, "images": {"train": 1200, "test": 80}}
    assert dataset_line(counts, {"vt": None}) == (
        "1 subject, 12 runs x 121 volumes, 8 categories, 864 volumes in 96 blocks; voxels: vt 530; "
        "images: 1,200 train, 80 test"
    )


def test_several_subjects_that_differ():
    other = subject(unit="trial", samples=1200, voxels={"vt": 1600}, runs=10, volumes_per_run=None)
    counts = {"subjects": {"S1": subject(unit="trial"), "S2": other}}
    assert dataset_line(counts, {"vt": 500}) == (
        "2 subjects, 10 to 12 runs, 8 categories, 864 to 1,200 trials; voxels: vt 530 to 1,600"
    )


def test_a_region_with_fewer_voxels_than_asked_for_is_told():
    counts = {"subjects": {"S1": subject(voxels={"vt": 30})}}
    line = dataset_line(counts, {"vt": 31})
    assert line.endswith("voxels: vt 30 (all of them: 31 are asked for)")


def test_volumes_are_told_where_all_runs_have_as_many():
    assert volumes_per_run(None) is None
    assert volumes_per_run(Scan()) is None
    runs = ["a", "a", "b", "b"]
    volumes = pd.DataFrame({"run": runs, "category": "cat", "event": 1, "start": 0.0})
    series = pd.DataFrame({"voxel": [0.0] * 4}).to_numpy()
    assert volumes_per_run(Scan(series=series, volumes=volumes)) == 2
    assert volumes_per_run(Scan(series=series, volumes=volumes.assign(run=list("aaab")))) is None
