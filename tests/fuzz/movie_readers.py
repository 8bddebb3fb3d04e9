"""Calcium movies in every form, and the tables of an experiment."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile

from neuroloop.calcium.background import read_regions
from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.masks import disc
from scripts.calcium.extract_frames import extract_frames
from scripts.calcium.list_recordings import list_recordings
from tests.fuzz.readers import Reader

FRAMES, HEIGHT, WIDTH = 60, 10, 12


def _frames(seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(100, 200, (FRAMES, HEIGHT, WIDTH))
    return drawn.astype(np.uint16)


def write_session(folder: Path, form: str = "imagej", suffix: str = ".tif") -> None:
    names = ["r1", "r2"]
    for number, name in enumerate(names):
        _write_movie(folder, name, _frames(number), form)
    listed = "area\tsession\trecording\tpath\tframe_rate\tgroup\n"
    listed += "".join(f"A1\tbefore\t{name}\t{name}{suffix}\t2\tg1\n" for name in names)
    (folder / "recordings.tsv").write_text(listed)
    events = "recording\ttrial\tonset_frame\tcells\n"
    for name, cells in zip(names, ("c1", "c1+c2"), strict=True):
        events += "".join(f"{name}\t{trial}\t{16 * trial}\t{cells}\n" for trial in (1, 2, 3))
    (folder / "stimulations.tsv").write_text(events)
    cells = "cell\trow\tcolumn\tradius\tgroup\nc1\t3\t3\t2\tg1\nc2\t6\t8\t1.5\tg1\n"
    (folder / "cells.tsv").write_text(cells)


def _write_movie(folder: Path, name: str, frames: np.ndarray, form: str) -> None:
    path = folder / f"{name}.tif"
    pages: dict[str, Any] = {"photometric": "minisblack", "contiguous": False, "datetime": False}
    if form == "imagej":
        tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX", "finterval": 0.5})
    elif form == "ome":
        facts = {"axes": "TYX", "TimeIncrement": 0.5, "TimeIncrementUnit": "s", "UUID": "a"}
        tifffile.imwrite(path, frames, ome=True, metadata=facts)
    elif form == "scanimage":
        with tifffile.TiffWriter(path) as tiff:
            for number, frame in enumerate(frames, 1):
                told = (
                    f"frameNumbers = {number}\nframeTimestamps_sec = {number / 2}\n"
                    f"SI.hChannels.channelSave = 1\nSI.hRoiManager.scanFrameRate = 2\n"
                    f"SI.hStackManager.numSlices = 1\n"
                )
                tiff.write(frame, description=told, metadata=None, **pages)
    elif form == "frames":
        from PIL import Image

        (folder / name).mkdir()
        for number, frame in enumerate(frames):
            Image.fromarray(frame.astype(np.uint8)).save(folder / name / f"{number:04d}.png")
    else:
        settings = {"big": {"bigtiff": True}, "plain": {}}.get(form)
        kwargs = {} if settings is not None else {"compression": form}
        with tifffile.TiffWriter(path, **(settings or {})) as tiff:
            for frame in frames:
                tiff.write(frame, metadata=None, **pages, **kwargs)


def read_session(folder: Path) -> Any:
    out = folder.parent / "out"
    out.mkdir(exist_ok=True)
    tables = ("recordings", "stimulations", "cells")
    given = {name: folder / f"{name}.tsv" for name in tables}
    kept = {name: out / f"{name}.tsv" for name in tables}
    selection, reading = Selection().model_dump(), {}
    list_recordings(
        **given,
        folders=[folder],
        outputs={**kept, "intake": out / "intake.json"},
        area="A1",
        session="before",
        selection=selection,
        readers={},
        reading=reading,
    )
    extract_frames(
        **kept,
        folders=[folder],
        outputs={
            "frames": out / "frames.h5",
            "table": out / "frames.tsv",
            "intake": out / "frames_intake.json",
        },
        selection=selection,
        register=False,
        reading=reading,
    )
    with h5py.File(out / "frames.h5") as file:
        values = {name: file[name][()] for name in file}
    return [values, (out / "frames.tsv").read_text()]


def write_regions(folder: Path) -> None:
    places = [(6, 8), (6, 24), (20, 8)]
    regions = [
        {"id": number, "coordinates": np.argwhere(disc((40, 50), *place, 3)).tolist()}
        for number, place in enumerate(places)
    ]
    (folder / "regions.json").write_text(json.dumps(regions))


def read_drawn(folder: Path) -> Any:
    return read_regions(folder / "regions.json", (40, 50))


FORMS = {
    "plain": "movie .tif",
    "imagej": "movie .tif, ImageJ",
    "ome": "movie .tif, OME",
    "scanimage": "movie .tif, ScanImage",
    "lzw": "movie .tif, LZW",
    "zlib": "movie .tif, deflate",
    "zstd": "movie .tif, zstd",
    "big": "movie .tif, BigTIFF",
}
READERS = [
    *(
        Reader(name, partial(write_session, form=form), read_session, "*.tif")
        for form, name in FORMS.items()
    ),
    Reader(
        "frames .png",
        partial(write_session, form="frames", suffix=""),
        read_session,
        "r1/*.png",
        checked=True,
    ),
    Reader("recordings .tsv", write_session, read_session, "recordings.tsv"),
    Reader("stimulations .tsv", write_session, read_session, "stimulations.tsv"),
    Reader("cells .tsv", write_session, read_session, "cells.tsv"),
    Reader("regions .json", write_regions, read_drawn, "regions.json"),
]
