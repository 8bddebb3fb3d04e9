"""p values are corrected within their family."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from neuroloop.statistics.families import corrected


def test_holm_by_hand():
    # 0.01 x 4, 0.02 x 3, then no less: max(0.03 x 2, 0.06), max(0.2 x 1, 0.06)
    found = corrected([0.02, 0.2, 0.01, 0.03], ["one"] * 4, "holm")
    assert found == pytest.approx([0.06, 0.2, 0.04, 0.06])
    assert corrected([0.6, 0.9], ["one"] * 2, "holm") == pytest.approx([1.0, 1.0])


def test_families_do_not_touch_each_other():
    p = np.array([0.01, 0.04, 0.03, np.nan, 0.001])
    family = ["one", "one", "two", "two", ""]
    found = corrected(p, family)
    assert found[:2] == pytest.approx(false_discovery_control(p[:2]))
    assert found[2] == pytest.approx(0.03)
    assert np.isnan(found[3:]).all()


def test_lengths_that_differ():
    with pytest.raises(ValueError, match="2 p values of 1 families"):
        corrected([0.1, 0.2], ["one"])
