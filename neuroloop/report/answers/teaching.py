"""Does the brain teach?"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from neuroloop import registry
from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import GROUP, MEAN, SIGNIFICANT, silent_regions
from neuroloop.report.answers.table_rows import table_rows
from neuroloop.report.cards import (
    Bar,
    Card,
    Forest,
    ends,
    interval,
    listed,
    number,
    probability,
    times,
)
from neuroloop.report.flags import Against
from neuroloop.report.names import teacher_name

#: Most rows of the forest plot.
MOST = 9

#: What the forest plot shows.
CAPTION = (
    "Accuracy of brain-taught students less that of the control beaten least surely, points; "
    "filled where all are beaten at q 0.05; "
)

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
    roi : str
    nearest : Series
        The comparison with the control that is beaten least surely.
    beats : bool
        Whether the students beat every control.
    tested : bool
        Whether all comparisons have a p.
    """

    name: str
    roi: str
    nearest: Any
    beats: bool
    tested: bool


def read_comparisons(path: StrPath) -> pd.DataFrame:
    """Read comparisons.tsv."""
    return read_table(path, dict.fromkeys(TEXT, str) | dict.fromkeys(NUMBERS, float))


def teaching_card(of: str, table: pd.DataFrame, block: Mapping[str, Any], known: str = "") -> Card:
    """Answer for one dataset: students of its first decoder and of its first student.

    A brain teaches more than softness if its students beat those of the labels alone and of every
    control that is soft and does not mislead; the one that is beaten least surely is drawn.

    Parameters
    ----------
    of : str
        The dataset.
    table : DataFrame
        comparisons.tsv.
    block : mapping
        Of the config.
    known : str
        What simulated brains know, a sentence.
    """
    teaching = block["teaching"]
    rows = table[
        (table["teacher"] == "brain")
        & (table["decoder"] == teaching["decoders"][0])
        & (table["student"] == teaching["students"][0])
    ]
    controls = controls_to_beat(teaching["teachers"])
    singles = ~rows["subject"].isin([MEAN, GROUP])
    if len(block["subjects"]) * len(block["rois"]) > MOST and (rows["subject"] == MEAN).any():
        singles = rows["subject"] == MEAN
    compared = rows[singles & rows["control"].isin(controls)]
    taught = [_taught(group) for _, group in compared.groupby(["subject", "roi"], sort=False)]
    silent = silent_regions(block)
    mark, answer = _answer(taught, controls, silent)
    images = rows[singles & (rows["family"] == "images")]
    drawn = sorted(taught, key=lambda one: -one.nearest["difference"])[:MOST]
    more = f" The {MOST} largest of {len(taught)}." if len(taught) > MOST else ""
    bars = tuple(_bar(one, silent) for one in drawn)
    return Card(
        "Does the brain teach?",
        of,
        mark,
        answer + _of_images(images),
        f"{_scope(taught)} {known}".strip(),
        Forest(bars, CAPTION + _of_what(taught) + more, 0.0, 100) if bars else None,
        tuple(
            Against(
                f"{one.name} answers to nothing, and its students beat {_told(controls)}.",
                "control",
            )
            for one in taught
            if one.beats and one.roi in silent
        ),
        block["source"] == "simulated",
    )


def _scope(taught: list[Taught]) -> str:
    return (
        f"Over {times(taught[0].nearest['unit'])}: {taught[0].nearest['scope']}." if taught else ""
    )


def _of_what(taught: list[Taught]) -> str:
    row = taught[0].nearest
    return f"{row['seeds']:.0f} seeds, {row['n']:,.0f} images, 95 %."


def controls_to_beat(teachers: Sequence[str]) -> list[str]:
    """What a brain has to beat: teachers without its knowledge that do not mislead."""
    passed = ("brain", "cnn", "withinclass")
    return [
        name
        for name in teachers
        if name not in passed and not registry.entry("teacher", name).MISLEADS
    ]


def _taught(group: pd.DataFrame) -> Taught:
    order = group.sort_values(["q", "difference"], ascending=[False, True], na_position="last")
    nearest = order.iloc[0]
    subject, roi = nearest["subject"], nearest["roi"]
    tested = bool(group["q"].notna().all())
    beats = tested and bool(((group["q"] <= SIGNIFICANT) & (group["difference"] > 0)).all())
    name = f"{roi}, mean" if subject == MEAN else f"{subject} {roi}"
    return Taught(name, roi, nearest, beats, tested)


def _bar(one: Taught, silent: set[str]) -> Bar:
    row = one.nearest
    found = "claim" if one.beats else "open"
    kind = "control" if one.roi in silent else found
    bounds = ends(row["ci_low"], row["ci_high"])
    return Bar(f"{one.name} − {teacher_name(row['control'])}", row["difference"], *bounds, kind)


def _answer(taught: list[Taught], controls: list[str], silent: set[str]) -> tuple[str, str]:
    """Mark and sentence."""
    if not taught:
        return "void", "No brain taught a student that could be compared."
    if not any(one.tested for one in taught):
        return "void", f"No test: {taught[0].nearest['reason']}."
    soft = [name for name in controls if name != "none"]
    found = [one for one in taught if one.beats and one.roi not in silent]
    if not found:
        least = max(one.nearest["smallest_effect"] for one in taught if one.tested)
        return "no", (
            f"Not shown: no brain's students beat {_told(controls)}. Differences below "
            f"{number(least, 100)} points could not have been seen."
        )
    top = max(found, key=lambda one: one.nearest["difference"])
    row = top.nearest
    points = interval(row["difference"], row["ci_low"], row["ci_high"], 100)
    answer = (
        f"Students of {listed([one.name for one in found])} beat {_told(controls)}; of {top.name} "
        f"by {points} points over {_named(row['control'])} "
        f"({probability(row['q'], name='q')})."
    )
    if not soft:
        return (
            "beware",
            answer + " No control tells this from softer labels: add smooth to teachers.",
        )
    rest = [one.name for one in taught if not one.beats and one.roi not in silent]
    return "yes", answer + (f" Not shown: {listed(rest, 'or')}." if rest else "")


def _named(control: str) -> str:
    """A control in a sentence."""
    return "the labels alone" if control == "none" else teacher_name(control)


def _told(controls: list[str]) -> str:
    """All controls in a sentence."""
    named = listed([_named(name) for name in controls])
    return f"every control ({named})" if len(controls) > 1 else named


def _of_images(images: pd.DataFrame) -> str:
    """Whether brains know the image and not the class alone, where this was tested."""
    tested = images[images["p"].notna()]
    if tested.empty:
        return ""
    found = tested[tested["q"] <= SIGNIFICANT]
    names = [f"{row.subject} {row.roi}" for row in table_rows(found)]
    if names:
        know = "knows" if len(names) == 1 else "know"
        return f" {listed(names)} {know} the image, not its class alone."
    least = number(tested["smallest_effect"].max(), 100)
    return f" That brains know more than the class is not shown (below {least} points unseen)."
