"""Which classifiers a set of radiographs trains in which data cases."""

from collections.abc import Mapping, Sequence
from typing import Any


def trainings(block: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of data case and classifier, in the order of the config.

    Parameters
    ----------
    block : mapping
        ``cases``, ``classifiers`` and ``cases_of`` of a set of radiographs.

    Returns
    -------
    list of (case, classifier)
        Case by case, those of the set first; a classifier that ``cases_of`` names has those cases
        and no others.
    """
    own: Mapping[str, Sequence[str]] = block["cases_of"]
    cases = dict.fromkeys([*block["cases"], *(case for chosen in own.values() for case in chosen)])
    return [
        (case, classifier)
        for case in cases
        for classifier in block["classifiers"]
        if case in own.get(classifier, block["cases"])
    ]
