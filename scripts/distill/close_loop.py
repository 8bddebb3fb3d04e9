"""Look for brains in the students that they taught, on images from which nobody learned."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.loop import closed
from neuroloop.distill.loop.encoding import image_folds
from neuroloop.distill.loop.figure import loop_figure
from neuroloop.distill.loop.held_out_images import check_pixels, held_out_images
from neuroloop.distill.loop.noise_ceiling import repeated_answers
from neuroloop.distill.loop.readout import measured, read_out
from neuroloop.files.array_rows import take_rows
from neuroloop.files.formats import StrPath, load_arrays, read_table, save_table
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.registry import add_plugins, entry
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def close_loop(
    *,
    repeats: Sequence[StrPath],
    folds: Sequence[StrPath],
    stimuli: StrPath,
    images: StrPath,
    table: StrPath,
    files: Sequence[StrPath],
    models: Sequence[StrPath],
    every: Sequence[StrPath],
    loop: StrPath,
    figure: StrPath,
    figure_svg: StrPath,
    image_source: str,
    size: int,
    options: Mapping[str, Any],
    layer: str,
    n_folds: int,
    source: str,
    variants: Mapping[str, str],
    seed: int,
) -> None:
    """Write loop.tsv and its figure.

    Parameters
    ----------
    repeats : sequence of path
        repeats.npz of every subject and region; their folders name both.
    folds : sequence of path
        folds.tsv of every subject: samples from which decoders learned.
    stimuli, images, table : path
        stimuli.tsv; images.npy and images.tsv of the students.
    files : sequence of path
        Folders or files that hold images; none for simulated subjects.
    models, every : sequence of path
        model.json and every.safetensors of every group of students, in the same order.
    loop : path
        A row a score or a difference of scores.
    figure, figure_svg : path
        Scores of each teacher's students, in each format.
    image_source : str
        Name of the source of images.
    size : int
        Side of an image in pixels.
    options : mapping
        What else the source reads images by.
    layer : str
        Layer of the students whose features predict brains.
    n_folds : int
        Folds of images.
    source : str
        Where the brain data come from; titles say ``simulated``.
    variants : mapping of str to str
        Of decoders that are variants: which one each is.
    seed : int
        Root seed of folds and bootstrap.
    """
    shown = load_image_set(images, table)
    repeated = [load_arrays(path)["stimulus_id"] for path in repeats]
    taught = shown.table["stimulus_id"].to_numpy(dtype=str)[shown.train]
    learned = [read_table(path, {"stimulus_id": str})["stimulus_id"] for path in folds]
    names = held_out_images(repeated, taught, np.hstack(learned))
    listed = read_table(stimuli, {"stimulus_id": str, "category": str})
    listed = listed.set_index("stimulus_id", drop=False).loc[names].reset_index(drop=True)
    look_up = entry("image_source", image_source).look_up
    pixels = look_up([Path(path) for path in files], listed, size, **options)
    ids = shown.table["image_id"].to_numpy(dtype=str)[shown.train].tolist()
    check_pixels(pixels, names, take_rows(shown.pixels, shown.train), ids)
    brains = {}
    for path in repeats:  # read once more: of all regions together they may be larger than memory
        subject, roi = Path(path).parts[-3:-1]
        one = load_arrays(path)
        common = np.isin(one["stimulus_id"], names)
        brains[subject, roi] = repeated_answers(one["x"][common], one["stimulus_id"][common])
    dealt = image_folds(names, n_folds, numpy_generator(seed, "folds of the loop"))
    readouts = [
        read_out(Path(model), Path(weights), pixels, brains, layer, dealt)
        for model, weights in zip(models, every, strict=True)
    ]
    of_brains = {brain: measured(one) for brain, one in brains.items()}
    found = closed.close_loop(readouts, of_brains, n_folds, seed, variants=variants)
    save_table(loop, found)
    save(loop_figure(found, simulated=source == "simulated"), figure, figure_svg)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        close_loop(
            repeats=snakemake.input.repeats,
            folds=snakemake.input.folds,
            stimuli=snakemake.input.stimuli,
            images=snakemake.input.images,
            table=snakemake.input.table,
            files=snakemake.input.files,
            models=snakemake.input.models,
            every=snakemake.input.every,
            loop=snakemake.output.loop,
            figure=snakemake.output.figure,
            figure_svg=snakemake.output.figure_svg,
            image_source=snakemake.params.image_source,
            size=snakemake.params.size,
            options=snakemake.params.options,
            layer=snakemake.params.layer,
            n_folds=snakemake.params.n_folds,
            source=snakemake.params.source,
            variants=snakemake.params.variants,
            seed=snakemake.params.seed,
        )
