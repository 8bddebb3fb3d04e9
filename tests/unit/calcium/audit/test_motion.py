"""Motion by least squares, beside motion that is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from neuroloop.calcium.audit.motion import motion_estimator, smoothed


@pytest.mark.parametrize("by", [(0.3, 0.0), (-0.2, 0.4)])
def test_motion_of_part_of_a_pixel_is_found_in_its_size(by: tuple[float, float]) -> None:
    tissue = 100 + 50 * gaussian_filter(np.random.default_rng(0).standard_normal((60, 60)), 3)
    inside = np.zeros(tissue.shape, dtype=bool)
    inside[10:-10, 10:-25] = True
    estimate = motion_estimator(smoothed(tissue), inside)
    seen = 1.1 * shift(tissue, by, order=5) + 3
    found = estimate @ (smoothed(seen) - smoothed(tissue))[inside]
    np.testing.assert_allclose(found, np.multiply(1.1, by), atol=0.06)
