"""What is noted of every frame of a session."""

import numpy as np
import pytest

from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.recording_courses import background_pixels, read_courses
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
    assert found.odd.shape == (0, 4)
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


def test_damaged_files_are_one_line(study):
    study.store()
    path = study.folder / "frames/frames.h5"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(NeuroLoopError, match=r"frames.h5 is damaged or not a file of frames") as it:
        read_courses(path, study.folder / "frames/frames.tsv")
    assert "\n" not in str(it.value)
