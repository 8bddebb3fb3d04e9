"""Which images of another set are no test of a classifier, as it may have learned from them."""

from collections.abc import Collection, Sequence

import pandas as pd

from neuroloop.cxr.duplicates import COPY
from neuroloop.cxr.near_copies import near_copies
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows, take_rows
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_sorted

KNOWN = "known patient"


def check_fits(fit: str | None, own: str | None, source: object) -> None:
    """Check that a set is fitted into squares as the one that a classifier learns from.

    Parameters
    ----------
    fit, own : str or None
        The ``fit`` of both; None where all radiographs are square.
    source : object
        The other set, for the message.

    Raises
    ------
    NeuroLoopError
        If it is not.
    """
    if fit and own and fit != own:
        raise NeuroLoopError(
            f"radiographs of {source} become squares by `fit: {fit}`, but the classifier learns "
            f"from others by `fit: {own}`: give both sets one `fit`"
        )


def learned_from(
    radiographs: pd.DataFrame,
    content: Sequence[Collection[str]],
    own: pd.DataFrame,
    own_content: Sequence[Collection[str]],
    one_numbering: bool,
    source: object,
    intake: Intake,
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
    one_numbering : bool
        Whether a name means the same patient in both sets.
    source : object
        Where `radiographs` come from, for messages.
    intake : Intake
        Gets what is left out, and patients of one name who are taken for two.

    Returns
    -------
    DataFrame
        A row for each radiograph of `radiographs` to leave out, its index kept: ``radiograph,
        label, patient``, ``reason`` (``copy``: it has the pixels of a radiograph of `own`; ``known
        patient``: its patient is one of `own` by name, or shares a radiograph with one) and
        ``same_as``, the radiograph with the same pixels.

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
    namesakes = set(radiographs["patient"]) & set(own["patient"])
    shared = set(radiographs["patient"][copy]) | (namesakes if one_numbering else set())
    known = radiographs["patient"].isin(shared)
    if apart := natural_sorted(namesakes - shared):
        intake.warn(
            f"{len(apart)} patients of {source} are called as patients whom the classifier learns "
            f"from ({apart[0]} is one) and are taken for other people: if they are the same, give "
            "both sets one `patients_of`."
        )
    found = radiographs[["radiograph", "label", "patient"]].assign(
        reason=copy.map({True: COPY, False: KNOWN}), same_as=same_as
    )[known]
    if known.all():
        raise NeuroLoopError(
            f"{source} has no radiograph left to test: of {len(radiographs)}, {copy.sum()} are "
            "copies of radiographs that the classifier learns from, and "
            f"{(known & ~copy).sum()} show patients whom it knows: add others, or give the sets "
            "different `patients_of` if their patients have names alone in common"
        )
    intake.drop(
        f"radiographs of {source}",
        "they are copies of radiographs that the classifier learns from",
        int(copy.sum()),
    )
    intake.drop(
        f"radiographs of {source}",
        "they show patients whom the classifier learns from",
        int((known & ~copy).sum()),
    )
    return found


def tell_near_copies(
    radiographs: pd.DataFrame,
    pixels: Rows,
    own: pd.DataFrame,
    own_pixels: Rows,
    source: object,
    intake: Intake,
) -> None:
    """Warn of radiographs to test on that look like ones that the classifier learns from.

    Parameters
    ----------
    radiographs : DataFrame
        ``radiograph`` of those that are tested on; its index says their rows in `pixels`.
    pixels : ndarray of uint8, shape (radiographs of the other set, size, size)
    own : DataFrame
        ``radiograph`` of the set that the classifier is trained on.
    own_pixels : ndarray of uint8, shape (radiographs of that set, size, size)
    source : object
        Where `radiographs` come from, for messages.
    intake : Intake
        Gets the warning.
    """
    found = near_copies(take_rows(pixels, radiographs.index.to_numpy()), own_pixels)
    if found:
        first = found[0]
        intake.warn(
            f"{len(found)} radiographs of {source} look like ones that the classifier learns from "
            f"({radiographs['radiograph'].iloc[first.row]} like "
            f"{own['radiograph'].iloc[first.other]}, ...), as copies that were compressed or "
            "scaled again do: remove them from one of the sets."
        )
