"""Small simulated sessions, one pattern a recording or all in each, that a test may spoil."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.audit.session_leaks import session_leaks
from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.frames import write_frames
from neuroloop.calcium.movies import write_movie
from neuroloop.calcium.patterns import pattern_cells, pattern_name
from neuroloop.calcium.simulate import draw_area, draw_session
from neuroloop.calcium.simulated_movie import recording_frames
from neuroloop.calcium.simulated_settings import AreaSettings, SessionSettings
from neuroloop.report.audit import Check

#: The workflow tests' area.
TINY = {"height": 24, "width": 24, "radius": 2.0, "groups": 1, "cells_per_group": 3, "pairs": None}
SELECTION = Selection(stimulated=3)
READER = {"input": "dff_scaled", "split": "leave_one_trial_out", "last_trials": 1, "folds": 3}


@dataclass
class Planted:
    """Movies and tables of a session, which a test may spoil."""

    movies: dict[str, np.ndarray]
    recordings: pd.DataFrame
    stimulations: pd.DataFrame
    cells: pd.DataFrame

    @property
    def events(self) -> pd.DataFrame:
        """Trials with their pattern, and its number from 0."""
        names = [pattern_name(pattern_cells(cells)) for cells in self.stimulations["cells"]]
        codes = np.unique(names, return_inverse=True)[1]
        return self.stimulations.assign(pattern=names, code=codes)

    def each(
        self, change: Callable[[np.ndarray, int], np.ndarray], first: int = 0, last: int = 3
    ) -> "Planted":
        """Change the frames from `first` to `last` around each onset by the pattern's number."""
        for event in self.events.to_dict("records"):
            movie = self.movies[event["recording"]]
            here = slice(event["onset_frame"] + first, event["onset_frame"] + last)
            movie[here] = change(movie[here].astype(float), event["code"]).clip(0, 65535)
        return self

    def whole(self, change: Callable[[np.ndarray, int], np.ndarray]) -> "Planted":
        """Change all frames of each recording by the number of its first pattern."""
        code = self.events.drop_duplicates("recording").set_index("recording")["code"]
        for name, movie in self.movies.items():
            movie[:] = change(movie.astype(float), int(code[name])).clip(0, 65535)
        return self

    def store(self, folder: Path) -> FrameStore:
        """Write movies and frames."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, movie in self.movies.items():
            write_movie(folder / f"{name}.tif", movie, movie.shape, movie.dtype, 2.0)
        write_frames(
            folder / "frames.h5",
            folder / "frames.tsv",
            self.recordings,
            self.events.drop(columns="code"),
            self.cells,
            {name: [folder / f"{name}.tif"] for name in self.movies},
            SELECTION,
        )
        return FrameStore(folder / "frames.h5", folder / "frames.tsv")

    def leaks(self, folder: Path, **reader: Any) -> tuple[dict[str, Check], list[str]]:
        """Checks by their names, and what is not done."""
        with self.store(folder) as store:
            checks, not_done = session_leaks(
                store,
                self.cells,
                dict.fromkeys(self.movies, 2.0),
                {name: [folder / f"{name}.tif"] for name in self.movies},
                READER | reader,
                0.0,
                "day, small",
                1,
            )
        return {check.name: check for check in checks}, not_done

    def found(self, folder: Path, **reader: Any) -> set[str]:
        """Names of the checks that found something."""
        return {name for name, check in self.leaks(folder, **reader)[0].items() if check.found}


def planted(
    seed: int = 1, snr: float = 5.0, *, several: bool = False, trials: int = 3, **area: Any
) -> Planted:
    """Simulate a session of six patterns and no stimulation.

    Each recording holds one pattern (`trials` of it), or all of them once in an order of its own.
    """
    protocol = {"trials": 7 if several else trials, "tail": 2.0}
    drawn = draw_area(seed, "area", AreaSettings(**(TINY | area), protocol=protocol))
    session = draw_session(seed, drawn, "day", SessionSettings(snr=snr))
    if several:
        generator = np.random.default_rng(seed)
        cells = ["+".join(pattern_cells(name)) for name in drawn.patterns]
        orders = [generator.permutation(cells) for _ in session.recordings["recording"]]
        session = replace(
            session,
            recordings=session.recordings.assign(group="g1"),
            stimulations=session.stimulations.assign(cells=np.concatenate(orders)),
        )
    movies = {
        name: np.stack(list(recording_frames(seed, drawn, session, name)))
        for name in session.recordings["recording"]
    }
    return Planted(movies, session.recordings, session.stimulations, drawn.cells)
