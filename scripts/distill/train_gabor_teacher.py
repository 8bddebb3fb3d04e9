"""Make soft labels of Gabor energies, as a brain's are made of voxels."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.distill.accuracy_matching import named_right
from neuroloop.distill.gabor_features import gabor_features
from neuroloop.distill.image_set import load_image_set
from neuroloop.files.array_rows import take_rows
from neuroloop.files.formats import StrPath, save_array
from neuroloop.fmri.linear import fit_linear
from neuroloop.fmri.soft_labels import out_of_fold
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.folds import splits, stratified_folds

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: The linear decoder, with its default settings.
DECODER = "ridge"


def train_gabor_teacher(
    *,
    images: StrPath,
    table: StrPath,
    logits: StrPath,
    folds: int,
    calibration_folds: int,
    seed: int,
) -> None:
    """Write out-of-fold logits of a linear decoder of Gabor energies, for the images that teach.

    Folds are those of the CNN that teaches; scaling, penalty and temperature are chosen inside the
    training folds, by the code that decodes brains, with an image in place of a run.

    Parameters
    ----------
    images, table : path
        images.npy and images.tsv.
    logits : path
        logits.npy, a row a training image.
    folds : int
        Folds of the training images, stratified by class.
    calibration_folds : int
        Folds inside each training fold that choose the temperature.
    seed : int
        Root seed, of the folds.
    """
    shown = load_image_set(images, table)
    labels = shown.labels[shown.train]
    ids = shown.table["image_id"].to_numpy(dtype=str)[shown.train]
    x = gabor_features(take_rows(shown.pixels, shown.train))
    fold = stratified_folds(map(str, labels), folds, numpy_generator(seed, "cnn folds"))
    made = out_of_fold(
        x,
        labels,
        ids,
        ids,
        splits(fold, stimuli=ids.tolist()),
        len(shown.classes),
        partial(fit_linear, DECODER, blocks=ids, stimuli=ids),
        calibration_folds,
        ids,
        DECODER,
        shown.classes,
    ).logits.astype(np.float32)
    save_array(
        logits,
        made,
        axes=("image", "class"),
        units="nat",
        ids={"image": ids.tolist(), "class": shown.classes},
        accuracy=float(named_right(made, labels).mean()),
        features=x.shape[1],
        decoder=DECODER,
        folds=folds,
        seed=seed,
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        train_gabor_teacher(
            images=snakemake.input.images,
            table=snakemake.input.table,
            logits=snakemake.output.logits,
            folds=snakemake.params.folds,
            calibration_folds=snakemake.params.calibration_folds,
            seed=snakemake.params.seed,
        )
