"""Which images of another set are no test of a classifier, as it may have learned from them."""

import logging
from collections.abc import Collection, Sequence

import pandas as pd

from neuroloop.cxr.duplicates import COPY
from neuroloop.errors import NeuroLoopError

log = logging.getLogger(__name__)

KNOWN = "known patient"


def learned_from(
    radiographs: pd.DataFrame,
    content: Sequence[Collection[str]],
    own: pd.DataFrame,
    own_content: Sequence[Collection[str]],
    source: object,
) -> pd.DataFrame:
    """Find radiographs that are in the classifier's own set too, and those of patients who are.

    Parameters
    ----------
    radiographs : DataFrame
        ``radiograph, label, patient`` of the other set.
    content : sequence of collection of str
        Hashes of each of its radiographs' pixels (see `content_hashes`).
    own : DataFrame
        ``radiograph, patient`` of the set that the classifier was trained on.
    own_content : sequence of collection of str
        Hashes of its radiographs.
    source : object
        Where `radiographs` come from, for messages.

    Returns
    -------
    DataFrame
        A row for each radiograph of `radiographs` to leave out, its index kept: ``radiograph,
        label, patient``, ``reason`` (``copy``: it has the pixels of a radiograph of `own`; ``known
        patient``: its patient is one of `own` by name, or shares a radiograph with one) and
        ``same_as``, the radiograph with the same pixels. They are counted in the log.

    Raises
    ------
    NeuroLoopError
        If no radiograph is left.
    """
    originals = {
        one: radiograph
        for radiograph, hashes in zip(own["radiograph"], own_content, strict=True)
        for one in hashes
    }
    same_as = pd.Series(
        [next((originals[one] for one in hashes if one in originals), None) for hashes in content],
        index=radiographs.index,
        dtype=object,
    )
    copy = same_as.notna()
    known = radiographs["patient"].isin({*own["patient"], *radiographs["patient"][copy]})
    found = radiographs[["radiograph", "label", "patient"]].assign(
        reason=copy.map({True: COPY, False: KNOWN}), same_as=same_as
    )[known]
    said = f"{copy.sum()} are copies of radiographs that the classifier learned from, and " + (
        f"{(known & ~copy).sum()} show patients whom it knows"
    )
    if known.all():
        raise NeuroLoopError(
            f"{source} has no radiograph left to test: of {len(radiographs)}, {said}: add others"
        )
    if len(found):
        log.warning(
            "%s: %d of %d radiographs are left out: %s", source, len(found), len(radiographs), said
        )
    return found
