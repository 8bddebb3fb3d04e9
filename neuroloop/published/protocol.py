"""A protocol: the strict steps of a study, and the flaws that are switched on."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.decoding import Problem
from neuroloop.statistics.folds import Split

if TYPE_CHECKING:  # each takes a second to import
    from neuroloop.cxr.transfer import Fold

FOLDER = Path(__file__).parent / "flaws"


@cache
def flaws() -> dict[str, ModuleType]:
    """Modules of all flaws by name, in the order that they are told and applied in."""
    names = [file.stem for file in FOLDER.glob("[!_]*.py")]
    found = {name: importlib.import_module(f"neuroloop.published.flaws.{name}") for name in names}
    return dict(sorted(found.items(), key=lambda one: one[1].ORDER))


@dataclass(frozen=True)
class Protocol:
    """How a study is made: strict without flaws.

    Parameters
    ----------
    switched_on : sequence of str
        Names of flaws.

    Raises
    ------
    NeuroLoopError
        If there is no such flaw.
    """

    switched_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.switched_on:
            if name not in flaws():
                known = ", ".join(flaws())
                raise NeuroLoopError(f"there is no flaw {name!r}: there are {known}")

    @property
    def name(self) -> str:
        """``strict``, or ``published`` with the flaws that are switched on."""
        return f"published: {', '.join(self.switched_on)}" if self.switched_on else "strict"

    def told(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What the decoder is told of the rows of a session."""
        return self._spoilt("told", rows)

    def fold_by(self) -> str:
        """What goes to folds whole: runs."""
        return self._step("fold_by", lambda: "run")()

    def activity(self, problem: Problem) -> np.ndarray:
        """Voxels that decoders learn from, shape (rows, voxels): as they are."""
        return reduce(lambda x, step: step(x, problem), self._steps("activity"), problem.x)

    def decode(self, strict: Callable[..., np.ndarray], problem: Problem, **given: Any) -> Any:
        """Logits of all rows: out of fold."""
        return self._step("decode", strict)(problem, **given)

    def taught(self, logits: np.ndarray, temperature: float) -> tuple[np.ndarray, float]:
        """Logits of a teacher, shape (images, classes), and T, as the loss takes them."""
        given = (logits, temperature)
        return reduce(lambda pair, step: step(*pair), self._steps("taught"), given)

    def seeds(self, seeds: Sequence[int]) -> list[int]:
        """Seeds of the students: all."""
        return self._spoilt("seeds", list(seeds))

    def controls(self, controls: Sequence[str]) -> list[str]:
        """Teachers that a brain has to beat: all."""
        return self._spoilt("controls", list(controls))

    def seen(self, strict: Callable[..., Any], **given: Any) -> Any:
        """Test images as students see them: prepared as the centre of training images is."""
        return self._step("seen", strict)(**given)

    def epoch(self, hits: np.ndarray) -> np.ndarray:
        """Epoch of which each seed's hits, (epochs, seeds, images), are reported: the last."""
        return self._step("epoch", lambda hits: np.full(hits.shape[1], len(hits) - 1))(hits)

    def claimed(self, strict: bool, gain: float) -> bool:
        """Whether a gain over the controls is claimed: if the product's test says so."""
        return self._step("claimed", lambda strict, gain: strict)(strict, gain)

    def persons(self, table: pd.DataFrame) -> pd.DataFrame:
        """What the product is told of whose radiographs are: whom the table names."""
        return self._spoilt("persons", table)

    def watched(self, fold: "Fold") -> "Fold":
        """Radiographs that decide which epoch is kept: of persons set aside from training."""
        return self._spoilt("watched", fold)

    def scored(self, subset: str, measure: str) -> tuple[str, str]:
        """Frames and judgement that score a reader of neurons: recall of stimulated cells."""
        given = (subset, measure)
        return reduce(lambda pair, step: step(*pair), self._steps("scored"), given)

    def named(
        self, strict: Callable[..., tuple[float, bool]], row: pd.Series, outputs: int
    ) -> tuple[float, bool]:
        """What a reader has above chance, and whether it counts: by patterns permuted."""
        return self._step("named", strict)(row, outputs)

    def mapped(self, splits: Sequence[Split]) -> list[Split]:
        """Frames that readers learn from, and those that are explained: held-out ones."""
        return self._spoilt("mapped", list(splits))

    def items(self, listed: pd.DataFrame, logits: np.ndarray) -> pd.DataFrame:
        """What is mapped of each trial: every stimulated cell."""
        return reduce(lambda made, step: step(made, logits), self._steps("items"), listed)

    def maps(self, maps: np.ndarray) -> np.ndarray:
        """Maps, shape (networks, items, height, width): in their own units."""
        return self._spoilt("maps", maps)

    def likeness(
        self, strict: Callable[..., tuple[float, bool]], table: pd.DataFrame, above_chance: bool
    ) -> tuple[float, bool]:
        """How alike maps are, and whether it counts: beside untrained networks."""
        return self._step("likeness", strict)(table, above_chance)

    def _steps(self, name: str) -> list[Callable[..., Any]]:
        on = [module for flaw, module in flaws().items() if flaw in self.switched_on]
        return [getattr(module, name) for module in on if hasattr(module, name)]

    def _spoilt(self, name: str, value: Any) -> Any:
        return reduce(lambda made, step: step(made), self._steps(name), value)

    def _step(self, name: str, strict: Callable[..., Any]) -> Callable[..., Any]:
        return [strict, *self._steps(name)][-1]
