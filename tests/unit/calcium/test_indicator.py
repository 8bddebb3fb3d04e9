"""Response of the indicator, against sums over small steps."""

import numpy as np
import pytest

from neuroloop.calcium.indicator import sampled_response


def test_response_is_the_integral_over_pulse_and_frame():
    """Against sums over steps of 0.1 ms."""
    rise, decay, pulse, step = 0.2, 1.0, 0.05, 1e-4
    time = np.arange(0, 5, step) + step / 2
    instant = (1 - np.exp(-time / rise)) * np.exp(-time / decay)
    driven = np.convolve(instant, np.ones(round(pulse / step)))[: len(time)]
    frames = driven.reshape(10, -1).mean(axis=1)
    found = sampled_response(2.0, 10, rise, decay, pulse)
    np.testing.assert_allclose(found, frames / frames.max(), atol=1e-3)
    assert found.max() == 1
    assert found.argmax() == 1
    assert found[9] / found[8] == pytest.approx(np.exp(-0.5), rel=1e-3)
