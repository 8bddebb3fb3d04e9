"""Tables of predicted radiographs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.files.formats import StrPath, read_table

COLUMNS = ["radiograph", "patient", "label", "fold"]


def prediction_table(
    radiographs: pd.DataFrame, logits: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Put the probabilities of radiographs beside their ids.

    Parameters
    ----------
    radiographs : DataFrame
        With `COLUMNS`, a row a radiograph.
    logits : ndarray, shape (radiographs, classes)
    classes : sequence of str

    Returns
    -------
    DataFrame
        `COLUMNS` and ``p_{class}``, which sum to 1.
    """
    scores = np.asarray(logits, dtype=np.float64)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    columns = {f"p_{name}": shares[:, number] for number, name in enumerate(classes)}
    return radiographs[COLUMNS].reset_index(drop=True).assign(**columns)


def read_predictions(path: StrPath, classes: Sequence[str]) -> pd.DataFrame:
    """Read predictions.tsv, whose probabilities are numbers."""
    columns: dict[str, type] = dict.fromkeys([*COLUMNS, "shown"], str)
    return read_table(path, columns | {f"p_{name}": float for name in classes})


def read_partitions(path: StrPath, repeats: StrPath, classes: Sequence[str]) -> pd.DataFrame:
    """Read predictions.tsv and repeats.tsv: all partitions, numbered by ``repeat`` from 0."""
    first = read_predictions(path, classes).assign(repeat=0)
    columns: dict[str, type] = dict.fromkeys(COLUMNS, str)
    columns |= {"repeat": int} | {f"p_{name}": float for name in classes}
    again = read_table(repeats, columns).assign(shown="whole")
    return pd.concat([first, again], ignore_index=True) if len(again) else first
