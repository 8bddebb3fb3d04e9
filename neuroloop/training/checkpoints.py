"""Training states on disk, from which a killed job goes on.

A state is one safetensors file, so that it is there whole or not at all; what is no tensor stands
in its header as JSON. States lie outside the outputs of a job and are named by a key of all that
they follow from: a job with other code, settings or input bytes never finds them.
"""

import json
import logging
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, save_weights
from neuroloop.jobs.execution import current_execution

if TYPE_CHECKING:
    import torch


@dataclass
class Checkpoint:
    """Where one training state is kept.

    Attributes
    ----------
    folder : Path
        Made when a state is saved.
    key : str
        Name of the state: that of the job (`checkpoint_key`), or ``f"{key}-{part}"`` for each of
        the parts of one that trains several networks.
    interval : float
        Seconds between two states, for those who ask `due`.
    """

    folder: Path
    key: str
    interval: float = 30.0
    _last: float = field(default_factory=time.monotonic, init=False, repr=False)

    @property
    def path(self) -> Path:
        """File of the state."""
        return Path(self.folder) / f"{self.key}.safetensors"

    def due(self) -> bool:
        """Whether the interval has passed since the last state, or since this object was made."""
        return time.monotonic() - self._last >= self.interval

    def save(self, tensors: Mapping[str, "torch.Tensor"], facts: Mapping[str, Any]) -> None:
        """Write the state, in place of an earlier one.

        Parameters
        ----------
        tensors : mapping of str to Tensor
        facts : mapping
            What JSON can hold.
        """
        header = json.dumps({"facts": dict(facts), "checksum": _checksum(tensors)})
        save_weights(self.path, tensors, state=header)
        self._last = time.monotonic()

    def load(self) -> tuple[dict[str, "torch.Tensor"], dict[str, Any]] | None:
        """Read tensors and facts; None if there is no state.

        A state that cannot be read is no state either, and a warning is logged.
        """
        from safetensors import safe_open

        if not self.path.is_file():
            return None
        try:
            with safe_open(self.path, framework="pt") as stream:
                header = json.loads(json.loads(stream.metadata()["facts"])["state"])
                tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118
            if header["checksum"] != _checksum(tensors):
                raise ValueError("its checksum is wrong")
            return tensors, header["facts"]
        except Exception as error:  # whatever a damaged file makes a parser do
            self.ignore(error)
            return None

    def ignore(self, reason: object) -> None:
        """Log why the state is of no use."""
        logging.getLogger(__name__).warning(
            "training state %s is damaged (%s): training starts over", self.path, reason
        )

    def remove(self) -> None:
        """Delete the state and those of all parts, once the job's outputs are written."""
        for path in (self.path, *self.path.parent.glob(f"{self.key}-*.safetensors")):
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class JobStates:
    """Where the training states of one job are kept, one a part that it trains.

    Attributes
    ----------
    folder : Path
    key : str
        Name of the job, by all that its results follow from.
    """

    folder: Path
    key: str

    @classmethod
    def of(
        cls, folder: Path, code: str, settings: Sequence[Any], *inputs: StrPath | None
    ) -> "JobStates":
        """Name the states of a job, by the precision it computes in as well.

        Parameters
        ----------
        folder : Path
        code : str
            Hash of the code.
        settings : sequence
            What JSON can hold.
        *inputs : path or None
            Files whose content counts.

        Raises
        ------
        NeuroLoopError
            If a file is missing.
        """
        paths = (Path(path) for path in inputs if path)
        precision = current_execution().precision
        more = [] if precision == "float32" else [precision]
        return cls(folder, checkpoint_key(code, json.dumps(settings), *more, *paths))

    def part(self, name: str) -> Checkpoint:
        """Where the state of one part is kept."""
        return Checkpoint(self.folder, f"{self.key}-{name}")

    def remove(self) -> None:
        """Delete all states, once the job's outputs are written."""
        Checkpoint(self.folder, self.key).remove()


def checkpoint_key(*parts: str | bytes | Path) -> str:
    """Hash what a job follows from.

    Parameters
    ----------
    *parts : str, bytes or Path
        Hash of the code, settings; of a path the content of the file counts, not its name.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    NeuroLoopError
        If a file is missing.
    """
    digest = sha256()
    for part in parts:
        if isinstance(part, Path):
            try:
                with part.open("rb") as stream:
                    content = file_digest(stream, "sha256").digest()
            except OSError:
                raise NeuroLoopError(f"{part} is missing: run the rule that makes it") from None
        else:
            content = sha256(part.encode() if isinstance(part, str) else part).digest()
        digest.update(content)
    return digest.hexdigest()[:32]


def _checksum(tensors: Mapping[str, "torch.Tensor"]) -> int:
    """CRC-32 of all values in the order of their names."""
    value = 0
    for name in sorted(tensors):
        value = zlib.crc32(tensors[name].detach().cpu().contiguous().numpy().tobytes(), value)
    return value
