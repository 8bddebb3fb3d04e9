"""Frames as readers see them in training: brightness and contrast changed at random."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from neuroloop.jobs.seeds import numpy_generator
from neuroloop.training.device_memory import data_fit
from neuroloop.training.transfers import onto, read_ahead

#: Frames from which a mean and standard deviation are taken.
FITTED = 200

#: Frames that are read at once to be kept on a GPU.
AT_ONCE = 64

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


class FrameSource:
    """Frames for a network on a device: kept there where a GPU has room for all, else read ahead.

    Parameters
    ----------
    frames : callable
        See `Frames`. It is called from another thread, one call at a time.
    rows : ndarray of int, shape (n,)
        All that batches are made of, ascending and each once.
    device : device

    Attributes
    ----------
    shape : (int, int)
        Height and width of a frame.
    """

    def __init__(self, frames: Frames, rows: np.ndarray, device: torch.device) -> None:
        self.frames, self.rows, self.device = frames, rows, device
        first = frames(rows[:1])
        self.shape: tuple[int, int] = first.shape[1:]
        self.kept: torch.Tensor | None = None
        if data_fit(len(rows) * first.nbytes, device):
            parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
            self.kept = torch.empty((len(rows), *self.shape), device=device)
            for place, values in zip(
                self.kept.split(AT_ONCE), read_ahead(frames, parts, device), strict=True
            ):
                place.copy_(values)

    def batches(self, chosen: np.ndarray) -> Iterator[torch.Tensor]:
        """What each batch takes on the device: `frames_of` makes its frames of it.

        Parameters
        ----------
        chosen : ndarray of int64, shape (steps, members, batch)
            Rows.
        """
        if self.kept is None:
            return read_ahead(partial(read_members, self.frames), list(chosen), self.device)
        return iter(onto(np.searchsorted(self.rows, chosen), self.device))

    def frames_of(self, batch: torch.Tensor) -> torch.Tensor:
        """Frames of a batch, shape (batch, members, height, width)."""
        return batch if self.kept is None else self.kept[batch.T]


class Views:
    """The batches of a batched network in training.

    Parameters
    ----------
    source : FrameSource
    rows : sequence of ndarray of int
        Training rows of each member.
    seeds : sequence of int
        One a member, as in `training.fit`.
    augmentation : Augmentation
    levels : ndarray of float, shape (members, 2)
        Mean and standard deviation by which each member's frames are standardised.
    """

    def __init__(
        self,
        source: FrameSource,
        rows: Sequence[np.ndarray],
        seeds: Sequence[int],
        augmentation: Augmentation,
        levels: np.ndarray,
    ) -> None:
        self.source, self.rows, self.seeds = source, rows, seeds
        self.augmentation, self.levels = augmentation, levels

    def chosen(self, order: np.ndarray) -> np.ndarray:
        """Rows of the frames at these places in each member's rows.

        Parameters
        ----------
        order : ndarray of int64, shape (steps, members, batch)

        Returns
        -------
        ndarray of int, of the same shape
        """
        return np.stack([rows[order[:, m]] for m, rows in enumerate(self.rows)], axis=1)

    def batches(self, epoch: int, order: np.ndarray) -> Iterator[tuple[torch.Tensor, ...]]:
        """What views of each step of an epoch are made of, on the device (see `show`).

        Parameters
        ----------
        epoch : int
        order : ndarray of int64, shape (steps, members, batch)
            Places in each member's rows.

        Yields
        ------
        frames : Tensor
            See `FrameSource.batches`.
        gain, term : Tensor of float32, shape (batch, members)
            What frames are multiplied by, and what is added then.
        """
        gain, shift = np.stack(
            [
                self.augmentation.draw(seed, epoch, len(rows))[:, order[:, member]]
                for member, (seed, rows) in enumerate(zip(self.seeds, self.rows, strict=True))
            ],
            axis=3,
        )
        mean, std = self.levels.T
        term = shift * std - (gain - 1) * mean
        sent = (onto(values.astype(np.float32), self.source.device) for values in (gain, term))
        return zip(self.source.batches(self.chosen(order)), *sent, strict=True)

    def show(self, frames: torch.Tensor, gain: torch.Tensor, term: torch.Tensor) -> torch.Tensor:
        """Make the views of a step, float32 of shape (batch, members, height, width).

        Parameters
        ----------
        frames, gain, term : Tensor
            From `batches`.
        """
        factor, added = (values[:, :, None, None] for values in (gain, term))
        # Not in place: the frames are the caller's.
        return torch.addcmul(added, self.source.frames_of(frames), factor)
