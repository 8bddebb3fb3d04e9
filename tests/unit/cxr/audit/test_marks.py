"""One place that tells two classes, in the lungs and outside, and none in noise."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.audit.class_checks import class_checks
from neuroloop.cxr.audit.marks import Patches, contrasts, marks
from neuroloop.cxr.audit.told_classes import deal, told_classes


@pytest.mark.parametrize(("key", "step"), [("patches", 6), ("overlays", 25), ("patches", 0)])
def test_a_mark_of_one_class_is_found_at_its_place(key: str, step: int) -> None:
    generator = np.random.default_rng(0)
    pixels = generator.normal(120, 5, (60, 32, 32))
    pixels[30:, 20:23, 10:13] += step
    seen = contrasts(np.rint(pixels).astype(np.uint8))
    columns = Patches(seen, np.ones((32, 32), dtype=bool))
    patients = pd.Series(range(60)).astype(str)
    deals = deal(["a"] * 30 + ["b"] * 30, patients, generator)
    (check,) = class_checks("mine", {key: columns}, deals)
    assert check.found == (step > 0)
    assert ("patch of 3 pixels at row 21, column 11" in check.told) == (step > 0)


def test_places_that_are_looked_at_some_at_a_time_tell_the_same(monkeypatch, tmp_path) -> None:
    """In tiles of one row of places, and of 64 columns: to the last bit."""
    generator = np.random.default_rng(0)
    pixels = generator.integers(60, 180, (60, 40, 40)).astype(np.uint8)
    pixels[:12, 10:14, 30:34] = 250
    everywhere = np.ones((40, 40), dtype=bool)
    deals = deal(["a", "b", "c"] * 20, [str(row) for row in range(60)], generator)

    def look() -> tuple[pd.DataFrame, dict[str, list[float]], list[object]]:
        seen = contrasts(pixels, tmp_path)
        places = Patches(seen, everywhere)
        told = [told_classes(places, deals[:20], *most, tmp_path) for most in ((1, 0), (8, 5))]
        return marks(seen, everywhere), {name: [*one] for name, one in places.items()}, told

    whole = look()
    for name, value in (("marks.TILE", 2**10), ("marks.BATCH", 2**15)):
        monkeypatch.setattr(f"neuroloop.cxr.audit.{name}", value)
    monkeypatch.setattr("neuroloop.cxr.audit.told_classes.TILE", 2**10)
    monkeypatch.setattr("neuroloop.files.array_rows.BATCH", 2**15)
    parts = look()
    assert len(whole[0].columns) > 0
    pd.testing.assert_frame_equal(whole[0], parts[0], check_exact=True)
    assert whole[1:] == parts[1:]
