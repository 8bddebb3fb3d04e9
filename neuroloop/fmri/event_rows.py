"""Which rows of events files are stimuli: chosen by their names, and checked against their runs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_table
from neuroloop.files.intake import Intake
from neuroloop.files.spelling import named_alike
from neuroloop.fmri.event_times import TIE, Times

#: Columns of an events file that name the image, in order of preference.
STIMULUS_COLUMNS = ("stimulus_id", "stim_file")

#: What stands in a table for no value.
NOTHING = ("n/a", "")

#: Most values that a message lists.
LISTED = 12

#: What reads events that are too short to label a volume.
GLM = "a general linear model (GLM) reads them, whose estimates go in as BData"

Names = str | Sequence[str]


@dataclass(frozen=True)
class Choice:
    """Which rows of events, or labels of a list, show stimuli.

    Attributes
    ----------
    column : str
        Column of the events that names the category.
    rest : sequence of str
        Names of what is no stimulus; the first stands for volumes outside every event.
    keep, drop : mapping of str to sequence of str
        Values by column: rows are used that have one of the values of `keep` in all of its
        columns, and in none of its columns one of `drop`.
    """

    column: str = "trial_type"
    rest: Sequence[str] = ("rest",)
    keep: Mapping[str, Sequence[str]] = field(default_factory=dict)
    drop: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def stated(
        cls,
        column: str = "trial_type",
        rest: Names = "rest",
        keep: Names | Mapping[str, Names] | None = None,
        drop: Names | Mapping[str, Names] | None = None,
    ) -> "Choice":
        """From what the config states: a name, names, or names by column."""

        def by_column(names: Names | Mapping[str, Names] | None) -> dict[str, Sequence[str]]:
            if not names:
                return {}
            given = names if isinstance(names, Mapping) else {column: names}
            return {key: _listed(values) for key, values in given.items()}

        return cls(column, _listed(rest), by_column(keep), by_column(drop))


def _listed(names: Names) -> Sequence[str]:
    return (names,) if isinstance(names, str) else tuple(names)


def read_event_rows(
    paths: Sequence[StrPath],
    lengths: Sequence[float],
    trs: Sequence[float],
    choice: Choice,
    intake: Intake,
) -> list[tuple[pd.DataFrame, Times]]:
    """Read the rows of a subject's events files that are stimuli.

    Parameters
    ----------
    paths : sequence of path
        One per run.
    lengths : sequence of float
        Seconds that each run lasts.
    trs : sequence of float
        Repetition time of each run, seconds.
    choice : Choice
    intake : Intake
        Rows that are left out are added.

    Returns
    -------
    list of (DataFrame, Times)
        For each run the rows in the order of their onsets, with ``category``, ``image`` (the
        category where none is named) and ``origin`` (for messages); and their times as logged.

    Raises
    ------
    NeuroLoopError
        If a file or column is missing, a name of `keep` occurs nowhere, two names differ in their
        spelling alone, or an event has no duration or is not within its run.
    """
    needed = {choice.column: str, **dict.fromkeys([*choice.keep, *choice.drop], str)}
    tables = [read_table(path, {"onset": float, "duration": float, **needed}) for path in paths]
    image_column = _image_column(tables, paths, choice.column)
    chosen = choose_rows(tables, choice, "rows of events", str(paths[0]), intake)
    runs = []
    for table, path, length, tr in zip(chosen, paths, lengths, trs, strict=True):
        ordered = table.sort_values("onset", kind="stable", na_position="first")
        names, images = ordered[choice.column], ordered[image_column]
        rows = pd.DataFrame(
            {
                "category": names,
                "image": images.where(~images.isin(NOTHING), names),
                "onset": ordered["onset"],
                "duration": ordered["duration"],
            }
        )
        rows = _within(_with_duration(rows, path), path, length, tr, intake)
        rows["origin"] = [f"{path}: {_event(row)}" for row in rows.to_dict("records")]
        onsets = rows["onset"].to_numpy(float)
        runs.append((rows, Times(onsets, onsets + rows["duration"].to_numpy(float), tr)))
        if rows.empty:
            intake.warn(f"{path}: no row of it is used, so that its run has no samples")
    _tell_early([times for _, times in runs], lengths, intake)
    counts = Counter(name for rows, _ in runs for name in rows["category"])
    intake.recognise(
        f"{sum(counts.values())} events of {len(counts)} categories in the column {choice.column}: "
        + _few(f"{name} {count}" for name, count in sorted(counts.items()))
    )
    if image_column != choice.column:
        intake.recognise(f"images are named by the column {image_column} of the events")
    return runs


def choose_rows(
    tables: Sequence[pd.DataFrame], choice: Choice, what: str, origin: str, intake: Intake
) -> list[pd.DataFrame]:
    """Choose the rows that are stimuli, and count the others with the reason.

    Parameters
    ----------
    tables : sequence of DataFrame
        One per run, with the columns of `choice`.
    choice : Choice
    what : str
        What rows are, for the record: ``"rows of events"``.
    origin : str
        File, for messages.
    intake : Intake

    Returns
    -------
    list of DataFrame
        The rows that are left, in their order.

    Raises
    ------
    NeuroLoopError
        If a name of `keep` occurs nowhere, or two names that are left differ in spelling alone.
    """
    _check_named(tables, choice, origin, intake)
    left, dropped = [], Counter[tuple[str, str, str]]()
    for table in tables:
        names = table[choice.column]
        stay = ~names.isin(NOTHING)
        dropped[choice.column, "(n/a or empty)", "it names no category"] += int((~stay).sum())
        steps = [(choice.column, names.isin(choice.rest), "rest names it")]
        steps += [
            (column, ~table[column].isin(values), "keep does not name it")
            for column, values in choice.keep.items()
        ]
        steps += [
            (column, table[column].isin(values), "drop names it")
            for column, values in choice.drop.items()
        ]
        for column, out, reason in steps:
            for value, count in table.loc[stay & out, column].value_counts().items():
                dropped[column, str(value), reason] += int(count)
            stay &= ~out
        left.append(table[stay])
    for (column, value, reason), count in sorted(dropped.items()):
        intake.drop(f"{what} with {column} {value}", reason, count)
    check_spelling((name for table in left for name in table[choice.column]), choice, origin)
    return left


def check_spelling(names: Iterable[str], choice: Choice, origin: str) -> None:
    """Raise a NeuroLoopError if names, or a name and rest, differ in their spelling alone."""
    seen: dict[str, str] = {}
    for name in [*choice.rest, *dict.fromkeys(names)]:
        other = seen.setdefault(named_alike(name), name)
        if other != name:
            rest = f"the key rest ({other!r})" if other in choice.rest else repr(other)
            raise NeuroLoopError(
                f"{origin}: {choice.column} {name!r} and {rest} differ only in letter case, "
                f"spaces, accents or decimals, and {name!r} would become a category of its own: "
                "spell them alike"
            )


def _check_named(
    tables: Sequence[pd.DataFrame], choice: Choice, origin: str, intake: Intake
) -> None:
    """See whether the names of `keep` and `drop` occur in any run."""
    for key, by_column in (("keep", choice.keep), ("drop", choice.drop)):
        for column, values in by_column.items():
            found = sorted({value for table in tables for value in table[column]})
            unknown = [value for value in values if value not in found]
            if not unknown:
                continue
            line = (
                f"{key} names {', '.join(unknown)}, which no row has: the column {column} holds "
                f"{_few(found)}"
            )
            if key == "keep":
                raise NeuroLoopError(f"{origin}: {line}: spell it as there")
            intake.warn(f"{origin}: {line}")


def _image_column(tables: Sequence[pd.DataFrame], paths: Sequence[StrPath], column: str) -> str:
    """Column that names the image in all runs; that of the category if there is none."""
    for name in STIMULUS_COLUMNS:
        have = [name in table for table in tables]
        if all(have):
            return name
        if any(have):
            raise NeuroLoopError(
                f"{paths[have.index(True)]} has a column {name}, but not "
                f"{paths[have.index(False)]}: name the images in all runs, or in none"
            )
    return column


def _with_duration(rows: pd.DataFrame, path: StrPath) -> pd.DataFrame:
    """Refuse impulses, and events without a time."""
    timeless = ~np.isfinite(rows["onset"].to_numpy(float))
    if timeless.any():
        raise NeuroLoopError(
            f"{path}: {_count(timeless)} have no onset (n/a), the first is "
            f"{_event(rows[timeless].iloc[0])}: complete the times, or drop these rows by the key "
            "drop"
        )
    durations = rows["duration"].to_numpy(float)
    impulses = ~np.isfinite(durations) | (durations == 0)
    if impulses.any():
        kinds = sorted(set(rows["category"][impulses]))
        others = set(rows["category"][~impulses]) - set(kinds)
        drop = f"; rows that show no stimulus are left out by drop: [{_few(kinds)}]"
        raise NeuroLoopError(
            f"{path}: {_count(impulses)} have no duration (0 or n/a), the first is "
            f"{_event(rows[impulses].iloc[0])}: impulses label no volume: {GLM}"
            + (drop if others else "")
        )
    if (durations < 0).any():
        raise NeuroLoopError(
            f"{path}: {_count(durations < 0)} have a negative duration, the first is "
            f"{_event(rows[durations < 0].iloc[0])}: fix the events"
        )
    return rows


def _within(
    rows: pd.DataFrame, path: StrPath, length: float, tr: float, intake: Intake
) -> pd.DataFrame:
    """Leave out events that the scan's end cut, unless most are: then the times are wrong."""
    onsets = rows["onset"].to_numpy(float)
    early = onsets < -TIE * tr
    late = onsets + rows["duration"].to_numpy(float) > length + TIE * tr
    if early.any() or 2 * late.sum() > len(rows):
        wrong = early if early.any() else late
        raise NeuroLoopError(
            f"{path}: {_count(wrong)} are not within the run, which lasts {length:g} s "
            f"({round(length / tr)} volumes of {tr:g} s), the first is "
            f"{_event(rows[wrong].iloc[0])}: fix the events (times are in seconds from the first "
            "volume) or the TR"
        )
    intake.drop(f"events of {path}", "the scan stopped before they ended", int(late.sum()))
    if late.sum() > 1:
        intake.warn(
            f"{path}: {late.sum()} of {len(rows)} events end after the scan, which lasts "
            f"{length:g} s, and are left out: do these events belong to this run?"
        )
    return rows[~late].reset_index(drop=True)


def _tell_early(runs: Sequence[Times], lengths: Sequence[float], intake: Intake) -> None:
    """Warn if the events of all runs lie in their first half: times may be in another unit."""
    ends = [run.ends.max(initial=0) for run in runs]
    early = [2 * end < length for end, length in zip(ends, lengths, strict=True) if end]
    if early and all(early):
        intake.warn(
            f"in every run all events end before half of the scan, in the first at {ends[0]:g} of "
            f"{lengths[0]:g} s: see that times are seconds, not volumes, and that the TR is right"
        )


def _count(flags: np.ndarray) -> str:
    return f"{int(flags.sum())} of {len(flags)} events"


def _event(row: Mapping[Any, Any] | pd.Series) -> str:
    return f"{row['category']} at {row['onset']:g} s for {row['duration']:g} s"


def _few(names: Iterable[str]) -> str:
    names = list(names)
    more = f", and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
