"""A simulated session on disk, as the tables name it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.frames import write_frames
from neuroloop.calcium.movies import write_movie
from neuroloop.calcium.patterns import pattern_cells, pattern_name
from neuroloop.errors import NeuroLoopError


class Study:
    """Three recordings of 10 x 12 pixels in one folder, with tables that a test may spoil."""

    rate = 2.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        generator = np.random.default_rng(0)
        self.cells = pd.DataFrame(
            {
                "cell": ["c2", "c10"],
                "row": [3.0, 6.0],
                "column": [3.0, 8.0],
                "radius": [2.0, 1.5],
                "group": ["g1", "g1"],
            }
        )
        names = ["r1", "r2", "r10"]
        self.movies = {
            name: generator.integers(100 - k, 200 + k, (60, 10, 12)).astype(np.uint16)
            for k, name in enumerate(names)
        }
        self.recordings = pd.DataFrame(
            {
                "area": "A1",
                "session": "before",
                "recording": names,
                "path": [f"{name}.tif" for name in names],
                "frame_rate": self.rate,
                "group": ["g1", "g1", "none"],
            }
        )
        self.stimulations = pd.DataFrame(
            [
                {"recording": name, "trial": trial, "onset_frame": 16 * trial, "cells": cells}
                for name, cells in zip(names, ["c2", "c10+c2", ""], strict=True)
                for trial in (1, 2, 3)
            ]
        )
        self.selection = Selection()
        self.files: dict[str, list[Path]] = {}
        self.write()

    def write(self) -> None:
        for name, movie in self.movies.items():
            path = self.folder / f"{name}.tif"
            write_movie(path, movie, movie.shape, movie.dtype, self.rate)

    @property
    def paths(self) -> dict[str, list[Path]]:
        """Files of each recording; a test may name others."""
        return self.files or {
            name: [self.folder / f"{name}.tif"] for name in self.recordings["recording"]
        }

    @property
    def events(self) -> pd.DataFrame:
        patterns = [pattern_name(pattern_cells(cells)) for cells in self.stimulations["cells"]]
        return self.stimulations.assign(pattern=patterns)

    def store(self, name: str = "frames", **options) -> pd.DataFrame:
        """Write the frames to frames.h5, frames.tsv and frames.json of a folder."""
        folder = self.folder / name
        return write_frames(
            folder / "frames.h5",
            folder / "frames.tsv",
            self.recordings,
            self.events,
            self.cells,
            self.paths,
            self.selection.model_copy(update=options.pop("selection", {})),
            **options,
        )

    def refused(self, **options) -> str:
        """Message of a refusal, of one line; nothing may be left behind."""
        with pytest.raises(NeuroLoopError) as error:
            self.store("refused", **options)
        assert "\n" not in str(error.value)
        left = self.folder / "refused"
        assert not left.exists() or not list(left.iterdir())
        return str(error.value)


@pytest.fixture
def study(tmp_path) -> Study:
    return Study(tmp_path)
