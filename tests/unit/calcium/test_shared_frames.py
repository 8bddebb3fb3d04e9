"""Recordings that hold the same frames, and those that only look alike."""

import numpy as np
import pytest

from neuroloop.calcium.shared_frames import refuse_shared_sessions, shared_frames
from neuroloop.errors import NeuroLoopError

NOISE = np.random.default_rng(0)


def light(frames: int, cells: int = 3) -> np.ndarray:
    return NOISE.normal(100, 5, (frames, cells)).astype(np.float32)


def test_copies_are_found_wherever_they_begin():
    one = light(80)
    found = shared_frames({"a": light(90), "b": one, "c": np.concatenate([light(7), one[20:60]])})
    assert found == (("b", "c"), 40, (20, 7))


def test_other_movies_share_nothing():
    assert shared_frames({name: light(500) for name in "abcd"}) is None


def test_what_a_movie_repeats_or_a_black_frame_tells_nothing():
    """Frames without noise are alike before every stimulation."""
    course = np.tile([[1.0, 1, 2], [1, 5, 2], [1, 3, 2]], (20, 1)).astype(np.float32)
    black = np.concatenate([np.zeros((40, 3)), light(40)]).astype(np.float32)
    dark = np.arange(40, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)
    assert shared_frames({"a": course, "b": course}) is None
    other = np.concatenate([np.zeros((40, 3)), light(40)]).astype(np.float32)
    assert shared_frames({"a": black, "b": other}) is None
    assert shared_frames({"a": dark, "b": dark}) is None


def test_cells_without_background_are_compared_too():
    one = np.column_stack([light(40), np.full(40, np.nan, np.float32)])
    assert shared_frames({"a": one, "b": one}).frames == 40


def test_a_movie_is_not_in_two_sessions(study):
    study.store("before")
    sessions = {"before": study.folder / "before"}
    study.movies = {
        name: movie + NOISE.integers(0, 50, movie.shape).astype(np.uint16)
        for name, movie in study.movies.items()
    }
    kept = study.movies["r2"]
    study.write()
    study.store("after")
    sessions["after"] = study.folder / "after"
    files = {name: (at / "frames.h5", at / "frames.tsv") for name, at in sessions.items()}
    refuse_shared_sessions(files)
    study.movies = {name: movie + 1 for name, movie in study.movies.items()} | {"r2": kept}
    study.write()
    study.store("third")
    files["third"] = tuple(study.folder / "third" / name for name in ("frames.h5", "frames.tsv"))
    with pytest.raises(NeuroLoopError, match="recording r2 of session after and recording r2 of"):
        refuse_shared_sessions(files)
