"""Order of names that hold numbers: run 2 before run 10."""

import re
from collections.abc import Iterable

Number = tuple[int, str]
NaturalKey = tuple[tuple[str | Number, ...], str]


def natural_key(name: str) -> NaturalKey:
    """Return a sort key in which runs of digits count as whole numbers.

    Parameters
    ----------
    name : str
        Any text. Capitals come before small letters, as in Python.

    Returns
    -------
    tuple
        Alternating text and numbers, then the name itself, so that ``"1"`` and ``"01"`` differ and
        the order is total.
    """
    parts = re.split(r"([0-9]+)", name)
    return tuple(_number(part) if i % 2 else part for i, part in enumerate(parts)), name


def _number(digits: str) -> Number:
    """Order of a whole number, which may have more digits than Python makes a number of."""
    kept = digits.lstrip("0")
    return len(kept), kept


def natural_sorted(names: Iterable[str]) -> list[str]:
    """Return the names in natural order (see `natural_key`), repeated ones included."""
    return sorted(names, key=natural_key)
