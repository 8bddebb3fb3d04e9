"""Pixels that are hot or still are told, and those that are so by chance are not."""

import numpy as np
import pytest
from scipy import stats

from neuroloop.calcium import odd_pixels
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


def test_a_pixel_that_changes_as_often_as_no_8_bits_count_is_not_still():
    """Unlike its first value in 256 frames."""
    movie = np.concatenate([movies(seed)[0] for seed in range(7)])[:257]
    movie[:, 4, 9] = np.minimum(np.arange(257), 1) + 19
    assert seen([movie])[1] == []


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


def test_six_dead_pixels_around_hide_none_and_seven_do():
    around = [(9, 9), (8, 10), (8, 12), (10, 8), (10, 12), (12, 10), (12, 12)]
    for count, told in ((6, True), (7, False)):
        made = movies()
        for movie in made:
            for row, column in [(10, 10), *around[:count]]:
                movie[:, row, column] = 0
        assert ((EVERYWHERE, 10, 10, STILL) in seen(made)[1]) == told


@pytest.mark.parametrize("times", [1.4, 1.6])
def test_a_hot_pixel_is_half_again_as_bright_as_the_brightest_around_over_what_is_dark(times):
    ramp = 1000.0 + np.linspace(0, 1500, 30)[:, None] * np.ones(32)
    dark = np.quantile(ramp, 0.01)
    ramp[20, 20] = 0.0  # a dead pixel is not what is dark
    ramp[4, 9] = dark + times * (ramp[5, 9] - dark)
    made = [ramp + np.where(np.arange(20) % 2, 1.0, -1.0)[:, None, None] for _ in range(3)]
    assert seen(made)[1] == [(EVERYWHERE, 4, 9, HOTTER)] * (times > 1.5)


def flickering(recordings: dict[int, float], noise: float) -> list[np.ndarray]:
    """Four recordings of ten frames of 20 x 20 pixels at 100 +- noise, one of them brighter."""
    sign = np.where(np.arange(10) % 2, noise, -noise)[:, None, None]
    made = [np.full((10, 20, 20), 100.0) + sign for _ in range(4)]
    for row, more in recordings.items():
        made[row][:, 7, 3] += more
    return made


@pytest.mark.parametrize("part", [0.98, 1.02])
def test_a_hot_pixel_is_clear_of_noise_among_all_looks(part):
    """Errors of a mean of ten frames: noise / sqrt(10), of it and of those around it."""
    clear = stats.norm.isf(0.01 / (5 * 400))
    of_one, of_all = clear * np.sqrt(2 / 10), clear * np.sqrt(2 / 40)
    found = seen(flickering({2: part * of_one}, 1.0))[1]
    assert found == [(2, 7, 3, HOTTER)] * (part > 1)
    found = seen(flickering(dict.fromkeys(range(4), part * of_all), 1.0))[1]
    assert found == [(EVERYWHERE, 7, 3, HOTTER)] * (part > 1)


def test_a_pixel_that_is_hot_in_half_of_the_recordings_is_told_of_these():
    found = seen(flickering({0: 50.0, 3: 50.0}, 1.0))[1]
    assert found == [(0, 7, 3, HOTTER), (3, 7, 3, HOTTER)]


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2), (2, 5), (5, 2), (9, 8)])
def test_the_brightest_around_a_pixel_is_that_of_a_mirrored_image(shape):
    image = np.random.default_rng(0).random(shape)
    wide = np.pad(image, 1, "reflect")
    beside = [(down, right) for down in range(3) for right in range(3) if (down, right) != (1, 1)]
    height, width = shape
    expected = np.max(
        [wide[down : down + height, right : right + width] for down, right in beside], axis=0
    )
    found = odd_pixels._brightest_around(image, np.zeros((2, *shape)))
    np.testing.assert_array_equal(found, expected)
