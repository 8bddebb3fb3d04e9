"""Whether a reader names stimulated cells above chance, without which its maps say nothing."""

import numpy as np

from neuroloop.files.formats import StrPath, read_table

#: p of the reading accuracy above which a reader counts as being at chance.
LEVEL = 0.05


def at_chance(reading: StrPath) -> str:
    """Say that a reader is at chance, if it is.

    Judged by the recall of stimulated cells in held-out trials, against the patterns of trials
    permuted (`reading_metrics.reading_metrics`).

    Parameters
    ----------
    reading : path
        reading.tsv.

    Returns
    -------
    str
        What stands beside all that is made of its maps; empty of a reader above chance.

    Raises
    ------
    NeuroLoopError
        If the table cannot be used.
    """
    types = {"subset": str, "measure": str, "frames_of": str}
    table = read_table(reading, types | dict.fromkeys(("value", "chance", "p"), float))
    chosen = (table["frames_of"] == "stimulated") & (table["subset"] == "stimulated")
    rows = table[chosen & (table["measure"] == "recall")]
    if rows.empty:
        return ""
    value, chance, p = rows.iloc[0][["value", "chance", "p"]].astype(float)
    if np.isfinite(p) and p <= LEVEL and value > chance:
        return ""
    tested = f"p {p:.2g}" if np.isfinite(p) else "too few trials for a p"
    return (
        f"READER AT CHANCE: it names {100 * value:.1f} % of stimulated cells in held-out trials, "
        f"chance {100 * chance:.1f} % ({tested}), so its maps are no evidence of what it learned"
    )
