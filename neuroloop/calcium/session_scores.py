"""How well the readers of one session tell which cells were stimulated."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.reader import multi_hot
from neuroloop.calcium.reading_metrics import cell_recall, reading_metrics
from neuroloop.calcium.session_readers import SessionReadings
from neuroloop.statistics.families import corrected


def score_session(readings: SessionReadings, names: Sequence[str]) -> pd.DataFrame:
    """Metrics of held-out trials, of frames after stimulation and before it.

    Parameters
    ----------
    readings : SessionReadings
    names : sequence of str
        The cells.

    Returns
    -------
    DataFrame
        Columns of `reading_metrics`, ``frames_of``: ``stimulated`` or ``control``, and ``family``
        and ``q``: p of stimulated frames corrected together (Holm). The control, which should find
        nothing, is in no family.
    """
    table = pd.concat(
        [
            score(readings.stimulated.logits, readings.rows, names).assign(frames_of="stimulated"),
            score(readings.control.logits, readings.control_rows, names).assign(
                frames_of="control"
            ),
        ],
        ignore_index=True,
    )
    tested = (table["frames_of"] == "stimulated") & table["p"].notna()
    table["family"] = np.where(tested, "reading", "")
    table["q"] = corrected(table["p"].tolist(), table["family"].tolist(), "holm")
    return table


def recall_of_cells(readings: SessionReadings, names: Sequence[str]) -> pd.DataFrame:
    """Recall of each cell in held-out trials, see `cell_recall`."""
    logits, targets, trials, groups = tested_frames(
        readings.stimulated.logits, readings.rows, names
    )
    return cell_recall(logits, targets, trials, names, groups)


def tested_frames(
    logits: np.ndarray, rows: pd.DataFrame, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, pd.Series, pd.Series]:
    """Logits, targets, trial and group of the frames that a split tests."""
    tested = np.isfinite(logits).all(axis=(0, 2))
    rows = rows[tested]
    trials = rows["recording"] + ":" + rows["trial"].astype(str)
    return logits[:, tested], multi_hot(rows["pattern"], names), trials, rows["group"]


def score(logits: np.ndarray, rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Metrics of held-out trials."""
    tested, targets, trials, groups = tested_frames(logits, rows, names)
    return reading_metrics(tested, targets, trials, groups)


def exact_share(scores: pd.DataFrame) -> dict[str, Any]:
    """Share of frames whose pattern is predicted exactly, of stimulated and of control frames."""
    chosen = scores[(scores["subset"] == "all") & (scores["measure"] == "exact_top")]
    return {row.pop("frames_of"): row for row in chosen.to_dict("records")}
