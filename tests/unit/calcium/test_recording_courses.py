"""What is noted of every frame of a session."""

import numpy as np
import pytest

from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.recording_courses import CourseRecorder, background_pixels, read_courses
from neuroloop.errors import NeuroLoopError


def test_every_frame_is_noted(study):
    study.store()
    found = read_courses(study.folder / "frames/frames.h5", study.folder / "frames/frames.tsv")
    masks = cell_masks(study.cells, (10, 12))
    for name, movie in study.movies.items():
        expected = np.stack([movie[:, mask].mean(axis=1) for mask in masks], axis=1)
        np.testing.assert_allclose(found.cells[name], expected, rtol=1e-6)
        behind = movie.reshape(60, -1)[:, background_pixels(study.cells, (10, 12))].mean(axis=1)
        np.testing.assert_allclose(found.background[name], behind, rtol=1e-6)
    every = np.concatenate(list(study.movies.values()))
    np.testing.assert_array_equal(found.first, every[0])
    np.testing.assert_allclose(found.mean, every.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.deviation, every.std(axis=0), rtol=1e-3)
    assert found.frames == 180
    assert found.trials["onset_frame"].tolist() == [16, 32, 48] * 3
    assert found.trials["pattern"].tolist() == ["c2"] * 3 + ["c2+c10"] * 3 + ["none"] * 3


def test_the_background_keeps_off_the_cells_and_is_nothing_without_room(study):
    behind = background_pixels(study.cells, (40, 50))
    grown = cell_masks(study.cells.assign(radius=study.cells["radius"] + 2), (40, 50)).any(axis=0)
    assert len(behind) == 2000 - grown.sum()
    assert not grown.reshape(-1)[behind].any()
    assert len(background_pixels(study.cells, (400, 500))) == 4096
    study.cells = study.cells[:1].assign(radius=30.0)
    study.stimulations = study.stimulations.replace("c10+c2", "c2")
    study.store()
    found = read_courses(study.folder / "frames/frames.h5", study.folder / "frames/frames.tsv")
    assert np.isnan(found.background["r1"]).all()
    assert np.isfinite(found.cells["r1"]).all()


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "uint16", "int32", "float32", "float64"])
def test_pixels_that_never_change_have_no_deviation_and_bright_ones_their_own(study, dtype):
    movie = np.full((50, 40, 50), 250).astype(dtype)
    movie[:, 2:] -= np.random.default_rng(0).integers(0, 9, (50, 38, 50)).astype(dtype)
    movie[0, 1] = 0  # the first frame alone is dark there
    if movie.dtype.itemsize > 1:
        movie = (movie * 259.0).astype(dtype)  # close to the most that 16 bits hold
    recorder = CourseRecorder(study.cells, (40, 50), {"r1": 50})
    for index, frame in enumerate(movie):
        recorder.add(0, index, frame, frame)
    made = recorder.arrays()
    assert not made["deviation"][0].any()
    exact = movie.astype(float)
    np.testing.assert_allclose(made["deviation"][1:], exact.std(axis=0)[1:], rtol=1e-4)
    np.testing.assert_allclose(made["mean"], exact.mean(axis=0), rtol=1e-6)


def test_damaged_files_are_one_line(study):
    study.store()
    path = study.folder / "frames/frames.h5"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(NeuroLoopError, match=r"frames.h5 is damaged or not a file of frames") as it:
        read_courses(path, study.folder / "frames/frames.tsv")
    assert "\n" not in str(it.value)
