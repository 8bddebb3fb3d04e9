"""Light of the stimulation is told from responses, in numbers and in movies."""

import json

import numpy as np
import pytest

from neuroloop.calcium.stimulation_light import light_change
from neuroloop.errors import NeuroLoopError

#: 5 frames before the onset, 5 after it and the one that follows.
OFFSETS = range(-5, 6)
NOISE = 1 + 0.002 * np.random.default_rng(0).standard_normal((8, 11))
EVERY = {"all recordings": np.ones(8, dtype=bool)}


def look(course, skip=0, groups=EVERY, trials=slice(None), rate=2.0, noise=NOISE):
    """What is found where trials change by a course from the onset on."""
    values = noise.copy()
    values[trials, 5 : 5 + len(course)] += course
    kept = [place for place, offset in enumerate(OFFSETS) if not 0 <= offset < skip]
    return light_change(values[:, kept], np.array(OFFSETS)[kept], groups, rate)[1]


@pytest.mark.parametrize(
    ("course", "skip"),
    [
        ((0.3,), 1),
        ((0.3, 0.025, 0.02, 0.014, 0.009), 1),
        ((0.2, 0.3, 0.01), 2),
        ((-0.98,), 1),
        ((-0.1,), 1),
        ((-0.03,), 1),
        ((0, 0, 0, 0, 0.05, 0), 5),
        ((0.3, 0.3, 0.3, 0.3, 0.3, 0), 5),
        ((-0.9,) * 5 + (0,), 5),
    ],
)
def test_light_or_a_shutter_is_refused_with_what_to_skip(course, skip):
    with pytest.raises(NeuroLoopError, match=f"skip: {skip}") as error:
        look(course)
    assert ("stimulated: more than 5" in str(error.value)) == (skip == 5)
    if skip < 5:
        assert not look(course, skip=skip)


def test_a_fall_that_lasts_is_refused_where_no_neuropil_falls_so_far():
    with pytest.raises(NeuroLoopError, match=r"darker than before by 20\.\d %: that"):
        look((-0.2,) * 6)
    assert "is darker than before by 4.0 %, and what follows" in look((-0.04,) * 6)


def test_light_before_the_onset_is_an_onset_named_too_late():
    noise = NOISE.copy()
    noise[:, 4] += 0.05
    with pytest.raises(NeuroLoopError, match=r"frame -1 .*: correct onset_frame"):
        look((), noise=noise)


def test_light_in_some_recordings_or_patterns_only_is_refused():
    some = np.arange(8) < 3
    assert not look((0.1,), trials=some)
    with pytest.raises(NeuroLoopError, match=r"recording r1: .* by 10\.\d %, the next by"):
        look((0.1,), trials=some, groups=EVERY | {"recording r1": some})
    # What one trial shows, an animal that twitches, is none of the stimulation.
    assert not look((0.3,), trials=[0], groups=EVERY | {"recording r1": some})


@pytest.mark.parametrize("rate", [1.0, 2.0, 10.0])
@pytest.mark.parametrize("decay", [0.4, 1.0, 2.0])
def test_what_an_indicator_says_around_cells_is_told_not_refused(decay, rate):
    """By a neuropil that answers as strongly as cells."""
    course = 0.4 * np.exp(-np.arange(6) / decay / rate)
    assert "all recordings: where no cell is, frame 0" in look(course, rate=rate)


def test_noise_and_little_light_are_let_pass():
    assert not look((0.008,))
    values = NOISE[:1] + 0.3 * (np.array(OFFSETS) == 0)
    light_change(values, OFFSETS, {"all": np.ones(1, dtype=bool)}, 2.0)
    refused = 0
    for seed in range(300):
        wild = 1 + 0.1 * np.random.default_rng(seed).standard_normal((8, 11))
        parts = EVERY | {f"pattern {k}": np.arange(8) // 2 == k for k in range(4)}
        try:
            look((), groups=parts, noise=wild)
        except NeuroLoopError:
            refused += 1
    assert refused <= 1


def test_neuropil_that_wanders_is_let_pass():
    """Slower than frames, and by more in later ones than the frames before the onset tell."""
    refused = 0
    for seed in range(200):
        steps = 0.01 * np.random.default_rng(seed).standard_normal((8, 11))
        parts = EVERY | {f"pattern {k}": np.arange(8) // 2 == k for k in range(4)}
        try:
            look((), groups=parts, noise=1 + steps.cumsum(axis=1))
        except NeuroLoopError:
            refused += 1
    assert refused <= 2


def test_one_frame_before_the_onset_tells_no_noise_of_its_own():
    offsets, refused = range(-1, 6), 0
    parts = {f"pattern {k}": np.arange(40) // 4 == k for k in range(10)}
    for seed in range(100):
        wild = 1 + 0.02 * np.random.default_rng(seed).standard_normal((40, 7))
        try:
            light_change(wild, offsets, parts, 2.0)
        except NeuroLoopError:
            refused += 1
    assert refused == 0
    with pytest.raises(NeuroLoopError, match="skip: 1 for the area"):
        light_change(
            wild + 0.3 * (np.array(offsets) == 0), offsets, {"all": parts["pattern 0"] | True}, 2.0
        )


def change(study, frames, by):
    for name, movie in study.movies.items():
        onsets = study.stimulations.loc[study.stimulations["recording"] == name, "onset_frame"]
        for onset in onsets:
            for frame in frames:
                movie[onset + frame] = by(movie[onset + frame])
    study.write()


def test_movies_with_light_in_the_onset_frame_are_refused(study):
    change(study, [0], lambda frame: frame + 45)
    assert "frame 0 after the onset is brighter than before by 29.7 %" in study.refused()
    study.store(selection={"skip": 1})


@pytest.mark.parametrize("frames", [[0], [4], range(5)])
def test_movies_that_are_dark_in_some_frames_are_refused(study, frames):
    change(study, frames, lambda frame: frame // 10)
    assert f"frame {frames[-1]} after the onset is darker than before by 9" in study.refused()


def test_movies_with_light_in_all_stimulated_frames(study, caplog):
    change(study, range(5), lambda frame: frame + 45)
    assert "frame 4 after the onset is brighter than before by 3" in study.refused()
    change(study, range(5, 8), lambda frame: frame + 45)
    study.store()
    assert "does not tell light of the stimulation from neuropil" in caplog.text
    facts = json.loads((study.folder / "frames" / "frames.json").read_text())["surroundings"]
    assert facts["offset"] == list(OFFSETS)
    np.testing.assert_allclose(facts["change"][5:], 0.3, atol=0.05)
    assert facts["doubt"] in caplog.text


def test_where_light_cannot_be_told_that_is_said(study, caplog):
    study.cells = study.cells[:1].assign(radius=30.0)
    study.stimulations = study.stimulations.replace("c10+c2", "c2")
    study.store()
    assert "every pixel is a cell's: light of the stimulation" in caplog.text
