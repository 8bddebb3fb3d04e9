"""What a brain's gain is made of, as far as its controls tell: a verdict on each brain.

A control keeps something of the brain's soft labels and destroys the rest. Where the brain's
students beat those of a control, what it keeps is not all that teaches.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from neuroloop import registry
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.answers.taught import controls_to_beat

#: What controls keep of a brain's soft labels: how certain they are; a code by which classes or
#: images are told apart, but not which of them are alike; all that is said of a class.
SOFTNESS, CODE, CLASSES = "softness", "code", "classes"

#: The controls that keep it, and no more.
KEPT = {
    SOFTNESS: ("smooth", "matchednoise"),
    CODE: ("codebook", "offdiagonal"),
    CLASSES: ("classmean", "gaussian", "withinclass"),
}

#: The teacher of the labels alone, and the control whose test holds the luck of which image got
#: which soft label.
NONE, DEALT_ANEW = "none", "withinclass"

#: Verdicts. Each claims what the one before it does, and more.
VERDICTS = UNTESTED, NO_GAIN, GAIN, NO_SOFTNESS, OF_CLASSES, OF_IMAGES = (
    "untested",
    "no gain",
    "gain",
    "more than softness",
    "class structure",
    "the image's own signal",
)

#: The same in a sentence, which says as well what is not shown.
SAID = {
    NO_GAIN: "no gain",
    GAIN: "a gain, not shown to be more than softness",
    NO_SOFTNESS: "more than softness, not told whether of classes or of images",
    OF_CLASSES: "class structure, nothing of the image shown",
    OF_IMAGES: "the image's own signal",
}

#: What tells a brain and its students.
BRAIN = ["subject", "roi", "decoder", "student"]

#: Columns of the table.
COLUMNS = [*BRAIN, "verdict", "beats", "not_beaten", "untested", "missing"]


class Verdict(NamedTuple):
    """What is shown of one brain.

    Attributes
    ----------
    verdict : str
        One of `VERDICTS`.
    beats, not_beaten, untested, missing : tuple of str
        Controls that its students beat; that they do not; without a q; that did not teach.
    """

    verdict: str
    beats: tuple[str, ...]
    not_beaten: tuple[str, ...]
    untested: tuple[str, ...]
    missing: tuple[str, ...]


def verdicts(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Judge each brain, the mean over subjects, and people like them, by all of its controls.

    Parameters
    ----------
    comparisons : DataFrame
        comparisons.tsv, as of `ablation.compare_teachers`.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row a brain, decoder and kind of student (see `judge`). Controls are listed
        with commas between them.
    """
    taught = comparisons[comparisons["teacher"] == "brain"]
    over_labels = comparisons[comparisons["control"] == NONE]
    of_others = {keys: _beaten(rows, "teacher") for keys, rows in over_labels.groupby(BRAIN)}
    rows = []
    for keys, of_brain in taught.groupby(BRAIN, sort=False):
        found = judge(_beaten(of_brain, "control"), of_others.get(keys, {}))
        lists = {name: ", ".join(names) for name, names in found._asdict().items()}
        rows.append({**dict(zip(BRAIN, keys, strict=True)), **lists, "verdict": found.verdict})
    return pd.DataFrame(rows, columns=COLUMNS)


def judge(beaten: Mapping[str, bool | None], over_labels: Mapping[str, bool | None]) -> Verdict:
    """Say how much is shown of what a brain taught.

    - ``gain``: beats the labels alone.
    - ``more than softness``: also every control of `KEPT` that keeps softness, at least one, and
      whatever else a brain has to beat (plugins).
    - ``class structure``: also every control that keeps a code, at least one; and one that keeps
      the classes beats the labels alone as well. Without that, the gain may be of images, or the
      luck of one deal of soft labels, which all seeds of the brain's students share.
    - ``the image's own signal``: more than softness, and beats every control that keeps a code,
      where there are any, and every one that keeps the classes, `DEALT_ANEW` among them: its test
      alone holds that luck.

    Parameters
    ----------
    beaten : mapping of str to bool or None
        Of each control of the brain: whether its students are found to be better (q at most
        `SIGNIFICANT`); None where there is no q. Controls that a brain need not beat play no part.
    over_labels : mapping of str to bool or None
        The same of other teachers and the labels alone.

    Returns
    -------
    Verdict
    """
    known = {NONE, *(name for names in KEPT.values() for name in names)}
    teachers = [name for name in beaten if name in registry.names("teacher")]
    others = [name for name in controls_to_beat(teachers) if name not in known]
    asked = {name: found for name, found in beaten.items() if name in known or name in others}

    def all_of(kept: str) -> bool:
        return all(asked[name] for name in KEPT[kept] if name in asked)

    def some_of(kept: str) -> bool:
        return any(name in asked for name in KEPT[kept])

    verdict = GAIN
    if asked.get(NONE) is None:
        verdict = UNTESTED
    elif not asked[NONE]:
        verdict = NO_GAIN
    elif some_of(SOFTNESS) and all_of(SOFTNESS) and all(asked[name] for name in others):
        verdict = NO_SOFTNESS
        if all_of(CODE) and all_of(CLASSES) and DEALT_ANEW in asked:
            verdict = OF_IMAGES
        elif some_of(CODE) and all_of(CODE) and any(map(over_labels.get, KEPT[CLASSES])):
            verdict = OF_CLASSES
    order = [NONE, *(name for names in KEPT.values() for name in names), *others]
    return Verdict(
        verdict,
        tuple(name for name in order if asked.get(name)),
        tuple(name for name in order if asked.get(name) is False),
        tuple(name for name in order if name in asked and asked[name] is None),
        tuple(name for name in order if name not in asked),
    )


def _beaten(rows: pd.DataFrame, name: str) -> dict[str, bool | None]:
    """Whether each row finds a gain, by one of its names."""
    gains: Iterable[bool] = (rows["q"] <= SIGNIFICANT) & (rows["difference"] > 0)
    return {
        one: bool(gain) if tested else None
        for one, gain, tested in zip(rows[name], gains, rows["q"].notna(), strict=True)
    }
