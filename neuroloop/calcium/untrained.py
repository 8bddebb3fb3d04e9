"""Maps of networks that learned nothing: the likeness of maps that no training has put there.

A network with random weights has the borders, the smoothness and the resolution of the one that was
trained, and sees the same frames (Adebayo et al. 2018, NeurIPS 31, "Sanity checks for saliency
maps"). What its maps have in common says nothing of the brain.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.reader import Reader, build
from neuroloop.calcium.reader_maps import held_out_maps
from neuroloop.calcium.reader_training import Place
from neuroloop.calcium.views import Frames, level
from neuroloop.jobs.progress import progress
from neuroloop.statistics.folds import Split


def untrained_maps(
    frames: Frames,
    rows: pd.DataFrame,
    items: pd.DataFrame,
    splits: Sequence[Split],
    reader: Reader,
    outputs: int,
    seeds: Sequence[int],
    method: str,
    device: torch.device,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Explain all held-out trials by networks with random weights, one in memory at a time.

    Parameters
    ----------
    frames : callable
        See `views.Frames`; from places in `rows`.
    rows, items : DataFrame
        Frames, and what is mapped of them (`reader_maps.map_items`).
    splits : sequence of Split
        Those of the trained networks, whose test rows are explained.
    reader : Reader
        The trained networks' build.
    outputs : int
        Cells, and "none".
    seeds : sequence of int
        One a network: its weights.
    method : str
        See `cam.class_maps`.
    device : device
    mask : ndarray of bool, shape (height, width), optional
        Pixels that the networks see.

    Returns
    -------
    ndarray of float32, shape (networks, items that a split tests, height, width)
    """
    nothing = np.zeros(0, dtype=int)
    tested = Split(nothing, np.unique(np.concatenate([split.test for split in splits])))
    levels = np.array([level(frames, tested.test, mask)])
    shape = frames(tested.test[:1]).shape[1:]
    made = []
    for seed in progress(seeds, "maps of untrained networks"):
        network = build(reader, outputs, shape, [seed], mask, levels).to(device).eval()
        made += held_out_maps(network, [Place(0, 0)], frames, rows, items, [tested], method)
    return np.stack(made)
