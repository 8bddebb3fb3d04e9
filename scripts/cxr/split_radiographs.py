"""Split radiographs into folds, once, by patient and by image."""

from typing import TYPE_CHECKING

import numpy as np

from neuroloop.cxr.radiograph_splits import (
    SIDES,
    deal_folds,
    fold_balance,
    holdout,
    image_folds,
    site_folds,
)
from neuroloop.files.formats import StrPath, read_table, save_table
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def split_radiographs(
    *, table: StrPath, folds: StrPath, balance: StrPath, n_folds: int | str, seed: int
) -> None:
    """Write the split of every radiograph.

    Parameters
    ----------
    table : path
        radiographs.tsv.
    folds : path
        folds.tsv: the columns of radiographs.tsv, ``patient_fold`` and ``image_fold`` (from 0), and
        ``side`` (train, validation or test: 8 : 1 : 1 of the patients); with sites, ``site_fold``.
    balance : path
        Radiographs and patients of each class in each fold, or on each side.
    n_folds : int or "holdout"
        Number of folds; those of a hold-out are the sides: 0 train, 1 validation, 2 test.
    seed : int
        Root seed.
    """
    radiographs = read_table(table, {"radiograph": str, "label": str, "patient": str})
    labels, patients = radiographs["label"], radiographs["patient"]
    sides = holdout(labels, patients, numpy_generator(seed, "hold-out"))
    if isinstance(n_folds, str):
        by_patient = np.array([SIDES.index(side) for side in sides])
        by_image = np.maximum(image_folds(labels, 10, numpy_generator(seed, "image folds")) - 7, 0)
    else:
        by_patient, by_image = (
            deal_folds(radiographs, split, n_folds, seed) for split in ("patient", "image")
        )
    dealt = radiographs.assign(patient_fold=by_patient, image_fold=by_image, side=sides)
    save_table(folds, dealt.assign(site_fold=site_folds(radiographs)) if "site" in dealt else dealt)
    save_table(balance, fold_balance(by_patient, labels, patients))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        split_radiographs(
            table=snakemake.input.table,
            folds=snakemake.output.folds,
            balance=snakemake.output.balance,
            n_folds=snakemake.params.n_folds,
            seed=snakemake.params.seed,
        )
