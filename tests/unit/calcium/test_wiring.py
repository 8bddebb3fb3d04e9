"""True coupling, its change, and spilled light."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.wiring import change_coupling, draw_coupling, off_target


def test_coupling_stays_within_groups():
    cells = pd.DataFrame({"group": ["a"] * 8 + ["b"] * 8})
    coupling = draw_coupling(np.random.default_rng(0), cells, 0.25, 0.4, 0.5)
    assert (coupling[:8, 8:] == 0).all()
    assert (coupling[8:, :8] == 0).all()
    assert (np.diag(coupling) == 0).all()
    assert (coupling[:8, :8] > 0).sum() == (coupling[8:, 8:] > 0).sum() == 14
    assert coupling[coupling > 0].min() >= 0.2
    assert coupling.max() <= 0.6


def test_change_of_coupling_is_as_set():
    cells = pd.DataFrame({"group": ["a"] * 8 + ["b"] * 8})
    generator = np.random.default_rng(1)
    before = draw_coupling(generator, cells, 0.25, 0.4, 0.5)
    after = change_coupling(generator, before, cells, 1.5, 0.5, 0.4, 0.5, ["a"])
    edges = before > 0
    np.testing.assert_array_equal(after[8:, 8:], before[8:, 8:])
    np.testing.assert_allclose(after[:8, :8][edges[:8, :8]], 1.5 * before[:8, :8][edges[:8, :8]])
    assert (after[:8, :8] > 0).sum() > 14
    assert (np.diag(after) == 0).all()
    same = change_coupling(generator, before, cells, 1.0, 0.0, 0.4, 0.5)
    np.testing.assert_array_equal(same, before)


def test_spilled_light_falls_off_with_distance_by_hand():
    cells = pd.DataFrame({"row": [0.0, 3.0, 0.0], "column": [0.0, 4.0, 10.0]})
    spill = off_target(cells, 0.2, 5.0)
    assert spill[0, 1] == pytest.approx(0.2 * np.exp(-0.5))
    assert spill[0, 2] == pytest.approx(0.2 * np.exp(-2))
    assert (np.diag(spill) == 0).all()
