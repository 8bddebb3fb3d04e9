"""Pixels of the detector that are hot, or do not change, and the recordings in which they are.

One that is so in a single recording names that recording to a network; one that is so in all hides
what lies below it. Both are told from pixels that are bright or still by chance, as many are where
few photons come: every pixel of every recording is a look, and counts as one.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, special

#: Probability that a sound session has such a pixel by chance.
FALSE = 0.01

#: A hot pixel is this many times as bright as the brightest around it; both over what is dark.
HOT = 1.5

#: Share of the pixels that are dark.
DARK = 0.01

#: Kinds of odd pixels, as they are stored.
HOTTER, STILL = 0, 1

#: Stored in place of a recording's row where a pixel is odd over the session.
EVERYWHERE = -1

#: Frames whose changes are counted in 8 bits, before they are added to numbers of 32.
COUNTED = 255


@dataclass(frozen=True, eq=False)
class _Seen:
    """Mean, its standard error, and number of frames unlike the first; of one recording, or all."""

    mean: np.ndarray
    error: np.ndarray
    changes: np.ndarray
    frames: int


class PixelWatch:
    """Watches all pixels of a session over all of its frames.

    Attributes
    ----------
    frames : int
        Frames so far.
    """

    def __init__(self, shape: tuple[int, int], recordings: int) -> None:
        """Start.

        Parameters
        ----------
        shape : (int, int)
            Height and width of a frame.
        recordings : int
            That will come.
        """
        self.frames = 0
        self._looks = (recordings + 1) * shape[0] * shape[1]
        self._row, self._count = EVERYWHERE, 0
        self._start = np.zeros(shape)
        self._unlike = np.zeros(shape, dtype=bool)
        # Of what a frame adds to the recording's first: float32 is exact enough for that.
        self._first, self._more, self._sums, self._squares = np.zeros((4, *shape), np.float32)
        self._few_changes = np.zeros(shape, dtype=np.uint8)
        self._changes = np.zeros(shape, dtype=np.int32)
        self._total, self._variance = np.zeros((2, *shape))
        self._all_changes, self._often = np.zeros((2, *shape), dtype=np.int64)
        # Fresh memory for every step takes several times as long as the step.
        self._spare = np.zeros((5, *shape))
        self._found: list[tuple[int, int, int, int]] = []
        self._recordings = 0

    def add(self, recording_row: int, raw: np.ndarray) -> None:
        """Watch a frame, as the movie has it; those of a recording come in one go."""
        if recording_row != self._row:
            self._end()
            if self._recordings:
                self._all_changes += raw != self._start
            self._row, self._start = recording_row, raw.copy()
            self._first[:] = raw
        # Each step is one pass in one type: mixed ones took half as long again.
        self._more[:] = raw
        self._more -= self._first
        self._sums += self._more
        np.square(self._more, out=self._more)
        self._squares += self._more
        np.not_equal(raw, self._start, out=self._unlike)
        self._few_changes += self._unlike.view(np.uint8)
        self._count += 1
        if self._count % COUNTED == 0:
            self._count_changes()

    def _count_changes(self) -> None:
        self._changes += self._few_changes
        self._few_changes[:] = 0

    def result(self) -> tuple[np.ndarray, np.ndarray]:
        """What was seen.

        Returns
        -------
        mean : ndarray of float64, shape (height, width)
            Of all frames.
        odd : ndarray of int64, shape (pixels, 4)
            Row of the recording or `EVERYWHERE`, row and column of the pixel, and `HOTTER` or
            `STILL`. One that is odd over the session is listed once.
        """
        self._end()
        frames = max(self.frames, 1)
        mean = self._total / frames
        seen = _Seen(mean, np.sqrt(self._variance) / frames, self._all_changes, frames)
        hot, still, _ = _odd(seen, self._looks, self._spare[3:])
        # A pixel that is hot in a few recordings is so in their mean too.
        hot &= 2 * self._often > self._recordings
        found = [one for one in self._found if not (hot | still)[one[1], one[2]]]
        for kind, places in ((HOTTER, hot), (STILL, still)):
            found += [(EVERYWHERE, row, column, kind) for row, column in np.argwhere(places)]
        return mean, np.array(found, dtype=np.int64).reshape(-1, 4)

    def _end(self) -> None:
        """Look at the recording that ends, if there is one."""
        count = self._count
        if not count:
            return
        self._count_changes()
        mean, variance, error = self._spare[:3]
        mean[:] = self._sums
        mean /= count
        np.divide(self._squares, count, out=self._more)
        np.subtract(self._more, np.square(mean, out=error), out=variance)
        np.maximum(variance, 0, out=variance)
        mean += self._start
        np.sqrt(np.divide(variance, count, out=error), out=error)
        seen = _Seen(mean, error, self._changes, count)
        hot, still, brighter = _odd(seen, self._looks, self._spare[3:])
        for kind, places in ((HOTTER, hot), (STILL, still)):
            self._found += [(self._row, row, column, kind) for row, column in np.argwhere(places)]
        self._often += brighter
        mean *= count
        self._total += mean
        variance *= count
        self._variance += variance
        self._all_changes += self._changes
        self.frames += count
        self._recordings += 1
        self._sums[:], self._squares[:], self._changes[:], self._count = 0, 0, 0, 0


def _brightest_around(image: np.ndarray, spare: np.ndarray) -> np.ndarray:
    """Highest of the eight pixels around each, in the first of two spare images.

    Beyond the border the image is mirrored.
    """
    made, three = spare
    np.maximum(image[:, :-2], image[:, 2:], out=made[:, 1:-1])
    made[:, 0], made[:, -1] = image[:, min(1, image.shape[1] - 1)], image[:, -2:][:, 0]
    np.maximum(made, image, out=three)
    np.maximum(made[1:], three[:-1], out=made[1:])
    np.maximum(made[:-1], three[1:], out=made[:-1])
    if len(image) == 1:  # a line mirrors itself
        np.maximum(made, three, out=made)
    return made


def _roughness(image: np.ndarray, spare: np.ndarray) -> float:
    """Standard deviation of a pixel from the mean of the eight around it, whatever few are."""
    around = spare
    ndimage.uniform_filter(image, 3, output=around, mode="mirror")
    around *= 9
    around -= image
    around /= 8
    apart = np.abs(np.subtract(image, around, out=around), out=around)
    return 1.4826 * float(np.median(apart, overwrite_input=True))


def _odd(seen: _Seen, looks: int, spare: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hot and still pixels, of which a sound session has one with the probability `FALSE`.

    Last, those that are `HOT` times as bright as the brightest around them, be that by chance.
    `spare` are two images to work in.
    """
    around = _brightest_around(seen.mean, spare)
    np.copyto(spare[1], seen.mean)
    dark = np.quantile(spare[1], DARK, overwrite_input=True)
    brighter: np.ndarray = seen.mean > around
    brighter[brighter] = seen.mean[brighter] - dark > HOT * np.maximum(around[brighter] - dark, 0)
    hot = brighter.copy()
    if hot.any():
        clear = -special.ndtri(FALSE / looks)
        # What is usual only adds to a pixel's own error, and is long to tell.
        hot[hot] = seen.mean[hot] - around[hot] > clear * seen.error[hot]
    if hot.any():
        np.copyto(spare[1], seen.error)
        usual = np.median(spare[1], overwrite_input=True)
        usual = np.hypot(usual, _roughness(seen.mean, spare[1]))
        over = seen.mean[hot] - around[hot]
        hot[hot] = over > clear * np.hypot(seen.error[hot], usual)
    still = (seen.changes == 0) & ~hot
    if still.any():
        # What comes by photons, and half as many of them as around it, stays by this chance; its
        # log.
        often = _changes_around(seen.changes, np.argwhere(still)) / max(seen.frames, 1)
        still[still] = seen.frames / 2 * np.log1p(-often) < np.log(FALSE / looks)
    return hot, still, brighter


def _changes_around(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Lower quartile of the 24 pixels around each place, which a dead row leaves; (places,)."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2, "reflect"), (5, 5))
    around = windows[places[:, 0], places[:, 1]].reshape(-1, 25)
    made: np.ndarray = np.quantile(np.delete(around, 12, axis=1), 0.25, axis=1)
    return made
