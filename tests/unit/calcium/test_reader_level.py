"""A reader at chance is told, and that its maps are no evidence."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuroloop.calcium.reader_level import at_chance
from neuroloop.files.formats import save_table


def written(path: Path, value: float, p: float) -> Path:
    row = {"value": value, "chance": 0.129, "p": p, "measure": "recall"}
    rows = [
        {"frames_of": kind, "subset": subset, **row, **other}
        for kind, subset, other in [
            ("stimulated", "all", {"p": 0.001}),
            ("stimulated", "stimulated", {}),
            ("control", "stimulated", {"p": 0.9}),
        ]
    ]
    save_table(path, pd.DataFrame(rows))
    return path


def test_a_reader_above_chance_has_no_warning(tmp_path: Path) -> None:
    assert at_chance(written(tmp_path / "reading.tsv", 0.3, 0.001)) == ""


def test_a_reader_at_chance_is_told_with_its_accuracy(tmp_path: Path) -> None:
    assert at_chance(written(tmp_path / "reading.tsv", 0.128, 0.52)) == (
        "READER AT CHANCE: it names 12.8 % of stimulated cells in held-out trials, chance 12.9 % "
        "(p 0.52), so its maps are no evidence of what it learned"
    )


def test_a_reader_without_a_test_is_not_called_at_chance(tmp_path: Path) -> None:
    assert at_chance(written(tmp_path / "reading.tsv", 0.3, np.nan)) == (
        "READER UNTESTED: it names 30.0 % of stimulated cells in held-out trials, chance 12.9 %, "
        "and too few trials for a p: whether its maps are evidence of what it learned is not known"
    )
