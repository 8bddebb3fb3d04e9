"""Batches that a network computes in a shorter way, as long as it calls functions that allow it."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

_ATTRIBUTES: tuple[Any, ...] = (
    Tensor.shape,
    Tensor.ndim,
    Tensor.dtype,
    Tensor.device,
    Tensor.requires_grad,
)

#: What is known of a batch without its content.
_FACTS = {Tensor.dim, Tensor.size, Tensor.__len__} | {one.__get__ for one in _ATTRIBUTES}


class LazyBatch(torch.Tensor):
    """A tensor whose content is made when it is needed: the network sees no difference.

    Attributes
    ----------
    SHORTER : dict
        Functions of torch that have a shorter way, and this: it takes the function, the batch,
        further arguments and options, and returns what it makes, or None if it does not apply.
    """

    SHORTER: ClassVar[dict[Callable[..., Any], Callable[..., Any]]] = {}
    made: Tensor | None

    @classmethod
    def empty(cls, count: int, maps: Tensor) -> Any:
        """Make one, without content, of as many items as stated; else like `maps`."""
        batch = torch.Tensor._make_wrapper_subclass(
            cls, (count, *maps.shape[1:]), dtype=maps.dtype, device=maps.device
        )
        batch.made = None
        return batch

    def content(self) -> Tensor:
        """Compute the content."""
        raise NotImplementedError

    def whole(self) -> Tensor:
        """Return the content, and be this from now on."""
        if self.made is None:
            self.made = self.content()
        return self.made

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function in the shorter way if there is one, and otherwise on the content."""
        options = dict(kwargs or {})
        with torch._C.DisableTorchFunctionSubclass():
            if function in _FACTS:
                return function(*args, **options)
            first = args[0] if args else None
            shorter = cls.SHORTER.get(function)
            if shorter and isinstance(first, LazyBatch) and first.made is None:
                made = shorter(function, first, args[1:], options)
                if made is not None:
                    return made
            return function(*_whole(args), **_whole(options))

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run what torch calls by itself on the content."""
        return function(*_whole(args), **_whole(dict(kwargs or {})))


def arguments(
    names: tuple[str, ...], more: tuple[Any, ...], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return arguments by name, None where one is not given."""
    return dict.fromkeys(names) | dict(zip(names, more, strict=False)) | dict(options)


#: Arithmetic that keeps the shape of a batch; sums stand apart, as short cuts are sums of two.
ARITHMETIC: tuple[Callable[..., Any], ...] = (
    Tensor.sub,
    Tensor.__sub__,
    Tensor.mul,
    Tensor.__mul__,
    Tensor.div,
    Tensor.__truediv__,
    Tensor.clone,
    torch.clone,
)

#: Names of `torch.nn.functional.batch_norm`, after the first.
NORM = ("running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")


def _whole(value: Any) -> Any:
    """Put the content in place of each lazy batch within arguments."""
    if isinstance(value, LazyBatch):
        return value.whole()
    if isinstance(value, tuple | list):
        return type(value)(map(_whole, value))
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    return value
