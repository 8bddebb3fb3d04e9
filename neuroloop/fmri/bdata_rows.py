"""Conversion between the table of rows and the numeric columns of a BData file.

BData holds only numbers; names go through value maps (number -> name). Whatever fits the scheme of
Generic Object Decoding is a plain number: run numbers within a session, block numbers within a
run, stimulus ids with six decimals. Anything else, and always the category (Label), gets a map.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri import god
from neuroloop.fmri.bdata_columns import Columns, tell
from neuroloop.fmri.bdata_ids import check_agree, check_digits
from neuroloop.fmri.brain import SESSIONS, make_rows

#: Columns that say what a row is, with their descriptions.
DESCRIPTIONS = {
    "DataType": "1 = Data type (1: training; 2: perception test; 3: imagery test)",
    "Run": "1 = Run (number within the data type, or see the value map)",
    "Block": "1 = Block (number within the run, or see the value map)",
    "stimulus_id": "1 = Stimulus id",
    "Label": "1 = Category (see the value map)",
}

#: Names of ImageNet's images begin with their synset.
SYNSET_NAME = re.compile(r"(n\d{8})[_.-]?")

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


def decode_rows(
    columns: Mapping[str, np.ndarray],
    vmaps: Vmaps,
    origin: StrPath,
    named: Columns | None = None,
    intake: Intake | None = None,
    fine: bool = True,
    trials: bool = False,
) -> pd.DataFrame:
    """Turn columns of a BData file into the table of rows.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (samples,)
        Those that the file has of `Columns`. Run is required, and stimulus or label. Without a
        data type all rows are of the training session. Without a label the category is the synset
        of the stimulus; for Run and Block see `neuroloop.fmri.god`.
    vmaps : mapping of str to mapping of float to str
        Value maps of the file.
    origin : path
        The file, for the message.
    named : Columns, optional
        Names of the columns, where they are not the usual ones.
    intake : Intake, optional
        Of data from outside: gets what is recognised, and ids are checked for lost digits.
    fine : bool
        Whether the file keeps 15 digits (float64).
    trials : bool
        Whether rows of one category back to back, whose blocks no column tells, are trials of their
        own.

    Raises
    ------
    NeuroLoopError
        If a column is missing or has empty values or unknown codes, or ids lost their digits.
    """
    place = (named or Columns()).found(columns, origin)
    read = _Read(columns, vmaps, origin)
    sessions = _sessions(read, place["data_type"], intake)
    stimuli, categories = _shown(read, place, bool(named and named.label), intake, fine)
    runs = _runs(read, place, sessions, intake)
    shown = (stimuli, categories)
    blocks = _blocks(read, place["block"], sessions, runs, shown, trials, intake)
    return make_rows(
        session=sessions, run=runs, block=blocks, stimulus_id=stimuli, category=categories
    )


@dataclass(frozen=True)
class _Read:
    """Columns of a file, read by name."""

    columns: Mapping[str, np.ndarray]
    vmaps: Vmaps
    origin: StrPath

    @property
    def file(self) -> str:
        """Name of the file, for what is told."""
        return Path(self.origin).name

    def numbers(self, name: str) -> np.ndarray:
        """Values of a column, none of them missing."""
        empty = np.flatnonzero(~np.isfinite(self.columns[name]))
        if len(empty):
            raise NeuroLoopError(
                f"{self.origin}: {len(empty)} rows have no {name}, the first is row {empty[0]} "
                "(from 0): label or remove them"
            )
        return self.columns[name]

    def counts(self, name: str) -> list[float]:
        """Values of a column, all of them whole numbers."""
        found = self.numbers(name)
        if (found % 1).any():
            raise NeuroLoopError(
                f"{self.origin}: {name} has {found[found % 1 != 0][0]:g}: it must be whole numbers"
            )
        return found.tolist()

    def names(self, name: str) -> list[str] | None:
        """Names of a column's values; None without a value map."""
        if name not in self.vmaps:
            return None
        unknown = sorted(set(self.numbers(name).tolist()) - set(self.vmaps[name]))
        if unknown:
            raise NeuroLoopError(f"{self.origin}: the value map of {name} lacks {unknown[0]:g}")
        return [self.vmaps[name][number] for number in self.columns[name].tolist()]

    def texts(self, name: str) -> list[str]:
        """Names of a column's values, or these as whole numbers."""
        return self.names(name) or [str(int(number)) for number in self.counts(name)]


def _sessions(read: _Read, name: str | None, intake: Intake | None) -> list[str]:
    """Training, perception or imagery of each row."""
    if name is None:
        tell(intake, f"{read.file} has no column DataType: all rows are of the training session.")
        return ["training"] * len(next(iter(read.columns.values())))
    if (names := read.names(name)) is not None:
        found = [text.lower() for text in names]
        if strange := sorted(set(found) - set(SESSIONS)):
            raise NeuroLoopError(
                f"{read.origin}: {name} has {strange[0]!r}: allowed are {', '.join(SESSIONS)}"
            )
        return found
    codes = read.numbers(name).tolist()
    if not set(codes) <= set(range(1, len(SESSIONS) + 1)):
        raise NeuroLoopError(
            f"{read.origin}: {name} has {', '.join(f'{code:g}' for code in sorted(set(codes)))}: "
            "allowed are 1 training, 2 perception, 3 imagery"
        )
    return [SESSIONS[int(code) - 1] for code in codes]


def _shown(
    read: _Read, place: Mapping[str, str | None], stated: bool, intake: Intake | None, fine: bool
) -> tuple[list[str], list[str]]:
    """Stimulus and category of each row; `stated` is whether the config names the label."""
    stimulus, label = place["stimulus"], place["label"]
    labelled = label is not None and label in read.vmaps
    if label and stimulus is None and not labelled and (read.numbers(label) % 1).any():
        stimulus, label = label, None  # as in early files
    if label and stimulus in (None, label):
        only = read.texts(label)
        tell(
            intake, f"{read.file} names no images: the stimulus of a row is its category, {label}."
        )
        return only, only
    if stimulus is None:
        raise ValueError("neither stimulus nor label")
    named = read.names(stimulus)
    if label and not labelled and (stated or named):
        tell(intake, f"{read.file}: {label} has no value map: its numbers name the categories.")
    categories = read.texts(label) if label and (labelled or stated or named) else None
    if named is not None:
        if categories is None:
            parts = [SYNSET_NAME.match(name) for name in named]
            if not all(parts):
                raise NeuroLoopError(
                    f"{read.origin}: stimulus ids are names, so Label needs a value map of "
                    "categories: add the column, or name it under bdata.columns.label"
                )
            categories = [part[1] for part in parts if part]
            tell(intake, f"{read.file}: the category of an image is the synset in {stimulus}.")
        return named, categories
    ids = read.numbers(stimulus)
    if intake is not None:
        check_digits(ids, stimulus, categories, fine, read.origin)
    if categories is None:
        categories = [god.synset(value) for value in ids]
        if label and intake is not None:
            check_agree(categories, read.texts(label), label, stimulus, read.origin)
        tell(intake, f"{read.file}: the category of an image is the whole part of {stimulus}.")
    return [god.stimulus_name(value) for value in ids], categories


def _runs(
    read: _Read, place: Mapping[str, str | None], sessions: list[str], intake: Intake | None
) -> list[str]:
    """Id of the run of each row: counted within the visit to the scanner, where it is known."""
    name, visit = place["run"] or "", place["session"]
    names = read.names(name)
    stated = names or [str(int(number)) for number in read.counts(name)]
    runs = names or god.unique_runs(sessions, read.counts(name))
    if visit is None or visit == name:
        if runs != (names or [god.run_id(*pair) for pair in zip(sessions, stated, strict=True)]):
            tell(
                intake,
                f"{read.file}: the numbers of {name} start again within a session: each stretch "
                "of rows with one number is a run.",
            )
        return runs
    visits = read.texts(visit)
    whole = list(zip(sessions, visits, stated, strict=True))
    if len(set(zip(whole, runs, strict=True))) == len(set(whole)) == len(set(runs)):
        return runs
    tell(
        intake,
        f"{read.file}: runs are counted within {visit}: {len(set(visits))} sessions hold "
        f"{len(set(whole))} runs.",
    )
    return [god.run_id(kind, f"{day}-{number}") for kind, day, number in whole]


def _blocks(
    read: _Read,
    name: str | None,
    sessions: list[str],
    runs: list[str],
    shown: tuple[list[str], list[str]],
    trials: bool,
    intake: Intake | None,
) -> list[str]:
    """Id of the block of each row."""
    names = read.names(name) if name else None
    if names is not None:
        within = set(zip(names, runs, strict=True))
        if len(within) == len(set(names)):
            return names
        return [god.block_id(*pair) for pair in zip(runs, names, strict=True)]
    whole = name is not None and bool(np.isfinite(read.columns[name]).all())
    counted = read.counts(name) if name and whole else None
    blocks = god.unique_blocks(sessions, runs, counted, *shown, trials)
    believed = counted and blocks == [
        god.block_id(run, int(number)) for run, number in zip(runs, counted, strict=True)
    ]
    if not believed:
        why = (
            f"{name} puts two categories into one block or is empty" if name else "no column Block"
        )
        told = (
            "rows back to back are trials of their own, as bdata.back_to_back says"
            if trials
            else "rows of one category back to back in a run are one block; where they are trials "
            "of their own, set bdata.back_to_back: trials"
        )
        tell(intake, f"{read.file}: {why}: {told}.")
    return blocks


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
