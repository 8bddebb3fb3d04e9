"""Does the brain teach?"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.report.answers.decoding import GROUP, MEAN, SIGNIFICANT, silent_regions
from neuroloop.report.answers.table_rows import table_rows
from neuroloop.report.answers.taught import (
    Taught,
    brain_name,
    brains_named,
    controls_to_beat,
    taught_by,
)
from neuroloop.report.answers.verdicts import SAID, VERDICTS, verdicts
from neuroloop.report.cards import (
    Bar,
    Card,
    Forest,
    before_correction,
    ends,
    interval,
    listed,
    number,
    probability,
    spanned,
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

#: Who beats nothing.
BRAINS = "no brain's students"


def teaching_card(of: str, table: pd.DataFrame, block: Mapping[str, Any], known: str = "") -> Card:
    """Answer for one dataset: students of its first decoder and of its first student.

    A brain teaches more than softness if its students beat those of the labels alone and of every
    control that is soft and does not mislead; the one that is beaten least surely is drawn. Where
    those of a region that answers to nothing do as well, beware.

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
    table_of_first = table[
        (table["decoder"] == teaching["decoders"][0])
        & (table["student"] == teaching["students"][0])
    ]
    rows = table_of_first[table_of_first["teacher"] == "brain"]
    controls = controls_to_beat(teaching["teachers"])
    singles = ~rows["subject"].isin([MEAN, GROUP])
    if len(block["subjects"]) * len(block["rois"]) > MOST and (rows["subject"] == MEAN).any():
        singles = rows["subject"] == MEAN
    compared = rows[singles & rows["control"].isin(controls)]
    silent = silent_regions(block)
    taught = [
        taught_by(group, silent) for _, group in compared.groupby(["subject", "roi"], sort=False)
    ]
    tests = int((table["q"].notna() & table["family"].isin(set(compared["family"]))).sum())
    mark, answer = _answer(taught, controls, tests)
    judged = verdicts(table_of_first)
    answer += _verdict(judged, [one for one in taught if not one.silent] or taught)
    images, false = _of_images(rows[singles & (rows["family"] == "images")], silent)
    drawn = sorted(taught, key=lambda one: -one.nearest["difference"])[:MOST]
    more = f" The {MOST} largest of {len(taught)}." if len(taught) > MOST else ""
    bars = tuple(_bar(one, mark == "beware") for one in drawn)
    return Card(
        "Does the brain teach?",
        of,
        "beware" if false and mark == "yes" else mark,
        answer + images,
        " ".join(filter(None, [_scope(taught), _missing(judged), known])),
        Forest(bars, CAPTION + _of_what(taught) + more, 0.0, 100) if bars else None,
        tuple(
            Against(
                f"{one.name} answers to nothing, and its students beat {_told(controls)}.",
                "control",
            )
            for one in taught
            if one.beats and one.silent
        )
        + tuple(
            Against(f"{name} answers to nothing, and is found to know the image.", "control")
            for name in false
        ),
        block["source"] == "simulated",
    )


def _scope(taught: list[Taught]) -> str:
    if not taught:
        return ""
    return f"Over {times(taught[0].nearest['unit'])}: {taught[0].nearest['scope']}."


def _verdict(judged: pd.DataFrame, asked: list[Taught]) -> str:
    """What each brain's gain is made of, as far as its controls tell."""
    names = {one.name for one in asked}
    alike: dict[str, list[str]] = {}
    for row in table_rows(judged):
        name = brain_name(row.subject, row.roi)
        if name in names and row.verdict in SAID:
            alike.setdefault(row.verdict, []).append(name)
    told = [
        f"{brains_named(alike[one])}: {SAID[one]}" for one in reversed(VERDICTS) if one in alike
    ]
    return f" Verdict: {'; '.join(told)}." if told else ""


def _missing(judged: pd.DataFrame) -> str:
    """Controls without which less can be told."""
    missing = judged["missing"].iloc[0].split(", ") if len(judged) else []
    return f"Not compared: {listed([_named(name) for name in missing])}." if any(missing) else ""


def _of_what(taught: list[Taught]) -> str:
    return f"{_n(taught[0].nearest)}, 95 %."


def _n(row: Any) -> str:
    return f"{row['seeds']:.0f} seeds, {row['n']:,.0f} images"


def _bar(one: Taught, doubted: bool) -> Bar:
    row = one.nearest
    found = "open" if not one.beats else "doubtful" if doubted else "claim"
    kind = "control" if one.silent else found
    bounds = ends(row["ci_low"], row["ci_high"])
    return Bar(f"{one.name} − {teacher_name(row['control'])}", row["difference"], *bounds, kind)


def _answer(taught: list[Taught], controls: list[str], tests: int) -> tuple[str, str]:
    """Mark and sentence."""
    if not taught:
        return "void", "No brain taught a student that could be compared."
    asked = [one for one in taught if not one.silent] or taught
    tested = [one for one in asked if one.tested]
    if not tested:
        return "void", f"No test: {asked[0].nearest['reason'] or 'comparisons.tsv gives no q'}."
    names = [one.name for one in asked if not one.tested]
    untested = f" Untested: {listed(names)}." if names else ""
    found = [one for one in asked if one.beats and not one.silent]
    false = [one.name for one in taught if one.beats and one.silent]
    if not found:
        return "no", _not_shown(tested, controls, tests, bool(false)) + untested
    top = max(found, key=lambda one: one.nearest["difference"])
    row = top.nearest
    answer = (
        f"Students of {listed([one.name for one in found])} beat {_told(controls)}; of {top.name} "
        f"by {_points(row)} points over {_named(row['control'])} "
        f"({probability(row['q'], name='q')}; {_n(row)})."
    )
    rest = [one.name for one in tested if not one.beats and one.worse.empty]
    answer += f" Not shown: {listed(rest, 'or')}." if rest else ""
    answer += _worse(tested) + untested
    if false:
        return "beware", (
            f"{answer} But those of {listed(false)}, where nothing answers, beat them too: "
            "nothing tells what was taught from a simpler explanation."
        )
    if controls == ["none"]:
        return (
            "beware",
            answer + " No control tells this from softer labels: add smooth to teachers.",
        )
    return "yes", answer


def _not_shown(tested: list[Taught], controls: list[str], tests: int, false: bool) -> str:
    """That no brain taught, what came nearest, who lost by it, and what could have been seen."""
    told = _worse(tested)
    rest = [one for one in tested if one.worse.empty]
    if not rest:
        return told.strip()
    brains = "no region that answers to anything has students that" if false else BRAINS
    answer = f"Not shown: {brains} beat {_told(controls)}."
    return answer + _nearest(rest) + told + _unseen(rest, tests)


def _nearest(rest: list[Taught]) -> str:
    """Of the brain that beats most controls, those that it beats and that which it does not."""
    top = max(rest, key=lambda one: (len(one.better), one.nearest["difference"]))
    if top.better.empty:
        return ""
    row = top.nearest
    beaten = listed([_named(name) for name in top.better["control"]])
    return (
        f" Those of {top.name} beat {beaten}, but not {_named(row['control'])} "
        f"({_points(row)} points, {probability(row['q'], name='q')})."
    )


def _worse(tested: list[Taught]) -> str:
    """Whose students do worse than a control, and by how much at most."""
    lost = [one for one in tested if len(one.worse)]
    if not lost:
        return ""
    names = [
        f"{one.name} than {'every control' if len(one.worse) == len(one.rows) > 1 else 'a control'}"
        for one in lost
    ]
    most = min(lost, key=lambda one: one.worse["difference"].min())
    row = most.worse.iloc[int(most.worse["difference"].to_numpy().argmin())]
    points = interval(-row["difference"], -row["ci_high"], -row["ci_low"], 100)
    return (
        f" Worse: students of {listed(names)}; of {most.name} by {points} points than "
        f"{_named(row['control'])} ({probability(row['q'], name='q')}; {_n(row)})."
    )


def _unseen(rest: list[Taught], tests: int) -> str:
    """The least differences that the comparisons which decide could have seen."""
    least = spanned([effect for one in rest for effect in one.rows["smallest_effect"]], 100)
    if not least:
        return ""
    what = f"half of {'an interval' if ' to ' not in least else 'their intervals'}"
    return (
        f" The least that these comparisons could have seen is {least} points ({what}"
        f"{before_correction(tests)})."
    )


def _points(row: Any) -> str:
    return interval(row["difference"], row["ci_low"], row["ci_high"], 100)


def _named(control: str) -> str:
    """A control in a sentence."""
    return "the labels alone" if control == "none" else teacher_name(control)


def _told(controls: list[str]) -> str:
    """All controls in a sentence."""
    named = listed([_named(name) for name in controls])
    return f"every control ({named})" if len(controls) > 1 else named


def _of_images(images: pd.DataFrame, silent: set[str]) -> tuple[str, list[str]]:
    """Whether brains know the image and not the class alone, and regions that cannot know it."""
    tested = images[images["q"].notna()]
    found = tested[(tested["q"] <= SIGNIFICANT) & (tested["difference"] > 0)]
    false = [f"{row.subject} {row.roi}" for row in table_rows(found[found["roi"].isin(silent)])]
    found, tested = (rows[~rows["roi"].isin(silent)] for rows in (found, tested))
    names = [f"{row.subject} {row.roi}" for row in table_rows(found)]
    if names:
        know = "knows" if len(names) == 1 else "know"
        q = probability(found["q"].max(), name="q") + (" at most" if len(names) > 1 else "")
        told = f" {listed(names)} {know} the image, not its class alone ({q})."
        return told + (f" But so does {listed(false)}: beware." if false else ""), false
    if tested.empty:
        return "", false
    least = number(tested["smallest_effect"].max(), 100)
    return (
        f" That brains know more than the class is not shown (below {least} points unseen).",
        false,
    )
