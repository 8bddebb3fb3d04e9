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
from neuroloop.training.checkpoints import Checkpoint

#: p at which a reader of the headline would call it a finding.
SIGNIFICANT = 0.05

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
) -> list[dict[str, object]]:
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
    list of dict
        Of each surrogate: ``surrogate``, ``value``, ``chance``, ``p`` (those of ``recall`` of
        ``stimulated`` frames in reading.tsv) and ``significant``.

    Raises
    ------
    NeuroLoopError
        If there are no such frames, patterns cannot be dealt to folds, or reading has no p.
    """
    of_kind, draw = KINDS[kind]
    if not (store.rows["kind"] == of_kind).any():
        raise NeuroLoopError(
            "no frame before the stimulation is kept: set frames: control to 1 or more"
        )
    rows, splits = frames_of(store, of_kind, reader)
    drawn = [
        _drawn(rows, draw, reader, len(splits), numpy_generator(seed, "audit", kind, number))
        for number in range(surrogates)
    ]
    # One surrogate after another, as more rows: a network learns from those of its own alone.
    read = train(
        pd.concat([one for one, _ in drawn], ignore_index=True),
        [
            Split(split.train + number * len(rows), split.test + number * len(rows))
            for number, (_, made) in enumerate(drawn)
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
    parts = np.split(read.logits, surrogates, axis=1)
    found: list[dict[str, object]] = []
    for number, ((one, _), logits) in enumerate(zip(drawn, parts, strict=True)):
        scores = score(logits, one, names)
        claim = scores[(scores["subset"] == "stimulated") & (scores["measure"] == "recall")]
        value, chance, p = (float(claim[name].iloc[0]) for name in ("value", "chance", "p"))
        if np.isnan(p):
            raise NeuroLoopError(
                "all trials of each group have one pattern, so that reading has no p to look at"
            )
        found.append(
            {
                **{"surrogate": number, "value": value, "chance": chance, "p": p},
                "significant": int(p <= SIGNIFICANT),
            }
        )
    return found


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
