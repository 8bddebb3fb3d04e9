"""One place that tells two classes, in the lungs and outside, and none in noise."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.audit.class_checks import class_checks
from neuroloop.cxr.audit.marks import contrasts, patches
from neuroloop.cxr.audit.told_classes import deal


@pytest.mark.parametrize(("key", "step"), [("patches", 6), ("overlays", 25), ("patches", 0)])
def test_a_mark_of_one_class_is_found_at_its_place(key: str, step: int) -> None:
    generator = np.random.default_rng(0)
    pixels = generator.normal(120, 5, (60, 32, 32))
    pixels[30:, 20:23, 10:13] += step
    seen = contrasts(np.rint(pixels).astype(np.uint8))
    columns = patches(seen, np.ones((32, 32), dtype=bool))
    patients = pd.Series(range(60)).astype(str)
    deals = deal(["a"] * 30 + ["b"] * 30, patients, generator)
    (check,) = class_checks("mine", {key: columns}, deals)
    assert check.found == (step > 0)
    assert ("patch of 3 pixels at row 21, column 11" in check.told) == (step > 0)
