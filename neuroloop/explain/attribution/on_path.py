"""Points on straight paths between images, and the mean of gradients along them.

Functions without curvature, such as the first convolution and its normalisation, map a straight
path onto a straight path. `OnPath` is a batch of points on such paths: torch's functions compute
the two ends, as long as they are listed here, and points are made where the first function bends.
Backward, the gradients of the points are summed there, and go on to the images as one.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from neuroloop.explain.attribution.lazy_batch import ARITHMETIC, NORM, LazyBatch, arguments


class OnPath(LazyBatch):
    """A batch (points * paths, ...): all paths at the first point, then all at the second.

    Attributes
    ----------
    start, end : Tensor, shape (paths, ...)
        The gradient by `end` is the sum of the gradients by the points, each times its weight.
    points : list of (float, float)
        Place on the path, from 0 to 1, and weight.
    """

    start: Tensor
    end: Tensor
    points: list[tuple[float, float]]

    @staticmethod
    def __new__(cls, start: Tensor, end: Tensor, points: list[tuple[float, float]]) -> "OnPath":
        """Make a tensor without content of its own."""
        made: OnPath = cls.empty(len(points) * len(end), end)
        made.start, made.end, made.points = start, end, points
        return made

    def content(self) -> Tensor:
        """Compute the points."""
        made: Tensor = _Points.apply(  # type: ignore[no-untyped-call]
            self.end, self.start, self.points
        )
        return made


class _Points(torch.autograd.Function):
    """Points on paths; backward, the weighted sum of their gradients."""

    @staticmethod
    def forward(ctx: Any, end: Tensor, start: Tensor, points: list[tuple[float, float]]) -> Tensor:
        ctx.weights = [weight for _, weight in points]
        return torch.cat([torch.lerp(start, end, place) for place, _ in points])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        parts = gradient.chunk(len(ctx.weights))
        summed = parts[0] * ctx.weights[0]
        for part, weight in zip(parts[1:], ctx.weights[1:], strict=True):
            summed.add_(part, alpha=weight)
        return summed, None, None


def _ends(
    function: Callable[..., Tensor], x: OnPath, more: tuple[Any, ...], options: dict[str, Any]
) -> OnPath | None:
    """Apply a function to both ends, unless other arguments depend on the images too."""
    others = [value for value in (*more, *options.values()) if isinstance(value, Tensor)]
    if any(isinstance(value, LazyBatch) or value.requires_grad for value in others):
        return None
    with torch.no_grad():
        start = function(x.start, *more, **options)
    return OnPath(start, function(x.end, *more, **options), x.points)


def _with_numbers(
    function: Callable[..., Tensor], x: OnPath, more: tuple[Any, ...], options: dict[str, Any]
) -> OnPath | None:
    """Arithmetic with what is the same for all items of a batch."""
    others = [value for value in (*more, *options.values()) if isinstance(value, Tensor)]
    same = all(value.ndim < x.ndim or len(value) == 1 for value in others)
    return _ends(function, x, more, options) if same else None


def _normalised(
    function: Callable[..., Tensor], x: OnPath, more: tuple[Any, ...], options: dict[str, Any]
) -> OnPath | None:
    training = arguments(NORM, more, options)["training"]
    return None if training else _ends(function, x, more, options)


OnPath.SHORTER = {
    torch.conv2d: _ends,
    functional.batch_norm: _normalised,
    **dict.fromkeys((Tensor.add, Tensor.__add__, *ARITHMETIC), _with_numbers),
}
