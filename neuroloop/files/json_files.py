"""Facts as JSON objects."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath, atomic


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
        If it is missing or is not a JSON object.
    """
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: run the rule that makes it") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NeuroLoopError(
            f"{path} is not valid JSON ({error}): delete it and run again"
        ) from error
    if not isinstance(facts, dict):
        raise NeuroLoopError(f"{path} holds no JSON object: delete it and run again")
    return facts


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
