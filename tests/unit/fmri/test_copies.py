"""Responses that are no measurements of their own."""

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.fmri.brain import BrainData, make_rows
from neuroloop.fmri.copies import check_changing, check_copies, check_subjects
from neuroloop.fmri.responses import save_responses
from neuroloop.fmri.source import Imported

RUNS = ["training-1"] * 4 + ["training-2"] * 4


def brain(x) -> BrainData:
    rows = make_rows(
        session="training",
        run=RUNS,
        block=[f"b{row}" for row in range(8)],
        stimulus_id=[f"i{row}" for row in range(8)],
        category=["cat", "dog"] * 4,
    )
    flags = {"V1": np.array([True, True, False]), "V2": np.array([False, False, True])}
    return BrainData(np.asarray(x, dtype=np.float32), rows, flags)


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(8, 3))


def test_a_run_that_repeats_another_is_refused(x):
    check_copies(brain(x), "f.npz", Intake())
    x[4:] = x[3::-1]
    with pytest.raises(NeuroLoopError, match=r"f.npz: all rows of run training-2 hold the same"):
        check_copies(brain(x), "f.npz", Intake())


def test_some_equal_rows_are_told_in_one_run_too(x):
    for copy in (6, 2):
        y, intake = x.copy(), Intake()
        y[copy] = y[1]
        check_copies(brain(y), "f.npz", intake)
        assert intake.warnings[0].startswith("1 rows, the first of run")
    y[:] = 0
    intake = Intake()
    check_copies(brain(y), "f.npz", intake)
    assert not intake.warnings


def test_a_region_without_a_voxel_that_changes_is_refused(x):
    x[:, 0] = 3
    check_changing(brain(x), "f.npz")
    x[:, 2] = 5
    with pytest.raises(NeuroLoopError, match="no voxel of region V2 changes"):
        check_changing(brain(x), "f.npz")


def test_one_person_is_not_two_subjects(x, tmp_path):
    paths = [tmp_path / f"{name}.json" for name in ("s1", "s2", "s3")]
    for number, path in enumerate(paths):
        found = Imported(brain(x + number % 2), "trial")
        save_responses(tmp_path / "samples.tsv", path.with_suffix(".h5"), found)
    check_subjects(paths[:2])
    with pytest.raises(NeuroLoopError, match=r"s3.h5 holds the same responses as .*s1.h5"):
        check_subjects(paths)
