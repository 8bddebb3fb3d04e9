"""Show what was read of a set of radiographs, and what files alone tell of its classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.cxr.fixed_pixels import fixed_pixels
from neuroloop.cxr.property_leak import property_leak, property_table
from neuroloop.cxr.radiograph_look import (
    counts_table,
    draw_brightness,
    draw_files,
    kinds_table,
    sites,
)
from neuroloop.files.array_rows import Rows, row_batches
from neuroloop.files.folder_contents import save_contents
from neuroloop.files.formats import StrPath, open_array, read_table
from neuroloop.files.intake import joined, read_intake
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.passport import Passport, counted
from neuroloop.report.picture_grid import draw_images, drawn_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


#: Places and files that are listed.
PLACES, LISTED = 3, 200

#: Standard errors of a 95 % interval.
Z = 1.96

SEEN = (
    "Radiographs drawn at random from each class, as the network sees them: look for ones that are "
    "turned, inverted, cut, or of something else."
)
BRIGHTNESS = (
    "Mean brightness of each radiograph (boxes: quartiles), by class; colours are sources. Where "
    "sources differ and a class comes from one of them, brightness names the class."
)
FILES = (
    "Bit depth, orientation, size in pixels and in bytes of the files of each class (copies "
    "included; the curves are cumulative). What differs between classes here has nothing to do "
    "with a disease."
)


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
    known = {"radiograph": str, "label": str, "patient": str}
    listed = read_table(folds or table, known)
    pixels, _ = open_array(radiographs)
    files = read_table(properties, known)
    own = listed.merge(files.drop(columns=["file", "label", "patient"]), "left", "radiograph")
    own["source"] = sites(own)
    read = joined(read_intake(path) for path in intakes)
    passport = Passport(name, "radiographs", radiographs_line(listed), read)
    generator = numpy_generator(seed, "shown radiographs")
    look_at_pixels(passport, figures, pixels, own, generator)
    if "bits" in files:
        columns = dict.fromkeys(("bits", "orientation", "height", "width", "bytes"), float)
        figure = draw_files(read_table(properties, {**known, **columns}))
        passport.draw(figure, figures, "files", "Files", FILES)
        passport.tabulate("Kinds of files", kinds_table(files))
    passport.tabulate("Radiographs and persons", counts_table(own))
    passport.tabulate("What files alone tell", leak_table(passport, pixels, own, generator))
    left_out = read_table(dropped, {"file": str, "reason": str})
    if len(left_out):
        passport.tabulate("Files that are left out", left_out[:LISTED])
    passport.save(facts)


def look_at_pixels(
    passport: Passport,
    figures: StrPath,
    pixels: Rows,
    listed: pd.DataFrame,
    generator: np.random.Generator,
) -> None:
    """Draw radiographs and their brightness, and warn of pixels that stand out in many."""
    rows = drawn_rows(listed["label"].tolist(), generator)
    figure = draw_images(pixels[rows][:, None], listed["label"].iloc[rows].tolist())
    passport.draw(figure, figures, "radiographs", "Radiographs as a network sees them", SEEN)
    brightness = np.concatenate([part.mean(axis=(1, 2)) for part in row_batches(pixels)])
    figure = draw_brightness(brightness, listed["label"], listed["source"], generator)
    passport.draw(figure, figures, "brightness", "Brightness by class and source", BRIGHTNESS)
    for place in fixed_pixels(pixels, listed["label"])[:PLACES]:
        counts = ", ".join(f"{name} {count}" for name, count in place.counts.items())
        passport.intake.warn(
            f"A single pixel stands out at row {place.row}, column {place.column} (counted from 0) "
            f"of many radiographs ({counts}): a defect of a detector, or a mark; if sites and "
            "classes go together, it names the class."
        )


def leak_table(
    passport: Passport, pixels: Rows, listed: pd.DataFrame, generator: np.random.Generator
) -> pd.DataFrame:
    """How well file properties alone name the class; a warning if that is far above chance."""
    found = property_leak(
        property_table(listed, pixels), listed["label"], listed["patient"], generator
    )
    if found is None:
        return pd.DataFrame([{"balanced accuracy": None, "reason": "too few patients of a class"}])
    by = ", ".join(found.properties[:3])
    if found.told:
        passport.intake.warn(
            f"Properties of the files alone, without the lungs, name the class with a balanced "
            f"accuracy of {found.accuracy:.2f} (chance {found.chance:.2f}), most by {by}: a "
            "classifier may learn how radiographs were taken."
        )
    return pd.DataFrame(
        [
            {
                "balanced accuracy": found.accuracy,
                "ci_low": found.accuracy - Z * found.error,
                "ci_high": found.accuracy + Z * found.error,
                "chance": found.chance,
                "persons": listed["patient"].nunique(),
                "most telling": by,
            }
        ]
    )


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
        save_contents(snakemake.output.figures, snakemake.output.contents)
