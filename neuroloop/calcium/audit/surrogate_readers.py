"""Readers of surrogates: trained and judged as those of the session, where nothing can be read."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.audit.surrogate_labels import (
    BEFORE,
    DEALT,
    dealt_patterns,
    exchanged_patterns,
)
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.session_readers import frames_of, train
from neuroloop.calcium.session_scores import score
from neuroloop.calcium.trial_splits import trial_splits
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.statistics.folds import Split
from neuroloop.statistics.surrogates import ONE_SIDED
from neuroloop.training.checkpoints import Checkpoint

#: p at which a reader of the headline would call it a finding.
SIGNIFICANT = 0.05

#: Why a surrogate says nothing.
NO_P = "all trials of each group have one pattern, so that reading has no p to look at"

#: Draws of labels until every pattern that a fold tests is trained there too.
DRAWS = 100

#: What is done to the labels of which frames.
KINDS: dict[str, tuple[str, Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]]] = {
    DEALT: ("stimulated", dealt_patterns),
    BEFORE: ("control", exchanged_patterns),
}


def read_surrogates(
    store: FrameStore,
    cells: pd.DataFrame,
    reader: Mapping[str, Any],
    kind: str,
    surrogates: int,
    seed: int,
    device: torch.device,
    checkpoint: Callable[[str], Checkpoint] | None = None,
    members_at_once: int = 1,
) -> tuple[list[dict[str, object]], dict[int, str]]:
    """Train the readers of surrogates, and judge each by the recall of stimulated cells.

    Parameters
    ----------
    store : FrameStore
        Frames of the session.
    cells : DataFrame
        cells.tsv.
    reader : mapping
        The reader's block of the config.
    kind : str
        Of `KINDS`.
    surrogates : int
    seed : int
        Root seed.
    device : device
    checkpoint : callable, optional
        From the name of a part to its training state.
    members_at_once : int
        Networks trained at once as a batched network.

    Returns
    -------
    judged : list of dict
        Of each surrogate: ``surrogate``, ``value``, ``chance``, ``p`` (those of ``recall`` of
        ``stimulated`` frames in reading.tsv) and ``significant``.
    refused : dict of int to str
        Those whose patterns cannot be dealt to folds, or of which reading has no p, and why.

    Raises
    ------
    NeuroLoopError
        If there are no such frames, or all surrogates are refused.
    """
    of_kind, draw = KINDS[kind]
    if not (store.rows["kind"] == of_kind).any():
        raise NeuroLoopError(
            "no frame before the stimulation is kept: set frames: control to 1 or more"
        )
    rows, splits = frames_of(store, of_kind, reader)
    drawn: dict[int, tuple[pd.DataFrame, list[Split]]] = {}
    refused: dict[int, str] = {}
    for number in range(surrogates):
        generator = numpy_generator(seed, "audit", kind, number)
        try:
            drawn[number] = _drawn(rows, draw, reader, len(splits), generator)
        except NeuroLoopError as error:
            refused[number] = str(error)
    if not drawn:
        raise NeuroLoopError(refused[0])
    # One surrogate after another, as more rows: a network learns from those of its own alone.
    read = train(
        pd.concat([one for one, _ in drawn.values()], ignore_index=True),
        [
            Split(split.train + place * len(rows), split.test + place * len(rows))
            for place, (_, made) in enumerate(drawn.values())
            for split in made
        ],
        reader["seeds"],
        checkpoint,
        None,
        store=store,
        cells=cells,
        reader=reader,
        seed=derive_seed(seed, "audit", kind),
        device=device,
        members_at_once=members_at_once,
    )
    names = cells["cell"].tolist()
    parts = np.split(read.logits, len(drawn), axis=1)
    found: list[dict[str, object]] = []
    for (number, (one, _)), logits in zip(drawn.items(), parts, strict=True):
        scores = score(logits, one, names)
        claim = scores[(scores["subset"] == "stimulated") & (scores["measure"] == "recall")]
        value, chance, p = (float(claim[name].iloc[0]) for name in ("value", "chance", "p"))
        if np.isnan(p):
            refused[number] = NO_P
            continue
        found.append(
            {
                **{"surrogate": number, "value": value, "chance": chance, "p": p},
                **{"significant": int(p <= SIGNIFICANT), "allowed": ONE_SIDED},
            }
        )
    if not found:
        raise NeuroLoopError(refused[min(refused)])
    return found, refused


def _drawn(
    rows: pd.DataFrame,
    draw: Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame],
    reader: Mapping[str, Any],
    folds: int,
    generator: np.random.Generator,
) -> tuple[pd.DataFrame, list[Split]]:
    """Draw labels, and deal them to as many folds as those of the session."""
    whole = reader["split"] != "last"
    for left in reversed(range(DRAWS)):
        one = draw(rows, generator)
        try:
            made = trial_splits(
                one,
                reader["split"],
                last=reader["last_trials"],
                folds=folds if whole else None,
            )
        except NeuroLoopError:
            if not left:
                raise
        else:
            if len(made) == folds:
                return one, made
    raise NeuroLoopError(f"{DRAWS} draws of patterns leave folds without a trial to test")
