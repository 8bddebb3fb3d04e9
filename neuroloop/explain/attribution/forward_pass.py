"""A pass through any network as it is: some functions replaced by others, and the graph it leaves.

Hooks reach modules alone. Functions that a network calls by itself are caught on their way to
torch, and what none of this reached is to be seen in autograd's graph.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class Replacing(TorchFunctionMode):
    """Within this context torch's functions are replaced, also where modules call them.

    Parameters
    ----------
    table : mapping of callable to callable
        From functions of torch, methods of tensors among them, to what runs in their place: it
        takes the same arguments, by the same names.
    """

    def __init__(self, table: Mapping[Callable[..., Any], Callable[..., Any]]) -> None:
        super().__init__()
        self.table = table

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        return self.table.get(function, function)(*args, **(kwargs or {}))


def graph_nodes(values: torch.Tensor) -> Iterator[Any]:
    """Yield every node of the graph behind a tensor, once."""
    waiting, seen = [values.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node
            waiting += [following for following, _ in node.next_functions]
