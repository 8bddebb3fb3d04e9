"""Random textures that are fixed to the body."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from neuroloop.cxr.radiograph_textures import GRID, REACH, Texture, edge

LINE = np.linspace(-REACH, REACH, GRID)
PLACES = np.meshgrid(LINE, LINE)


@pytest.mark.parametrize("scale", [0.016, 0.1])
def test_is_smoothed_noise(scale):
    made = Texture(np.random.default_rng(1), scale).at(*PLACES)
    white = np.random.default_rng(1).standard_normal((GRID, GRID))
    expected = gaussian_filter(white, scale * GRID / (2 * REACH), mode="wrap", truncate=8)
    expected = (expected - expected.mean()) / expected.std()
    np.testing.assert_allclose(made, expected, atol=0.02)


def test_lines_are_where_the_field_crosses_zero():
    texture = Texture(np.random.default_rng(1), 0.1)
    field, lines = texture.at(*PLACES), texture.lines(*PLACES, 0.2)
    assert lines[np.abs(field) < 0.02].min() > 0.98
    assert lines[np.abs(field) > 0.6].max() < 1e-3
    assert texture.at(np.array([9.0]), np.array([0.0])).shape == (1,)


def test_edge():
    assert edge(np.array([-1.0, 0, 1]), 0.1).tolist() == pytest.approx([0, 0.5, 1], abs=1e-4)
