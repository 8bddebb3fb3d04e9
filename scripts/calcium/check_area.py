"""Show what was read of an area's sessions, and what their frames tell of the tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from neuroloop.calcium.session_check import area_line, check_session
from neuroloop.calcium.shared_frames import refuse_shared_sessions
from neuroloop.files.folder_contents import save_contents
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import joined, read_intake
from neuroloop.jobs.job import job
from neuroloop.report.passport import Passport

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

FIELD = (
    "Circles should lie on cells. Where they lie beside them, row and column are exchanged, or the "
    "table belongs to another movie. Shaded: the neuropil that is taken off the cells' light."
)
AVERAGES = (
    "Targets should rise at the onset and no sooner. If all three rise together, it is light of "
    "the stimulation; if targets do not, events or cells belong elsewhere. Neuropil is in all."
)


def check_area(
    *,
    frames: Sequence[StrPath],
    tables: Sequence[StrPath],
    cells: Sequence[StrPath],
    intakes: Sequence[StrPath],
    sessions: Sequence[str],
    facts: StrPath,
    figures: StrPath,
    selection: Mapping[str, Any],
    exclusion_radius: float,
) -> None:
    """Write the passport of an area.

    Parameters
    ----------
    frames, tables, cells : sequence of path
        frames.h5, frames.tsv and cells.tsv of every session, in the same order.
    intakes : sequence of path
        What was read of the sessions.
    sessions : sequence of str
        Their names.
    facts : path
        The passport.
    figures : path
        Folder of its figures.
    selection : mapping
        Values of `Selection`.
    exclusion_radius : float
        Pixels.
    """
    Path(figures).mkdir(parents=True, exist_ok=True)
    refuse_shared_sessions(dict(zip(sessions, zip(frames, tables, strict=True), strict=True)))
    passport = Passport(
        Path(facts).stem, "areas", "", joined(read_intake(path) for path in intakes)
    )
    counts = {}
    for session, stored, table, known in zip(sessions, frames, tables, cells, strict=True):
        found = check_session(stored, table, known, selection, exclusion_radius)
        counts[session] = found.counts()
        for fault in found.faults():
            passport.intake.warn(f"{session}: {fault}")
        for figure, stem, title, caption in (
            (found.field, "field", "cells on the movies", FIELD),
            (found.averages, "averages", "stimulus-triggered averages", AVERAGES),
        ):
            said = f"{passport.name}, {session}: {title}"
            passport.draw(figure(said), figures, f"{session}_{stem}", said, caption)
    passport.line = area_line(counts)
    rows = [{"session": name, **one} for name, one in counts.items()]
    passport.tabulate("Sessions", pd.DataFrame(rows))
    passport.save(facts)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        check_area(
            frames=snakemake.input.frames,
            tables=snakemake.input.tables,
            cells=snakemake.input.cells,
            intakes=snakemake.input.intakes,
            sessions=snakemake.params.sessions,
            facts=snakemake.output.facts,
            figures=snakemake.output.figures,
            selection=snakemake.params.selection,
            exclusion_radius=snakemake.params.exclusion_radius,
        )
        save_contents(snakemake.output.figures, snakemake.output.contents)
