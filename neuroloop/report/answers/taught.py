"""What each brain's students gained over their controls."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from neuroloop import registry
from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import MEAN, SIGNIFICANT
from neuroloop.report.cards import listed

#: Most brains that a sentence names.
MOST_NAMED = 9

#: Columns that are read.
TEXT = (
    *("subject", "roi", "decoder", "teacher", "student", "control", "reason", "unit"),
    *("scope", "family"),
)
NUMBERS = ("difference", "ci_low", "ci_high", "p", "q", "n", "seeds", "smallest_effect")


class Taught(NamedTuple):
    """What one brain's students gained.

    Attributes
    ----------
    name : str
        ``"S1 HVC"``.
    silent : bool
        Whether the region answers to nothing.
    rows : DataFrame
        The comparisons with every control, that which is beaten least surely first.
    tested : bool
        Whether all comparisons have a q.
    """

    name: str
    silent: bool
    rows: pd.DataFrame
    tested: bool

    @property
    def nearest(self) -> Any:
        """The comparison with the control that is beaten least surely."""
        return self.rows.iloc[0]

    @property
    def better(self) -> pd.DataFrame:
        """Comparisons that find a gain."""
        return self.rows[(self.rows["q"] <= SIGNIFICANT) & (self.rows["difference"] > 0)]

    @property
    def worse(self) -> pd.DataFrame:
        """Comparisons that find a loss."""
        return self.rows[(self.rows["q"] <= SIGNIFICANT) & (self.rows["difference"] < 0)]

    @property
    def beats(self) -> bool:
        """Whether the students beat every control."""
        return len(self.better) == len(self.rows)


def read_comparisons(path: StrPath) -> pd.DataFrame:
    """Read comparisons.tsv."""
    return read_table(path, dict.fromkeys(TEXT, str) | dict.fromkeys(NUMBERS, float))


def controls_to_beat(teachers: Sequence[str]) -> list[str]:
    """What a brain has to beat: teachers without its knowledge that do not mislead."""
    entries = {name: registry.entry("teacher", name) for name in teachers}
    return [
        name for name, entry in entries.items() if getattr(entry, "TO_BEAT", not entry.MISLEADS)
    ]


def taught_by(group: pd.DataFrame, silent: set[str]) -> Taught:
    """What one brain's students gained.

    Parameters
    ----------
    group : DataFrame
        Its rows of comparisons.tsv, one a control.
    silent : set of str
        Regions that answer to nothing.
    """
    # a loss is further from a gain the surer it is
    sure = group["q"].where(group["difference"] > 0, 2 - group["q"])
    order = group.assign(sure=sure).sort_values(
        ["sure", "difference"], ascending=[False, True], na_position="first"
    )
    subject, roi = order.iloc[0]["subject"], order.iloc[0]["roi"]
    tested = bool(group["q"].notna().all())
    return Taught(brain_name(subject, roi), roi in silent, order, tested)


def brain_name(subject: str, roi: str) -> str:
    """A brain in a sentence: ``"S1 HVC"``, or ``"HVC, mean"``."""
    return f"{roi}, mean" if subject == MEAN else f"{subject} {roi}"


def brains_named(names: Sequence[str]) -> str:
    """Brains in a sentence, or how many where there are too many to name."""
    return listed(names) if len(names) <= MOST_NAMED else f"{len(names)} brains"


def above_all(controls: Sequence[str]) -> str:
    """That every control is beaten which has to be: ``"above all 7 controls to beat"``."""
    if len(controls) > 1:
        return f"above all {len(controls)} controls that have to be beaten"
    return "above the labels alone" if list(controls) == ["none"] else f"above {listed(controls)}"


def of_first(table: pd.DataFrame, block: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of a table that are of brains' students, of the first decoder and first student."""
    teaching = block["teaching"]
    return table[
        (table["decoder"] == teaching["decoders"][0])
        & (table["student"] == teaching["students"][0])
        & (table["teacher"] == "brain")
    ]
