"""The network of a reader that is kept, with frames to look at."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.reader import multi_hot
from neuroloop.explain.models.model_images import ModelImages, spread
from neuroloop.explain.models.model_writing import save_model
from neuroloop.statistics.folds import Split

#: Frames of held-out trials that lie beside it, for those who look into it.
LOOKED_AT = 60


def save_reader(
    path: Path,
    weights: Mapping[str, torch.Tensor],
    rows: pd.DataFrame,
    split: Split,
    store: FrameStore,
    cells: pd.DataFrame,
    reader: Mapping[str, Any],
) -> None:
    """Write model.json for one network, with frames of trials that it never saw."""
    names = cells["cell"].tolist()
    tested = rows.iloc[split.test]
    shown = tested.iloc[spread(tested["pattern"].tolist(), LOOKED_AT)]
    truth = multi_hot(shown["pattern"], names).astype(bool)
    discs = cell_masks(cells, store.shape)
    # The last output is "none", which no cell stands for.
    masks = np.stack([discs[row[: len(names)]].any(axis=0) for row in truth])
    save_model(
        path,
        name="-".join(path.parts[2:-1]),
        title="Reader of {}, session {} ({})".format(*path.parts[2:5]),
        images_are="frame",
        held_out="Frames of trials that the network was not trained on.",
        kind="calcium",
        options={
            "shape": list(store.shape),
            "head": reader["head"],
            "widths": reader["widths"],
            "hidden": reader["hidden_units"],
            "coordinates": reader["coordinates"],
        },
        weights=weights,
        classes=[*names, "none"],
        labels="multi",
        images=ModelImages(
            images=store.read(shown["row"].to_numpy(), reader["input"])[:, None],
            ids=shown["row"].astype(str).to_numpy(dtype=str),
            truth=truth,
            mask=masks,
            context=store.baseline,
        ),
    )
