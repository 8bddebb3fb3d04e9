"""Conversion between the table of rows and the numeric columns of a BData file.

BData holds only numbers; names go through value maps (number -> name). Whatever fits the scheme of
Generic Object Decoding is a plain number: run numbers within a session, block numbers within a
run, stimulus ids with six decimals. Anything else, and always the category (Label), gets a map.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri import god
from neuroloop.fmri.brain import SESSIONS, make_rows

#: Columns that say what a row is, with their descriptions.
DESCRIPTIONS = {
    "DataType": "1 = Data type (1: training; 2: perception test; 3: imagery test)",
    "Run": "1 = Run (number within the data type, or see the value map)",
    "Block": "1 = Block (number within the run, or see the value map)",
    "stimulus_id": "1 = Stimulus id",
    "Label": "1 = Category (see the value map)",
}

Vmaps = Mapping[str, Mapping[float, str]]


def encode_rows(rows: pd.DataFrame) -> tuple[dict[str, np.ndarray], Vmaps]:
    """Turn the table of rows into columns.

    Parameters
    ----------
    rows : DataFrame
        As in `BrainData.rows`.

    Returns
    -------
    columns : dict of str to ndarray of float64, shape (samples,)
        Those of `DESCRIPTIONS`.
    vmaps : mapping of str to mapping of float to str
        Names of numbers, for the columns that need them. `decode_rows` gives back the same table.
    """
    sessions, runs, blocks = (rows[name].tolist() for name in ("session", "run", "block"))
    stimuli, categories = rows["stimulus_id"].tolist(), rows["category"].tolist()
    columns = {"DataType": np.array([SESSIONS.index(name) + 1.0 for name in sessions])}
    vmaps: dict[str, Mapping[float, str]] = {}

    def store(
        name: str,
        texts: list[str],
        numbers: Sequence[float] | None = None,
        back: Callable[[Sequence[float]], list[str]] | None = None,
    ) -> None:
        if numbers is None or back is None or back(numbers) != texts:
            codes = {text: float(code) for code, text in enumerate(natural_sorted(set(texts)), 1)}
            vmaps[name] = {code: text for text, code in codes.items()}
            numbers = [codes[text] for text in texts]
        columns[name] = np.array(numbers, dtype=float)

    store("Run", runs, _suffixes(runs, sessions), lambda n: god.unique_runs(sessions, n))
    store(
        "Block",
        blocks,
        _suffixes(blocks, runs),
        lambda n: god.unique_blocks(sessions, runs, n, stimuli, categories),
    )
    store("stimulus_id", stimuli, _floats(stimuli), lambda n: [god.stimulus_name(x) for x in n])
    store("Label", categories)
    return columns, vmaps


def decode_rows(columns: Mapping[str, np.ndarray], vmaps: Vmaps, origin: StrPath) -> pd.DataFrame:
    """Turn columns of a BData file into the table of rows.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (samples,)
        Those of `DESCRIPTIONS` that the file has. DataType, Run and stimulus_id are required (the
        latter is called Label in early files of Generic Object Decoding). Without a value map of
        Label the category is the synset of the stimulus id; for Run and Block see
        `neuroloop.fmri.god`.
    vmaps : mapping of str to mapping of float to str
        Value maps of the file.
    origin : path
        The file, for the message.

    Raises
    ------
    NeuroLoopError
        If a column is missing or has empty values or unknown codes.
    """

    def numbers(*names: str) -> np.ndarray:
        name = next((name for name in names if name in columns), None)
        if name is None:
            raise NeuroLoopError(
                f"{origin} lacks the column {' or '.join(names)}: it has {', '.join(columns)}"
            )
        empty = np.flatnonzero(~np.isfinite(columns[name]))
        if len(empty):
            raise NeuroLoopError(
                f"{origin}: {len(empty)} rows have no {name}, the first is row {empty[0]} "
                "(from 0): label or remove them"
            )
        return columns[name]

    def mapped(name: str) -> list[str] | None:
        if name not in vmaps or name not in columns:
            return None
        unknown = sorted(set(numbers(name).tolist()) - set(vmaps[name]))
        if unknown:
            raise NeuroLoopError(f"{origin}: the value map of {name} lacks {unknown[0]:g}")
        return [vmaps[name][number] for number in columns[name].tolist()]

    codes = numbers("DataType").tolist()
    if not set(codes) <= set(range(1, len(SESSIONS) + 1)):
        raise NeuroLoopError(
            f"{origin}: DataType has {', '.join(f'{code:g}' for code in sorted(set(codes)))}: "
            "allowed are 1 training, 2 perception, 3 imagery"
        )
    sessions = [SESSIONS[int(code) - 1] for code in codes]
    ids = numbers("stimulus_id", "Label")
    stimuli = mapped("stimulus_id")
    categories = mapped("Label")
    if categories is None:
        if stimuli is not None:
            raise NeuroLoopError(
                f"{origin}: stimulus ids are names, so Label needs a value map of categories"
            )
        categories = [god.synset(value) for value in ids]
    stimuli = stimuli or [god.stimulus_name(value) for value in ids]
    runs = mapped("Run") or god.unique_runs(sessions, numbers("Run").tolist())
    blocks = mapped("Block")
    if blocks is None:
        whole = "Block" in columns and bool(np.isfinite(columns["Block"]).all())
        counted = columns["Block"].tolist() if whole else None
        blocks = god.unique_blocks(sessions, runs, counted, stimuli, categories)
    return make_rows(
        session=sessions, run=runs, block=blocks, stimulus_id=stimuli, category=categories
    )


def _suffixes(names: list[str], prefixes: list[str]) -> list[float] | None:
    """Extract the numbers of names ``{prefix}-{number}``; None if a name has another form."""
    tails = [name.removeprefix(f"{head}-") for name, head in zip(names, prefixes, strict=True)]
    if all(tail.isascii() and tail.isdigit() and len(tail) < 10 for tail in tails):
        return [float(tail) for tail in tails]
    return None


def _floats(names: list[str]) -> list[float] | None:
    """Convert names to numbers; None if one of them is not a number."""
    try:
        return [float(name) for name in names]
    except ValueError:
        return None
