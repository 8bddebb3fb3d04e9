"""Distortions: by hand, and by SciPy and kornia where they have them."""

import numpy as np
import pytest
import torch
from kornia.geometry.calibration import distort_points
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import gaussian_filter

from neuroloop.cxr import lens
from neuroloop.cxr.augment import KINDS

SQUARE = np.ones(2)


def test_lattice_reaches_the_edges_of_an_oblong_radiograph():
    points = lens.lattice((11, 21), 3)
    np.testing.assert_allclose(points[:, :, 0], [[-2, 0, 2]] * 3)
    np.testing.assert_allclose(points[:, :, 1].T, [[-1, 0, 1]] * 3)
    np.testing.assert_allclose(lens.half_sides((21, 11)), [1, 2])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"shift": (0.1, -0.2)}, [[1.1, -0.2], [0.1, 0.8]]),
        ({"scale": 0.5}, [[0.5, 0], [0, 0.5]]),
        ({"rotation": 90}, [[0, 1], [-1, 0]]),  # y points down
        ({"shear": 45}, [[1, 0], [-1, 1]]),
        ({"rotation": 90, "scale": 2, "shift": (0.5, 0)}, [[0.5, 2], [-1.5, 0]]),
    ],
)
def test_affine_by_hand(given, expected):
    parameters = {"shift": (0, 0), "scale": 1, "rotation": 0} | given
    made = lens.affine(np.eye(2), **parameters)
    np.testing.assert_allclose(made, expected, atol=1e-12)


def test_optics_by_hand():
    points = np.array([[1.0, 0], [0, -0.5], [1, 1]])
    # r = 1 stays; r = 0.5: 1 + 0.1 / 4 + 0.02 / 16; r^2 = 2: 1 + 0.2 + 0.08; all over 1.12.
    expected = [[1, 0], [0, -0.5 * 1.02625 / 1.12], [1.28 / 1.12, 1.28 / 1.12]]
    np.testing.assert_allclose(lens.optics(points, 0.1, 0.02), expected)


def test_optics_is_kornias_radial_model_magnified():
    points = lens.lattice((9, 9), 5)
    theirs = distort_points(
        torch.from_numpy(points.reshape(1, -1, 2)),
        torch.eye(3, dtype=torch.float64)[None],
        torch.tensor([[-0.07, 0.009, 0, 0]], dtype=torch.float64),
    )
    ours = lens.optics(points, -0.07, 0.009) * (1 - 0.07 + 0.009)
    np.testing.assert_allclose(ours.reshape(1, -1, 2), theirs.numpy(), atol=1e-12)


def test_a_barrel_bows_lines_outwards_and_a_pincushion_inwards():
    """A vertical line right of the middle, seen halfway up and near a corner of the view."""

    def seen_at(k1, y):
        across = np.linspace(0, 1, 2001)
        read = lens.optics(np.stack([across, np.full_like(across, y)], axis=-1), k1, 0)
        return across[np.argmin(np.abs(read[:, 0] - 0.7))]

    assert seen_at(0.08, 0) > seen_at(0.08, 0.9) + 0.01
    assert seen_at(-0.08, 0) < seen_at(-0.08, 0.9) - 0.01


def test_a_lens_that_folds_the_radiograph_is_refused_and_none_of_the_views_does():
    corner = lens.lattice((9, 9), 2)
    with pytest.raises(ValueError, match="folds"):
        lens.optics(corner, -0.2, 0)
    lens.optics(corner, -KINDS["study"].k1, -KINDS["study"].k2)


def test_uneven_grid_by_hand():
    widths = np.array([[1.0, 3], [1, 1]])
    points = np.array([[-2.0, -1], [-1, 0], [0, 0.3], [1, 0.5], [2, 1]])
    # Of x from -2 to 2 the left half reads a quarter, up to -1, the right half the rest.
    expected = [[-2, -1], [-1.5, 0], [-1, 0.3], [0.5, 0.5], [2, 1]]
    np.testing.assert_allclose(lens.uneven_grid(points, widths, np.array([2.0, 1])), expected)


def test_thin_plate_takes_its_control_points_where_they_must_go():
    moves = 0.1 * np.random.default_rng(0).uniform(-1, 1, (3, 3, 2))
    half = np.array([2.0, 1])
    controls = lens.lattice((11, 21), 3)
    np.testing.assert_allclose(lens.thin_plate(controls, moves, half), controls + moves, atol=1e-9)


def test_thin_plate_is_affine_where_its_moves_are():
    controls, points = lens.lattice((9, 9), 3), lens.lattice((9, 9), 7)
    turn = np.array([[0.02, -0.1], [0.05, 0.03]])
    made = lens.thin_plate(points, controls @ turn, SQUARE)
    np.testing.assert_allclose(made, points + points @ turn, atol=1e-9)


def test_thin_plate_agrees_with_scipys_spline():
    """SciPy centres its kernels at the control points, kornia where these go: nearly the same."""
    moves = 0.01 * np.random.default_rng(1).uniform(-1, 1, (3, 3, 2))
    controls, points = lens.lattice((9, 9), 3), lens.lattice((9, 9), 9)
    spline = RBFInterpolator(
        controls.reshape(-1, 2), moves.reshape(-1, 2), kernel="thin_plate_spline"
    )
    made = lens.thin_plate(points, moves, SQUARE) - points
    np.testing.assert_allclose(made.reshape(-1, 2), spline(points.reshape(-1, 2)), atol=3e-4)


def test_elastic_is_smoothed_noise_of_the_size_asked_for():
    noise = np.random.default_rng(2).standard_normal((33, 33, 2))
    made = lens.elastic(noise, 2.0, 0.03)
    assert np.sqrt((made**2).mean()) == pytest.approx(0.03)
    smooth = gaussian_filter(noise, (2, 2, 0), mode="mirror", truncate=3)
    np.testing.assert_allclose(made, smooth * (0.03 / np.sqrt((smooth**2).mean())), atol=1e-9)


def test_flip_changes_left_and_right():
    np.testing.assert_array_equal(lens.flip(np.array([[0.3, -0.4]])), [[-0.3, -0.4]])
