"""Maps of readers of simulated calcium frames, and how alike they are, under a protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.mapped_trials import items_of_split, map_items, pattern_maps
from neuroloop.calcium.patterns import pattern_cells
from neuroloop.calcium.reader import Reader, multi_hot
from neuroloop.calcium.reader_maps import held_out_maps, method_of
from neuroloop.calcium.reader_training import Place, train_readers
from neuroloop.calcium.reading_metrics import reading_metrics
from neuroloop.calcium.trial_splits import trial_splits
from neuroloop.calcium.untrained import untrained_maps
from neuroloop.calcium.zncc_nulls import UNTRAINED, null_table
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.networks.calcium_network import CalciumNetwork
from neuroloop.published.protocol import Protocol
from neuroloop.published.reading import LEVEL, beside_permuted, patterns

#: Side of a frame in pixels, and cells with their places; each trial of a pattern has one frame.
SIDE, TRIALS = 24, 4
PLACES = {"c1": (6, 6), "c2": (6, 17), "c3": (17, 6), "c4": (17, 17)}
CELLS = tuple(PLACES)

#: Standard deviation of a cell's shape, in pixels.
RADIUS = 2.0

#: What a reader is, and networks that learned nothing.
BLOCK: dict[str, Any] = {
    "head": "flatten",
    "widths": (4, 8),
    "hidden_units": 16,
    "epochs": 15,
    "batch_size": 10,
    "learning_rate": 3e-3,
}
BESIDE = 19


@dataclass(frozen=True, eq=False)
class Movie:
    """Frames of a session, one a trial.

    Attributes
    ----------
    frames : ndarray of float32, shape (frames, side, side)
    rows : DataFrame
        ``trial_row``, ``recording``, ``trial``, ``pattern`` and ``group`` of each.
    """

    frames: np.ndarray
    rows: pd.DataFrame


@dataclass(frozen=True)
class Mapped:
    """What a study says of maps.

    Attributes
    ----------
    points : float
        Likeness of maps that is called coupling, in hundredths of ZNCC.
    found : bool
        Whether it counts.
    """

    points: float
    found: bool


def movie(generator: np.random.Generator, signal: float = 0.0) -> Movie:
    """Draw a session.

    Parameters
    ----------
    generator : Generator
    signal : float
        Response of a stimulated cell, in standard deviations of a pixel's noise; 0: frames are
        noise.
    """
    shown = patterns(CELLS) * TRIALS
    rows = pd.DataFrame({"trial_row": np.arange(len(shown)), "pattern": shown})
    rows["recording"], rows["group"] = rows["pattern"], "g"
    rows["trial"] = np.repeat(np.arange(1, TRIALS + 1), len(shown) // TRIALS)
    frames = generator.standard_normal((len(shown), SIDE, SIDE))
    at = np.moveaxis(np.indices((SIDE, SIDE)), 0, -1)
    for number, name in enumerate(shown):
        for cell in pattern_cells(name):
            distance = ((at - np.array(PLACES[cell])) ** 2).sum(axis=-1)
            frames[number] += signal * np.exp(-distance / (2 * RADIUS**2))
    return Movie(frames.astype(np.float32), rows)


def mapped(drawn: Movie, protocol: Protocol, seed: int) -> Mapped:
    """Train readers, explain them, and say how alike their maps are, as a protocol has it.

    Parameters
    ----------
    drawn : Movie
    protocol : Protocol
    seed : int
        Of networks, halves of trials and permutations.
    """
    logits, trained, untrained, items = explained(drawn, protocol, seed)
    of_trained, names = pattern_maps(trained, items)
    of_untrained, _ = pattern_maps(untrained, items)
    generator = numpy_generator(seed, "ZNCC nulls")
    table = null_table(of_trained, of_untrained, names, ["g"] * len(names), generator, 19)
    targets = multi_hot(drawn.rows["pattern"], CELLS)
    read = reading_metrics(logits, targets, drawn.rows["trial_row"].astype(str))
    row = read[(read["subset"] == "stimulated") & (read["measure"] == "recall")].iloc[0]
    value, found = protocol.likeness(beside_untrained, table, beside_permuted(row, 0)[1])
    return Mapped(100 * value, found)


def beside_untrained(table: pd.DataFrame, above_chance: bool) -> tuple[float, bool]:
    """How much more patterns that share a cell are alike than others, beside untrained networks.

    Between halves of the trials. As in the product, it counts only of readers above chance.
    """
    of = (table["kind"] == "split_half") & (table["statistic"] == "sharing_excess")
    row = table[of & (table["null"] == UNTRAINED)].iloc[0]
    return row["value"] - row["null_mean"], bool(above_chance and row["p"] <= LEVEL)


def explained(
    drawn: Movie, protocol: Protocol, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.DataFrame]:
    """Logits of all frames, maps of trained and of untrained networks, and what these are of."""
    rows, reader, device = drawn.rows, Reader.from_block(BLOCK), torch.device("cpu")
    splits = protocol.mapped(trial_splits(rows, "leave_one_trial_out"))
    targets = multi_hot(rows["pattern"], CELLS)
    networks: list[tuple[CalciumNetwork, Sequence[Place]]] = []

    def keep(network: CalciumNetwork, places: Sequence[Place]) -> list[dict[str, np.ndarray]]:
        networks.append((network, places))
        return [{} for _ in places]

    read = train_readers(
        drawn.frames.__getitem__,
        targets,
        splits,
        reader,
        [derive_seed(seed, "reader")],
        device,
        members_at_once=len(splits),
        harvest=keep,
    )
    items = protocol.items(map_items(rows, CELLS), read.logits[0])
    method = method_of(reader.head)
    side = SIDE >> len(reader.widths)
    trained = np.full((1, len(items), side, side), np.nan, dtype=np.float32)
    for network, places in networks:
        made = held_out_maps(network, places, drawn.frames.__getitem__, rows, items, splits, method)
        for place, maps in zip(places, made, strict=True):
            trained[0, items_of_split(rows, items, splits[place.fold]).index] = maps
    random = [derive_seed(seed, "untrained", number) for number in range(BESIDE)]
    outputs = targets.shape[1]
    of_rows = (drawn.frames.__getitem__, rows, items, splits, reader, outputs)
    untrained = untrained_maps(*of_rows, random, method, device)
    return read.logits, protocol.maps(trained), protocol.maps(untrained), items
