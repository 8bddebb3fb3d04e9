"""How networks are computed on their device, as three keys of the config say, for a whole job."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

#: Where cuBLAS keeps sums of parts that it adds up in a fixed order, as it wants to be told before
#: it starts (cuBLAS manual, "Results reproducibility").
WORKSPACE = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


@dataclass(frozen=True)
class Execution:
    """How networks are computed.

    Attributes
    ----------
    precision : {"float32", "tf32", "bfloat16"}
        How products are multiplied: in float32; on a GPU with inputs rounded to TF32 (10 bits of
        mantissa), which a CPU knows nothing of; or so, and the forward passes of training in
        bfloat16 (7 bits) where torch's autocast thinks it safe, on any device. Weights, gradients
        of weights, moments and losses are float32.
    deterministic : bool
        On a GPU: only kernels whose sums have one order, chosen without timing, so that the same
        job has the same bytes there again. Operations that have no such kernel are logged.
    cuda_graphs : bool
        On a GPU: steps of training are recorded, and repeated as one (`training.step`).
    """

    precision: str = "float32"
    deterministic: bool = False
    cuda_graphs: bool = False

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Execution":
        """Take the keys of a config."""
        return cls(**{field.name: config[field.name] for field in fields(cls)})

    @contextmanager
    def used(self) -> Iterator[None]:
        """Compute so within; on a CPU only `precision: bfloat16` changes what comes out."""
        import torch

        product, convolution = torch.backends.cuda.matmul, torch.backends.cudnn
        rounded = self.precision != "float32"
        before = (
            product.allow_tf32,
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        )
        token = _CURRENT.set(self)
        if self.deterministic:
            os.environ.setdefault(*WORKSPACE)
        try:
            product.allow_tf32 = rounded
            # A CPU has one kernel for each operation, which these would only make slower.
            if self.deterministic and torch.cuda.is_available():
                torch.use_deterministic_algorithms(True, warn_only=True)
            with convolution.flags(
                enabled=True,
                benchmark=not self.deterministic,
                deterministic=self.deterministic,
                allow_tf32=rounded,
            ):
                yield
        finally:
            product.allow_tf32 = before[0]
            torch.use_deterministic_algorithms(before[1], warn_only=before[2])
            _CURRENT.reset(token)

    def autocast(self, device: "torch.device") -> AbstractContextManager[Any]:
        """Compute the forward pass of a step within; the backward pass takes the same types."""
        import torch

        if self.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(device.type, torch.bfloat16)


_CURRENT: ContextVar[Execution] = ContextVar("execution")


def current_execution() -> Execution:
    """How networks are computed now: as the nearest `Execution.used` says, or as by default."""
    return _CURRENT.get(Execution())
