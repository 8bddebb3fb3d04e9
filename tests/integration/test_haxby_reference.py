"""Haxby et al. 2001, one slice of subject 1, against numbers measured by an independent script.

Leave-one-run-out, linear detrend and z-score per run, SVC(linear, C = 1), chance 0.125: 0.593 per
volume (n 864) and 0.729 on block means (n 96). The labels already contain the haemodynamic lag.
"""

import numpy as np
import pytest

from neuroloop.fmri.brain import BrainData
from neuroloop.fmri.masks import Region
from neuroloop.fmri.nifti import read_runs

TR = 2.5


@pytest.fixture(scope="module")
def study(data_folder):
    folder = data_folder / "haxby2001" / "mvpa2" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data: {folder} is missing")
    return folder


def read(study, **options) -> BrainData:
    mask = study / "mask.nii.gz"
    masks = {"slice": Region(mask), "left": Region(mask, "left"), "right": Region(mask, "right")}
    labels = [study / "attributes_literal.txt"]
    return read_runs([study / "bold.nii.gz"], labels, "volumes", masks, TR, **options)[0]


def accuracy(brain: BrainData) -> float:
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
    from sklearn.svm import SVC

    x = brain.voxels[:, brain.rois["slice"]]
    y, runs = (brain.rows[name].to_numpy(str) for name in ("category", "run"))
    model = SVC(kernel="linear", C=1)
    hits = cross_val_score(model, x, y, groups=runs, cv=LeaveOneGroupOut())
    return float(np.mean(hits))


def test_volumes(study):
    brain = read(study)
    assert brain.voxels.shape == (864, 530)
    assert brain.rois["left"].sum() + brain.rois["right"].sum() == 530
    assert brain.rows["run"].nunique() == 12
    assert brain.rows["block"].nunique() == 96
    assert accuracy(brain) == pytest.approx(0.593, abs=0.02)


def test_block_means(study):
    brain = read(study, unit="block")
    assert brain.voxels.shape == (96, 530)
    assert accuracy(brain) == pytest.approx(0.729, abs=0.05)


def test_accuracy_peaks_without_shift(study):
    found = {step: accuracy(read(study, shift=step * TR)) for step in (-1, 0, 1, 2)}
    assert max(found, key=found.get) == 0
    expected = {-1: 0.539, 0: 0.593, 1: 0.534, 2: 0.413}
    for step, value in expected.items():
        assert found[step] == pytest.approx(value, abs=0.02)


def test_runs_with_events_are_the_same(study):
    folders = [study / f"haxby2001/sub001/BOLD/task001_run{number:03d}" for number in range(1, 13)]
    brain, _, _ = read_runs(
        [folder / "bold_1slice.nii.gz" for folder in folders],
        [folder / "bold_events.tsv" for folder in folders],
        "events",
        {"slice": Region(study / "mask.nii.gz")},
        TR,
    )
    other = read(study)
    np.testing.assert_array_equal(brain.voxels, other.voxels)
    assert brain.rows["category"].tolist() == other.rows["category"].tolist()
