"""What methods found in a network: their results and maps, read for its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_arrays, read_json
from neuroloop.report.names import method_name


@dataclass(frozen=True, eq=False)
class Found:
    """What a method found: its ``result.json`` and its folder.

    Attributes
    ----------
    method : str
    result : mapping
    folder : Path
    """

    method: str
    result: Mapping[str, Any]
    folder: Path

    @property
    def applies(self) -> bool:
        """Whether the method is made for the network."""
        return bool(self.result["applicable"])

    @property
    def attributes(self) -> bool:
        """Whether the method attributes a class to pixels, that is, draws maps."""
        return self.method in registry.having("method", "attribute")

    @property
    def title(self) -> str:
        """What the method is called; of methods that do not attribute, all of the legend."""
        return method_name(self.method) if self.attributes else self._legend

    @property
    def meaning(self) -> str:
        """What its maps show."""
        return self._legend.partition(": ")[2]

    @property
    def signed(self) -> bool:
        """Whether values of its maps below 0 have a meaning."""
        return bool(registry.entry("method", self.method).SIGNED)

    @property
    def _legend(self) -> str:
        return str(registry.entry("method", self.method).LEGEND)


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of an attribution method.

    Attributes
    ----------
    values : mapping of str to ndarray, shape (height', width')
        By the id of the image.
    predicted : mapping of str to int
        Class that is explained, by the id of the image.
    units : str
    """

    values: Mapping[str, np.ndarray]
    predicted: Mapping[str, int]
    units: str


def read_found(result: Path, folder: Path) -> Found:
    """Read the result of a method.

    Raises
    ------
    NeuroLoopError
        If the result is missing or damaged, or of no known method.
    """
    facts = read_json(result)
    method = facts.get("method")
    if method not in registry.names("method") or "applicable" not in facts:
        raise NeuroLoopError(f"{result} is no result of a method: delete it and run again")
    return Found(str(method), facts, folder)


def read_maps(found: Found) -> Maps:
    """Read the maps of an attribution method that applies.

    Raises
    ------
    NeuroLoopError
        If a file is missing or damaged.
    """
    path = found.folder / "arrays.npz"
    arrays = load_arrays(path)
    missing = {"maps", "image", "named"} - arrays.keys()
    if missing:
        raise NeuroLoopError(f"{path} lacks {', '.join(sorted(missing))}: run the method again")
    ids = [str(name) for name in arrays["image"]]
    described = read_json(path.with_suffix(".json"))["arrays"]["maps"]
    return Maps(
        dict(zip(ids, arrays["maps"], strict=True)),
        dict(zip(ids, arrays["named"].tolist(), strict=True)),
        described["units"],
    )
