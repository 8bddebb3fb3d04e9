"""Train readers on surrogates of a session, and judge them as those of the session are."""

from collections.abc import Mapping
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.calcium.audit.surrogate_readers import KINDS, read_surrogates
from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.report.audit import Tally, save_checks, save_surrogates
from neuroloop.training.checkpoints import Checkpoint, JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: Networks that are trained at once, at most, and pixels of all their frames: small networks wait
#: for one another's small sums, large ones for memory.
AT_ONCE, PIXELS = 8, 2**18

#: Headline whose surrogates these are.
READING = "reading"


def train_surrogate_readers(
    *,
    frames: StrPath,
    table: StrPath,
    cells: StrPath,
    surrogates: StrPath,
    flags: StrPath,
    reader: Mapping[str, Any],
    number: int,
    of: str,
    seed: int,
    device: str,
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Write surrogates.tsv of a session and a reader.

    Parameters
    ----------
    frames, table, cells : path
        frames.h5, frames.tsv and cells.tsv of the session.
    surrogates, flags : path
        Where to write: the surrogates, and what the data do not allow.
    reader : mapping
        The reader's block of the config.
    number : int
        Surrogates of each kind.
    of : str
        Session and reader, for the page.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    checkpoints : Path
        Folder of training states, emptied at the end.
    code : str
        Hash of the code, part of the name of the training states.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    known, chosen = read_cells(cells), pick_device(device)
    settings = [dict(reader), seed, number]
    states = JobStates.of(checkpoints, code, settings, frames, table, cells)
    tally = Tally()
    not_done = []
    with FrameStore(frames, table) as store:
        for kind in KINDS:
            try:
                found, refused = read_surrogates(
                    store,
                    known,
                    reader,
                    kind,
                    number,
                    seed,
                    chosen,
                    partial(_part, states, kind),
                    members_at_once=max(1, min(AT_ONCE, PIXELS // prod(store.shape))),
                )
            except NeuroLoopError as error:
                not_done.append(f"{of}: {kind}: {error}")
                continue
            tally.rows += [{"headline": READING, "of": of, "kind": kind} | one for one in found]
            for which, reason in refused.items():
                tally.refuse(READING, of, kind, which, reason)
    save_surrogates(surrogates, tally.rows)
    save_checks(flags, [], [*not_done, *tally.refused()])
    states.remove()
    return {"device": str(chosen)}


def _part(states: JobStates, kind: str, name: str) -> Checkpoint:
    """Where the state of one part of the readers of a kind is kept."""
    return states.part(f"{list(KINDS).index(kind)}-{name}")


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        record |= train_surrogate_readers(
            frames=snakemake.input.frames,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            surrogates=snakemake.output.surrogates,
            flags=snakemake.output.flags,
            reader=snakemake.params.reader,
            number=snakemake.params.number,
            of=snakemake.params.of,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
