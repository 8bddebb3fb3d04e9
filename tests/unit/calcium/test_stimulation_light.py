"""Light of the stimulation is told from responses, in numbers and in movies."""

import numpy as np
import pytest

from scripts.lib.calcium.stimulation_light import refuse_light
from scripts.lib.core.errors import NeuroLoopError

NOISE = 0.002 * np.random.default_rng(0).standard_normal((8, 5))


@pytest.mark.parametrize(
    ("course", "skip"),
    [((0.3, 0, 0, 0, 0), 1), ((0.3, 0.03, 0.02, 0.014, 0.009), 1), ((0.2, 0.3, 0.01, 0, 0), 2)],
)
def test_light_is_refused_with_what_to_skip(course, skip):
    with pytest.raises(NeuroLoopError, match=f"skip: {skip} for the area"):
        refuse_light(NOISE + course, range(5))
    refuse_light((NOISE + course)[:, skip:], range(skip, 5))


@pytest.mark.parametrize("decay", [0.4, 1.0, 2.0])
def test_what_an_indicator_says_around_cells_is_no_light(decay):
    """At 2 Hz, by a neuropil that answers as strongly as cells."""
    refuse_light(NOISE + 0.4 * np.exp(-0.5 * np.arange(5) / decay), range(5))


def test_noise_and_little_light_are_let_pass():
    refuse_light(NOISE + np.array([0.008, 0, 0, 0, 0]), range(5))
    refuse_light(NOISE[:1] + np.array([0.3, 0, 0, 0, 0]), range(5))
    refused = 0
    for seed in range(300):
        wild = 0.1 * np.random.default_rng(seed).standard_normal((8, 5))
        try:
            refuse_light(wild, range(5))
        except NeuroLoopError:
            refused += 1
    assert refused <= 1


def test_movies_with_light_in_the_onset_frame_are_refused(study):
    for name, movie in study.movies.items():
        onsets = study.stimulations.loc[study.stimulations["recording"] == name, "onset_frame"]
        for onset in onsets:
            movie[onset] += 45
    study.write()
    assert "frame 0 after the onset is brighter than before by 3" in study.refused()
    study.store(selection={"skip": 1})
