"""What was recognised in the tables and headers of a session, in sentences."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neuroloop.calcium.movies import Movie
from neuroloop.calcium.onsets import EARLY, FRAME, SECONDS, example
from neuroloop.calcium.patterns import NONE, pattern_cells
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_sorted

#: Columns of each table that are used.
RECORDINGS = (
    *("area", "session", "recording", "path", "frame_rate", "group"),
    *("channel", "plane"),
)
STIMULATIONS = ("area", "session", "recording", "trial", FRAME, SECONDS, "cells", "pattern")
CELLS = ("cell", "row", "column", "radius", "group")

#: Names that a sentence holds.
NAMED = 6


def tell_session(
    intake: Intake,
    recordings: pd.DataFrame,
    stimulations: pd.DataFrame,
    cells: pd.DataFrame,
    movies: Mapping[str, Movie],
    rates: Mapping[str, float],
) -> None:
    """Tell what a session holds.

    Parameters
    ----------
    intake : Intake
        Is told.
    recordings, stimulations, cells : DataFrame
        Of the session; onsets as in the user's table.
    movies : mapping of str to Movie
        Of each recording.
    rates : mapping of str to float
        Frame rate that is used for each recording, Hz.
    """
    lengths = [len(movie) for movie in movies.values()]
    height, width = next(iter(movies.values())).shape[1:]
    shown = set(stimulations["pattern"]) - {NONE}
    intake.recognise(
        f"{_number(len(recordings), 'recording')} of {_span(lengths)} frames of {height} x {width} "
        f"pixels; {_number(len(stimulations), 'trial')} of {_number(len(shown), 'pattern')}"
        + " and of no stimulation"
        * (NONE in set(stimulations["pattern"]))
    )
    from_header = int(recordings["frame_rate"].isna().sum())
    sources = {
        "the table of recordings": len(recordings) - from_header,
        "the movies' headers": from_header,
    }
    said = " and ".join(f"{source} ({count})" for source, count in sources.items() if count)
    intake.recognise(f"frame rate {_span(sorted(rates.values()))} Hz, by {said}")
    if SECONDS in stimulations:
        intake.recognise(
            f"onsets are seconds from the start of a movie and belong to the frame taken at that "
            f"time ({example(stimulations, rates)}); one within {EARLY:g} of a frame before its "
            "end, to the next"
        )
    else:
        intake.recognise("onsets are numbers of frames, from 0")
    _tell_targets(intake, shown, cells["cell"].tolist())


def _tell_targets(intake: Intake, patterns: set[str], cells: list[str]) -> None:
    """Say which cells are stimulated, and which can only follow."""
    targets = {cell for name in patterns for cell in pattern_cells(name)}
    followers = [cell for cell in cells if cell not in targets]
    said = f"{len(targets)} of {len(cells)} cells are stimulated"
    if followers:
        said += f"; {_listed(followers)} never: coupling tells how they answer, not what they drive"
    intake.recognise(said)


def tell_columns(
    intake: Intake, tables: Mapping[StrPath, tuple[pd.DataFrame, tuple[str, ...]]]
) -> None:
    """Tell which columns of tables are not used.

    Parameters
    ----------
    intake : Intake
        Is told.
    tables : mapping
        File -> the table and the columns of it that are used.
    """
    for path, (table, used) in tables.items():
        others = [str(name) for name in table if name not in used]
        if others:
            intake.recognise(f"{path}: {_listed(others)} are columns that nothing uses")


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(natural_sorted(names)[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _number(count: int, of: str) -> str:
    return f"{count} {of}{'s' * (count != 1)}"


def _span(values: Sequence[float]) -> str:
    low, high = np.min(values), np.max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
