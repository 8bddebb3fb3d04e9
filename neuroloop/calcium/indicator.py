"""Response of a calcium indicator to a light pulse, as frames see it."""

import numpy as np


def sampled_response(
    frame_rate: float, frames: int, rise: float, decay: float, pulse: float
) -> np.ndarray:
    """Response to a pulse at the start of frame 0, with the highest frame at 1.

    The indicator answers an instant with ``(1 - exp(-t / rise)) exp(-t / decay)`` (two
    exponentials, as Chen et al. 2013, Nature 499:295, describe GCaMP6). A pulse drives it all its
    length long, and a frame is the mean over its own duration: both are integrals of exponentials
    and are taken exactly.

    Parameters
    ----------
    frame_rate : float
        Frames per second.
    frames : int
        Number of frames.
    rise, decay : float
        Time constants, seconds.
    pulse : float
        Duration of the photostimulation, seconds.

    Returns
    -------
    ndarray of float64, shape (frames,)
    """
    start = np.arange(frames) / frame_rate
    end = start + 1 / frame_rate
    slow, fast = decay, 1 / (1 / decay + 1 / rise)

    def twice_integrated(time: np.ndarray) -> np.ndarray:
        late = np.maximum(time, 0)
        terms = [tau * late - tau**2 * -np.expm1(-late / tau) for tau in (slow, fast)]
        return terms[0] - terms[1]

    response = (
        twice_integrated(end)
        - twice_integrated(start)
        - twice_integrated(end - pulse)
        + twice_integrated(start - pulse)
    )
    return response / response.max()
