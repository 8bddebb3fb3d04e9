"""The table of comparisons of classifiers, where there is nothing to compare."""

import numpy as np
import pandas as pd

from neuroloop.cxr.classifier_contrasts import contrasts
from neuroloop.cxr.classifier_summary import Run
from neuroloop.files.formats import read_table, save_table

CLASSES = ["normal", "virus"]


def predicted(seed):
    """Twelve radiographs of six patients, shown whole, named at random."""
    share = np.random.default_rng(seed).random(12)
    return pd.DataFrame(
        {
            "radiograph": [f"f{number}" for number in range(12)],
            "patient": [str(number // 2) for number in range(12)],
            "label": CLASSES * 6,
            "shown": "whole",
            "fold": 0,
            "repeat": 0,
            "p_normal": share,
            "p_virus": 1 - share,
        }
    )


def compared(runs, baseline):
    return contrasts(runs, {}, {}, CLASSES, None, baseline, seed=0, bootstraps=20)


def test_a_single_training_leaves_an_empty_table_with_all_columns(tmp_path):
    one = {Run("case1", "first", "patient"): predicted(0)}
    two = one | {Run("case1", "second", "patient"): predicted(1)}
    full = compared(two, ["case1", "first"])
    assert set(full["metric"]) == {"accuracy", "balanced_accuracy", "macro_f1", "log_loss"}
    for baseline in (["case1", "first"], None):
        table = compared(one, baseline)
        assert len(table) == 0
        assert list(table) == list(full)
    save_table(tmp_path / "comparisons.tsv", table)
    read = read_table(tmp_path / "comparisons.tsv", {"difference": float, "p": float})
    assert len(read) == 0
