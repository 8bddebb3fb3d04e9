"""The sanity tests of all methods as one table of a page."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

#: What `sanity.tsv` must have, and the types of its columns.
COLUMNS: dict[str, type] = {
    "test": str,
    "statistic": str,
    "value": float,
    "ci_low": float,
    "ci_high": float,
    "chance": float,
    "baseline": float,
    "n": int,
    "undefined": int,
    "verdict": str,
}

#: What is tested, and what a good method does.
TESTS = {
    "cascading": (
        "Weights randomised",
        "similarity to the method's own maps once all weights are random, layer after layer: near "
        "0 for maps that depend on what the network learned",
    ),
    "labels": (
        "Labels permuted",
        "similarity to its maps of a network that learned permuted labels by heart: near 0 for "
        "maps that depend on what labels mean",
    ),
    "deletion": (
        "Deletion",
        "area under the probability of the named class while pixels are taken away, highest "
        "first: low for maps that name the pixels that count",
    ),
    "insertion": (
        "Insertion",
        "the same while pixels are put in: high for such maps",
    ),
    "pointing": (
        "Pointing game",
        "whether the highest pixel, and how much of the map, lies where the evidence is; chance "
        "is what the same maps have where that of other images is",
    ),
    "maps": ("Maps", "those that are empty, constant or have values that are no numbers"),
}
STATISTICS = {
    "spearman": "rank correlation",
    "auc": "area",
    "auc_less_random": "less random order",
    "auc_less_edges": "less edges of the image",
    "hit_rate": "hits",
    "energy": "share of the map",
    "undefined": "no numbers",
}
GOOD = ("sensitive", "better", "above chance")
BAD = ("insensitive", "worse", "below chance")


def sanity_html(tables: Mapping[str, pd.DataFrame]) -> str:
    """Put the tests of several methods side by side.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the title of the method, with `COLUMNS`.

    Returns
    -------
    str
        A table, a row a method and a column a number, and what its tests mean.
    """
    keys = list(
        dict.fromkeys(
            key
            for table in tables.values()
            for key in zip(table["test"], table["statistic"], strict=True)
        )
    )
    tests = list(dict.fromkeys(test for test, _ in keys))
    keys.sort(key=lambda key: tests.index(key[0]))
    groups = "".join(
        f'<th colspan="{sum(test == name for test, _ in keys)}">{escape(_title(name))}</th>'
        for name in tests
    )
    names = "".join(f"<th>{escape(_statistic(statistic))}</th>" for _, statistic in keys)
    body = "".join(_row(title, table, keys) for title, table in tables.items())
    meanings = "".join(
        f"<li><b>{escape(_title(name))}</b>: {escape(TESTS[name][1])}.</li>"
        for name in tests
        if name in TESTS
    )
    return (
        f'<div class="table"><table class="sanity"><thead><tr><th rowspan="2">method</th>{groups}'
        f"</tr><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<ul class="meanings">{meanings}<li>In brackets 95 % intervals; <i>chance</i> is what a '
        "method has that knows nothing, <i>edges</i> what the edges of the image have in place of "
        "a map.</li></ul>"
    )


def _row(title: str, table: pd.DataFrame, keys: list[tuple[str, str]]) -> str:
    rows: dict[tuple[str, str], Any] = {
        (row["test"], row["statistic"]): row for row in table.to_dict("records")
    }
    cells = "".join(_cell(rows[key]) if key in rows else '<td class="none">–</td>' for key in keys)
    return f"<tr><th>{escape(title)}</th>{cells}</tr>"


def _cell(row: Mapping[str, Any]) -> str:
    value, low, high, chance, baseline = (
        float(row[name]) for name in ("value", "ci_low", "ci_high", "chance", "baseline")
    )
    if not np.isfinite(value):
        said = '<span class="value">–</span>'
    elif row["test"] == "maps":
        said = f'<span class="value">{value:.0f}</span> of {row["n"]}'
    else:
        said = f'<span class="value">{_number(value)}</span>'
    if np.isfinite(low) and np.isfinite(high):
        said += f' <span class="interval">[{_number(low)}, {_number(high)}]</span>'
    beside = [
        f"{name} {_number(number)}"
        for name, number in (("chance", chance), ("edges", baseline))
        if np.isfinite(number)
    ]
    if row["undefined"]:
        beside.append(f"{row['undefined']} undefined")
    if row["test"] != "maps":
        beside.append(f"n {row['n']}")
        said += f'<span class="beside">{escape(", ".join(beside))}</span>'
    verdict = str(row["verdict"])
    if verdict in ("n/a", ""):
        return f"<td>{said}</td>"
    kind = "good" if verdict in GOOD else "bad" if verdict in BAD else "open"
    return f'<td class="{kind}">{said}<span class="verdict">{escape(verdict)}</span></td>'


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _title(test: str) -> str:
    return TESTS[test][0] if test in TESTS else test


def _statistic(name: str) -> str:
    return STATISTICS.get(name, name.replace("_", " "))
