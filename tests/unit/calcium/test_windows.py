"""Windows: a cell's own surroundings."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.masks import disc
from neuroloop.calcium.windows import cell_windows
from neuroloop.errors import NeuroLoopError


def cells(*places) -> pd.DataFrame:
    names = [f"c{number}" for number in range(len(places))]
    return pd.DataFrame(places, columns=["row", "column", "radius"]).assign(cell=names)


def test_a_window_is_a_disc_that_reaches_beyond_the_rim():
    made = cell_windows(cells((10.0, 10.0, 3.0), (10.0, 30.0, 2.0)), (20, 40), reach=1.5)
    np.testing.assert_array_equal(made[0], disc((20, 40), 10, 10, 4.5))
    np.testing.assert_array_equal(made[1], disc((20, 40), 10, 30, 3.5))


def test_neighbours_share_no_pixel_and_keep_their_discs():
    made = cell_windows(cells((10.0, 10.0, 3.0), (10.0, 16.0, 2.0)), (20, 30), reach=3)
    assert not made.all(axis=0).any()
    assert made[0][disc((20, 30), 10, 10, 3)].all()
    assert made[1][disc((20, 30), 10, 16, 2)].all()
    # Half way between the rims, not between the centres.
    assert made[0, 10, 13]
    assert made[1, 10, 14]


def test_a_cell_within_another_is_refused():
    with pytest.raises(NeuroLoopError, match="cell c1 has no pixel of its own"):
        cell_windows(cells((10.0, 10.0, 5.0), (10.0, 10.0, 2.0)), (20, 20))
