"""Classes as folders and tables call them: one name for each, and those that the config chooses."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_sorted
from neuroloop.files.spelling import folded

#: A number, which a spreadsheet may write in several ways.
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?")


def spellings(names: Iterable[str]) -> dict[str, list[str]]:
    """Names that differ in their spelling alone: what they share -> how they are written."""
    found: dict[str, list[str]] = {}
    for name in natural_sorted(set(names)):
        found.setdefault(folded(name), []).append(name)
    return found


def check_spellings(labels: Iterable[str], classes: Mapping[str, str], source: Path) -> None:
    """Check that no class is written in two ways, unless the config maps each of them.

    Raises
    ------
    NeuroLoopError
        If one is: ``NORMAL`` and ``normal``, ``1`` and ``1.0``, or accents that are composed in
        one of them alone.
    """
    labels = natural_sorted(set(labels))
    numbers = [label for label in labels if NUMBER.fullmatch(label.strip())]
    alike: dict[float, list[str]] = {}
    for label in numbers:
        alike.setdefault(float(label), []).append(label)
    for written in (*spellings(labels).values(), *alike.values()):
        if len(written) > 1 and not set(written) <= set(classes):
            ways = " and ".join(map(repr, written))
            raise NeuroLoopError(
                f"{source} writes one class in {len(written)} ways, {ways}: "
                "write it alike, or name each under `classes`"
            )


def chosen(
    table: pd.DataFrame, classes: Mapping[str, str], source: Path, intake: Intake
) -> pd.DataFrame:
    """Rename labels and leave out radiographs whose label is not named, if any is.

    Parameters
    ----------
    table : DataFrame
        With ``label``.
    classes : mapping of str to str
        Label -> class; none keeps the table as it is.
    source : Path
        Of the radiographs, for messages.
    intake : Intake
        Gets what is left out.

    Returns
    -------
    DataFrame

    Raises
    ------
    NeuroLoopError
        If `classes` names a label that no radiograph has.
    """
    if not classes:
        return table
    unknown = natural_sorted(set(classes) - set(table["label"]))
    if unknown:
        raise NeuroLoopError(
            f"{source} has no radiographs of {unknown[0]!r}, which classes names: it has "
            f"{', '.join(natural_sorted(set(table['label'])))}"
        )
    left_out = Counter(label for label in table["label"] if label not in classes)
    for name in natural_sorted(left_out):
        intake.drop(f"radiographs of {name}", "`classes` does not name them", left_out[name])
    kept = table[table["label"].isin(list(classes))].reset_index(drop=True)
    return kept.assign(label=kept["label"].map(dict(classes)))
