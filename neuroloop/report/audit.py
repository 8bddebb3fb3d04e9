"""What an audit found in a data set: surrogates that were claimed to hold something, and leaks.

Jobs of each branch write `Check` and rows of surrogates; ``results/audit/index.html`` shows all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from neuroloop.files.formats import StrPath, read_json, read_table, save_json, save_table

#: Columns of surrogates.tsv: a row a surrogate.
SURROGATES = {
    "headline": str,  # what is claimed: "decoding", "reading", "classifying", "teaching"
    "of": str,  # of what: "S1, V1, ridge"
    "kind": str,  # what was done: "labels shifted", "phases randomised"
    "surrogate": int,
    "value": float,
    "chance": float,
    "p": float,  # n/a where the headline has an interval and no p
    "significant": int,
}


@dataclass(frozen=True)
class Check:
    """A way in which labels could be known without what the study is about, and whether they are.

    Attributes
    ----------
    name : str
        What was looked for, the same in all data sets: ``"labels from motion"``.
    of : str
        In what: ``"S1"``, ``"S1, V1"``, ``"before"``.
    found : bool
        Whether it was found: the study's claims are not to be trusted before it is explained.
    told : str
        What was measured, in a sentence with its numbers.
    remedy : str
        What to do about it, in a sentence; empty where nothing was found.
    value, chance, p : float or None
        Of the test, where there is one.
    """

    name: str
    of: str
    found: bool
    told: str
    remedy: str = ""
    value: float | None = None
    chance: float | None = None
    p: float | None = None


def save_checks(path: StrPath, checks: Sequence[Check], not_done: Sequence[str] = ()) -> None:
    """Write the checks of a data set as JSON.

    Parameters
    ----------
    path : path
    checks : sequence of Check
    not_done : sequence of str
        Checks that the data do not allow, with the reason, a sentence each.
    """
    save_json(path, {"checks": [asdict(one) for one in checks], "not_done": list(not_done)})


def read_checks(path: StrPath) -> tuple[list[Check], list[str]]:
    """Read what `save_checks` wrote."""
    facts = read_json(path)
    return [Check(**one) for one in facts["checks"]], facts["not_done"]


def save_surrogates(path: StrPath, rows: Iterable[dict[str, object]]) -> None:
    """Write surrogates.tsv: columns as in `SURROGATES`."""
    save_table(path, pd.DataFrame(list(rows), columns=list(SURROGATES)))


def read_surrogates(path: StrPath) -> pd.DataFrame:
    """Read what `save_surrogates` wrote."""
    return read_table(path, SURROGATES)
