"""Frames as readers see them in training: read ahead, brightness and contrast changed at random."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from neuroloop.jobs.seeds import numpy_generator
from neuroloop.training.batches import batch_order

#: Frames from which a mean and standard deviation are taken.
FITTED = 200

#: From rows, ascending and each once, to frames of float32, shape (rows, height, width).
Frames = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Augmentation:
    """Random changes of brightness and contrast.

    Attributes
    ----------
    augmented_share : float
        Part of the samples that are changed.
    brightness : float
        Largest change of the level, up or down, in standard deviations of the training pixels.
    contrast : float
        Largest change of the contrast, up or down, as a part of it.
    """

    augmented_share: float
    brightness: float
    contrast: float

    def draw(self, seed: int, epoch: int, count: int) -> np.ndarray:
        """Gain and shift of every sample of an epoch.

        They depend on seed, epoch and sample alone, so that training can be resumed.

        Returns
        -------
        ndarray of float32, shape (2, count)
            A sample, standardised, is multiplied by the gain; then the shift is added.
        """
        chance, contrast, brightness = numpy_generator(seed, "views", epoch).random((3, count))
        changed = chance < self.augmented_share
        gain = np.where(changed, 1 + self.contrast * (2 * contrast - 1), 1)
        shift = np.where(changed, self.brightness * (2 * brightness - 1), 0)
        return np.stack([gain, shift]).astype(np.float32)


def read_members(frames: Frames, rows: np.ndarray) -> np.ndarray:
    """Read the frames of several members, each frame once.

    Parameters
    ----------
    frames : callable
    rows : ndarray of int, shape (members, batch)

    Returns
    -------
    ndarray of float32, shape (batch, members, height, width)
    """
    needed, where = np.unique(rows, return_inverse=True)
    images = frames(needed)
    if len(rows) == 1 and np.array_equal(needed, rows[0]):  # nothing to put into another order
        return images[:, None]
    return images[where.reshape(rows.shape).T]


def level(frames: Frames, rows: np.ndarray, mask: np.ndarray | None) -> tuple[float, float]:
    """Mean and standard deviation over the pixels of frames spread evenly over these rows.

    Parameters
    ----------
    frames : callable
    rows : ndarray of int, shape (n,)
        Training rows, ascending.
    mask : ndarray of bool, shape (height, width), or None
        Pixels that count.

    Returns
    -------
    mean, std : float
        The latter at least 1e-6.
    """
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), FITTED)).round().astype(int)]
    sums = np.zeros(3)
    for start in range(0, len(chosen), 16):
        images = frames(chosen[start : start + 16]).astype(np.float64)
        pixels = images.ravel() if mask is None else images[:, mask]
        sums += pixels.size, pixels.sum(), (pixels**2).sum()
    mean = sums[1] / sums[0]
    return float(mean), float(max(np.sqrt(max(sums[2] / sums[0] - mean**2, 0)), 1e-6))


class Views:
    """The batches of a batched network in training; a context, which ends the reading ahead.

    Parameters
    ----------
    frames : callable
        See `Frames`.
    rows : sequence of ndarray of int
        Training rows of each member.
    seeds : sequence of int
        One a member, as in `training.fit`.
    batch_size : int
    augmentation : Augmentation
    levels : ndarray of float, shape (members, 2)
        Mean and standard deviation by which each member's frames are standardised.
    device : device
    """

    def __init__(
        self,
        frames: Frames,
        rows: Sequence[np.ndarray],
        seeds: Sequence[int],
        batch_size: int,
        augmentation: Augmentation,
        levels: np.ndarray,
        device: torch.device,
    ) -> None:
        self.frames, self.rows, self.seeds, self.device = frames, rows, seeds, device
        self.batch_size, self.augmentation, self.levels = batch_size, augmentation, levels
        self.epoch = -1
        self.order: list[np.ndarray] = []
        self.changes: list[np.ndarray] = []
        self.pool = ThreadPoolExecutor(1)
        self.ahead: Future[np.ndarray] | None = None

    def chosen(self, places: np.ndarray) -> np.ndarray:
        """Rows of the frames at these places in each member's rows, shape (members, batch)."""
        return np.stack([rows[position] for rows, position in zip(self.rows, places, strict=True)])

    def draw(self, epoch: int, indices: torch.Tensor) -> torch.Tensor:
        """Random views of a batch; the next batch of the epoch is read meanwhile.

        Parameters
        ----------
        epoch : int
        indices : Tensor of int64, shape (members, batch)
            Of each member's rows.

        Returns
        -------
        Tensor of float32, shape (batch, members, height, width)
        """
        if epoch != self.epoch:
            self._begin(epoch)
        positions = indices.cpu().numpy()
        images = torch.from_numpy(self._next(positions)).to(self.device)
        gain, shift = np.stack(
            [change[:, position] for change, position in zip(self.changes, positions, strict=True)],
            axis=2,
        )
        mean, std = self.levels.T
        added = shift * std - (gain - 1) * mean
        by_image = (torch.from_numpy(x.astype(np.float32)).to(self.device) for x in (gain, added))
        factor, term = (values[:, :, None, None] for values in by_image)
        return torch.addcmul(term, images, factor)  # not in place: the frames are the caller's

    def __enter__(self) -> "Views":
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def _begin(self, epoch: int) -> None:
        sizes = [len(rows) for rows in self.rows]
        self.epoch, self.ahead = epoch, None
        self.order = list(batch_order(sizes, self.batch_size, self.seeds, epoch))
        self.changes = [
            self.augmentation.draw(seed, epoch, size)
            for seed, size in zip(self.seeds, sizes, strict=True)
        ]

    def _next(self, places: np.ndarray) -> np.ndarray:
        """Frames of a batch, which is the next of the epoch."""
        if not np.array_equal(self.order.pop(0), places):
            raise ValueError("batches are not asked for in their order")
        ahead = self.ahead or self._submit(places)
        images = ahead.result()
        self.ahead = self._submit(self.order[0]) if self.order else None
        return images

    def _submit(self, places: np.ndarray) -> "Future[np.ndarray]":
        return self.pool.submit(read_members, self.frames, self.chosen(places))
