"""Checks of what tells classes without the lungs, and of what tells too much of them at all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from neuroloop.cxr.audit.told_classes import CUTS, KEPT, Cues, Dealt, Told, told_classes
from neuroloop.report.audit import Check
from neuroloop.statistics.families import corrected

#: Level of p, corrected within all of these checks (Holm), and the least part of the way from
#: chance to 1 that matters.
LEVEL, LEAST = 0.001, 0.1

#: The part that a disease does not explain, where lungs are seen too: opacities are bright, have a
#: texture, and compress otherwise.
MOST = 0.95

#: The same of one place in the lungs: opacities that lie alike go up to half of the way.
MOST_OF_PLACE = 0.65

#: Columns that a classifier is left with, and intervals of each, by whether columns are places.
KEPT_OF = MappingProxyType({False: (KEPT, CUTS), True: (1, 0)})

REMOVE = "A classifier may know it, and nothing of a disease:"


class Look(NamedTuple):
    """What is looked at.

    Attributes
    ----------
    what : str
        Name of the check: ``"class from ..."``.
    remedy : str
    least : float
        Effect from which on it is found.
    place : bool
        Whether each column is a place, of which one is to tell the class.
    dealt : str
        What is named, and dealt anew to patients.
    also : str
        What else is seen here, where that is the reason of `least`.
    nothing : str
        What to say where nothing can be told.
    """

    what: str
    remedy: str
    least: float = LEAST
    place: bool = False
    dealt: str = "classes"
    also: str = "a disease is seen here too"
    nothing: str = "All radiographs are alike in it."


#: Where one class or source is told from all others by the histogram, which hangs on opacities and
#: detectors too.
MOST_OF_HISTOGRAM = 0.9

LOOKS: Mapping[str, Look] = {
    "files": Look(
        "class from kinds of files",
        f"{REMOVE} store all radiographs in one format, size and quality, from files of the same "
        "origin.",
    ),
    "places": Look(
        "class from where radiographs come from",
        f"{REMOVE} take all classes from each site, or test on sites that were left out "
        "(`new_sites`).",
    ),
    "borders": Look(
        "class from borders and corners",
        f"{REMOVE} crop or cover markers, texts and borders, the same way in all classes.",
    ),
    "marks": Look(
        "class from marks outside of the lungs",
        f"{REMOVE} crop or cover marks at these places, in all classes alike.",
        place=True,
    ),
    "patches": Look(
        "class from one place outside of the lungs",
        f"{REMOVE} look at this place in radiographs of all classes, and crop or cover it in all.",
        place=True,
    ),
    "overlays": Look(
        "class from one place in or near the lungs",
        f"{REMOVE} so much no disease explains; look for a mark at this place.",
        MOST_OF_PLACE,
        place=True,
    ),
    "background": Look(
        "class from the background",
        f"{REMOVE} compare exposure, view and position between classes, and see how well the "
        "classifier does without lungs (`shown` background in metrics.tsv).",
    ),
    "grain": Look(
        "class from grain outside of the lungs",
        f"{REMOVE} find out which class was compressed, scaled or smoothed otherwise, and store "
        "all alike.",
    ),
    "pixels": Look(
        "class from single pixels",
        f"{REMOVE} replace the detector's defects or marks by the median around them.",
    ),
    "light": Look(
        "class from brightness and contrast",
        f"{REMOVE} so much no disease explains; compare exposure and scaling between classes.",
        MOST,
    ),
    "spectrum": Look(
        "class from the spectrum",
        f"{REMOVE} so much no disease explains; compare sharpness, size and compression.",
        MOST,
    ),
    "ends": Look(
        "class from the ends and gaps of the histogram",
        f"{REMOVE} find out which class was saved with another range, depth or contrast, or "
        "clipped, and save all alike.",
        MOST_OF_HISTOGRAM,
    ),
    "histogram": Look(
        "source from the histogram",
        "One source was saved with another range, depth or contrast, or scaled by itself: save all "
        "alike from what was stored, or scale each radiograph by itself; and test on sources that "
        "were not learned from (`new_sites`).",
        MOST_OF_HISTOGRAM,
        dealt="sources",
        also="detectors differ too",
        nothing="No two sites or folders of six patients or more, with classes in unlike numbers, "
        "are known.",
    ),
    "names": Look(
        "class from names or dates of files",
        "No network sees names, but these classes were collected apart: find out when, where and "
        "by whom, and what else differs between them; take all classes from the same places and "
        "times.",
    ),
    "compression": Look(
        "class from how files compress",
        f"{REMOVE} so much no disease explains; compare quality, rescaling and stretched levels.",
        MOST,
    ),
}


def class_checks(
    of: str,
    cues: Mapping[str, Cues],
    deals: Sequence[Dealt],
    known: Mapping[str, tuple[Told, str] | None] = MappingProxyType({}),
    folder: Path | None = None,
) -> list[Check]:
    """Check what each kind of cue tells of the class.

    Parameters
    ----------
    of : str
        Name of the set.
    cues : mapping of str to DataFrame, or other Cues
        Keys of `LOOKS`; a row a radiograph.
    deals : sequence of Dealt
        See `told_classes.deal`.
    known : mapping of str to (Told, str) or None
        Other keys of `LOOKS`, of which something has deals of its own: what they tell, and in what
        part of the set. They are corrected together with the others.
    folder : Path, optional
        Where columns wait that are too many for memory.
    """
    told = {
        name: (one, "") if one else None
        for name, one in (
            (name, told_classes(columns, deals, *KEPT_OF[LOOKS[name].place], folder))
            for name, columns in cues.items()
        )
    } | dict(known)
    judged = {name: one for name, one in told.items() if one}
    p = [one.p for one, _ in judged.values()]
    q = dict(zip(judged, corrected(p, ["audit"] * len(p), "holm"), strict=True))
    return [
        _check(of, LOOKS[name], *one, q[name]) if one else _nothing(of, LOOKS[name])
        for name, one in told.items()
    ]


def _check(of: str, look: Look, told: Told, where: str, q: float) -> Check:
    found = bool(q <= LEVEL and told.effect >= look.least)
    by = f", most by {', '.join(told.telling)}" if told.telling else ""
    of_where = f" ({where})" if where else ""
    sentence = (
        f"a small classifier names patients that it did not learn from{of_where} with a balanced "
        f"accuracy of {told.accuracy:.2f} ({told.chance:.2f} where {look.dealt} are dealt anew to "
        f"patients, p {told.p:.1g}, corrected {q:.1g}){by}"
    )
    if look.least > LEAST:
        limit = told.chance + look.least * (1 - told.chance)
        sentence += f"; {look.also}, so that it is a flag from {limit:.2f} on"
    return Check(
        look.what,
        of,
        found,
        f"{sentence[0].upper()}{sentence[1:]}.",
        look.remedy if found else "",
        told.accuracy,
        told.chance,
        told.p,
    )


def _nothing(of: str, look: Look) -> Check:
    return Check(look.what, of, False, look.nothing)
