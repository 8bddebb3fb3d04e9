"""Whether movies were scaled by their own lowest and highest value, those of tested frames too."""

from collections import Counter

import numpy as np

from neuroloop.calcium.frame_store import FrameStore

#: Recordings whose extremes tell, at least.
RECORDINGS = 3

#: A detector cut the values of a recording if more pixels than this are at the highest, and more
#: than so many times those at the next lower one.
PIXELS, PILED = 10, 3


def scaled_by_extremes(store: FrameStore) -> tuple[float, float] | None:
    """Find one lowest and one highest value that all recordings reach, and no detector cut.

    The extremes of noise differ from one recording to the next. A detector's highest value is
    reached by all pixels that would be brighter, that of a movie scaled to it by the brightest.

    Parameters
    ----------
    store : FrameStore

    Returns
    -------
    (float, float) or None
        The values; None if recordings differ, are too few, or are cut there.
    """
    low, high = store.scale.T.astype(np.float64)
    if len(low) < RECORDINGS or np.ptp(low) or np.ptp(high) or low[0] == high[0]:
        return None
    for _, rows in store.rows.groupby("recording_row")["row"]:
        often: Counter[float] = Counter()
        for row in rows.to_numpy():  # frames of a recording may be larger than memory
            values, counts = np.unique(store.counts(np.array([row])), return_counts=True)
            often.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        *_, below, top = sorted(often)
        if top == high[0] and often[top] > max(PIXELS, PILED * often[below]):
            return None
    return float(low[0]), float(high[0])
