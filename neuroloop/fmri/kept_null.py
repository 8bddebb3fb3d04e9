"""Nulls that earlier jobs made, from which a job goes on that asks for more permutations.

The permutations of a seed come in one order: the first hundred of a thousand are those of a null of
a hundred. A kept null lies outside the outputs of a job and is named by all that it follows from
but their number: a job with other code, settings or input bytes never finds it.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuroloop.files.atomic import StrPath, atomic
from neuroloop.training.checkpoints import checkpoint_key


@dataclass(frozen=True)
class KeptNull:
    """Where the null of one region and decoder is kept.

    Attributes
    ----------
    path : Path
        Made when a null is kept.
    """

    path: Path

    @classmethod
    def of(cls, folder: Path, code: str, *inputs: StrPath) -> "KeptNull":
        """Name the null of a job.

        Parameters
        ----------
        folder : Path
        code : str
            Hash of the code.
        *inputs : path
            Files whose content counts.

        Raises
        ------
        NeuroLoopError
            If a file is missing.
        """
        return cls(folder / f"{checkpoint_key(code, *map(Path, inputs))}.npz")

    def load(self) -> np.ndarray:
        """Balanced accuracies in the order of the permutations, float64; none if none are kept.

        A file that cannot be read holds none either, and a warning is logged.
        """
        if not self.path.is_file():
            return np.empty(0)
        try:
            with np.load(self.path, allow_pickle=False) as kept:
                null = kept["null"]
            if null.ndim != 1 or null.dtype != np.float64:
                raise ValueError(f"{null.dtype} of shape {null.shape}")
            return null
        except Exception as error:  # whatever a damaged file makes a parser do
            logging.getLogger(__name__).warning(
                "%s is damaged (%s): all permutations are made anew", self.path, error
            )
            return np.empty(0)

    def save(self, null: np.ndarray) -> None:
        """Keep a null, unless at least as much of it is kept."""
        if len(null) > len(self.load()):
            with atomic(self.path, null.nbytes) as made:
                np.savez(made, null=null)
