"""What a method leaves of a network: what it found, or why it does not apply."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.files.formats import StrPath, save_json


def write_outcome(
    opened: OpenedModel,
    method: str,
    result: StrPath,
    folder: StrPath,
    find: Callable[[Path], dict[str, Any]],
) -> None:
    """Run a method and write its result.

    Parameters
    ----------
    opened : OpenedModel
    method : str
        Its name.
    result : path
        JSON: ``model``, ``method``, ``kind``, ``applicable``, ``reason``, and what was found.
    folder : path
        What the method writes; or ``not_applicable.json`` alone.
    find : callable
        From the folder, made, to what was found.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    named = {"model": opened.name, "method": method}
    facts: dict[str, Any] = {**named, "kind": opened.kind}
    try:
        facts |= {"applicable": True, "reason": None, **find(folder)}
    except NotApplicable as error:
        reason = str(error)
        save_json(folder / "not_applicable.json", {**named, "reason": reason})
        facts |= {"applicable": False, "reason": reason, "n": 0, "counts": {}}
    save_json(result, facts)
