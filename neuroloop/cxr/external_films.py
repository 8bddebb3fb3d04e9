"""Which films of another set are no test of a classifier, as it may have learned from them."""

import logging
from collections.abc import Collection, Sequence

import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.cxr.duplicates import COPY

log = logging.getLogger(__name__)

KNOWN = "known person"


def learned_from(
    films: pd.DataFrame,
    content: Sequence[Collection[str]],
    own: pd.DataFrame,
    own_content: Sequence[Collection[str]],
    source: object,
) -> pd.DataFrame:
    """Find films that are in the classifier's own set too, and those of persons who are.

    Parameters
    ----------
    films : DataFrame
        ``film, label, person`` of the other set.
    content : sequence of collection of str
        Hashes of each of its films' pixels (see `image_files.content_hashes`).
    own : DataFrame
        ``film, person`` of the set that the classifier was trained on.
    own_content : sequence of collection of str
        Hashes of its films.
    source : object
        Where `films` come from, for messages.

    Returns
    -------
    DataFrame
        A row for each film of `films` to leave out, its index kept: ``film, label, person``,
        ``reason`` (``copy``: it has the pixels of a film of `own`; ``known person``: its person is
        one of `own` by name, or shares a film with one) and ``same_as``, the film with the same
        pixels. They are counted in the log.

    Raises
    ------
    NeuroLoopError
        If no film is left.
    """
    originals = {
        one: film for film, hashes in zip(own["film"], own_content, strict=True) for one in hashes
    }
    same_as = pd.Series(
        [next((originals[one] for one in hashes if one in originals), None) for hashes in content],
        index=films.index,
        dtype=object,
    )
    copy = same_as.notna()
    known = films["person"].isin({*own["person"], *films["person"][copy]})
    found = films[["film", "label", "person"]].assign(
        reason=copy.map({True: COPY, False: KNOWN}), same_as=same_as
    )[known]
    said = f"{copy.sum()} are copies of films that the classifier learned from, and " + (
        f"{(known & ~copy).sum()} show persons whom it knows"
    )
    if known.all():
        raise NeuroLoopError(
            f"{source} has no film left to test: of {len(films)}, {said}: add others"
        )
    if len(found):
        log.warning("%s: %d of %d films are left out: %s", source, len(found), len(films), said)
    return found
