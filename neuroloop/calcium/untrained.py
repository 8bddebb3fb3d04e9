"""Maps and evidence of networks that learned nothing: what no training has put there.

A network with random weights has the borders, the smoothness and the resolution of the one that was
trained, and sees the same frames (Adebayo et al. 2018, NeurIPS 31, "Sanity checks for saliency
maps"). What its maps have in common says nothing of the brain, and coupling that its evidence tells
was in the pixels of each cell's place, not in what a network learned.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.reader import Reader, build
from neuroloop.calcium.reader_maps import held_out_evidence, held_out_maps
from neuroloop.calcium.reader_training import Place
from neuroloop.calcium.views import Frames, level
from neuroloop.jobs.progress import progress
from neuroloop.networks.calcium_network import CalciumNetwork
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
        Frames, and what is mapped of them (`mapped_trials.map_items`).
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
    made = []
    for network in _networks(frames, tested.test, reader, outputs, seeds, device, mask, "maps"):
        made += held_out_maps(network, [Place(0, 0)], frames, rows, items, [tested], method)
    return np.stack(made)


def untrained_evidence(
    frames: Frames,
    seen: np.ndarray,
    windows: np.ndarray,
    reader: Reader,
    seeds: Sequence[int],
    device: torch.device,
    mask: np.ndarray | None = None,
    levels_of: np.ndarray | None = None,
) -> np.ndarray:
    """Evidence for every cell in its own place, by networks with random weights.

    Parameters
    ----------
    frames : callable
        See `views.Frames`; from rows of the session's table.
    seen : ndarray of int, shape (rows,)
        Rows that are explained.
    windows : ndarray of bool, shape (cells, height, width)
        From `windows.cell_windows`.
    reader, seeds, device, mask
        As in `untrained_maps`.
    levels_of : ndarray of int, optional
        Rows whose pixels set the networks' level; by default those that are explained.

    Returns
    -------
    ndarray of float32, shape (networks, rows, cells)
        See `local_evidence.local_evidence`.
    """
    made = []
    levels_of = seen if levels_of is None else levels_of
    outputs = len(windows) + 1
    for network in _networks(frames, levels_of, reader, outputs, seeds, device, mask, "evidence"):
        made += held_out_evidence(network, [Place(0, 0)], frames, [seen], windows)
    return np.stack(made)


def _networks(
    frames: Frames,
    levels_of: np.ndarray,
    reader: Reader,
    outputs: int,
    seeds: Sequence[int],
    device: torch.device,
    mask: np.ndarray | None,
    of: str,
) -> Iterator[CalciumNetwork]:
    """Build networks with random weights one after another."""
    levels = np.array([level(frames, levels_of, mask)])
    shape = frames(levels_of[:1]).shape[1:]
    for seed in progress(seeds, f"{of} of untrained networks"):
        yield build(reader, outputs, shape, [seed], mask, levels).to(device).eval()
