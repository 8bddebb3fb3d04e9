"""Readers of one session: trained for every seed and fold, and asked of trials that none saw."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.coupling import input_gain
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.mapped_trials import items_of_split, map_items
from neuroloop.calcium.masks import area_mask
from neuroloop.calcium.reader import Reader, multi_hot
from neuroloop.calcium.reader_maps import (
    held_out_evidence,
    held_out_maps,
    method_of,
)
from neuroloop.calcium.reader_training import Place, Readings, train_readers
from neuroloop.calcium.trial_splits import trial_splits
from neuroloop.calcium.untrained import untrained_evidence, untrained_maps
from neuroloop.calcium.windows import cell_windows
from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.calcium_network import CalciumNetwork
from neuroloop.networks.resnet import member_state
from neuroloop.statistics.folds import Split
from neuroloop.training.checkpoints import Checkpoint

#: The network whose weights are kept.
FIRST = Place(0, 0)


class Explained(NamedTuple):
    """What is mapped of held-out trials, and rows of all of each fold's frames."""

    items: pd.DataFrame
    held_out: list[np.ndarray]


@dataclass(frozen=True, eq=False)
class SessionReadings:
    """What the networks of a session say of trials that they never saw.

    Attributes
    ----------
    rows, control_rows : DataFrame
        Frames after stimulation, and those before it.
    splits : sequence of Split
        Training and test rows of each fold of `rows`.
    stimulated, control : Readings
        Logits and histories of networks that read either.
    items : DataFrame
        Trials and cells whose maps are made, of those that a split tests.
    maps : ndarray of float32, shape (seeds, items, height, width)
    untrained : ndarray, shape (networks, items, height, width)
        Maps of networks that learned nothing.
    evidence : ndarray of float32, shape (seeds, frames, cells)
    networks : ndarray of int, shape (frames,)
        Fold of the network that read each frame; -1 where none did.
    gains : ndarray, shape (frames,)
        By how much the input of each frame was scaled, see `input_gain`.
    untrained_evidence : ndarray of float32, shape (networks, frames, cells)
        That of networks that learned nothing.
    """

    rows: pd.DataFrame
    control_rows: pd.DataFrame
    splits: Sequence[Split]
    stimulated: Readings
    control: Readings
    items: pd.DataFrame
    maps: np.ndarray
    untrained: np.ndarray
    evidence: np.ndarray
    networks: np.ndarray
    gains: np.ndarray
    untrained_evidence: np.ndarray

    def first_weights(self) -> dict[str, torch.Tensor]:
        """Weights of the network of the first seed and fold."""
        kept = self.stimulated.harvest[FIRST].items()
        return {
            name: torch.from_numpy(values)
            for name, values in kept
            if name not in ("maps", "evidence")
        }


def read_session(
    store: FrameStore,
    cells: pd.DataFrame,
    reader: Mapping[str, Any],
    seed: int,
    device: torch.device,
    checkpoint: Callable[[str], Checkpoint],
) -> SessionReadings:
    """Train a network for every seed and fold, and one for every fold on frames before stimulation.

    Parameters
    ----------
    store : FrameStore
        Frames of the session.
    cells : DataFrame
        cells.tsv.
    reader : mapping
        The reader's block of the config.
    seed : int
        Root seed.
    device : torch.device
    checkpoint : callable
        From the name of a part to its training state.

    Returns
    -------
    SessionReadings
    """
    names = cells["cell"].tolist()
    fit = partial(train, store=store, cells=cells, reader=reader, seed=seed, device=device)
    rows, splits = frames_of(store, "stimulated", reader)
    control_rows, control_splits = frames_of(store, "control", reader)
    items = map_items(rows, names)
    both = (rows, control_rows)
    held_out = [
        np.concatenate(
            [kind["row"].to_numpy()[split.test] for kind, split in zip(both, fold, strict=True)]
        )
        for fold in zip(splits, control_splits, strict=True)
    ]
    read = fit(rows, splits, reader["seeds"], checkpoint, Explained(items, held_out))
    control = fit(control_rows, control_splits, 1, lambda name: checkpoint(f"control-{name}"), None)
    numbers = rows["row"].to_numpy()
    build = Reader.from_block(reader)
    mask = area_mask(cells, store.shape) if reader["masked"] else None
    random = [derive_seed(seed, "untrained", n) for n in range(reader["untrained_networks"])]
    untrained = untrained_maps(
        lambda chosen: store.read(numbers[chosen], reader["input"]),
        rows,
        items,
        splits,
        build,
        len(names) + 1,
        random,
        method_of(reader["head"]),
        device,
        mask,
    )
    seen = np.unique(np.concatenate(held_out))
    beside = np.full((len(random), len(store.rows), len(names)), np.nan, dtype=np.float32)
    beside[:, seen] = untrained_evidence(
        lambda chosen: store.read(chosen, reader["input"]),
        seen,
        cell_windows(cells, store.shape),
        build,
        random,
        device,
        mask,
        levels_of=np.intersect1d(seen, numbers),
    )
    gains = input_gain(store.brightness, reader["input"])[store.rows["trial_row"]]
    maps = gather_maps(read, rows, items, splits)
    evidence, networks = gather_evidence(read, held_out, len(gains))
    tested = np.isfinite(maps).all(axis=(0, 2, 3))
    return SessionReadings(
        rows,
        control_rows,
        splits,
        read,
        control,
        items[tested],
        maps[:, tested],
        untrained,
        evidence,
        networks,
        gains,
        beside,
    )


def frames_of(
    store: FrameStore, kind: str, reader: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[Split]]:
    """Frames of a kind, and their splits by trial."""
    rows = store.rows[store.rows["kind"] == kind].reset_index(drop=True)
    options = {"last": reader["last_trials"], "folds": reader.get("folds")}
    return rows, trial_splits(rows, reader["split"], **options)


def train(
    rows: pd.DataFrame,
    splits: Sequence[Split],
    n_seeds: int,
    checkpoint: Callable[[str], Checkpoint] | None,
    explained: Explained | None,
    *,
    store: FrameStore,
    cells: pd.DataFrame,
    reader: Mapping[str, Any],
    seed: int,
    device: torch.device,
    members_at_once: int = 1,
) -> Readings:
    """Train readers on these frames, and explain the held-out trials if `explained` is given."""
    numbers = rows["row"].to_numpy()
    windows = cell_windows(cells, store.shape)

    def read(chosen: np.ndarray) -> np.ndarray:
        return store.read(chosen, reader["input"])

    def load(chosen: np.ndarray) -> np.ndarray:
        return read(numbers[chosen])

    def harvest(network: CalciumNetwork, members: Sequence[Place]) -> list[dict[str, np.ndarray]]:
        if explained is None:
            return [{} for _ in members]
        method = method_of(reader["head"])
        maps = held_out_maps(network, members, load, rows, explained.items, splits, method)
        seen = [explained.held_out[member.fold] for member in members]
        evidence = held_out_evidence(network, members, read, seen, windows)
        kept = [{"maps": m, "evidence": e} for m, e in zip(maps, evidence, strict=True)]
        for number, member in enumerate(members):
            if member == FIRST:
                state = member_state(network, number)
                kept[number] |= {name: values.cpu().numpy() for name, values in state.items()}
        return kept

    return train_readers(
        load,
        multi_hot(rows["pattern"], cells["cell"].tolist()),
        splits,
        Reader.from_block(reader),
        [derive_seed(seed, "reader", number) for number in range(n_seeds)],
        device,
        mask=area_mask(cells, store.shape) if reader["masked"] else None,
        members_at_once=members_at_once,
        checkpoint=checkpoint,
        harvest=harvest,
    )


def gather_maps(
    read: Readings, rows: pd.DataFrame, items: pd.DataFrame, splits: Sequence[Split]
) -> np.ndarray:
    """Maps of all items, shape (seeds, items, height, width); NaN where no split tests a trial."""
    shape = read.harvest[FIRST]["maps"].shape[1:]
    maps = np.full((len(read.logits), len(items), *shape), np.nan, dtype=np.float32)
    for position, kept in read.harvest.items():
        maps[position.seed, items_of_split(rows, items, splits[position.fold]).index] = kept["maps"]
    return maps


def gather_evidence(
    read: Readings, held_out: Sequence[np.ndarray], n_rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Evidence of all frames, shape (seeds, rows, cells), and the fold that read each, (rows,).

    NaN, and -1, where no split tests the trial.
    """
    cells = read.harvest[FIRST]["evidence"].shape[1]
    evidence = np.full((len(read.logits), n_rows, cells), np.nan, dtype=np.float32)
    networks = np.full(n_rows, -1)
    for position, kept in read.harvest.items():
        evidence[position.seed, held_out[position.fold]] = kept["evidence"]
        networks[held_out[position.fold]] = position.fold
    return evidence, networks
