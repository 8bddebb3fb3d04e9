"""Show what brains said of images, and what students answer that they taught or did not teach."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.distill.image_set import ImageSet, load_image_set
from neuroloop.distill.teacher_logits import joined_logits
from neuroloop.distill.teaching import join_logits
from neuroloop.distill.watched import (
    Watched,
    answers,
    drawn,
    extremes,
    slides,
    soft_labels,
    thumbnail,
)
from neuroloop.explain.models.model_file import open_model
from neuroloop.files.formats import StrPath, load_array, load_arrays, save_json
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def watch_teaching(
    *,
    images: StrPath,
    table: StrPath,
    predictions: Sequence[StrPath],
    models: Sequence[StrPath],
    logits: Sequence[StrPath],
    watched: StrPath,
    seed: int,
) -> None:
    """Write what a page shows of some images, brain by brain.

    Parameters
    ----------
    images, table : path
        images.npy and images.tsv.
    predictions, models : sequence of path
        predictions.npz and model.json of the students of the labels alone, then of each brain.
    logits : sequence of path
        logits.npy of each brain, in the same order.
    watched : path
        JSON: ``pictures`` by the id of the image, and ``brains``, each with its ``slides``.
    seed : int
        Root seed, of the images that are drawn.
    """
    shown = load_image_set(images, table)
    # One brain's students after another's: networks of all of them may be larger than memory.
    of_each = (
        Watched(answers(load_arrays(path)["logits"]), open_model(Path(model)))
        for path, model in zip(predictions, models, strict=True)
    )
    untaught = next(of_each)
    at_random = drawn(shown, numpy_generator(seed, "images to watch"))
    brains: list[dict[str, Any]] = []
    for of, path in zip(of_each, logits, strict=True):
        picks = [*at_random, *extremes(shown, untaught.test, of.test)]
        said = soft_labels(shown, picks, joined_logits(shown, path), *_of_test(shown, path))
        subject, roi, decoder = Path(path).parts[-4:-1]
        brains.append(
            {
                "name": f"{subject} {roi}",
                "decoder": decoder,
                "slides": slides(shown, picks, said, untaught, of),
            }
        )
    row_of = {name: row for row, name in enumerate(shown.table["image_id"])}
    named = {slide["image"] for brain in brains for slide in brain["slides"]}
    save_json(
        watched,
        {
            "student": Path(predictions[0]).parent.name,
            "seeds": int(load_arrays(predictions[0])["seed"].size),
            "training_images": len(shown.train),
            "test_images": len(shown.test),
            "size": list(shown.pixels.shape[2:]),
            "pictures": {name: thumbnail(shown.pixels[row_of[name]]) for name in sorted(named)},
            "brains": brains,
        },
    )


def _of_test(shown: ImageSet, path: StrPath) -> tuple[np.ndarray, np.ndarray]:
    """Logits of test images that people saw, 0 of others, and which they saw."""
    values, facts = load_array(path)
    row_ids, classes = (facts["ids"][axis] for axis in facts["axes"])
    ids = shown.table["stimulus_id"].iloc[shown.test].to_numpy(dtype=str)
    seen = np.isin(ids, row_ids)
    own = np.zeros((len(ids), len(shown.classes)), dtype=np.float32)
    if seen.any():
        own[seen] = join_logits(values, row_ids, classes, ids[seen].tolist(), shown.classes)
    return own, seen


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        watch_teaching(
            images=snakemake.input.images,
            table=snakemake.input.table,
            predictions=snakemake.input.predictions,
            models=snakemake.input.models,
            logits=snakemake.input.logits,
            watched=snakemake.output.watched,
            seed=snakemake.params.seed,
        )
