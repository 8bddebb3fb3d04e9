"""Train readers of one session, read its held-out trials and map where they looked."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.coupling import input_gain
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.masks import area_mask, cell_masks
from neuroloop.calcium.reader import Reader, multi_hot
from neuroloop.calcium.reader_maps import (
    held_out_evidence,
    held_out_maps,
    items_of_split,
    map_items,
    method_of,
)
from neuroloop.calcium.reader_training import Place, Readings, train_readers
from neuroloop.calcium.reading_metrics import cell_recall, reading_metrics
from neuroloop.calcium.tables import read_cells
from neuroloop.calcium.trial_splits import trial_splits
from neuroloop.calcium.untrained import untrained_maps
from neuroloop.calcium.windows import cell_windows
from neuroloop.explain.attribution.cam import count_maps
from neuroloop.explain.models.model_images import ModelImages, spread
from neuroloop.explain.models.model_writing import save_model
from neuroloop.files.formats import (
    StrPath,
    save_arrays,
    save_json,
    save_table,
)
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.calcium_network import CalciumNetwork
from neuroloop.networks.resnet import member_state
from neuroloop.statistics.folds import Split
from neuroloop.training.checkpoints import Checkpoint, JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: The network whose weights are kept.
FIRST = Place(0, 0)
#: Frames of held-out trials that lie beside it, for those who look into it.
LOOKED_AT = 60


class Explained(NamedTuple):
    """What is mapped of held-out trials, and rows of all of each fold's frames."""

    items: pd.DataFrame
    held_out: list[np.ndarray]


def train_reader(
    *,
    frames: StrPath,
    table: StrPath,
    cells: StrPath,
    reader: Mapping[str, Any],
    seed: int,
    device: str,
    outputs: Mapping[str, StrPath],
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Train a network for every seed and fold; keep what each says of trials that it never saw.

    Parameters
    ----------
    frames, table, cells : path
        frames.h5, frames.tsv and cells.tsv of the session.
    reader : mapping
        The reader's block of the config.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    outputs : mapping
        ``history``, ``predictions``, ``maps``, ``map_table``, ``evidence``, ``metrics``,
        ``recall``, ``summary``, ``model`` (and beside it weights and images).
    checkpoints : Path
        Folder of training states, emptied at the end.
    code : str
        Hash of the code, part of the name of the training states.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    known = read_cells(cells)
    names = known["cell"].tolist()
    place = pick_device(device)
    states = JobStates.of(checkpoints, code, [dict(reader), seed], frames, table, cells)
    with FrameStore(frames, table) as store:
        options = {"store": store, "cells": known, "reader": reader, "seed": seed, "device": place}
        rows, splits = frames_of(store, "stimulated", reader)
        control_rows, control_splits = frames_of(store, "control", reader)
        both = (rows, control_rows)
        items = map_items(rows, names)
        held_out = [
            np.concatenate(
                [of["row"].to_numpy()[split.test] for of, split in zip(both, fold, strict=True)]
            )
            for fold in zip(splits, control_splits, strict=True)
        ]
        read = train(
            rows,
            splits,
            reader["seeds"],
            states.part,
            Explained(items, held_out),
            **options,
        )
        control = train(
            control_rows,
            control_splits,
            1,
            lambda name: states.part(f"control-{name}"),
            None,
            **options,
        )
        places = rows["row"].to_numpy()
        untrained = untrained_maps(
            lambda chosen: store.read(places[chosen], reader["input"]),
            rows,
            items,
            splits,
            Reader.from_block(reader),
            len(names) + 1,
            [derive_seed(seed, "untrained", number) for number in range(reader["untrained"])],
            method_of(reader["head"]),
            place,
            area_mask(known, store.shape) if reader["masked"] else None,
        )
        gains = input_gain(store.brightness, reader["input"])[store.rows["trial_row"]]
    maps = gather_maps(read, rows, items, splits)
    evidence, networks = gather_evidence(read, held_out, len(gains))
    tested = np.isfinite(maps).all(axis=(0, 2, 3))
    maps, items = maps[:, tested], items[tested]
    facts = {"reader": dict(reader), "seed": seed, "method": method_of(reader["head"])}
    outputs_of = [*names, "none"]
    scores = pd.concat(
        [
            score(read.logits, rows, names).assign(frames_of="stimulated"),
            score(control.logits, control_rows, names).assign(frames_of="control"),
        ]
    )
    save_table(outputs["history"], read.history)
    save_arrays(
        outputs["predictions"],
        {
            "logits": read.logits,
            "row": rows["row"].to_numpy(),
            "control_logits": control.logits,
            "control_row": control_rows["row"].to_numpy(),
        },
        axes={
            "logits": ("seed", "frame", "output"),
            "row": ("frame",),
            "control_logits": ("seed", "control frame", "output"),
            "control_row": ("control frame",),
        },
        units={"logits": "nat", "control_logits": "nat"},
        classes=outputs_of,
        **facts,
    )
    save_arrays(
        outputs["maps"],
        {"maps": maps, "untrained": untrained},
        axes={
            "maps": ("seed", "item", "height", "width"),
            "untrained": ("network", "item", "height", "width"),
        },
        counts=count_maps(maps)._asdict(),
        counts_untrained=count_maps(untrained)._asdict(),
        frame_shape=list(store.shape),
        **facts,
    )
    save_arrays(
        outputs["evidence"],
        {"evidence": evidence, "network": networks, "gain": gains},
        axes={"evidence": ("seed", "row", "cell"), "network": ("row",), "gain": ("row",)},
        cells=names,
        **facts,
    )
    save_table(outputs["map_table"], items.drop(columns="output"))
    save_table(outputs["metrics"], scores)
    of_tested, targets, trials, _ = tested_frames(read.logits, rows, names)
    save_table(outputs["recall"], cell_recall(of_tested, targets, trials, names))
    save_json(outputs["summary"], {**summary(scores), **facts, "n": len(rows)})
    first = {name: torch.from_numpy(values) for name, values in read.harvest[FIRST].items()}
    del first["maps"], first["evidence"]
    with FrameStore(frames, table) as store:
        keep_model(Path(outputs["model"]), first, rows, splits[FIRST.fold], store, known, reader)
    states.remove()
    return {"device": str(place)}


def frames_of(
    store: FrameStore, kind: str, reader: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[Split]]:
    """Frames of a kind, and their splits by trial."""
    rows = store.rows[store.rows["kind"] == kind].reset_index(drop=True)
    options = {"last": reader.get("last", 1), "folds": reader.get("folds")}
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
    places = rows["row"].to_numpy()
    windows = cell_windows(cells, store.shape)

    def read(chosen: np.ndarray) -> np.ndarray:
        return store.read(chosen, reader["input"])

    def load(chosen: np.ndarray) -> np.ndarray:
        return read(places[chosen])

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


def keep_model(
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
    # The last output is "none", which no place stands for.
    masks = np.stack([discs[of[: len(names)]].any(axis=0) for of in truth])
    save_model(
        path,
        name="-".join(path.parts[2:-1]),
        kind="calcium",
        options={"shape": list(store.shape)}
        | {name: reader[name] for name in ("head", "widths", "hidden", "coordinates")},
        weights=weights,
        classes=[*names, "none"],
        labels="multi",
        images=ModelImages(
            images=store.read(shown["row"].to_numpy(), reader["input"])[:, None],
            ids=shown["row"].astype(str).to_numpy(dtype=str),
            truth=truth,
            mask=masks,
        ),
    )


def gather_maps(
    read: Readings, rows: pd.DataFrame, items: pd.DataFrame, splits: Sequence[Split]
) -> np.ndarray:
    """Maps of all items, shape (seeds, items, height, width); NaN where no split tests a trial."""
    shape = read.harvest[FIRST]["maps"].shape[1:]
    maps = np.full((len(read.logits), len(items), *shape), np.nan, dtype=np.float32)
    for place, kept in read.harvest.items():
        maps[place.seed, items_of_split(rows, items, splits[place.fold]).index] = kept["maps"]
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
    for place, kept in read.harvest.items():
        evidence[place.seed, held_out[place.fold]] = kept["evidence"]
        networks[held_out[place.fold]] = place.fold
    return evidence, networks


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
    of_tested, targets, trials, groups = tested_frames(logits, rows, names)
    return reading_metrics(of_tested, targets, trials, groups)


def summary(scores: pd.DataFrame) -> dict[str, Any]:
    """Share of frames whose pattern is named exactly, of stimulated and of control frames."""
    chosen = scores[(scores["subset"] == "all") & (scores["measure"] == "exact_top")]
    return {row.pop("frames_of"): row for row in chosen.to_dict("records")}


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads) as record:
        record |= train_reader(
            frames=snakemake.input.frames,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            reader=snakemake.params.reader,
            seed=snakemake.params.seed,
            device=snakemake.params.device,
            outputs=snakemake.output,
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
