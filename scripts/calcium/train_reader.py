"""Train readers of one session, read its held-out trials and map where they looked."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.kept_reader import save_reader
from neuroloop.calcium.reader_maps import (
    method_of,
)
from neuroloop.calcium.session_readers import FIRST, read_session
from neuroloop.calcium.session_scores import exact_share, recall_of_cells, score_session
from neuroloop.explain.attribution.cam import count_maps
from neuroloop.files.formats import (
    StrPath,
    save_arrays,
    save_json,
    save_table,
)
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.training.checkpoints import JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


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
    chosen = pick_device(device)
    states = JobStates.of(checkpoints, code, [dict(reader), seed], frames, table, cells)
    with FrameStore(frames, table) as store:
        found = read_session(store, known, reader, seed, chosen, states.part)
        shape = store.shape
    facts: dict[str, Any] = {
        "reader": dict(reader),
        "seed": seed,
        "method": method_of(reader["head"]),
    }
    scores = score_session(found, names)
    save_table(outputs["history"], found.stimulated.history)
    save_arrays(
        outputs["predictions"],
        {
            "logits": found.stimulated.logits,
            "row": found.rows["row"].to_numpy(),
            "control_logits": found.control.logits,
            "control_row": found.control_rows["row"].to_numpy(),
        },
        axes={
            "logits": ("seed", "frame", "output"),
            "row": ("frame",),
            "control_logits": ("seed", "control frame", "output"),
            "control_row": ("control frame",),
        },
        units={"logits": "nat", "control_logits": "nat"},
        classes=[*names, "none"],
        **facts,
    )
    save_arrays(
        outputs["maps"],
        {"maps": found.maps, "untrained": found.untrained},
        axes={
            "maps": ("seed", "item", "height", "width"),
            "untrained": ("network", "item", "height", "width"),
        },
        counts=count_maps(found.maps)._asdict(),
        counts_untrained=count_maps(found.untrained)._asdict(),
        frame_shape=list(shape),
        **facts,
    )
    save_arrays(
        outputs["evidence"],
        {
            "evidence": found.evidence,
            "untrained": found.untrained_evidence,
            "network": found.networks,
            "gain": found.gains,
        },
        axes={
            "evidence": ("seed", "row", "cell"),
            "untrained": ("network", "row", "cell"),
            "network": ("row",),
            "gain": ("row",),
        },
        cells=names,
        **facts,
    )
    save_table(outputs["map_table"], found.items.drop(columns="output"))
    save_table(outputs["metrics"], scores)
    save_table(outputs["recall"], recall_of_cells(found, names))
    save_json(outputs["summary"], {**exact_share(scores), **facts, "n": len(found.rows)})
    with FrameStore(frames, table) as store:
        save_reader(
            Path(outputs["model"]),
            found.first_weights(),
            found.rows,
            found.splits[FIRST.fold],
            store,
            known,
            reader,
        )
    states.remove()
    return {"device": str(chosen)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        record |= train_reader(
            frames=snakemake.input.frames,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            reader=snakemake.params.reader,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            outputs=snakemake.output,
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
