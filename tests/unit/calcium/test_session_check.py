"""Planted faults are named, and sound sessions raise no alarm."""

import numpy as np
import pytest

from neuroloop.calcium.session_check import area_line
from tests.unit.calcium.noted import Noted, recordings_of


@pytest.mark.parametrize(
    ("snr", "seeds"),
    [
        (3.0, range(4)),
        (1.0, range(4)),
        *[pytest.param(snr, range(4, 54), marks=pytest.mark.long) for snr in (1.0, 2.0, 4.0)],
    ],
)
def test_sound_sessions_raise_no_alarm(snr, seeds):
    """Each of five statistics may tell of one in a hundred: of 50, one does by chance."""
    told = {seed: said for seed in seeds if (said := Noted(seed, snr=snr).faults())}
    assert len(told) <= (2 if len(seeds) > 10 else 0), told


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (-3, "3 frames (1.5 s) after the onset: onsets are stated too early, by about 3"),
        (-1, "1 frame (0.5 s) after the onset: onsets are stated too early"),
        (1, "1 frame (0.5 s) before the onset: onsets are stated too late"),
        (2, "2 frames (1 s) before the onset: onsets are stated too late, by about 2"),
        (6, "6 frames (3 s) before the onset: onsets are stated too late"),
    ],
)
def test_shifted_onsets_are_named_with_the_shift(shift, said):
    noted = Noted(1)
    noted.shift(shift)
    (found,) = noted.faults()
    assert said in found


def test_exchanged_events_are_named():
    """At the demo's SNR most are, and nothing else is told."""
    named = []
    for seed in range(5):
        noted = Noted(seed)
        one, two = recordings_of(noted, "c1", "c5+c8")
        noted.exchange("c1", "c5+c8")
        said = noted.faults()
        named.append(["seem exchanged" in told and one in told and two in told for told in said])
    assert sum(one == [True] for one in named) >= 4, named


def test_events_of_other_recordings_throughout_are_named():
    noted = Noted(2)
    movies = list(noted.movies.values())
    noted.movies = dict(zip(noted.movies, [*movies[1:], movies[0]], strict=True))
    (found,) = noted.faults()
    assert "targets respond no more than other cells (" in found


def test_a_target_that_never_responds_is_named():
    noted = Noted(4, snr=10.0)
    (silent,) = recordings_of(noted, "c3")
    (still,) = recordings_of(noted, "none")
    noted.movies[silent] = noted.movies[still]
    (found,) = noted.faults()
    assert "1 of 64 targets do not respond" in found
    assert f"c3 in {silent} (c3) by" in found


@pytest.mark.parametrize("level", [2, 20])
def test_a_hot_pixel_is_named_by_its_place(level):
    noted = Noted(0)
    for movie in noted.movies.values():
        movie[:, 7, 9] = level * int(movie[:, 6:9, 8:11].mean())
    (found,) = noted.faults()
    assert found.startswith(
        "1 pixel far brighter than all around it (row 7, column 9): a hot pixel"
    )


def test_a_dead_pixel_is_named():
    noted = Noted(0)
    for movie in noted.movies.values():
        movie[:, 7, 9] = 0
    (found,) = noted.faults()
    assert found.startswith("1 pixel the same in every frame (row 7, column 9)")


def test_unlike_and_drifting_recordings_are_named():
    noted = Noted(0)
    name = list(noted.movies)[5]
    whole = dict(noted.movies)
    noted.movies[name] = noted.movies[name] * np.uint16(4)
    (found,) = noted.faults()
    assert f"brightness of 1 recording is far from that of most ({name} " in found
    noted.movies = {
        name: (movie * (1 + place / 36)).astype(np.uint16)
        for place, (name, movie) in enumerate(whole.items())
    }
    (found,) = noted.faults()
    assert "brightness drifts by a factor of" in found


def test_averages_show_light_in_all_and_count_trials():
    noted = Noted(0)
    averages = noted.check().triggered.averages()
    assert list(averages) == ["targets", "other cells", "where no cell is", "no stimulation"]
    assert [one.trials for one in averages.values()] == [180, 180, 180, 5]
    offsets = noted.check().triggered.offsets
    onset = int(np.flatnonzero(offsets == 0)[0])
    assert averages["targets"].mean[onset] > 0.3
    assert abs(averages["where no cell is"].mean[onset]) < 0.02
    for name, movie in noted.movies.items():
        onsets = noted.stimulations.loc[noted.stimulations["recording"] == name, "onset_frame"]
        movie[onsets] = movie[onsets] + np.uint16(50)
    lit = noted.check().triggered.averages()
    for name in averages:
        assert lit[name].mean[onset] > averages[name].mean[onset] + 0.3


def test_counts_and_figures_of_a_session():
    check = Noted(0).check()
    counts = check.counts()
    assert counts["recordings"] == 37
    assert counts["trials"] == 180
    assert area_line({"day": counts}) == (
        "8 cells (8 stimulated); day: 37 recordings, 36 patterns of 5 trials"
    )
    field, averages = check.field("cells"), check.averages("averages")
    said = [text.get_text() for text in averages.axes[0].get_legend().get_texts()]
    assert said[0] == "targets (180 trials of 8 cells)"
    assert field.legends[0].get_texts()[0].get_text() == "stimulated cells (8)"
