"""Names of files that tell the class within a source: prefixes, numbers, dates, order.

Networks do not see names. But names that differ between classes say that the classes were
collected apart: at other times, from other places, by other hands; and what else differs then, a
network does see. The names of classes and folders are taken out first: whoever sorts files writes
them there.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from neuroloop.cxr.audit.told_classes import Told, deal, told_classes
from neuroloop.files.natural_order import natural_key

#: A day in a name or a header: 20200131, 2020-01-31, 2020:01:31.
DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.:]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")

#: Numbers of a name that are looked at, and patterns that names are told by.
NUMBERS, PATTERNS = 3, 12


def told_names(
    files: Sequence[str],
    dates: Sequence[str],
    labels: pd.Series,
    patients: pd.Series,
    sources: Mapping[str, Sequence[str]],
    generator: np.random.Generator,
) -> tuple[Told, str] | None:
    """How well names tell the class, compared with classes dealt anew within each source.

    What tells the source alone thus tells as much of dealt classes.

    Parameters
    ----------
    files : sequence of str
        Path of each radiograph.
    dates : sequence of str
        Date that its header has; empty without one.
    labels, patients : Series
    sources : mapping of str to sequence of str
        See `file_cues.sources_of`.
    generator : Generator

    Returns
    -------
    told : Told
    where : str
        Empty: it is of the whole set. None where names are all alike, or patients too few.
    """
    of_source = [", ".join(one) for one in zip(*sources.values(), strict=True)]
    of_source = of_source or [""] * len(files)
    cues = name_cues(files, dates, labels)
    place = cues["place in the order of names"]
    cues["place in the order of names of its source"] = place.groupby(of_source).rank(pct=True)
    told = told_classes(cues, deal(labels, patients, generator, of_source))
    return (told, "") if told else None


def name_cues(files: Sequence[str], dates: Sequence[str], labels: pd.Series) -> pd.DataFrame:
    """What names of files have, in numbers.

    Returns
    -------
    DataFrame
        A row a radiograph: length, numbers, day, place in the order of names, patterns.
    """
    words = {part.casefold() for file in files for part in PurePosixPath(file).parts[:-1]}
    words |= {str(label).casefold() for label in labels}
    stems = [_without(PurePosixPath(file).stem.casefold(), words) for file in files]
    days = [_day(stem) or _day(of_header) for stem, of_header in zip(stems, dates, strict=True)]
    numbers = [[float(one) for one in re.findall(r"\d+", DAY.sub("", stem))] for stem in stems]
    order = {stem: place for place, stem in enumerate(sorted(set(stems), key=natural_key))}
    made: dict[str, list[float]] = {
        "length of the name": [float(len(re.sub(r"\d", "", stem))) for stem in stems],
        "place in the order of names": [float(order[stem]) for stem in stems],
        "date": [float(day) for day in days],
    }
    for at in range(NUMBERS):
        made[f"number {at + 1} of the name"] = [
            one[at] if len(one) > at else -1.0 for one in numbers
        ]
    patterns = pd.Series([re.sub(r"\d+", "#", stem) for stem in stems])
    for pattern in patterns.value_counts().index[:PATTERNS]:
        made[f"names like {pattern}"] = (patterns == pattern).astype(float).tolist()
    return pd.DataFrame(made)


def _without(stem: str, words: set[str]) -> str:
    """A name without words, the longest first."""
    for word in sorted(words, key=lambda one: (-len(one), one)):
        stem = stem.replace(word, "")
    return stem


def _day(text: str) -> int:
    """Number of the first day that a text names; 0 without one."""
    for found in DAY.finditer(text):
        year, _, month, day = found.groups()
        try:
            return date(int(year), int(month), int(day)).toordinal()
        except ValueError:  # as the 31st of February
            continue
    return 0
