"""What an audit found in a data set: surrogates that were claimed to hold something, and leaks.

Jobs of each branch write `Check` and rows of surrogates; ``results/audit/index.html`` shows all.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_json, read_table, save_json, save_table

#: Columns of surrogates.tsv: a row a surrogate.
SURROGATES = {
    "headline": str,  # what is claimed: "decoding", "reading", "classifying", "teaching"
    "of": str,  # of what: "S1, V1, ridge"
    "kind": str,  # what was done: "labels shifted", "phases randomised"
    "surrogate": int,
    "value": float,  # n/a where the analysis refused the surrogate, which then counts nowhere
    "chance": float,
    "p": float,  # n/a where the headline has an interval and no p
    "significant": int,
    "allowed": float,  # rate of false claims that the headline's test allows itself
}


#: Columns that say which surrogate of which claim a row is.
CLAIM = ("headline", "of", "kind", "surrogate")


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


@dataclass(frozen=True)
class Missing:
    """Why a part of an audit was not made.

    Attributes
    ----------
    job : str
        The job that failed; empty where none did.
    reason : str
        What it said, or why nothing was tried.
    log : str
        Where to read more; empty where nothing was tried.
    """

    job: str
    reason: str
    log: str


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


class Tally:
    """Surrogates that were judged, and those that the analysis refused: these void no other.

    Attributes
    ----------
    rows : list of dict
        Of surrogates.tsv.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self._reasons: dict[tuple[str, str], list[str]] = {}

    @contextmanager
    def surrogate(self, headline: str, of: str, kind: str, number: int) -> Iterator[None]:
        """Judge a surrogate inside this context, and add its rows: a refusal is counted.

        Parameters
        ----------
        headline, of, kind : str
            As in `SURROGATES`.
        number : int
        """
        try:
            yield
        except NeuroLoopError as error:
            self.refuse(headline, of, kind, number, str(error))

    def refuse(self, headline: str, of: str, kind: str, number: int, reason: str) -> None:
        """Count a surrogate that was refused."""
        row = dict.fromkeys(SURROGATES, float("nan"))
        named = dict(zip(CLAIM, (headline, of, kind, number), strict=True))
        self.rows.append({**row, **named, "significant": 0})
        self._reasons.setdefault((of, kind), []).append(" ".join(reason.split()).rstrip("."))

    def refused(self) -> list[str]:
        """How many were refused, and why the first one was: a sentence for each kind."""
        return [
            f"{of}, {kind}: {len(reasons)} of the surrogates were refused and count nowhere, the "
            f"first one as {reasons[0]}."
            for (of, kind), reasons in self._reasons.items()
        ]


def save_surrogates(path: StrPath, rows: Iterable[dict[str, object]]) -> None:
    """Write surrogates.tsv: columns as in `SURROGATES`."""
    save_table(path, pd.DataFrame(list(rows), columns=list(SURROGATES)))


def read_surrogates(path: StrPath) -> pd.DataFrame:
    """Read what `save_surrogates` wrote."""
    return read_table(path, SURROGATES)
