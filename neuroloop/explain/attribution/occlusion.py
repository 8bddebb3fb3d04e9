"""Occlusion: what a score loses when a window of the image is covered."""

import torch
from torch import nn

from neuroloop.explain.attribution.covered import Covered
from neuroloop.explain.attribution.modes import class_scores, device_of, evaluating


@torch.inference_mode(False)
@torch.no_grad()
def occlusion(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    *,
    window: int | tuple[int, int],
    stride: int | tuple[int, int],
    baseline: float | torch.Tensor | None = None,
    evaluations_at_once: int = 64,
) -> torch.Tensor:
    """Explain one class of each image by covering parts of it, one after another.

    Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2: the
    score of the image less the score with a window of it covered, in all channels. Windows begin
    at multiples of the stride, and the last ones are cut at the border, so that every pixel is
    covered; a pixel has the mean over the windows that cover it. This is captum's way too. Layers
    see the whole of an image once, and of each window what it reaches (see `covered`).

    Parameters
    ----------
    network, images, classes
        As in `saliency.attribute`.
    window, stride : int or (int, int)
        Height and width of a window, and of the steps between windows, in pixels.
    baseline : float or Tensor, optional
        Fill value: a number, or what expands to the shape of the images. By default the spatial
        mean of each channel of each image.
    evaluations_at_once : int
        Covered images in a batch: memory does not grow with the windows.

    Returns
    -------
    Tensor of float32, shape (images, height, width)
        Signed, in units of the logit, on the network's device: positive where a covered window
        lowers the score.

    Raises
    ------
    ValueError
        If windows leave pixels between them, or are larger than the images.
    """
    device = device_of(network)
    images, classes = images.to(device), classes.to(device)
    (height, width), (down, across) = _pair(window), _pair(stride)
    if not (0 < down <= height <= images.shape[2] and 0 < across <= width <= images.shape[3]):
        raise ValueError(
            f"windows {height} x {width} that move by {down} x {across} pixels do not cover images "
            f"of {images.shape[2]} x {images.shape[3]}"
        )
    if baseline is None:
        baseline = images.mean((2, 3), keepdim=True)
    cover = torch.as_tensor(baseline, dtype=images.dtype, device=device).expand_as(images)
    rows = _spans(images.shape[2], height, down).to(device)
    columns = _spans(images.shape[3], width, across).to(device)
    covered = torch.cartesian_prod(
        *(torch.arange(count, device=device) for count in (len(images), len(rows), len(columns)))
    )
    with evaluating(network):
        lowered = torch.cat(
            [
                _covered_scores(network, images, classes, cover, rows[y], columns[x], image)
                for image, y, x in (part.unbind(1) for part in covered.split(evaluations_at_once))
            ]
        )
        scores = torch.cat(
            [
                class_scores(network, *part)
                for part in zip(
                    images.split(evaluations_at_once),
                    classes.split(evaluations_at_once),
                    strict=True,
                )
            ]
        )
    drops = scores[:, None, None] - lowered.view(len(images), len(rows), len(columns))
    summed = torch.einsum("nab,ay,bx->nyx", drops, rows.float(), columns.float())
    return summed / (rows.sum(0)[:, None] * columns.sum(0))


def _covered_scores(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    cover: torch.Tensor,
    rows: torch.Tensor,
    columns: torch.Tensor,
    image: torch.Tensor,
) -> torch.Tensor:
    """Scores of chosen images, each with its own rows and columns covered."""
    chosen, number = image.unique(return_inverse=True)
    # All of one size: windows that are cut at the border hold pixels that are not covered.
    tall, wide = int(rows.sum(1).max()), int(columns.sum(1).max())
    tops = rows.int().argmax(1).clamp(max=images.shape[2] - tall).tolist()
    lefts = columns.int().argmax(1).clamp(max=images.shape[3] - wide).tolist()
    windows = torch.stack(
        [
            torch.where(
                (rows[at, y : y + tall, None] & columns[at, None, x : x + wide]),
                cover[row, :, y : y + tall, x : x + wide],
                images[row, :, y : y + tall, x : x + wide],
            )
            for at, (row, y, x) in enumerate(zip(image.tolist(), tops, lefts, strict=True))
        ]
    )
    corners = list(zip(tops, lefts, strict=True))
    covered = Covered(images[chosen], windows, number.tolist(), corners)
    return class_scores(network, covered, classes[image])


def _spans(size: int, length: int, step: int) -> torch.Tensor:
    """Mark the pixels that each window covers along one side: bool, shape (windows, size)."""
    begins = torch.arange(0, size - length + step, step)[:, None]
    pixels = torch.arange(size)
    return (begins <= pixels) & (pixels < begins + length)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size
