"""What can be told of movies before all of their frames are read: a few of every file."""

from collections.abc import Mapping

import numpy as np

from neuroloop.calcium.movies import Movie
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake

#: Frames of a file that are looked at.
LOOKED_AT = 5
#: Highest values of detectors and types, of 8 bits and more.
CEILINGS = {2**bits - 1 for bits in range(8, 17)}
#: Values of which squares can be summed in single precision.
LARGEST = 1e15
#: Share of pixels at the highest value from which on light is called cut.
SATURATED = 0.01


def check_values(path: object, lowest: float, highest: float) -> None:
    """Refuse a movie whose values are not finite, no counts, or all one.

    Raises
    ------
    NeuroLoopError
        If they are.
    """
    if not np.isfinite([lowest, highest]).all():
        raise NeuroLoopError(f"{path} holds NaN or infinite values: export it again")
    if max(abs(lowest), abs(highest)) > LARGEST:
        raise NeuroLoopError(
            f"{path} holds values from {lowest:g} to {highest:g}, which are no counts of a "
            "detector: export it again"
        )
    if lowest == highest:
        raise NeuroLoopError(
            f"{path} is constant: every pixel of every frame is {lowest:g}; export the "
            "movie again, or take the recording out of the table"
        )


def check_mean(path: object, mean: float) -> None:
    """Refuse a session whose mean is not above 0.

    Raises
    ------
    NeuroLoopError
        If it is not.
    """
    if not mean > 0:
        raise NeuroLoopError(
            f"{path}: the baseline of the session has the mean {mean:g}, so that "
            "dF/F has no meaning: add the detector's offset, so that values are above 0"
        )


def look_at_movies(movies: Mapping[str, Movie], intake: Intake) -> None:
    """Decode some frames of every file of a session, and check their values.

    Parameters
    ----------
    movies : mapping of str to Movie
        Recording -> its movie.
    intake : Intake
        Is told of black frames and of light that is cut.

    Raises
    ------
    NeuroLoopError
        If a page cannot be decoded, values are not finite, all are one, or the mean is not above
        0.
    """
    means = []
    for name, movie in movies.items():
        frames = movie.sample(LOOKED_AT)
        # Of one frame nothing can be told that holds of the movie.
        lowest, highest = frames.min(), frames.max()
        check_values(movie.paths[0], lowest, highest)
        means.append(frames.mean(dtype=np.float64))
        black = int((frames == 0).all(axis=(1, 2)).sum())
        if black:
            intake.warn(
                f"Recording {name}: {black} of {len(frames)} frames that were looked at are black "
                "(every pixel is 0)."
            )
        share = float((frames == highest).mean())
        if share > SATURATED and int(highest) == highest and int(highest) in CEILINGS:
            intake.warn(
                f"Recording {name}: {100 * share:.1f} % of the pixels of {len(frames)} frames that "
                f"were looked at have the highest value {highest:g}: light above it was cut, so "
                "that responses of bright cells look smaller."
            )
    check_mean(next(iter(movies.values())).paths[0], float(np.mean(means)))
