"""Read the students' images at one size."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.distill.images import (
    check_images,
    class_folder_images,
    known_images,
    read_images,
    resize_grey,
    stimulus_paths,
)
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_table, save_array, save_table
from neuroloop.fmri.paired import read_paired
from neuroloop.fmri.simulate import stimulus_images
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

log = logging.getLogger(__name__)


def prepare_images(
    *,
    stimuli: StrPath,
    source: Sequence[StrPath],
    images: StrPath,
    table: StrPath,
    settings: Mapping[str, Any],
    paired: Mapping[str, Any] | None,
) -> None:
    """Write images.npy and images.tsv, less the test images that students learn from as well.

    Parameters
    ----------
    stimuli : path
        stimuli.tsv.
    source : sequence of path
        Folders or files that hold the images; none for simulated subjects.
    images, table : path
        images.npy and images.tsv.
    settings : mapping
        The block ``teaching.images`` of the dataset.
    paired : mapping or None
        The block ``paired`` of the dataset, if its source is that.
    """
    shown = read_table(stimuli, STIMULUS_COLUMNS)
    size = settings["size"]
    if settings["source"] == "class_folders":
        train, test = map(Path, source)
        rows = pd.concat(
            [
                class_folder_images(train, settings["classes"], "train"),
                class_folder_images(test, settings["classes"], "test"),
            ],
            ignore_index=True,
        )
        paths = [Path(path) for path in rows.pop("path")]
        check_images(rows, paths)
        array = read_images(paths, size)
    else:
        used = (shown["session"] == "training") | (shown["held_out"] == 1)
        shown = shown[used].reset_index(drop=True)
        rows = stimulus_rows(shown)
        check_images(rows)
        if settings["source"] == "stimulus_folder":
            paths = stimulus_paths(shown, Path(source[0]), settings["pattern"])
            check_images(rows, paths)
            array = read_images(paths, size)
        elif settings["source"] == "paired":
            grey = paired_images(source, paired or {})
            array = resize_grey(np.stack([grey[name] for name in rows["stimulus_id"]]), size)
        else:
            array = resize_grey(stimulus_images(shown.astype({"image": int})), size)
    known = known_images(array, rows)
    left_out = rows.loc[known, "image_id"].tolist()
    if left_out:
        log.warning(
            "%d test images have the pixels of training images and are left out, the first is %s",
            len(left_out),
            left_out[0],
        )
    rows, array = rows[~known].reset_index(drop=True), array[~known]
    save_table(table, rows)
    save_array(
        images,
        np.ascontiguousarray(array),
        axes=("image", "channel", "row", "column"),
        units="8-bit grey level",
        ids={"image": rows["image_id"].tolist()},
        left_out=left_out,
    )


def paired_images(source: Sequence[StrPath], paired: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Image of each stimulus that any subject saw.

    Raises
    ------
    NeuroLoopError
        If subjects saw different images under one id.
    """
    images: dict[str, np.ndarray] = {}
    for path in source:
        brain, grey = read_paired(path, **paired)
        for name, image in zip(brain.rows["stimulus_id"], grey, strict=True):
            if not np.array_equal(images.setdefault(name, image), image):
                raise NeuroLoopError(
                    f"{path} shows another image as {name} than {source[0]}: give the trials of "
                    "all subjects in one order, or each subject a dataset"
                )
    return images


def stimulus_rows(stimuli: pd.DataFrame) -> pd.DataFrame:
    """Rows of images.tsv for images that are stimuli: those held out test, the others teach."""
    return pd.DataFrame(
        {
            "image_id": stimuli["stimulus_id"],
            "category": stimuli["category"],
            "split": np.where(stimuli["held_out"] == 1, "test", "train"),
            "stimulus_id": stimuli["stimulus_id"],
        }
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        prepare_images(
            stimuli=snakemake.input.stimuli,
            source=snakemake.input.source,
            images=snakemake.output.images,
            table=snakemake.output.table,
            settings=snakemake.params.settings,
            paired=snakemake.params.paired,
        )
