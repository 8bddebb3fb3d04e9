"""What was shown during each volume, by a list with a line per volume."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import outside, read_text
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri import god
from neuroloop.fmri.event_rows import Choice, choose_rows
from neuroloop.fmri.event_times import first_volume
from neuroloop.fmri.volume_labels import tell_lost


def read_label_list(
    path: StrPath,
    volumes: Sequence[int],
    trs: Sequence[float],
    shift: float = 0.0,
    choice: Choice | None = None,
    intake: Intake | None = None,
) -> pd.DataFrame:
    """Label volumes by a text file with one line per volume: label and run, separated by blanks.

    Parameters
    ----------
    path : path
        One line for each volume of all files, in order. A header ``labels chunks`` is skipped.
        Without a second column every BOLD file is a run.
    volumes : sequence of int
        Volumes of each BOLD file.
    trs : sequence of float
        Repetition time of each BOLD file, seconds.
    shift, choice, intake
        As for `neuroloop.fmri.volume_labels.read_events`: a label is an event that lasts as long as
        its volume. Choices by other columns are not possible.

    Returns
    -------
    DataFrame
        As `read_events` returns it, with the file's run names; an event is a stretch of one label.

    Raises
    ------
    NeuroLoopError
        If the file is missing, lines differ in form or number, a run is not contiguous or extends
        past the end of a BOLD file, or labels differ in their spelling alone.
    """
    choice, intake = choice or Choice(), intake or Intake()
    table = _read_runs(path, volumes)
    _check_ends(table["run"], volumes, path)
    of_labels = _of_labels(choice, path)
    listed = [table.rename(columns={"category": "label"})]
    used = choose_rows(listed, of_labels, "volumes", str(path), intake)[0]
    shown = table.index.isin(used.index)
    table["category"] = table["category"].where(shown, choice.rest[0])
    starts = table["run"] != table["run"].shift()
    changes = starts | table["category"].ne(table["category"].shift())
    table["event"] = changes.cumsum() * shown
    _count_stretches(table, changes & shown, intake)
    file = np.repeat(np.arange(len(volumes)), volumes)
    moved = pd.concat(
        part[["category", "event"]].shift(first_volume(shift, trs[file[part.index[0]]]))
        for _, part in table.groupby("run", sort=False)
    )
    category = moved["category"].fillna(choice.rest[0])
    event = moved["event"].fillna(0).astype(int)
    meant = table.loc[shown, "event"].value_counts(sort=False)
    kept = event[event > 0].value_counts().reindex(meant.index, fill_value=0)
    run = [god.run_id("training", name) for name in table["run"]]
    labels = pd.DataFrame(
        {"category": category, "stimulus_id": category, "event": event, "run": run}
    )
    gone = tell_lost(meant.to_numpy(), kept.to_numpy(), shift, "stretches of a label", intake)
    labels.attrs = {"events_without_volumes": gone}
    return labels


def _of_labels(choice: Choice, path: StrPath) -> Choice:
    """The same choice among the labels of a list."""
    others = sorted({*choice.keep, *choice.drop} - {choice.column})
    if others:
        raise NeuroLoopError(
            f"{path} is a list of labels, without a column {others[0]}: in keep and drop give "
            "labels alone"
        )
    keep, drop = (
        {"label": by_column[choice.column]} if by_column else {}
        for by_column in (choice.keep, choice.drop)
    )
    return Choice("label", choice.rest, keep, drop)


def _count_stretches(table: pd.DataFrame, first: pd.Series, intake: Intake) -> None:
    counts = table.loc[first, "category"].value_counts().sort_index()
    listed = ", ".join(f"{name} {count}" for name, count in counts.items())
    intake.recognise(f"{counts.sum()} stretches of {len(counts)} labels: {listed}")


def _read_runs(path: StrPath, volumes: Sequence[int]) -> pd.DataFrame:
    """Read label and run of each volume."""
    lines = _read_lines(path)
    if len(lines) != sum(volumes):
        raise NeuroLoopError(
            f"{path} labels {len(lines)} volumes, but the BOLD files have {sum(volumes)}: "
            "there must be one line per volume"
        )
    if len({len(line) for line in lines}) != 1 or len(lines[0]) > 2:
        raise NeuroLoopError(f"{path}: each line must be a label, or a label and a run")
    files = np.repeat(np.arange(1, len(volumes) + 1), volumes)
    runs = [line[1] for line in lines] if len(lines[0]) == 2 else files.astype(str).tolist()
    table = pd.DataFrame({"category": [line[0] for line in lines], "run": runs})
    unknown = table.index[table["run"].str.lower().isin(["nan", "n/a"])]
    if len(unknown):
        raise NeuroLoopError(
            f"{path}: volume {unknown[0] + 1} has no run ({table['run'][unknown[0]]}): give each "
            "volume one"
        )
    starts = table["run"] != table["run"].shift()
    again = table.loc[starts, "run"][table.loc[starts, "run"].duplicated()]
    if len(again):
        raise NeuroLoopError(
            f"{path}: run {again.iloc[0]} recurs at line {again.index[0] + 1}: the volumes of "
            "a run must be consecutive"
        )
    return table


def _read_lines(path: StrPath) -> list[list[str]]:
    """Split each line that is not empty into words, leaving out the header."""
    with outside(
        path, "a list of labels", missing="put the labels there or change the key"
    ) as file:
        lines = [line.split() for line in read_text(file).splitlines()]
    lines = [line for line in lines if line]
    if lines and [word.lower() for word in lines[0]] in (["labels", "chunks"], ["label", "run"]):
        lines = lines[1:]
    return lines


def _check_ends(runs: pd.Series, volumes: Sequence[int], path: StrPath) -> None:
    """Raise a NeuroLoopError if a run extends past the end of a BOLD file."""
    files = np.repeat(np.arange(1, len(volumes) + 1), volumes)
    for name, rows in runs.groupby(runs, sort=False).groups.items():
        first, last = files[rows[0]], files[rows[-1]]
        if first != last:
            raise NeuroLoopError(
                f"{path}: run {name} begins in BOLD file {first} and ends in file {last}: a file "
                f"holds whole runs (volumes of the files: {', '.join(map(str, volumes))})"
            )
