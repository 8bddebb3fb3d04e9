"""Labels that are late or early are named; sound ones and noise are not."""

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d

from neuroloop.fmri.label_shifts import SHIFTS, shift_curve

RUNS, CLASSES, BLOCK, GAP, VOXELS = 6, 4, 5, 3, 60


def scan(seed, signal):
    """Blocks of classes with rest between, and voxels that follow them."""
    generator = np.random.default_rng(seed)
    patterns = signal * generator.normal(size=(CLASSES, VOXELS))
    parts, courses = [], []
    for run in range(RUNS):
        category, event = ["rest"] * GAP, [0] * GAP
        order = np.concatenate([generator.permutation(CLASSES) for _ in range(2)])
        for number, one in enumerate(order, start=1):
            category += [f"class{one}"] * BLOCK + ["rest"] * GAP
            event += [number] * BLOCK + [0] * GAP
        table = pd.DataFrame({"run": f"run-{run}", "category": category, "event": event})
        noise = gaussian_filter1d(generator.normal(size=(len(table), VOXELS)), 1, axis=0)
        on = (table["event"] > 0).to_numpy()
        answer = np.zeros_like(noise)
        answer[on] = patterns[[int(name[-1]) for name in table["category"][on]]]
        courses.append(noise + answer)
        parts.append(table)
    return np.concatenate(courses), pd.concat(parts, ignore_index=True)


def late(volumes, count):
    """The same labels so many volumes later."""
    by_run = volumes.groupby("run", sort=False)
    return volumes.assign(
        category=by_run["category"].shift(count).fillna("rest"),
        event=by_run["event"].shift(count).fillna(0).astype(int),
    )


def test_sound_labels_peak_where_they_are():
    series, volumes = scan(0, 0.5)
    curve = shift_curve(series, volumes)
    assert curve.shifts == SHIFTS == tuple(range(-3, 7))
    assert curve.shifts[int(curve.accuracy.argmax())] == 0
    assert curve.accuracy.max() > 0.7
    assert curve.better is None
    assert curve.chance == pytest.approx(1 / CLASSES)


@pytest.mark.parametrize("count", [-3, -2, 2, 3])
def test_shifted_labels_are_named_with_the_way_back(count):
    series, volumes = scan(0, 0.5)
    curve = shift_curve(series, late(volumes, count))
    assert curve.better == -count
    assert curve.p < 0.005


def test_a_shift_of_one_volume_is_tolerated():
    series, volumes = scan(0, 0.5)
    assert shift_curve(series, late(volumes, 1)).better is None


def test_noise_is_told_of_at_most_one_time_in_a_hundred():
    told = [shift_curve(*scan(seed, 0.0)).better is not None for seed in range(40)]
    assert sum(told) <= 1


def test_one_run_or_class_has_no_curve():
    series, volumes = scan(0, 0.5)
    assert shift_curve(series, volumes.assign(run="run-0")) is None
    one = volumes.assign(category=volumes["category"].replace("class.", "x", regex=True))
    assert shift_curve(series, one) is None
