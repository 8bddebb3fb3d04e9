"""Features that simulated regions answer to."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from skimage.filters import gabor, gabor_kernel

from neuroloop.fmri.encoding import (
    FREQUENCIES,
    ORIENTATIONS,
    category_features,
    encode,
    oriented_energy,
    own_features,
    population,
    voxel_weights,
)


def grating(
    orientation: float, phase: float = 0.0, frequency: float = FREQUENCIES[1]
) -> np.ndarray:
    rows, columns = np.mgrid[:16, :16]
    along = columns * np.cos(orientation) + rows * np.sin(orientation)
    return np.cos(2 * np.pi * frequency * along + phase)


def energy_maps(image: np.ndarray) -> np.ndarray:
    return oriented_energy(image[None]).reshape(len(FREQUENCIES), len(ORIENTATIONS), 4, 4)


@pytest.mark.parametrize("place", range(len(ORIENTATIONS)))
def test_energy_is_largest_at_the_orientation_and_frequency_of_a_grating(place):
    for scale, frequency in enumerate(FREQUENCIES):
        maps = energy_maps(grating(ORIENTATIONS[place], frequency=frequency))
        centre = maps[:, :, 1:3, 1:3].mean(axis=(2, 3))
        assert np.unravel_index(centre.argmax(), centre.shape) == (scale, place)


def test_energy_does_not_depend_on_phase():
    """That is what a quadrature pair is for; a single filter would change its sign."""
    # Half a period must be longer than a pool, within which phase would average out.
    maps = [energy_maps(grating(0.0, phase, 0.07))[0, 0, 1:3, 1:3] for phase in (0.0, np.pi / 2)]
    np.testing.assert_allclose(maps[0], maps[1], rtol=0.15)


def test_energy_is_that_of_scikit_image():
    """Whose even filters also see the mean, which is taken out here."""
    image = grating(0.3)
    for scale, frequency in enumerate(FREQUENCIES):
        for place, orientation in enumerate(ORIENTATIONS):
            kernel = gabor_kernel(frequency, theta=orientation)
            even, odd = gabor(image, frequency, theta=orientation, mode="nearest")
            mean = kernel.real.mean() * uniform_filter(image, kernel.shape, mode="nearest")
            energy = np.hypot(even - mean * kernel.size, odd)
            pooled = energy.reshape(4, 4, 4, 4).mean(axis=(1, 3))
            np.testing.assert_allclose(energy_maps(image)[scale, place], pooled, atol=1e-9)


def test_energy_is_local_and_blind_to_uniform_fields():
    image = np.zeros((16, 16))
    image[1, 1] = 1
    maps = energy_maps(image)
    assert (maps[1, :, 0, 0] > 10 * maps[1, :, 3, 3]).all()
    np.testing.assert_allclose(oriented_energy(np.full((1, 16, 16), 3.0)), 0, atol=1e-12)


@pytest.fixture
def images():
    """Noisy gratings of two orientations: categories a and b."""
    generator = np.random.default_rng(0)
    pure = [grating(ORIENTATIONS[2 * (i % 2)], generator.uniform(0, 6)) for i in range(60)]
    return np.array(pure) + 0.5 * generator.standard_normal((60, 16, 16))


def test_category_features_are_learned_from_known_images_alone(images):
    energy = oriented_energy(images)
    categories = np.array(["a", "b"] * 30)
    known = np.arange(60) < 40
    scores = category_features(energy, categories, known)
    assert scores.shape == (60, 2)
    assert (scores.argmax(axis=1) == np.arange(60) % 2)[~known].mean() > 0.9
    lied = np.where(known, categories, "a")
    np.testing.assert_array_equal(category_features(energy, lied, known), scores)


def test_category_features_are_graded(images):
    energy = oriented_energy(images)
    scores = category_features(energy, np.array(["a", "b"] * 30), np.arange(60) < 40)
    assert len(np.unique(scores[::2, 0].round(6))) == 30


def test_signals_have_unit_variance_over_known_images(images):
    known = np.arange(60) < 40
    groups = encode(images, np.array(["a", "b"] * 30), known)
    for name, group in groups.items():
        weights = voxel_weights(group, 7, np.random.default_rng(1))
        signal = group.features[known] @ weights
        np.testing.assert_allclose(signal.var(axis=0), 1, rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(signal.mean(axis=0), 0, atol=1e-9, err_msg=name)


def test_population_leaves_constant_features_finite():
    group = population(np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]]), np.array([1, 1, 0], bool))
    np.testing.assert_allclose(group.features, [[-1, 0], [1, 0], [3, 0]])
    np.testing.assert_allclose(group.covariance, [[1, 0], [0, 0]])


def test_own_features_are_half_of_them_and_no_voxel_mixes_another():
    stream = np.random.default_rng(8)
    group = population(stream.standard_normal((50, 9)), np.ones(50, dtype=bool))
    answered = own_features(group, stream)
    assert answered.sum() == 5
    weights = voxel_weights(group, 40, stream, answered)
    assert (weights[~answered] == 0).all()
    assert (weights[answered] != 0).all()
    np.testing.assert_allclose((group.features @ weights).std(axis=0), 1)
