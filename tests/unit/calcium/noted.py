"""Simulated sessions as their frames are noted, which a test may spoil."""

import numpy as np
import pandas as pd

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.patterns import pattern_cells, pattern_name
from neuroloop.calcium.recording_courses import CourseRecorder, SessionCourses
from neuroloop.calcium.session_check import SessionCheck
from neuroloop.calcium.simulate import draw_area, draw_session
from neuroloop.calcium.simulated_movie import recording_frames
from neuroloop.calcium.simulated_settings import AreaSettings, SessionSettings
from neuroloop.calcium.triggered_average import trigger

#: The demo's area.
AREA = AreaSettings(groups=1, cells_per_group=8, pairs=None, strength=0.5)
SELECTION = Selection(stimulated=3)
RATE = 2.0


class Noted:
    """A session of 36 patterns and no stimulation, five trials each, of 48 x 48 pixels."""

    def __init__(self, seed: int, area: AreaSettings = AREA, snr: float = 3.0) -> None:
        drawn = draw_area(seed, "area", area)
        session = draw_session(seed, drawn, "day", SessionSettings(snr=snr))
        self.cells = drawn.cells
        self.stimulations = session.stimulations
        self.movies = {
            name: np.stack(list(recording_frames(seed, drawn, session, name)))
            for name in session.recordings["recording"]
        }

    def check(self, selection: Selection = SELECTION) -> SessionCheck:
        shape = next(iter(self.movies.values())).shape[1:]
        recorder = CourseRecorder(self.cells, shape, {k: len(v) for k, v in self.movies.items()})
        for row, movie in enumerate(self.movies.values()):
            for index, frame in enumerate(movie):
                recorder.add(row, index, frame, frame)
        made = recorder.arrays()
        parts = np.split(made["courses"].astype(float), np.cumsum(made["lengths"])[:-1])
        trials = self.stimulations[["recording", "trial", "onset_frame"]].assign(
            pattern=[pattern_name(pattern_cells(cells)) for cells in self.stimulations["cells"]]
        )
        courses = SessionCourses(
            {name: part[:, :-1] for name, part in zip(self.movies, parts, strict=True)},
            {name: part[:, -1] for name, part in zip(self.movies, parts, strict=True)},
            trials.reset_index(drop=True),
            made["first"],
            made["mean"],
            made["odd"],
        )
        rates = dict.fromkeys(self.movies, RATE)
        cut = trigger(courses, self.cells, rates, selection, 10.0)
        return SessionCheck(courses, cut, self.cells, rates, selection, 10.0, "")

    def faults(self, selection: Selection = SELECTION) -> list[str]:
        return self.check(selection).faults()

    def exchange(self, one: str, two: str) -> None:
        """Exchange the events of the recordings of two patterns."""
        names = self.stimulations["cells"].map(lambda cells: pattern_name(pattern_cells(cells)))
        recording = {
            name: self.stimulations["recording"][names == name].iloc[0] for name in (one, two)
        }
        other = {recording[one]: recording[two], recording[two]: recording[one]}
        self.stimulations = self.stimulations.assign(
            recording=self.stimulations["recording"].replace(other)
        )
        order = {name: place for place, name in enumerate(self.movies)}
        self.stimulations = self.stimulations.sort_values(
            "recording", key=lambda column: column.map(order), kind="stable"
        ).reset_index(drop=True)

    def shift(self, frames: int) -> None:
        """State onsets later by so many frames; trials that then lie too late are left out."""
        moved = self.stimulations["onset_frame"] + frames
        kept = moved + SELECTION.stimulated <= len(next(iter(self.movies.values())))
        self.stimulations = self.stimulations.assign(onset_frame=moved)[kept].reset_index(drop=True)


def recordings_of(noted: Noted, *patterns: str) -> list[str]:
    """Names of the recordings of patterns."""
    names = noted.stimulations["cells"].map(lambda cells: pattern_name(pattern_cells(cells)))
    table = pd.Series(noted.stimulations["recording"].to_numpy(), index=names)
    return [str(table[name].iloc[0]) for name in patterns]
