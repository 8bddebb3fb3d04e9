"""Networks of one session that read the frames of another."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.masks import area_mask
from neuroloop.calcium.reader import Reader, build, multi_hot, read_frames
from neuroloop.calcium.reading_metrics import reading_metrics
from neuroloop.files.formats import StrPath, load_weights
from neuroloop.statistics.families import corrected


def across_days(
    trained: Mapping[str, StrPath],
    tested: Mapping[str, StrPath],
    reader: Mapping[str, Any],
) -> pd.DataFrame:
    """Let a network of one session read all stimulated frames of the other.

    Parameters
    ----------
    trained, tested : mapping of str to path
        ``cells`` and ``weights`` of one session; ``frames`` and ``table`` of the other.
    reader : mapping
        The reader's block of the config.

    Returns
    -------
    DataFrame
        Columns of `reading_metrics`.
    """
    cells = read_cells(trained["cells"])
    with FrameStore(tested["frames"], tested["table"]) as store:
        rows = store.rows[store.rows["kind"] == "stimulated"]
        mask = area_mask(cells, store.shape) if reader["masked"] else None
        network = build(Reader.from_block(reader), len(cells) + 1, store.shape, [0], mask)
        network.load_state_dict(load_weights(trained["weights"]))
        logits = read_frames(
            network, lambda chosen: store.read(chosen, reader["input"]), rows["row"].to_numpy()
        )
    trials = rows["recording"] + ":" + rows["trial"].astype(str)
    targets = multi_hot(rows["pattern"], cells["cell"].tolist())
    return reading_metrics(logits.transpose(1, 0, 2), targets, trials, rows["group"])


def across_table(
    sides: Sequence[Mapping[str, StrPath]], sessions: Sequence[str], reader: Mapping[str, Any]
) -> pd.DataFrame:
    """Let the network of each of two sessions read the other.

    Parameters
    ----------
    sides : sequence of mapping of str to path
        Files of each session, as of `across_days`.
    sessions : sequence of str
        Their names.
    reader : mapping
        The reader's block of the config.

    Returns
    -------
    DataFrame
        Columns of `reading_metrics`, ``trained``, ``tested`` (names of sessions), and ``family``
        and ``q``: p corrected over both directions and all measures (Holm).
    """
    table = pd.concat(
        [
            across_days(sides[i], sides[j], reader).assign(trained=sessions[i], tested=sessions[j])
            for i, j in ((0, 1), (1, 0))
        ],
        ignore_index=True,
    )
    table["family"] = np.where(table["p"].notna(), "reading across days", "")
    table["q"] = corrected(table["p"].tolist(), table["family"].tolist(), "holm")
    return table
