"""What the stored frames of a session show of its tables, before anything is computed of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.field_figure import field_figure
from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.patterns import NONE, pattern_cells
from neuroloop.calcium.recording_courses import SessionCourses, read_courses
from neuroloop.calcium.recording_faults import (
    brightness,
    late_or_early,
    odd_pixels,
    unlike_recordings,
)
from neuroloop.calcium.target_responses import doubtful_targets, unit_responses
from neuroloop.calcium.triggered_average import Triggered, trigger
from neuroloop.calcium.triggered_figure import triggered_figure
from neuroloop.files.formats import StrPath, read_json, sidecar_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class SessionCheck:
    """A session's frames, cut into trials.

    Attributes
    ----------
    courses : SessionCourses
    triggered : Triggered
    cells : DataFrame
    rates : dict of str to float
        Frame rate of each recording, Hz.
    selection : Selection
    exclusion_radius : float
        Pixels.
    doubt : str
        What was said of light of the stimulation when frames were read; may be empty.
    """

    courses: SessionCourses
    triggered: Triggered
    cells: pd.DataFrame
    rates: dict[str, float]
    selection: Selection
    exclusion_radius: float
    doubt: str

    @property
    def targets(self) -> set[str]:
        """Cells that are stimulated."""
        return {
            cell for name in set(self.courses.trials["pattern"]) for cell in pattern_cells(name)
        }

    def faults(self) -> list[str]:
        """What seems wrong, in sentences; see `recording_faults` and `target_responses`."""
        late = late_or_early(self.triggered, self.selection, max(self.rates.values()))
        said = [self.doubt] if self.doubt else []
        # Where onsets are off, targets seem silent for that reason.
        said += late or doubtful_targets(
            unit_responses(self.triggered, self.selection), self.cells["cell"].tolist()
        )
        return said + odd_pixels(self.courses) + unlike_recordings(self.courses)

    def counts(self) -> dict[str, int]:
        """Numbers of recordings, patterns and trials, and of cells by what is done to them."""
        trials = self.courses.trials
        shown = trials[trials["pattern"] != NONE]
        each = shown.groupby("pattern").size()
        return {
            "recordings": trials["recording"].nunique(),
            "patterns": len(each),
            "trials": len(shown),
            "fewest trials of a pattern": int(each.min()) if len(each) else 0,
            "most": int(each.max()) if len(each) else 0,
            "trials without stimulation": len(trials) - len(shown),
            "cells": len(self.cells),
            "stimulated": len(self.targets),
            "never stimulated": len(self.cells) - len(self.targets),
        }

    def field(self, title: str) -> "Figure":
        """Draw cells on the mean image and the first frame."""
        return field_figure(
            self.courses,
            self.cells,
            self.targets,
            exclusion_radius=self.exclusion_radius,
            title=title,
        )

    def averages(self, title: str) -> "Figure":
        """Draw stimulus-triggered averages, and the brightness of recordings."""
        return triggered_figure(
            self.triggered,
            self.selection,
            max(self.rates.values()),
            brightness(self.courses),
            title=title,
        )


def check_session(
    frames: StrPath,
    table: StrPath,
    cells: StrPath,
    selection: Mapping[str, Any],
    exclusion_radius: float,
) -> SessionCheck:
    """Read a session's stored frames for a look at them.

    Parameters
    ----------
    frames, table, cells : path
        frames.h5, whose sidecar lies beside it, frames.tsv and cells.tsv.
    selection : mapping
        Values of `Selection`.
    exclusion_radius : float
        Pixels.

    Raises
    ------
    NeuroLoopError
        If a file cannot be used.
    """
    courses, known = read_courses(frames, table), read_cells(cells)
    facts = read_json(sidecar_path(frames))
    rates = {name: float(rate) for name, rate in facts["frame_rate"].items()}
    chosen = Selection(**selection)
    triggered = trigger(courses, known, rates, chosen, exclusion_radius)
    doubt = str(facts["surroundings"].get("doubt") or "")
    return SessionCheck(courses, triggered, known, rates, chosen, exclusion_radius, doubt)


def area_line(counts: Mapping[str, Mapping[str, int]]) -> str:
    """What an area holds, in one line, from the counts of its sessions."""
    first = next(iter(counts.values()))
    parts = [f"{first['cells']} cells ({first['stimulated']} stimulated)"]
    parts += [
        f"{name}: {one['recordings']} recording{'s' * (one['recordings'] != 1)}, "
        f"{one['patterns']} patterns of "
        f"{_span([one['fewest trials of a pattern'], one['most']])} trials"
        for name, one in counts.items()
    ]
    return "; ".join(parts)


def _span(values: Sequence[int]) -> str:
    low, high = int(np.min(values)), int(np.max(values))
    return str(low) if low == high else f"{low} to {high}"
