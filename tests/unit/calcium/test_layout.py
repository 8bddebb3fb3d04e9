"""Places of simulated cells."""

import numpy as np
import pytest

from neuroloop.calcium.layout import place_cells
from neuroloop.calcium.masks import area_mask, cell_masks
from neuroloop.errors import NeuroLoopError

SHAPE = (48, 48)


@pytest.mark.parametrize("seed", range(5))
def test_cells_do_not_overlap_and_groups_lie_apart(seed):
    cells = place_cells(np.random.default_rng(seed), SHAPE, 2, 4, 3.0, 0.15, 2.0)
    assert cells["cell"].tolist() == [f"c{n}" for n in range(1, 9)]
    assert cells["group"].tolist() == ["g1"] * 4 + ["g2"] * 4
    masks = cell_masks(cells, SHAPE)
    assert masks.sum(axis=0).max() == 1
    assert area_mask(cells, SHAPE).sum() == masks.sum()
    first, second = cells[:4], cells[4:]
    assert first["column"].max() < 24 < second["column"].min() + second["radius"].max()
    places, radii = cells[["row", "column"]].to_numpy(), cells["radius"].to_numpy()
    apart = np.linalg.norm(places[:, None] - places, axis=2) - np.add.outer(radii, radii)
    assert apart[~np.eye(8, dtype=bool)].min() >= 2
    assert (places - radii[:, None]).min() >= -0.5
    assert (places + radii[:, None]).max() <= 47.5


def test_a_field_that_is_too_small_is_refused():
    with pytest.raises(NeuroLoopError, match="find no room in 20 x 20 pixels"):
        place_cells(np.random.default_rng(0), (20, 20), 2, 4, 3.0, 0.0, 2.0)


def test_groups_have_tiles_of_their_own():
    """Three groups on a wide field lie side by side, on a high one above one another."""
    for shape, axis in (((40, 120), "column"), ((120, 40), "row")):
        cells = place_cells(np.random.default_rng(0), shape, 3, 4, 3.0, 0.0, 2.0)
        assert cells.groupby("group")[axis].max().iloc[0] < 39.5 < cells[axis][4:].min()
        assert cells[axis][4:8].max() < 79.5 < cells[axis][8:].min()


def test_the_same_generator_gives_the_same_places():
    one, two = (place_cells(np.random.default_rng(7), SHAPE, 2, 4, 3.0, 0.15, 2.0) for _ in "ab")
    assert one.equals(two)
