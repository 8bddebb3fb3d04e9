"""Traces: discs less rings, dF/F of single trials, responses."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.masks import cell_masks, distances
from neuroloop.calcium.traces import (
    Courses,
    cell_courses,
    direct_course,
    neuropil_rings,
    rebase,
    trace_weights,
    trial_responses,
)
from neuroloop.errors import NeuroLoopError

CELLS = pd.DataFrame(
    {
        "cell": ["a", "b"],
        "row": [10.0, 10.0],
        "column": [8.0, 16.0],
        "radius": [3.0, 2.0],
        "group": "g1",
    }
)
SHAPE = (24, 26)


def test_rings_hold_no_pixel_of_any_cell():
    rings = neuropil_rings(CELLS, SHAPE, gap=1.0, width=4.0)
    discs = cell_masks(CELLS.assign(radius=CELLS["radius"] + 1), SHAPE)
    assert not (rings & discs.any(axis=0)).any()
    apart = distances(SHAPE, 10, 8)
    expected = (apart > 4) & (apart <= 8) & ~discs[1]
    np.testing.assert_array_equal(rings[0], expected)
    # A ring would reach into the other cell, were that not left out.
    assert ((apart > 4) & (apart <= 8) & discs[1]).any()


def test_a_small_ring_is_widened_to_the_nearest_free_pixels():
    ring = neuropil_rings(CELLS, SHAPE, width=0.1, least=30)[1]
    assert 30 <= ring.sum() < 45
    free = ~cell_masks(CELLS.assign(radius=CELLS["radius"] + 1), SHAPE).any(axis=0)
    apart = distances(SHAPE, 10, 16)
    assert apart[ring].max() <= np.sort(apart[free])[ring.sum() - 1] + 1e-9


def test_a_frame_full_of_cells_has_no_neuropil():
    with pytest.raises(NeuroLoopError, match="20 are needed for the neuropil"):
        neuropil_rings(CELLS.assign(radius=30.0), SHAPE)


def test_weights_are_means():
    corrected, disc = trace_weights(CELLS, SHAPE, factor=0.7)
    np.testing.assert_allclose(disc.sum(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(corrected.sum(axis=0), 0.3, rtol=1e-5)
    with pytest.raises(NeuroLoopError, match="cell a covers no pixel"):
        trace_weights(CELLS.assign(row=10.5, radius=0.1), SHAPE)


def test_dff_of_stored_frames_by_hand(study):
    """Against the movie itself: baseline of the trial, disc less 0.7 of the ring."""
    study.store()
    folder = study.folder / "frames"
    with FrameStore(folder / "frames.h5", folder / "frames.tsv") as store:
        made = cell_courses(store, study.cells)
        np.testing.assert_array_equal(made.offsets, [-5, -4, 0, 1, 2, 3, 4])
        assert made.dff.shape == (9, 7, 2)
        assert made.trials["pattern"].tolist() == 3 * ["c2"] + 3 * ["c2+c10"] + 3 * ["none"]
        masks = cell_masks(study.cells, store.shape)
        rings = neuropil_rings(study.cells, store.shape)
        movie = study.movies["r10"].astype(float)
        onset = 32  # trial 2
        before = movie[onset - 3 : onset].mean(axis=0)
        change = movie[onset + 1] - before
        level = store.baseline[masks[1]].mean() * before.mean()
        session = np.mean(
            [
                study.movies[name][onset - 3 : onset].mean()
                for name in study.movies
                for onset in (16, 32, 48)
            ]
        )
        expected = (change[masks[1]].mean() - 0.7 * change[rings[1]].mean()) / (level / session)
        assert made.dff[7, 3, 1] == pytest.approx(expected, rel=1e-4)


def courses(dff: np.ndarray) -> Courses:
    return Courses(dff, np.array([-5, -4, 0, 1]), pd.DataFrame({"trial": range(len(dff))}))


def test_control_frames_join_the_baseline_by_hand():
    made = rebase(courses(np.array([[[1.0], [2.0], [4.0], [5.0]]])), 3)
    # Five frames with the mean (1 + 2 + 3 * 0) / 5.
    np.testing.assert_allclose(made.dff[0, :, 0], [0.4, 1.4, 3.4, 4.4])


def test_direct_course_is_that_of_stimulated_cells():
    dff = np.zeros((2, 4, 2))
    dff[0, :, 0], dff[0, :, 1] = [0.3, 0.3, 1, 2], 9
    dff[1, :, 1] = [-0.3, -0.3, 3, 2]
    template = direct_course(courses(dff), np.eye(2, dtype=bool))
    np.testing.assert_allclose(template, [0, 0, 1, 1])
    with pytest.raises(NeuroLoopError, match="no stimulated cell gets brighter"):
        direct_course(courses(-dff), np.eye(2, dtype=bool))


def test_responses_are_least_squares():
    generator = np.random.default_rng(0)
    dff = generator.standard_normal((3, 4, 2))
    template = np.array([0, 0, 1, 0.5])
    made = trial_responses(courses(dff), template)
    for trial in range(3):
        expected = np.linalg.lstsq(template[:, None], dff[trial], rcond=None)[0][0]
        np.testing.assert_allclose(made[trial], expected)
