"""Show a network of the user's own, and the images on which it is looked into."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.explain.figures.pictures import image_classes, pictures
from neuroloop.explain.models.model_file import OpenedModel, open_model
from neuroloop.files.folder_contents import save_contents
from neuroloop.files.formats import StrPath
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.registry import add_plugins
from neuroloop.report.passport import Passport, counted
from neuroloop.report.picture_grid import draw_images, drawn_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

SEEN = (
    "Images drawn at random from each class, as the network sees them (each grey one from its own "
    "darkest to its own brightest pixel), with the class that they are said to show."
)


def check_network(*, model: StrPath, facts: StrPath, figures: StrPath, seed: int) -> None:
    """Write the passport of a network.

    Parameters
    ----------
    model : path
        model.json.
    facts : path
        The passport.
    figures : path
        Folder of its figures.
    seed : int
        Root seed.
    """
    Path(figures).mkdir(parents=True, exist_ok=True)
    opened = open_model(Path(model))
    labels = image_classes(opened) or ["not known"] * len(opened.images.ids)
    passport = Passport(Path(facts).stem, "explain", network_line(opened), opened.hashed())
    rows = drawn_rows(labels, numpy_generator(seed, "shown images of a network"))
    shown = np.rint(255 * pictures(opened, rows)).astype(np.uint8)
    shown = shown[:, None] if shown.ndim == 3 else shown.transpose(0, 3, 1, 2)
    figure = draw_images(shown, [labels[row] for row in rows])
    passport.draw(figure, figures, "images", "Images as the network sees them", SEEN)
    counts = pd.Series(labels).value_counts(sort=False).rename_axis("class")
    passport.tabulate("Images of each class", counts.reset_index(name="images"))
    passport.save(facts)


def network_line(opened: OpenedModel) -> str:
    """What a network and its images are, in one line."""
    channels, height, width = opened.images.images.shape[1:]
    images = counted(len(opened.images.ids), "image")
    return (
        f"{opened.kind}, {counted(len(opened.classes), 'class', 'classes')}; {images} of "
        f"{counted(channels, 'channel')}, {height} x {width} pixels"
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        check_network(
            model=snakemake.input.model,
            facts=snakemake.output.facts,
            figures=snakemake.output.figures,
            seed=snakemake.params.seed,
        )
        save_contents(snakemake.output.figures, snakemake.output.contents)
