"""Leaks planted into small movies are found, and nothing in sound ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import shift

from neuroloop.calcium.audit.session_trials import (
    BLOCKS,
    RECORDED,
    Blocks,
    as_seen,
    light_and_places,
    trials_of,
)
from tests.unit.calcium.audit.planted import READER, Planted, planted

TIME, MOTION = "patterns from time in the recording", "patterns from motion"
LIGHT, PLACES = "patterns from light", "patterns from places far from all cells"
EARLY = "patterns from light before the stimulation"
COPIES, SCALED = "copies on both sides of a fold", "values scaled over all frames"


def corner(frames: np.ndarray, code: int) -> np.ndarray:
    frames[:, :3, :3] = frames.mean() * code
    return frames


def moved(frames: np.ndarray, code: int) -> np.ndarray:
    return np.stack([shift(one, (0.7 * code, -0.5 * code), mode="nearest") for one in frames])


def brighter(frames: np.ndarray, code: int) -> np.ndarray:
    return frames * (1 + 0.05 * code)


def in_one_order(session: Planted) -> Planted:
    cells = session.stimulations["cells"].to_numpy()
    session.stimulations["cells"] = np.tile(cells[:7], len(session.movies))
    return session


def with_copies(session: Planted) -> Planted:
    """Copy the frames of the first trial over those of the second, with some noise."""
    first, second = session.stimulations["onset_frame"].iloc[:2]
    movie = session.movies[session.stimulations["recording"].iloc[0]]
    noise = np.random.default_rng(0).normal(0, 0.02 * movie.mean(), (3, *movie.shape[1:]))
    movie[second : second + 3] = movie[first : first + 3] + noise
    return session


def scaled(session: Planted) -> Planted:
    for name, movie in session.movies.items():
        part = (movie.astype(float) - movie.min()) / (movie.max() - movie.min())
        session.movies[name] = np.rint(65535 * part).astype(np.uint16)
    return session


@pytest.mark.parametrize("several", [False, True])
def test_nothing_is_found_in_sound_movies(tmp_path: Path, several: bool) -> None:
    checks, not_done = planted(several=several).leaks(tmp_path)
    assert len(checks) == 9
    assert not [check for check in checks.values() if check.found or check.remedy]
    assert len(not_done) == 1
    assert "properties of files" in not_done[0]


@pytest.mark.parametrize(
    ("spoilt", "names"),
    [
        (lambda: planted().each(corner), {PLACES}),
        (lambda: planted().each(moved), {MOTION}),
        (lambda: planted().each(brighter, -5, -3), {EARLY}),
        (lambda: planted(several=True).each(brighter, 0, 6), {LIGHT}),
        (lambda: planted(several=True).each(brighter, -5, 6), {LIGHT, EARLY}),
        (lambda: in_one_order(planted(several=True)), {TIME}),
        (lambda: with_copies(planted()), {COPIES}),
        (lambda: scaled(planted()), {SCALED}),
    ],
    ids=[
        *("corner", "motion", "light before", "light that lasts", "light of the trial"),
        *("order", "copies", "scaled"),
    ],
)
def test_a_planted_leak_is_found(
    tmp_path: Path, spoilt: Callable[[], Planted], names: set[str]
) -> None:
    checks, _ = spoilt().leaks(tmp_path)
    assert names <= {name for name, check in checks.items() if check.found}
    assert all(checks[name].remedy for name in names)


def test_files_that_name_patterns_are_found(tmp_path: Path) -> None:
    """A file a trial: those of each pattern are of a length of their own."""
    session = planted(several=True)
    movies, recordings, events = {}, [], []
    for number, event in enumerate(session.events.to_dict("records")):
        name, onset = f"t{number:02d}", event["onset_frame"]
        length = 10 + event["code"]
        movies[name] = session.movies[event["recording"]][onset - 6 : onset - 6 + length]
        recordings.append({**session.recordings.iloc[0], "recording": name})
        events.append({"recording": name, "trial": 1, "onset_frame": 6, "cells": event["cells"]})
    alone = Planted(movies, pd.DataFrame(recordings), pd.DataFrame(events), session.cells)
    assert "patterns from files" in alone.found(tmp_path)


def test_cells_without_a_place_between_them_leave_checks_undone(tmp_path: Path) -> None:
    session = planted()
    session.cells["radius"] = 6.0
    session.cells[["row", "column"]] = [[5.0, 5.0], [5.0, 18.0], [18.0, 11.0]]
    checks, not_done = session.leaks(tmp_path)
    assert not {MOTION, LIGHT, PLACES} & set(checks)
    assert any("places far from all cells" in sentence for sentence in not_done)


def test_a_reader_that_cannot_be_trained_is_told(tmp_path: Path) -> None:
    checks, not_done = planted().leaks(tmp_path, split="last", last_trials=9)
    assert not checks
    assert "cannot be trained" in not_done[0]


def test_light_that_a_detector_cut_is_no_scaling(tmp_path: Path) -> None:
    session = planted()
    for name, movie in session.movies.items():
        session.movies[name] = movie.clip(np.median(movie) / 2, np.median(movie)).astype(np.uint16)
    assert SCALED not in session.found(tmp_path)


@pytest.mark.parametrize("view", ["raw", RECORDED])
def test_light_and_places_are_those_of_all_mean_frames_at_once(tmp_path: Path, view: str) -> None:
    """To the last bit, though frames pass one trial at a time."""
    session = planted(several=True)
    with session.store(tmp_path) as store:
        trials = trials_of(store, "stimulated", READER)
        pixels = np.arange(store.baseline.size).reshape(store.shape) % 5 > 0
        light, places = light_and_places(store, trials, view, pixels, tmp_path / "kept")
        means = np.stack([as_seen(store, rows, view).mean(0, np.float64) for rows in trials.rows])
    for name in set(trials.table["recording"]) if view == RECORDED else ():
        here = (trials.table["recording"] == name).to_numpy()
        means[here] -= means[here].mean(axis=0)
    expected = means[:, pixels].mean(axis=1)[:, None]
    assert np.array_equal(light, expected)
    for made, most in zip(places, BLOCKS, strict=True):
        parted = Blocks.of(pixels, most)
        of_block = [
            [one[pixels][parted.block == number].mean() for number in range(len(parted.sizes))]
            for one in means
        ]
        assert made.shape[1] <= most
        assert np.allclose(made, np.array(of_block) - expected, rtol=0, atol=1e-9)
