"""Data of a user's own, small and simulated, named as the how-to pages name them."""

from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
from PIL import Image

from tests import scans
from tests.unit.calcium.audit.planted import planted


def brain_data(folder: Path) -> None:
    """Three runs, their events, a mask, and the images, for docs/howto/brain_data.md."""
    scans.write(folder, scans.study(1, runs=3))
    for file in folder.glob("*.nii"):
        image = nibabel.load(file)
        name = "V1.nii.gz" if file.name == "region.nii" else f"{file.name}.gz"
        nibabel.save(image, folder / name)
        file.unlink()
    for run, file in enumerate(sorted(folder.glob("*_events.tsv"))):
        events = pd.read_csv(file, sep="\t")
        events["stim_file"] = [f"seen{run}-{number}.png" for number in range(len(events))]
        events.to_csv(file, sep="\t", index=False)
        for number, name in enumerate(events["stim_file"]):
            picture(folder / "images" / name, 72, 100 * run + number)


def movies(folder: Path) -> None:
    """Two sessions of movies and their three tables, for docs/howto/movies.md."""
    tables: dict[str, list[pd.DataFrame]] = {"recordings": [], "stimulations": []}
    for seed, day in enumerate(("day1", "day2")):
        session = planted(1 + seed)
        session.store(folder / day)
        names = {name: f"{day}-{name}" for name in session.movies}
        paths = [f"{day}/{name}.tif" for name in session.recordings["recording"]]
        recordings = session.recordings.assign(area="mine", session=day, path=paths)
        for table, own in (("recordings", recordings), ("stimulations", session.stimulations)):
            named = own.assign(recording=own["recording"].map(names))
            tables[table].append(named)
        session.cells.to_csv(folder / "cells.tsv", sep="\t", index=False)
    for table, parts in tables.items():
        pd.concat(parts).to_csv(folder / f"{table}.tsv", sep="\t", index=False)


def radiographs(folder: Path) -> None:
    """Radiographs of twelve patients in two classes, for docs/howto/radiographs.md."""
    for number in range(24):
        label = ("normal", "sick")[number % 2]
        name = f"{label}/person{number // 2 + 1}_{number}.png"
        picture(folder / "chest_xray" / name, 224, number)


def picture(path: Path, side: int, seed: int) -> None:
    """Write a picture of smooth noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (side // 4, side // 4), dtype=np.uint8)
    Image.fromarray(noise).resize((side, side)).save(path)


#: What makes the data of each how-to page.
OWN_DATA = {"brain_data": brain_data, "movies": movies, "radiographs": radiographs}
