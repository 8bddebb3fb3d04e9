"""Radiographs in folders and manifests, and photographs for students."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tifffile
from PIL import Image

from neuroloop.files.intake import Intake
from neuroloop.registry import entry
from scripts.cxr.list_radiographs import list_radiographs
from tests.fuzz.readers import Reader

SIDE = 40


def _film(seed: int, deep: bool = False) -> np.ndarray:
    film = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE + 2))
    return (film * 257).astype(np.uint16) if deep else film.astype(np.uint8)


def write_films(folder: Path, form: str = "png8") -> None:
    for number in range(4):
        name = folder / ("normal", "sick")[number % 2] / f"p{number}_{number}"
        name.parent.mkdir(exist_ok=True)
        film = _film(number, form in ("png16", "tif16"))
        if form.startswith("png"):
            Image.fromarray(film).save(name.with_suffix(".png"))
        elif form.startswith("tif"):
            kind = "zlib" if form == "tif16" else None
            tifffile.imwrite(
                name.with_suffix(".tif"), film, photometric="minisblack", compression=kind
            )
        else:
            exif = Image.Exif()
            exif[274] = 6
            Image.fromarray(film).save(name.with_suffix(".jpg"), exif=exif)


def write_manifest(folder: Path, suffix: str = ".csv") -> None:
    write_films(folder)
    separator = "," if suffix == ".csv" else "\t"
    rows = [("file", "label", "patient")]
    for number in range(4):
        label = ("normal", "sick")[number % 2]
        rows.append((f"{label}/p{number}_{number}.png", label, f"p{number}"))
    text = "".join(separator.join(row) + "\n" for row in rows)
    (folder / f"films{suffix}").write_text(text)


def read_films(folder: Path, manifest: str = "", white: int | None = None) -> Any:
    out = folder.parent / "out"
    names = {
        "radiographs": "radiographs.npy",
        "regions": "regions.npz",
        "table": "radiographs.tsv",
        "dropped": "dropped.tsv",
        "properties": "properties.tsv",
        "intake": "intake.json",
    }
    list_radiographs(
        source=folder / manifest if manifest else folder,
        outputs={key: out / name for key, name in names.items()},
        classes={},
        size=16,
        fit="crop",
        white=white,
        patients_of=None,
    )
    return [np.load(out / "radiographs.npy"), (out / "radiographs.tsv").read_text()]


def write_photographs(folder: Path, form: str = "png") -> None:
    for number in range(12):
        side, name = ("train", "test")[number % 3 == 0], ("cat", "dog")[number % 2]
        path = folder / side / name / f"{number}.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        colours = np.random.default_rng(number).integers(0, 256, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(colours).save(path)


def read_photographs(folder: Path) -> Any:
    shown = pd.DataFrame({"stimulus_id": ["s1"], "category": ["cat"], "session": ["training"]})
    source = entry("image_source", "class_folders")
    classes = {"cat": ["cat"], "dog": ["dog"]}
    rows, pixels = source.read(
        [folder / "train", folder / "test"], shown, 16, Intake(), classes=classes
    )
    return [rows, pixels]


deep = partial(read_films, white=65535)
READERS = [
    Reader("film .png, 8 bits", write_films, read_films, "*/*.png", checked=True),
    Reader("film .png, 16", partial(write_films, form="png16"), deep, "*/*.png", checked=True),
    Reader("film .jpg, EXIF", partial(write_films, form="jpg"), read_films, "*/*.jpg"),
    Reader("film .tif, 8 bits", partial(write_films, form="tif8"), read_films, "*/*.tif"),
    Reader("film .tif, 16", partial(write_films, form="tif16"), deep, "*/*.tif"),
    Reader("manifest .csv", write_manifest, partial(read_films, manifest="films.csv"), "*.csv"),
    Reader(
        "manifest .tsv",
        partial(write_manifest, suffix=".tsv"),
        partial(read_films, manifest="films.tsv"),
        "*.tsv",
    ),
    Reader("photo .png", write_photographs, read_photographs, "*/*/*.png", checked=True),
    Reader("photo .jpg", partial(write_photographs, form="jpg"), read_photographs, "*/*/*.jpg"),
]
