"""Split films into folds, once, by person and by image."""

import numpy as np

from neuroloop.files.formats import StrPath, read_table, save_table
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.cxr.film_splits import SIDES, fold_balance, holdout, image_folds, person_folds


def split_films(
    table: StrPath, output: StrPath, balance: StrPath, folds: int | str, seed: int
) -> None:
    """Write the split of every film.

    Parameters
    ----------
    table : path
        films.tsv.
    output : path
        folds.tsv: the columns of films.tsv, ``person_fold`` and ``image_fold`` (from 0), and
        ``side`` (train, validation or test: 8 : 1 : 1 of the persons).
    balance : path
        Films and persons of each class in each fold, or on each side.
    folds : int or "holdout"
        Number of folds; those of a hold-out are the sides: 0 train, 1 validation, 2 test.
    seed : int
        Root seed.
    """
    films = read_table(table, {"film": str, "label": str, "person": str})
    labels, persons = films["label"], films["person"]
    sides = holdout(labels, persons, numpy_generator(seed, "hold-out"))
    if isinstance(folds, str):
        by_person = np.array([SIDES.index(side) for side in sides])
        by_image = np.maximum(image_folds(labels, 10, numpy_generator(seed, "image folds")) - 7, 0)
    else:
        by_person = person_folds(labels, persons, folds, numpy_generator(seed, "person folds"))
        by_image = image_folds(labels, folds, numpy_generator(seed, "image folds"))
    save_table(output, films.assign(person_fold=by_person, image_fold=by_image, side=sides))
    save_table(balance, fold_balance(by_person, labels, persons))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        split_films(
            snakemake.input.table,
            snakemake.output.folds,
            snakemake.output.balance,
            snakemake.params.folds,
            snakemake.params.seed,
        )
