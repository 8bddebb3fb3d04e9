"""Images that differ from a few others in a window alone, and what a network makes of them.

A convolution spreads the window by the reach of its kernel; all around it, the maps are those of
the uncovered image, which are the same for every window. `Covered` is a batch of such maps: torch's
functions compute the uncovered maps once and of each window its surroundings, at any strides, until
these are most of a map, or until a function is called that is not listed here: then, and from there
on, it is a batch like any other. The numbers are those of the whole images but for rounding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from neuroloop.explain.attribution.lazy_batch import ARITHMETIC, NORM, LazyBatch, arguments

#: Part of a map from which on windows are no longer computed apart.
MOST = 0.75

#: Row and column at which a window begins.
Corner = tuple[int, int]


class Covered(LazyBatch):
    """A batch (windows, channels, height, width): maps of images but for a window in each.

    Attributes
    ----------
    maps : Tensor, shape (images, channels, height, width)
        Without windows.
    windows : Tensor, shape (windows, channels, rows, columns)
        What is in them, all of one size.
    image : list of int
        Of each window.
    corners : list of (int, int)
        Of each window, in its image.
    """

    maps: Tensor
    windows: Tensor
    image: list[int]
    corners: list[Corner]

    @staticmethod
    def __new__(
        cls, maps: Tensor, windows: Tensor, image: Sequence[int], corners: Sequence[Corner]
    ) -> "Covered":
        """Make a tensor without content of its own."""
        made: Covered = cls.empty(len(windows), maps)
        made.maps, made.windows = maps, windows
        made.image, made.corners = list(image), list(corners)
        return made

    def content(self) -> Tensor:
        """Put the windows into the maps."""
        return self.cut(self.maps, [(0, 0)] * len(self.image), _sides(self.maps))

    def cut(
        self, around: Tensor, corners: Sequence[Corner], sides: Corner, padding: Corner = (0, 0)
    ) -> Tensor:
        """Cut pieces of one size from the maps, windows in them.

        Parameters
        ----------
        around : Tensor, shape (images, channels, height, width)
            The maps, padded.
        corners : sequence of (int, int)
            Where each window's piece begins in `around`.
        sides : (int, int)
            Rows and columns of a piece.
        padding : (int, int)
            Rows and columns that `around` has before the maps' own.

        Returns
        -------
        Tensor, shape (windows, channels, rows, columns)
        """
        last = self.maps.is_contiguous(memory_format=torch.channels_last)
        made = torch.empty(
            (len(corners), around.shape[1], *sides),
            dtype=around.dtype,
            device=around.device,
            memory_format=torch.channels_last if last else torch.contiguous_format,
        )
        size = _sides(self.windows)
        for number, (row, column) in enumerate(corners):
            down, right = (
                corner + more - start
                for corner, more, start in zip(
                    self.corners[number], padding, (row, column), strict=True
                )
            )
            rows, own_rows = _overlap(down, size[0], sides[0])
            columns, own_columns = _overlap(right, size[1], sides[1])
            piece = made[number]
            piece.copy_(
                around[self.image[number], :, row : row + sides[0], column : column + sides[1]]
            )
            piece[:, rows, columns] = self.windows[number][:, own_rows, own_columns]
        return made

    def like(self, maps: Tensor, windows: Tensor, corners: Sequence[Corner]) -> "Covered":
        """Other maps of the same images and windows."""
        return Covered(maps, windows, self.image, corners)


def _sides(maps: Tensor) -> Corner:
    return maps.shape[2], maps.shape[3]


def _overlap(start: int, length: int, size: int) -> tuple[slice, slice]:
    """Places from `start` on that lie within 0 to `size`: counted from 0, and from `start`."""
    low, high = max(start, 0), max(min(start + length, size), max(start, 0))
    return slice(low, high), slice(low - start, high - start)


@dataclass(frozen=True)
class _Slide:
    """How a window of a function moves over maps: numbers of rows and columns."""

    kernel: Corner
    stride: Corner
    padding: Corner = (0, 0)
    dilation: Corner = (1, 1)
    fill: float = 0.0


def _slid(covered: Covered, slide: _Slide, run: Callable[[Tensor], Tensor]) -> Covered | None:
    """Apply a function to the pieces that windows reach; `run` pads nothing."""
    places: list[list[int]] = []
    sizes, needed = [], []
    for axis, (size, window) in enumerate(
        zip(_sides(covered.maps), _sides(covered.windows), strict=True)
    ):
        stride, padding = slide.stride[axis], slide.padding[axis]
        reach = slide.dilation[axis] * (slide.kernel[axis] - 1)
        most = (size + 2 * padding - reach - 1) // stride + 1
        here = min(most, (window - 1 + reach) // stride + 1)
        first = (-((reach - padding - corner[axis]) // stride) for corner in covered.corners)
        places.append([min(max(place, 0), most - here) for place in first])
        sizes.append((here, most))
        needed.append((here - 1) * stride + reach + 1)
    if sizes[0][0] * sizes[1][0] > MOST * sizes[0][1] * sizes[1][1]:
        return None
    down, right = slide.padding
    around = functional.pad(covered.maps, (right, right, down, down), value=slide.fill)
    corners = list(zip(*places, strict=True))
    starts = [(row * slide.stride[0], column * slide.stride[1]) for row, column in corners]
    pieces = covered.cut(around, starts, (needed[0], needed[1]), slide.padding)
    return covered.like(run(around), run(pieces), corners)


def _convolved(
    function: Callable[..., Tensor], x: Covered, more: tuple[Any, ...], options: dict[str, Any]
) -> Covered | None:
    names = ("weight", "bias", "stride", "padding", "dilation", "groups")
    given: dict[str, Any] = {"bias": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    given |= dict(zip(names, more, strict=False)) | options
    if isinstance(given["padding"], str) or isinstance(given["weight"], Covered):
        return None
    weight, bias, groups = given["weight"], given["bias"], given["groups"]
    stride, padding, dilation = (_both(given[name]) for name in names[2:5])
    slide = _Slide((weight.shape[2], weight.shape[3]), stride, padding, dilation)
    return _slid(x, slide, lambda y: function(y, weight, bias, stride, 0, dilation, groups))


def _pooled(
    function: Callable[..., Tensor], x: Covered, more: tuple[Any, ...], options: dict[str, Any]
) -> Covered | None:
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
    given = arguments(names, more, options)
    if given["ceil_mode"] or given["return_indices"]:
        return None
    kernel, dilation = _both(given["kernel_size"]), _both(given["dilation"] or 1)
    stride = _both(given["stride"] or kernel)
    slide = _Slide(kernel, stride, _both(given["padding"] or 0), dilation, float("-inf"))
    return _slid(x, slide, lambda y: torch.max_pool2d(y, kernel, stride, 0, dilation))


def _thinned(
    function: Callable[..., Tensor], x: Covered, more: tuple[Any, ...], options: dict[str, Any]
) -> Covered | None:
    """Every so many rows and columns, as `Projection` takes them."""
    (places,) = more
    if not isinstance(places, tuple) or len(places) != 4:
        return None
    steps = [place.step or 1 if isinstance(place, slice) else 0 for place in places]
    bounded = any(not isinstance(p, slice) or p.start or p.stop is not None for p in places)
    if bounded or min(steps) < 1 or steps[:2] != [1, 1]:
        return None
    # A copy, where torch gives a view.
    slide = _Slide((1, 1), (steps[2], steps[3]))
    return _slid(x, slide, lambda y: y[:, :, :: steps[2], :: steps[3]].clone())


def _each(
    function: Callable[..., Tensor], x: Covered, more: tuple[Any, ...], options: dict[str, Any]
) -> Covered | None:
    """Functions of one pixel and, where there are others, of numbers that all pixels share."""
    if options.get("training") or any(map(_varies, [*more, *options.values()])):
        return None
    maps, windows = (function(part, *more, **options) for part in (x.maps, x.windows))
    return x if maps is x.maps else x.like(maps, windows, x.corners)


def _normalised(
    function: Callable[..., Tensor], x: Covered, more: tuple[Any, ...], options: dict[str, Any]
) -> Covered | None:
    if arguments(NORM, more, options)["training"]:
        return None
    maps, windows = (function(part, *more, **options) for part in (x.maps, x.windows))
    return x.like(maps, windows, x.corners)


def _added(
    function: Callable[..., Tensor], x: Covered, more: tuple[Any, ...], options: dict[str, Any]
) -> Covered | None:
    """Add maps of the same images, whose windows may be of another size."""
    other = more[0] if len(more) == 1 else None
    if not isinstance(other, Covered):
        return _each(function, x, more, options)
    alike = x.image == other.image and x.maps.shape == other.maps.shape
    if options or other.made is not None or not alike:
        return None
    starts, sides = [], []
    for axis in (0, 1):
        spans = [
            (
                min(one, two),
                max(one + x.windows.shape[2 + axis], two + other.windows.shape[2 + axis]),
            )
            for one, two in zip(
                *([corner[axis] for corner in part.corners] for part in (x, other)), strict=True
            )
        ]
        side = max(end - start for start, end in spans)
        starts.append([min(start, x.maps.shape[2 + axis] - side) for start, _ in spans])
        sides.append(side)
    corners = list(zip(*starts, strict=True))
    both = [part.cut(part.maps, corners, (sides[0], sides[1])) for part in (x, other)]
    maps, windows = function(x.maps, other.maps), function(*both)
    if function in _IN_PLACE:
        x.windows, x.corners = windows, corners
        return x
    return x.like(maps, windows, corners)


def _varies(value: Any) -> bool:
    """Whether an argument may differ from pixel to pixel."""
    if not isinstance(value, Tensor):
        return False
    one_each = value.ndim in (3, 4) and tuple(value.shape[-2:]) == (1, 1)
    return value.ndim > 0 and not (one_each and (value.ndim == 3 or value.shape[0] == 1))


def _both(value: Any) -> Corner:
    """A setting for rows and columns."""
    if isinstance(value, int):
        return value, value
    down, right = (value[0], value[0]) if len(value) == 1 else value
    return int(down), int(right)


_IN_PLACE = {Tensor.add_, Tensor.__iadd__}
_POINTWISE: tuple[Callable[..., Any], ...] = (
    functional.relu,
    torch.relu,
    torch.relu_,
    Tensor.relu,
    Tensor.relu_,
    functional.relu6,
    functional.hardtanh,
    functional.silu,
    functional.leaky_relu,
    torch.sigmoid,
    Tensor.sigmoid,
    torch.tanh,
    Tensor.tanh,
)

Covered.SHORTER = {
    torch.conv2d: _convolved,
    functional.max_pool2d: _pooled,
    functional.batch_norm: _normalised,
    Tensor.__getitem__: _thinned,
    **dict.fromkeys((*ARITHMETIC, *_POINTWISE), _each),
    **dict.fromkeys((torch.add, Tensor.add, Tensor.__add__, *_IN_PLACE), _added),
}
