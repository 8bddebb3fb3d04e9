"""Films that are listed several times: the same pixels under other names.

Only exact copies are found, at 256 grey levels, however a copy came to them. One that was scaled
or compressed again has other pixels.
"""

import logging
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.progress import progress
from neuroloop.cxr.image_files import content_hashes, read_levels
from neuroloop.cxr.persons import united

log = logging.getLogger(__name__)

COPY = "copy"
CONFLICT = "labels conflict"


class Duplicates(NamedTuple):
    """What is left of a list of films, and what was dropped.

    Attributes
    ----------
    films : DataFrame
        One row for each content; ``person`` names the same person in all copies, ``content`` are
        the hashes of its pixels and of its copies' (see `image_files.content_hashes`).
    dropped : DataFrame
        ``file, label, person`` as they were, ``reason`` (``copy``, or ``labels conflict``: then
        no copy is kept) and ``same_as``, the file with the same pixels that is kept, or else the
        first one.
    persons : dict of str to str
        Persons who are one with another, as a copy shows -> the name that they have now.
    clipped : dict of str to int
        Files with pixels above white -> how many.
    """

    films: pd.DataFrame
    dropped: pd.DataFrame
    persons: dict[str, str]
    clipped: dict[str, int]


def find_duplicates(films: pd.DataFrame, folder: Path, white: int | None = None) -> Duplicates:
    """Drop films whose pixels were seen before, and all of a film that has two labels.

    Persons who share a film are one person, in all of their films: else their other films could
    stand on two sides of a split. Every film is read, so unusable ones are found here.

    Parameters
    ----------
    films : DataFrame
        ``file, label, person``; the first of copies is kept.
    folder : Path
        Where relative paths start.
    white : int, optional
        See `image_files.read_levels`.

    Returns
    -------
    Duplicates
        Counts are logged.

    Raises
    ------
    NeuroLoopError
        If films cannot be used: the first is explained, and all are counted.
    """
    hashes, clipped = _hashes(films["file"].tolist(), folder, white)
    # Of three copies the first and the last may have no hash in common.
    one = united(hashes)
    content = pd.Series([one[own[0]] for own in hashes], index=films.index, dtype=object)
    every: dict[str, list[str]] = {}
    for other, name in sorted(one.items()):
        every.setdefault(name, []).append(other)
    groups = films.groupby(content)
    whose = united(groups["person"].unique())
    persons = {person: name for person, name in whose.items() if person != name}
    copy = content.duplicated()
    conflict = groups["label"].transform("nunique") > 1
    dropped = films[["file", "label", "person"]].assign(
        reason=conflict.map({True: CONFLICT, False: COPY}),
        same_as=groups["file"].transform("first"),
    )[copy | conflict]
    kept = films.assign(content=content.map(every))[~copy & ~conflict]
    if len(dropped):
        log.warning(
            "%d of %d films dropped: %d copies and %d whose copies have another label",
            len(dropped),
            len(films),
            (dropped["reason"] == COPY).sum(),
            (dropped["reason"] == CONFLICT).sum(),
        )
    if persons:
        log.warning("%d persons share a film with another and count as that one", len(persons))
    if clipped:
        worst = max(clipped, key=lambda file: clipped[file])
        log.warning(
            "%d films have pixels above white %s, at most %d, in %s: they take the median around",
            len(clipped),
            white,
            clipped[worst],
            worst,
        )
    return Duplicates(
        kept.assign(person=kept["person"].replace(persons)).reset_index(drop=True),
        dropped.reset_index(drop=True),
        persons,
        clipped,
    )


def _hashes(
    files: list[str], folder: Path, white: int | None
) -> tuple[list[tuple[str, ...]], dict[str, int]]:
    """Hashes of each film, and those with pixels above white."""
    hashes, unusable, clipped = [], [], {}
    for file in progress(files, "films read"):
        try:
            film = read_levels(folder / file, white)
        except NeuroLoopError as error:
            unusable.append(str(error))
            continue
        hashes.append(content_hashes(film.levels, film.white))
        if film.above:
            clipped[file] = film.above
    if unusable:
        others = f" ({len(unusable)} of {len(files)} films cannot be used)"
        raise NeuroLoopError(unusable[0] + (others if len(unusable) > 1 else ""))
    return hashes, clipped
