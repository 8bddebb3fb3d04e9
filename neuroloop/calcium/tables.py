"""Tables of an experiment: recordings and stimulations; read, checked and joined by id.

A table's mistakes are found before a movie is opened, and each is one line that names the table
and the id at fault.
"""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from neuroloop.calcium.onsets import FRAME, onset_column
from neuroloop.calcium.patterns import JOIN, NONE, pattern_cells, pattern_name
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_table
from neuroloop.files.natural_order import natural_sorted
from neuroloop.files.spelling import folded

#: Joins the files of a recording that is in several.
PATHS = ";"


def read_recordings(path: StrPath) -> pd.DataFrame:
    """Read the manifest of recordings.

    Parameters
    ----------
    path : path
        TSV with ``area, session, recording, path, frame_rate, group``. Files of one recording are
        joined by ``;``; the frame rate (Hz) may be empty.

    Returns
    -------
    DataFrame
        Rows as in the file; ``frame_rate`` float, NaN where it is empty.

    Raises
    ------
    NeuroLoopError
        If the file cannot be used, a name is empty, or a recording or a file is named twice.
    """
    table = read_table(
        path, dict.fromkeys(("area", "session", "recording", "path", "frame_rate", "group"), str)
    )
    for name in ("area", "session", "recording", "path"):
        empty = np.flatnonzero(table[name].isin(["", "n/a"]))
        if len(empty):
            raise NeuroLoopError(f"{path}: row {empty[0] + 1} has no {name}: fill it in")
    _refuse_twice(path, table, ["area", "session", "recording"], "recording")
    files = table["path"].str.split(PATHS).explode().str.strip()
    gaps = table["path"].loc[files.index[files == ""]]
    if len(gaps):
        raise NeuroLoopError(
            f"{path}: the path {gaps.iloc[0]} has nothing beside a {PATHS}, which joins the "
            f"files of one recording: take the {PATHS} away, or name the file"
        )
    again = files[files.duplicated()]
    if len(again):
        raise NeuroLoopError(f"{path} lists the file {again.iloc[0]} twice: drop one of the rows")
    rates = [_rate(path, row) for row in table.to_dict("records")]
    return table.assign(frame_rate=np.array(rates, dtype=float))


def _rate(path: StrPath, row: Mapping[Hashable, str]) -> float:
    text = row["frame_rate"]
    try:
        rate = np.nan if text in ("", "n/a") else float(text)
    except ValueError:
        rate = -1.0
    if rate <= 0 or np.isinf(rate):
        raise NeuroLoopError(
            f"{path}: recording {row['recording']} has the frame rate {text}: give Hz, or leave "
            "it empty for that of the TIFF's metadata"
        )
    return rate


def session_recordings(
    recordings: pd.DataFrame, area: str, session: str, origin: StrPath
) -> pd.DataFrame:
    """Rows of one session of an area, numbered from 0.

    Raises
    ------
    NeuroLoopError
        If there are none.
    """
    here = recordings[(recordings["area"] == area) & (recordings["session"] == session)]
    if here.empty:
        known = natural_sorted(set(recordings["area"] + "/" + recordings["session"]))
        raise NeuroLoopError(
            f"{origin} has no recording of {area}/{session}: it has {', '.join(known)}"
        )
    return here.reset_index(drop=True)


def read_stimulations(path: StrPath) -> pd.DataFrame:
    """Read the table of stimulations.

    Parameters
    ----------
    path : path
        TSV with ``recording, trial`` (from 1), ``onset_frame`` (from 0) or ``onset_seconds`` (from
        the start of the movie), and ``cells`` (ids joined by ``+``; empty without stimulation).
        ``area`` and ``session`` may stand there too.

    Returns
    -------
    DataFrame
        The same, with ``pattern``, the name of the set of cells.

    Raises
    ------
    NeuroLoopError
        If the file cannot be used, onsets are missing or stand there twice, a trial, frame or time
        is negative, or a trial is named twice.
    """
    columns: dict[str, type] = {"recording": str, "trial": int, "cells": str}
    onset = onset_column(read_table(path, columns), path)
    table = read_table(path, columns | {onset: int if onset == FRAME else float})
    for row in table.to_dict("records"):
        if row["trial"] < 1 or not 0 <= row[onset] < np.inf:
            raise NeuroLoopError(
                f"{path}: recording {row['recording']} has the trial {row['trial']} with "
                f"{onset.replace('_', ' ')} {row[onset]:g}: trials count from 1, onsets from 0"
            )
    sessions = [name for name in ("area", "session") if name in table]
    _refuse_twice(path, table, [*sessions, "recording", "trial"], "trial")
    cells = ["" if name in (NONE, "n/a") else name for name in table["cells"]]
    patterns = [pattern_name(pattern_cells(name)) for name in cells]
    return table.assign(cells=cells, pattern=patterns)


def session_stimulations(
    stimulations: pd.DataFrame,
    recordings: pd.DataFrame,
    area: str,
    session: str,
    cells: pd.DataFrame,
    origin: StrPath,
) -> pd.DataFrame:
    """Stimulations of one session, checked against the other tables.

    Parameters
    ----------
    stimulations : DataFrame
        From `read_stimulations`; of this session, or of several.
    recordings : DataFrame
        From `read_recordings`, of all sessions.
    area, session : str
        Which one.
    cells : DataFrame
        From `cell_table.read_cells`.
    origin : path
        The table of stimulations, for messages.

    Returns
    -------
    DataFrame
        In the order of the session's recordings, then of trials; numbered from 0.

    Raises
    ------
    NeuroLoopError
        If a stimulation names an unknown recording or cell, a cell twice, or a recording that two
        sessions have; if none stimulates a cell, a recording has no stimulation, or its onsets do
        not ascend.
    """
    keys = {"area": area, "session": session}
    given = [name for name in keys if name in stimulations]
    known_sessions = set(recordings[given].itertuples(index=False, name=None))
    for named in stimulations[given].drop_duplicates().itertuples(index=False, name=None):
        if named not in known_sessions:
            raise NeuroLoopError(
                f"{origin} has stimulations of the {' and '.join(given)} {'/'.join(named)}, which "
                "the table of recordings lacks: correct the name or add its recordings there"
            )
    for column, wanted in keys.items():
        if column in stimulations:
            stimulations = stimulations[stimulations[column] == wanted]
    here = session_recordings(recordings, area, session, "the table of recordings")
    whole = set(keys) <= set(stimulations)
    known_recordings = set((here if whole else recordings)["recording"])
    unknown = natural_sorted(set(stimulations["recording"]) - known_recordings)
    if unknown:
        of = f" for {area}/{session}" * whole
        raise NeuroLoopError(
            f"{origin} names the recording {unknown[0]}{of}, which the table of recordings lacks: "
            "correct the name or add it there"
        )
    if not whole:
        others = recordings[recordings["recording"].isin(here["recording"])]
        if len(others) > len(here):
            name = str(others.loc[others["recording"].duplicated(), "recording"].iloc[0])
            raise NeuroLoopError(
                f"{origin}: two sessions have a recording {name}: add the columns area and "
                "session, or give recordings names of their own"
            )
    order = {name: position for position, name in enumerate(here["recording"])}
    mine = stimulations[stimulations["recording"].isin(order)]
    silent = natural_sorted(set(order) - set(mine["recording"]))
    if silent:
        raise NeuroLoopError(
            f"{origin} has no stimulation of the recording {silent[0]}: add its trials (a "
            "recording without stimulation has onsets too, with no cells)"
        )
    _refuse_unknown_cells(mine, cells["cell"].tolist(), origin)
    if set(mine["pattern"]) == {NONE}:
        raise NeuroLoopError(
            f"{origin}: no trial of {area}/{session} stimulates a cell, so that there is nothing "
            "to read or to couple: fill in the column cells"
        )
    onset = onset_column(mine, origin)
    ordered = mine.assign(place=mine["recording"].map(order)).sort_values(["place", "trial"])
    for recording, part in ordered.groupby("recording", sort=False):
        wrong = part[part[onset].diff() <= 0]
        if len(wrong):
            raise NeuroLoopError(
                f"{origin}: recording {recording}, trial {wrong['trial'].iloc[0]} does not begin "
                "after the trial before it: number trials in order of their onsets"
            )
    return ordered.drop(columns="place").reset_index(drop=True)


def _refuse_unknown_cells(stimulations: pd.DataFrame, known: list[str], origin: StrPath) -> None:
    """Refuse cells that the table of cells lacks, or that a trial names twice."""
    spelt = {folded(cell): cell for cell in known}
    for row in stimulations.to_dict("records"):
        which = f"{origin}: recording {row['recording']}, trial {row['trial']} stimulates the cell"
        named = pattern_cells(row["cells"])
        for cell in natural_sorted(set(named).difference(known)):
            alike = spelt.get(folded(cell))
            other = f" (it has {alike}, which is spelt otherwise)" if alike else ""
            raise NeuroLoopError(
                f"{which} {cell}, which the table of cells lacks{other}: correct the id or add "
                "the cell"
            )
        if len(named) not in (0, row["cells"].count(JOIN) + 1):
            raise NeuroLoopError(f"{which}s {row['cells']}, one of them twice: correct its ids")


def _refuse_twice(path: StrPath, table: pd.DataFrame, keys: list[str], what: str) -> None:
    again = table[table.duplicated(keys)]
    if len(again):
        named = " ".join(map(str, again[keys].iloc[0]))
        raise NeuroLoopError(f"{path} names the {what} {named} twice: drop or rename one")
