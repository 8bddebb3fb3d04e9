"""Light and photons, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from neuroloop.calcium.scene import peak_snr, photons_for
from neuroloop.calcium.simulate import draw_area
from neuroloop.calcium.simulated_settings import AreaSettings
from neuroloop.errors import NeuroLoopError

SEED = 3


@pytest.fixture(scope="module")
def area():
    return draw_area(SEED, "A1", AreaSettings())


def test_peak_snr_by_hand(area):
    """Shot noise alone: photons * peak / sqrt(photons * level / pixels)."""
    scene = replace(
        area.scene,
        level=np.array([2.0]),
        peak=np.array([1.0]),
        spread=np.array([0.0]),
        pixels=np.array([32]),
    )
    assert peak_snr(scene, 4.0) == pytest.approx(4 / np.sqrt(4 * 2 / 32))
    assert photons_for(scene, 8.0) == pytest.approx(4.0)
    with pytest.raises(NeuroLoopError, match="peak SNR of 9 cannot be had"):
        photons_for(replace(scene, spread=np.array([1 / 8])), 9.0)
