"""Training images as students see them: cropped, mirrored at random and normalised."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import row_batches
from neuroloop.images.preparation import Preparation, normalised
from neuroloop.jobs.seeds import torch_generator
from neuroloop.training.device_memory import data_fit
from neuroloop.training.transfers import onto, read_ahead

#: Where the levels of an image end: what is beyond its border.
BEYOND = 256


class Views:
    """Random views of training images, made on the device.

    Images stay in the 256 levels that they came in; a batch at a time is normalised, by a table of
    what each level becomes. On a GPU that has no room for all of them they stay with the host,
    which sends a batch at a time, one ahead.

    Parameters
    ----------
    images : ndarray of uint8, shape (images, channels, height, width)
    crop : int
        Side in pixels of what a student sees.
    pad : int
        Pixels added on each side before a random crop.
    flip : bool
        Whether half of the views are mirrored.
    seeds : sequence of int
        One per member; they fix the crops.
    device : device

    Raises
    ------
    NeuroLoopError
        If the crop is larger than the padded images.
    """

    def __init__(
        self,
        images: np.ndarray,
        crop: int,
        pad: int,
        flip: bool,
        seeds: Sequence[int],
        device: torch.device,
    ) -> None:
        levels = np.arange(256) / 255
        share = count_levels(images) / (images.size / images.shape[1])
        mean = (share * levels).sum(axis=1)
        variance = (share * (levels - mean[:, None]) ** 2).sum(axis=1)
        std = np.maximum(np.sqrt(variance), 1e-6)
        self.preparation = Preparation(
            size=images.shape[2],
            channels=images.shape[1],
            crop=crop,
            mean=tuple(mean.tolist()),
            std=tuple(std.tolist()),
        )
        self.crop, self.pad, self.flip, self.seeds, self.device = crop, pad, flip, seeds, device
        if crop > min(images.shape[2:]) + 2 * pad:
            raise NeuroLoopError(
                f"config, students: crop {crop} is larger than the images "
                f"({min(images.shape[2:])} pixels) with pad {pad} on both sides"
            )
        every = np.broadcast_to(np.arange(256, dtype=np.uint8), (images.shape[1], 1, 256))
        table = normalised(every[None], self.preparation.mean, self.preparation.std)[0, :, 0]
        # What is beyond the border is 0, the mean, as a level of its own.
        self.values = torch.from_numpy(np.pad(table, ((0, 0), (0, 1)))).to(device)
        self.resident = device.type != "cuda" or data_fit(images.nbytes, device)
        self.images = torch.from_numpy(images)
        if self.resident:
            self.images = self.images.to(device)

    def batches(self, epoch: int, order: np.ndarray) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """What views of each step of an epoch are made of, on the device (see `show`).

        Parameters
        ----------
        epoch : int
        order : ndarray of int64, shape (steps, members, batch)
            Rows of the images.

        Yields
        ------
        images : Tensor
            Their rows, shape (members, batch); where images stay with the host, their levels,
            uint8 of shape (members * batch, channels, height, width).
        draws : Tensor of float32, shape (3, members, batch)
            Of each view, in [0, 1): where it begins from the top and from the left, and whether it
            is mirrored.
        """
        steps, _, batch = order.shape
        streams = [torch_generator(seed, "views", epoch) for seed in self.seeds]
        drawn = [
            torch.stack([torch.rand(3, batch, generator=stream) for stream in streams], dim=1)
            for _ in range(steps)
        ]
        images = (
            iter(onto(order, self.device))
            if self.resident
            else read_ahead(self._read, list(order.reshape(steps, -1)), self.device)
        )
        return zip(images, onto(torch.stack(drawn), self.device), strict=True)

    def show(self, images: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
        """Make the views of a step.

        Parameters
        ----------
        images, draws : Tensor
            From `batches`.

        Returns
        -------
        Tensor of float32, shape (batch, members * channels, crop, crop)
        """
        source, chosen = (
            (self.images, images.flatten())
            if self.resident
            else (images, torch.arange(len(images), device=self.device))
        )
        members, batch = draws.shape[1:]
        crop, (channels, *sides) = self.crop, source.shape[1:]
        height, width = (side + 2 * self.pad for side in sides)
        top = (draws[0] * (height - crop + 1)).long().flatten()
        left = (draws[1] * (width - crop + 1)).long().flatten()
        steps = torch.arange(crop, device=self.device)
        columns = left[:, None] + steps
        if self.flip:
            mirrored = draws[2].flatten() < 0.5
            columns = torch.where(mirrored[:, None], columns.flip(1), columns)
        rows = (top[:, None] + steps)[:, None, :, None] - self.pad
        columns = columns[:, None, None, :] - self.pad
        channel = torch.arange(channels, device=self.device)[None, :, None, None]
        last_row, last_column = (side - 1 for side in sides)
        seen = (
            chosen[:, None, None, None],
            channel,
            rows.clamp(0, last_row),
            columns.clamp(0, last_column),
        )
        levels = source[seen].int()
        if self.pad:
            beyond = (rows < 0) | (rows > last_row) | (columns < 0) | (columns > last_column)
            levels.masked_fill_(beyond, BEYOND)
        views = self.values[channel, levels]
        views = views.view(members, batch, channels, crop, crop).transpose(0, 1)
        return views.reshape(batch, members * channels, crop, crop)

    def _read(self, rows: np.ndarray) -> np.ndarray:
        return self.images.numpy()[rows]


def count_levels(images: np.ndarray) -> np.ndarray:
    """How often each of 256 levels occurs in each channel, int64 of shape (channels, 256).

    Parameters
    ----------
    images : ndarray of uint8, shape (images, channels, height, width)
    """
    counts = np.zeros((images.shape[1], 256), dtype=np.int64)
    for part in row_batches(images):  # NumPy counts in int64: eight bytes a pixel
        for own, values in zip(counts, part.swapaxes(0, 1), strict=True):
            own += np.bincount(values.ravel(), minlength=256)
    return counts
