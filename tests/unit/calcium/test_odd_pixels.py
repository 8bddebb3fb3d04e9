"""Pixels that are hot or still are told, and those that are so by chance are not."""

import numpy as np
import pytest

from neuroloop.calcium.odd_pixels import EVERYWHERE, HOTTER, STILL, PixelWatch

RECORDINGS, FRAMES, SHAPE = 6, 40, (30, 32)


def seen(movies) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    watch = PixelWatch(movies[0].shape[1:], len(movies))
    for row, movie in enumerate(movies):
        for frame in movie:
            watch.add(row, frame)
    mean, odd = watch.result()
    assert watch.frames == sum(map(len, movies))
    return mean, [tuple(one) for one in odd.tolist()]


def movies(seed: int = 0, photons: float = 20.0, recordings: int = RECORDINGS) -> list[np.ndarray]:
    """Of a field that is half as bright at its edges, with texture: counts of photons."""
    generator = np.random.default_rng(seed)
    rows, columns = np.indices(SHAPE) / np.reshape(SHAPE, (2, 1, 1)) - 0.5
    light = photons * (1 - rows**2 - columns**2) * generator.gamma(25, 1 / 25, SHAPE)
    return [generator.poisson(light, (FRAMES, *SHAPE)).astype(np.uint16) for _ in range(recordings)]


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "uint16", "int32", "float32", "float64"])
def test_the_mean_is_over_all_frames_of_all_recordings(dtype):
    generator = np.random.default_rng(0)
    made = [generator.integers(0, 250, (frames, 5, 7)).astype(dtype) for frames in (3, 8, 21)]
    mean, _ = seen(made)
    np.testing.assert_allclose(mean, np.concatenate(made).mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("photons", [0.02, 0.1, 0.4, 1.5, 20.0])
def test_dim_movies_have_no_odd_pixels(photons):
    """One in a hundred sessions may: these are five."""
    for seed in range(5):
        assert seen(movies(seed, photons))[1] == []


@pytest.mark.long
@pytest.mark.parametrize("photons", [0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.5, 5.0, 20.0])
def test_one_dim_session_in_a_hundred_has_an_odd_pixel_at_most(photons):
    assert sum(bool(seen(movies(seed, photons))[1]) for seed in range(100)) <= 4


@pytest.mark.parametrize("value", [0, 20, 4095])
def test_a_pixel_that_is_still_is_told_in_all_recordings_or_in_one(value):
    made = movies()
    for movie in made:
        movie[:, 4, 9] = value
    kind = HOTTER if value == 4095 else STILL
    assert seen(made)[1] == [(EVERYWHERE, 4, 9, kind)]
    made = movies()
    made[2][:, 4, 9] = value
    assert seen(made)[1] == [(2, 4, 9, kind)]


def test_a_pixel_with_another_value_in_each_recording_is_still_in_each():
    made = movies()
    for value, movie in enumerate(made):
        movie[:, 0, 0] = 10 + value
    assert seen(made)[1] == [(row, 0, 0, STILL) for row in range(RECORDINGS)]


def test_a_pixel_that_changes_once_in_the_session_is_not_still_in_it():
    made = movies(recordings=1)
    made[0][:, 4, 9] = 20
    made[0][17, 4, 9] = 21
    assert seen(made)[1] == []


def test_a_dead_column_is_told_and_a_dead_border_is_not():
    made = movies()
    for movie in made:
        movie[:, :, 12] = 0
    assert seen(made)[1] == [(EVERYWHERE, row, 12, STILL) for row in range(SHAPE[0])]
    made = movies()
    for movie in made:
        movie[:, :, -4:] = 0
        movie[:, :3] = 0
    assert seen(made)[1] == []


def test_what_few_photons_do_not_tell_of_one_recording_they_tell_of_all():
    made = movies(photons=0.25)
    for movie in made[:1]:
        movie[:, 15, 9] = 0
    assert seen(made)[1] == []
    for movie in made:
        movie[:, 15, 9] = 0
    assert seen(made)[1] == [(EVERYWHERE, 15, 9, STILL)]


@pytest.mark.parametrize(("times", "told"), [(1.2, []), (2.0, [(EVERYWHERE, 4, 9, HOTTER)])])
def test_a_hot_pixel_is_half_again_as_bright_as_the_brightest_around(times, told):
    made = [movie + np.uint16(100) for movie in movies(photons=200.0)]
    for movie in made:
        brightest = np.delete(movie[:, 3:6, 8:11].reshape(FRAMES, 9), 4, axis=1).mean(axis=0).max()
        movie[:, 4, 9] = (times * (brightest - 100) + 100 - movie[:, 4, 9].mean()) + movie[:, 4, 9]
        movie[:, 20, 20] = 0  # dead: it does not move what counts as dark
    found = seen(made)[1]
    assert [one for one in found if one[3] == HOTTER] == told
