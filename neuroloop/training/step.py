"""A step of training, as it is or recorded as a CUDA graph."""

import logging
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch

from neuroloop.jobs.execution import Execution
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.training.objective import Objective
from neuroloop.training.optimiser import Optimiser

Network = TypeVar("Network", bound=BatchedNetwork)

#: Steps before one is recorded: libraries choose kernels and make room in the first ones.
BEFORE = 3

#: From a function of no arguments to one that repeats on the device what it did there.
Recorder = Callable[[Callable[[], None]], Callable[[], None]]


class Step(Generic[Network]):
    """Forward pass, backward pass and optimiser, for all members at once.

    Called with a batch (`Objective.batches`) it changes the network, and returns ``loss`` and
    further terms, each of shape (members,). It does not wait for the device.
    """

    def __init__(
        self,
        network: Network,
        objective: Objective[Network],
        optimiser: Optimiser,
        execution: Execution,
    ) -> None:
        self.network, self.objective, self.optimiser = network, objective, optimiser
        self.execution = execution

    def __call__(self, batch: tuple[torch.Tensor, ...]) -> dict[str, torch.Tensor]:
        terms = self.differentiate(batch)
        self.optimiser.step()
        return terms

    def differentiate(self, batch: tuple[torch.Tensor, ...]) -> dict[str, torch.Tensor]:
        """Give every parameter its gradient; return the terms."""
        with self.execution.autocast(self.objective.device):
            each, terms = self.objective.score(self.network, *batch)
        self.optimiser.zero_grad()
        each.sum().backward()
        return {name: values.detach() for name, values in {"loss": each, **terms}.items()}


class RecordedStep(Step[Network]):
    """A step whose passes are recorded once, and then begun by one call instead of thousands.

    The first steps run as they are. The optimiser, which is one kernel, is no part of what is
    recorded, so that its rate may change. What cannot be recorded goes on as it is, and the log
    says why.
    """

    def __init__(self, *parts: Any, record: Recorder) -> None:
        super().__init__(*parts)
        self.record: Recorder | None = record
        self.steps = 0
        self.replay: Callable[[], None] | None = None
        self.batch: tuple[torch.Tensor, ...] = ()
        self.terms: dict[str, torch.Tensor] = {}

    def differentiate(self, batch: tuple[torch.Tensor, ...]) -> dict[str, torch.Tensor]:
        """Give every parameter its gradient; the terms are overwritten by the next step."""
        self.steps += 1
        if self.record and self.steps > BEFORE:
            self._begin(batch, self.record)
        if not self.replay:
            return super().differentiate(batch)
        for kept, values in zip(self.batch, batch, strict=True):
            kept.copy_(values)
        self.replay()
        return self.terms

    def _begin(self, batch: tuple[torch.Tensor, ...], record: Recorder) -> None:
        """Record the passes, once; nothing is computed by that."""
        self.record = None
        # Of the recording's own memory, where each repetition finds and leaves what is in them.
        self.batch = tuple(values.clone() for values in batch)

        def passes() -> None:
            self.terms = super(RecordedStep, self).differentiate(self.batch)

        self.optimiser.zero_grad()
        try:
            self.replay = record(passes)
            logging.getLogger(__name__).info("steps are repeated as a CUDA graph")
        except RuntimeError as error:
            _told(str(error).strip().partition("\n")[0])


def cuda_graph(passes: Callable[[], None]) -> Callable[[], None]:
    """Record what a function begins on the GPU (PyTorch, "CUDA semantics: CUDA graphs")."""
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    # The thread that reads ahead pins memory meanwhile, which is no part of what is recorded.
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        passes()
    return graph.replay


def step_of(
    network: Network,
    objective: Objective[Network],
    optimiser: Optimiser,
    execution: Execution,
    record: Recorder = cuda_graph,
) -> Step[Network]:
    """Return the step that the config asks for, where device and objective allow it."""
    parts = network, objective, optimiser, execution
    if execution.cuda_graphs:
        if objective.device.type != "cuda":
            _told("the device is no GPU")
        elif not objective.recordable:
            _told("the loss does something else at each step")
        else:
            return RecordedStep(*parts, record=record)
    return Step(*parts)


def _told(reason: str) -> None:
    logging.getLogger(__name__).warning("cuda_graphs: steps are not recorded: %s", reason)
