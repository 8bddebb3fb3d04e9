"""Show what was read of a set of radiographs, and what files alone tell of its classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.files.intake import joined, read_intake
from neuroloop.jobs.job import job
from neuroloop.report.passport import Passport, counted

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def check_radiographs(
    *,
    radiographs: StrPath,
    table: StrPath,
    dropped: StrPath,
    folds: StrPath | None,
    properties: StrPath,
    intakes: Sequence[StrPath],
    facts: StrPath,
    figures: StrPath,
    seed: int,
) -> None:
    """Write the passport of a set of radiographs.

    Parameters
    ----------
    radiographs, table, dropped : path
        radiographs.npy, radiographs.tsv and dropped.tsv.
    folds : path or None
        folds.tsv, if the set is split.
    properties : path
        file_properties.tsv.
    intakes : sequence of path
        intake.json of the set, and of each other set that its classifiers are tested on.
    facts : path
        The passport.
    figures : path
        Folder of its figures.
    seed : int
        Root seed.
    """
    Path(figures).mkdir(parents=True, exist_ok=True)
    name = Path(facts).stem
    listed = read_table(folds or table, {"radiograph": str, "label": str, "patient": str})
    read = joined(read_intake(path) for path in intakes)
    passport = Passport(name, "radiographs", radiographs_line(listed), read)
    passport.save(facts)


def radiographs_line(listed: pd.DataFrame) -> str:
    """What a set of radiographs holds, in one line."""
    counts = listed["label"].value_counts()
    classes = ", ".join(f"{label} {counts[label]:,}" for label in sorted(counts.index))
    films, patients = len(listed), listed["patient"].nunique()
    return (
        f"{counted(films, 'radiograph')} of {counted(patients, 'patient')}, "
        f"{counted(len(counts), 'class', 'classes')} ({classes})"
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        check_radiographs(
            radiographs=snakemake.input.radiographs,
            table=snakemake.input.table,
            dropped=snakemake.input.dropped,
            folds=snakemake.input.get("folds") or None,
            properties=snakemake.input.properties,
            intakes=snakemake.input.intakes,
            facts=snakemake.output.facts,
            figures=snakemake.output.figures,
            seed=snakemake.params.seed,
        )
