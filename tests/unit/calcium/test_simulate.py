"""Areas and sessions with known truth."""

import numpy as np
import pytest

from neuroloop.calcium.patterns import pattern_cells
from neuroloop.calcium.simulate import draw_area, draw_session
from neuroloop.calcium.simulated_settings import AreaSettings, SessionSettings
from neuroloop.errors import NeuroLoopError

SEED = 3


@pytest.fixture(scope="module")
def area():
    return draw_area(SEED, "A1", AreaSettings())


@pytest.fixture(scope="module")
def session(area):
    return draw_session(SEED, area, "before", SessionSettings())


def test_the_study_has_108_patterns_in_three_groups():
    settings = AreaSettings(
        height=512, width=512, groups=3, cells_per_group=8, radius=7, pairs=None
    )
    found = draw_area(SEED, "A3", settings)
    assert len(found.patterns) == 109
    assert found.patterns[-1] == "none"
    sizes = [len(pattern_cells(name)) for name in found.patterns]
    assert (sizes.count(1), sizes.count(2), sizes.count(0)) == (24, 84, 1)
    group = found.cells.set_index("cell")["group"]
    assert all(len(set(group[list(pattern_cells(name))])) == 1 for name in found.patterns[:-1])


def test_sessions_share_the_area_and_differ_in_coupling(area, session):
    settings = SessionSettings(coupling_gain=2.0, changed_groups=("g1",))
    after = draw_session(SEED, area, "after", settings)
    np.testing.assert_array_equal(session.coupling, area.coupling)
    np.testing.assert_allclose(after.coupling[:4, :4], 2 * area.coupling[:4, :4])
    np.testing.assert_array_equal(after.coupling[4:, 4:], area.coupling[4:, 4:])
    np.testing.assert_allclose(
        after.influence - after.coupling, session.influence - session.coupling
    )
    with pytest.raises(NeuroLoopError, match="changed_groups names g7: the area has g1, g2"):
        draw_session(SEED, area, "after", SessionSettings(changed_groups=("g7",)))
