"""Deal a subject's training samples to folds."""

import logging
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, save_table
from neuroloop.fmri.dealing import deal, repeated
from neuroloop.fmri.fold_warnings import fold_warnings
from neuroloop.fmri.samples import read_samples, rows_of
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

log = logging.getLogger(__name__)


def assign_folds(
    *, samples: StrPath, folds: StrPath, n_folds: int, fold_by: str, seed: int
) -> None:
    """Write folds.tsv: the training session's rows, what one row is, and its fold.

    Parameters
    ----------
    samples : path
        samples.tsv of the subject.
    folds : path
        folds.tsv.
    n_folds : int
        Number of folds.
    fold_by : {"run", "trial", "stimulus"}
        Whole runs, or trials or images spread evenly by category (see `deal`).
    seed : int
        Root seed; it shuffles trials and images.
    """
    table = read_samples(samples)
    unit = table["unit"].iloc[0]
    rows = rows_of(table[table["session"] == "training"]).reset_index(drop=True)
    fold = deal(rows, unit, n_folds, fold_by, numpy_generator(seed, "folds"))
    if again := repeated(rows, fold):
        log.warning(
            "%d images are shown in several folds, and each fold learns nothing from those that it "
            "tests: fold_by: stimulus loses no samples",
            again,
        )
    rows.insert(1, "unit", unit)
    dealt = rows.assign(fold=fold)
    for told in fold_warnings(dealt):
        log.warning("%s", told)
    save_table(folds, dealt)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        assign_folds(
            samples=snakemake.input.samples,
            folds=snakemake.output.folds,
            n_folds=snakemake.params.n_folds,
            fold_by=snakemake.params.fold_by,
            seed=snakemake.params.seed,
        )
