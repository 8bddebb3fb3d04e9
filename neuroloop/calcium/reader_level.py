"""Whether a reader names stimulated cells above chance, without which its maps say nothing."""

import numpy as np

from neuroloop.files.formats import StrPath, read_table

#: p of the reading accuracy above which a reader counts as being at chance.
LEVEL = 0.05

#: What is said first of a reader that is at chance, and of one that no test could tell of.
AT_CHANCE, UNTESTED = "READER AT CHANCE", "READER UNTESTED"


def at_chance(reading: StrPath) -> str:
    """Say that a reader is at chance, or untested, if it is.

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
    names = f"it names {100 * value:.1f} % of stimulated cells in held-out trials, chance "
    if not np.isfinite(p):
        return (
            f"{UNTESTED}: {names}{100 * chance:.1f} %, and too few trials for a p: whether its "
            "maps are evidence of what it learned is not known"
        )
    return (
        f"{AT_CHANCE}: {names}{100 * chance:.1f} % (p {p:.2g}), so its maps are no evidence of "
        "what it learned"
    )
