"""Facts as JSON objects."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath, atomic
from neuroloop.files.door import outside, read_text

#: Deepest nesting of lists and objects that is read.
DEEPEST = 100

#: Whole numbers lie between this and its negative: what 64 bits hold.
LARGEST = 2**63 - 1


def save_json(path: StrPath, facts: Mapping[str, Any]) -> None:
    """Write facts as indented JSON; NaN becomes null, NumPy scalars become numbers."""
    text = as_json(facts)
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: StrPath) -> dict[str, Any]:
    """Read a JSON object from a file.

    Raises
    ------
    NeuroLoopError
        If it is missing or is not a JSON object; if a key stands twice in an object, a number is
        not finite or has more digits than 64 bits hold, or lists and objects are nested too deep.
    """
    remedy = "delete it and run again, or correct it if you wrote it"
    with outside(path, "a JSON object", remedy, "run the rule that makes it") as file:
        facts = parse_json(read_text(file))
    if not isinstance(facts, dict):
        raise NeuroLoopError(f"{path} holds no JSON object: {remedy}")
    return facts


def parse_json(text: str) -> Any:
    """Read JSON, strictly: what Python's reader takes beyond the standard is refused.

    Raises
    ------
    ValueError
        See `read_json`.
    """
    made = json.loads(
        text,
        object_pairs_hook=_object,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        parse_int=_whole,
    )
    _check_depth(made)
    return made


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)} stands twice")
    return made


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not np.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def _whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST:
        raise ValueError(f"a whole number of {len(text.lstrip('-'))} digits")
    return int(text)


def _check_depth(value: Any, depth: int = 0) -> None:
    """See that what was read is not nested too deep, and holds only characters that can be written.

    Half of a surrogate pair, which JSON's escapes can state, cannot be written to any file.
    """
    if depth > DEEPEST:
        raise ValueError(f"lists and objects are nested more than {DEEPEST} deep")
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a text has the character NUL")
        value.encode()
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_depth(key, depth)
            _check_depth(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_depth(item, depth + 1)


def as_json(facts: Mapping[str, Any]) -> str:
    """Indented JSON; NaN becomes null, NumPy scalars and arrays what JSON knows."""
    return json.dumps(_plain(facts), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Turn NumPy scalars and arrays, paths and NaN into values that JSON supports."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value
