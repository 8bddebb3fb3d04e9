"""Runs with the labels of other runs are named; sound ones are not."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.fmri.run_consistency import run_fit

RUNS, CLASSES, TIMES, VOXELS = 6, 5, 3, 50


def blocks(seed, signal=0.5):
    """One row a block: pattern of its class with noise."""
    generator = np.random.default_rng(seed)
    patterns = signal * generator.normal(size=(CLASSES, VOXELS))
    of_row = np.concatenate(
        [generator.permutation(np.repeat(range(CLASSES), TIMES)) for _ in range(RUNS)]
    )
    rows = pd.DataFrame({"label": [f"class{one}" for one in of_row]})
    rows["run"] = [f"run-{row // (CLASSES * TIMES)}" for row in rows.index]
    rows["block"] = [f"block-{row}" for row in rows.index]
    return patterns[of_row] + generator.normal(size=(len(of_row), VOXELS)), rows


def fit(x, rows):
    return run_fit(x, rows["label"].tolist(), rows["run"].tolist(), rows["block"].tolist())


def test_sound_runs_fit():
    found = fit(*blocks(0))
    assert not found.table["wrong"].any()
    assert not found.fits
    assert found.table["accuracy"].min() > 0.7
    assert found.chance == pytest.approx(1 / CLASSES)


def test_exchanged_events_are_named_with_the_run_that_they_fit():
    x, rows = blocks(0)
    first, second = rows["run"] == "run-1", rows["run"] == "run-4"
    labels = rows["label"].copy()
    labels[first], labels[second] = rows["label"][second].array, rows["label"][first].array
    found = fit(x, rows.assign(label=labels))
    assert found.table.loc[found.table["wrong"], "run"].tolist() == ["run-1", "run-4"]
    assert found.fits == {"run-1": "run-4", "run-4": "run-1"}


def test_a_run_of_noise_is_named_without_another():
    x, rows = blocks(0)
    here = (rows["run"] == "run-2").to_numpy()
    x[here] = np.random.default_rng(1).normal(size=(here.sum(), VOXELS))
    found = fit(x, rows)
    assert found.table.loc[found.table["wrong"], "run"].tolist() == ["run-2"]
    assert not found.fits


@pytest.mark.parametrize("signal", [0.0, 0.15])
def test_false_alarms_are_rare(signal):
    told = [fit(*blocks(seed, signal)).table["wrong"].any() for seed in range(100)]
    assert sum(told) <= 2


def test_two_runs_cannot_be_compared():
    x, rows = blocks(0)
    few = rows["run"].isin(["run-0", "run-1"]).to_numpy()
    assert fit(x[few], rows[few]) is None
