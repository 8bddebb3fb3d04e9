"""Rigid registration: moving frames so that tissue stands still.

The shift of a frame is where its cross-correlation with a template peaks, found to a part of a
pixel (Guizar-Sicairos et al. 2008, Opt. Lett. 33:156, through scikit-image). The spectrum is not
normalised to phases: with a photon a pixel that finds random peaks (rms error 2.8 pixels on
simulated frames of 48 x 48 at a peak SNR of 3, against 0.21 of the plain correlation).

Frames move by Fourier: a spline would smooth noise by an amount that depends on the shift, and so
print each recording's shift on its noise.
"""

import logging
from collections.abc import Iterable, Sequence

import numpy as np

log = logging.getLogger(__name__)

#: Frames are smoothed with this standard deviation (pixels) before they are compared.
SMOOTHING = 1.0

#: Part of each side over which a frame fades out before it is compared: what enters at one border
#: is not what leaves at the other, and would pull shifts towards 0 (by a third of a pixel rms for
#: motion of 2 pixels in smooth tissue of 40 x 40; 0.08 with this).
TAPER = 0.4

#: Shifts are found to one part in so many of a pixel.
UPSAMPLING = 20

#: A shift of more than this part of the shorter side is no motion of tissue.
LARGEST = 1 / 8

#: Pixels by which a frame is mirrored beyond its border before it moves.
BORDER = 16


class Aligner:
    """Aligns frames with a template.

    Attributes
    ----------
    template : ndarray, shape (height, width)
        What frames are aligned with.
    failed : int
        Frames whose shift was too large to be believed; they were left where they are.
    """

    def __init__(self, template: np.ndarray) -> None:
        self.template = template
        self.failed = 0
        self._spectrum = _spectrum(template)

    def shift(self, frame: np.ndarray) -> np.ndarray:
        """Shift that aligns a frame with the template.

        Parameters
        ----------
        frame : ndarray, shape (height, width)
            Any type.

        Returns
        -------
        ndarray of float64, shape (2,)
            Rows down and columns to the right that the frame must move, pixels.
        """
        from skimage.registration import phase_cross_correlation

        found, _, _ = phase_cross_correlation(
            self._spectrum,
            _spectrum(frame),
            upsample_factor=UPSAMPLING,
            space="fourier",
            normalization=None,
        )
        if np.abs(found).max() > LARGEST * min(frame.shape):
            self.failed += 1
            return np.zeros(2)
        return np.asarray(found, dtype=float)

    def align(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the aligned frame (float32) and the shift that it took."""
        shift = self.shift(frame)
        return move(frame, shift), shift


def move(frame: np.ndarray, shift: Sequence[float] | np.ndarray) -> np.ndarray:
    """Move a frame by part of a pixel.

    Parameters
    ----------
    frame : ndarray, shape (height, width)
        Any type. It is mirrored at its border.
    shift : (float, float)
        Rows down and columns to the right, pixels.

    Returns
    -------
    ndarray of float32, shape (height, width)
    """
    from scipy.fft import fft2, ifft2
    from scipy.ndimage import fourier_shift

    if not np.any(shift):
        return frame.astype(np.float32)
    border = [min(BORDER + int(np.abs(shift).max()), size - 1) for size in frame.shape]
    padded = np.pad(frame.astype(np.float32), [(size, size) for size in border], mode="symmetric")
    moved = ifft2(fourier_shift(fft2(padded), shift)).real
    rows, columns = (
        slice(size, size + side) for size, side in zip(border, frame.shape, strict=True)
    )
    return moved[rows, columns].astype(np.float32)


def make_template(stacks: Iterable[np.ndarray]) -> np.ndarray:
    """Template of a session: the mean over recordings of their own mean images, all aligned.

    Parameters
    ----------
    stacks : iterable of ndarray, each of shape (frames, height, width)
        Frames of each recording from before its first trial: no frame that is predicted later, and
        none that follows a stimulus, decides where frames lie. Every recording enters equally, so
        that none is aligned better than others. One stack is held at a time.

    Returns
    -------
    ndarray of float64, shape (height, width)
    """
    means = [_aligned_mean(list(stack)) for stack in stacks]
    return _aligned_mean(means, means[0])


def _aligned_mean(images: Sequence[np.ndarray], start: np.ndarray | None = None) -> np.ndarray:
    """Mean of images aligned with `start` (with their plain mean if None), then with what gives."""
    template = np.mean(images, axis=0, dtype=float) if start is None else start
    for _ in range(2):
        aligner = Aligner(template)
        template = np.mean([aligner.align(image)[0] for image in images], axis=0, dtype=float)
    return template


def _spectrum(frame: np.ndarray) -> np.ndarray:
    """Spectrum of a frame, smoothed, less its mean, faded out at its border."""
    from scipy.fft import fft2
    from scipy.ndimage import gaussian_filter
    from scipy.signal.windows import tukey

    smooth = gaussian_filter(frame.astype(np.float32), SMOOTHING)
    fade = [tukey(size + 2, TAPER)[1:-1].astype(np.float32) for size in frame.shape]
    return np.asarray(fft2((smooth - smooth.mean()) * np.outer(*fade)))
