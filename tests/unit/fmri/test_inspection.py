"""What a subject's data hold, and what cannot be analysed."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_arrays
from neuroloop.fmri.brain import make_rows
from neuroloop.fmri.inspection import inspect_subject
from neuroloop.fmri.stimuli import list_stimuli

ASKED = {"left": 2, "all": None}


@pytest.fixture
def subject(tmp_path):
    """Two runs that show every category, then a perception test."""
    shown = [("training", run, name) for run in (1, 2) for name in ("cat", "dog", "cow")]
    shown += [("perception", 1, "cat"), ("perception", 1, "dog")]
    rows = make_rows(
        session=[session for session, *_ in shown],
        run=[f"{session}-{run}" for session, run, _ in shown],
        block=[f"b{number}" for number in range(len(shown))],
        stimulus_id=[f"{name}{run}{session[0]}" for session, run, name in shown],
        category=[name for *_, name in shown],
    )
    folds = rows[rows["session"] == "training"].reset_index(drop=True)
    x = np.random.default_rng(0).normal(size=(len(folds), 5)).astype(np.float32)
    voxels = {}
    for name, part in (("left", x[:, :3]), ("all", x)):
        voxels[name] = tmp_path / f"{name}.npz"
        arrays = {"x": part, "sample": folds["sample"].to_numpy(str)}
        save_arrays(voxels[name], arrays, axes={"x": ("sample", "voxel"), "sample": ("sample",)})
    folds = folds.assign(unit="trial", fold=[0, 0, 0, 1, 1, 1])
    return voxels, folds, list_stimuli([rows], 0)


def test_counts(subject):
    assert inspect_subject(*subject, ASKED) == {
        "samples": 6,
        "unit": "trial",
        "runs": 2,
        "folds": 2,
        "categories": 3,
        "stimuli": 6,
        "voxels": {"left": 3, "all": 5},
        "voxels_used": {"left": 2, "all": 5},
    }


def test_a_region_with_fewer_voxels_than_asked_is_taken_whole(subject):
    found = inspect_subject(*subject, ASKED | {"left": 500})
    assert found["voxels"] == {"left": 3, "all": 5}
    assert found["voxels_used"] == {"left": 3, "all": 5}


def test_a_fold_that_cannot_learn_a_category(subject):
    voxels, folds, stimuli = subject
    folds = folds.assign(fold=[0, 0, 1, 1, 1, 1])  # both cows are in fold 1
    with pytest.raises(NeuroLoopError, match=r"none of 1 of 3 classes \(cow\)"):
        inspect_subject(voxels, folds, stimuli, ASKED)


def test_tables_of_another_subject(subject):
    voxels, folds, stimuli = subject
    more = pd.concat([folds, folds.iloc[:1].assign(sample="s000099")], ignore_index=True)
    with pytest.raises(NeuroLoopError, match=r"sample 's000099' of folds.tsv has no voxels"):
        inspect_subject(voxels, more, stimuli, ASKED)
