"""The sanity tests of all methods as one table of a page."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.explain.gallery.found import Found
from neuroloop.files.formats import read_table
from neuroloop.statistics.families import corrected

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
    "p": float,
    "unit": str,
    "scope": str,
    "family": str,
    "reason": str,
    "untrained": float,
    "smallest_effect": float,
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
        "similarity to its maps of a network that memorised permuted labels: near 0 for maps that "
        "depend on what the labels mean",
    ),
    "deletion": (
        "Deletion",
        "area under the probability of the predicted class while pixels are removed, highest "
        "first: low for maps that find the pixels that matter; void where the network names the "
        "class nearly as surely once all pixels are removed",
    ),
    "insertion": (
        "Insertion",
        "the same while pixels are inserted: high for such maps",
    ),
    "pointing": (
        "Pointing game",
        "whether the highest pixel, and how much of the map, lies where the evidence is; chance "
        "is what the same maps score against the evidence in other images, untrained what maps of "
        "a network with random weights score",
    ),
    "maps": ("Maps", "how many are empty, constant or contain undefined values"),
}
STATISTICS = {
    "spearman": "rank correlation",
    "auc": "area",
    "auc_less_random": "minus random order",
    "auc_less_edges": "minus edges of the image",
    "hit_rate": "hits",
    "energy": "share of the map",
    "undefined": "undefined values",
}
#: Level of q, over all methods, from which on a verdict has a colour.
LEVEL = 0.05
GOOD = ("sensitive", "better", "above chance")
BAD = ("insensitive", "worse", "below chance")
#: Verdicts that say how large an effect could have been missed.
UNSEEN = ("no difference", "no better than chance")


def read_sanity(found: Sequence[Found]) -> dict[str, pd.DataFrame]:
    """Read the sanity tests of the attribution methods that apply, by their titles."""
    return {
        one.title: read_table(one.folder / "sanity.tsv", COLUMNS)
        for one in found
        if one.attributes and one.applies
    }


def join_tables(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Join the tests of several methods, and correct each family for the number of them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the title of the method, with `COLUMNS`.

    Returns
    -------
    DataFrame
        With ``method`` before `COLUMNS` and ``q`` behind them (Benjamini & Hochberg 1995, J. R.
        Stat. Soc. B 57:289): the p of those families over all methods.
    """
    columns = ["method", *COLUMNS]
    joined = pd.concat(
        [
            pd.DataFrame(columns=columns),
            *(table.assign(method=title)[columns] for title, table in tables.items()),
        ],
        ignore_index=True,
    )
    joined["q"] = corrected(joined["p"].tolist(), joined["family"].tolist())
    return joined


def sanity_table(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Put the tests of several methods side by side.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the title of the method, with `COLUMNS`.

    Returns
    -------
    dict
        What the template shows: a row for each method, a column for each number, what the tests
        mean, of what they speak, and why some are void.
    """
    joined = join_tables(tables)
    keys = list(
        dict.fromkeys(
            key
            for table in tables.values()
            for key in zip(table["test"], table["statistic"], strict=True)
        )
    )
    tests = list(dict.fromkeys(test for test, _ in keys))
    keys.sort(key=lambda key: tests.index(key[0]))
    return {
        "groups": [
            {"title": _title(name), "columns": sum(test == name for test, _ in keys)}
            for name in tests
        ],
        "statistics": [_statistic(statistic) for _, statistic in keys],
        "rows": [
            {"title": title, "cells": _cells(joined[joined["method"] == title], keys)}
            for title in tables
        ],
        "scopes": _scopes(joined),
        "reasons": list(dict.fromkeys(joined["reason"][joined["verdict"] == "void"])),
        "meanings": [TESTS[name] for name in tests if name in TESTS],
    }


def _cells(table: pd.DataFrame, keys: Sequence[tuple[str, str]]) -> list[dict[str, Any] | None]:
    rows: dict[tuple[str, str], Any] = {
        (row["test"], row["statistic"]): row for row in table.to_dict("records")
    }
    return [_cell(rows[key]) if key in rows else None for key in keys]


def _cell(row: Mapping[str, Any]) -> dict[str, Any]:
    value, low, high, chance, baseline, untrained = (
        float(row[name])
        for name in ("value", "ci_low", "ci_high", "chance", "baseline", "untrained")
    )
    counted = row["test"] == "maps" and bool(np.isfinite(value))
    beside = [
        f"{name} {_number(number)}"
        for name, number in (("chance", chance), ("edges", baseline), ("untrained", untrained))
        if np.isfinite(number)
    ]
    if row["undefined"]:
        beside.append(f"{row['undefined']} undefined")
    beside.append(f"n {row['n']}")
    if np.isfinite(row["q"]):
        beside.append(f"q {row['q']:.2g}")
    verdict = str(row["verdict"])
    if verdict in UNSEEN and np.isfinite(row["smallest_effect"]):
        beside.append(f"unseen: below {_number(float(row['smallest_effect']))}")
    certain = not row["q"] >= LEVEL
    return {
        "value": f"{value:.0f}" if counted else _number(value),
        "among": row["n"] if counted else None,
        "interval": f"[{_number(low)}, {_number(high)}]" if np.isfinite([low, high]).all() else "",
        "beside": "" if row["test"] == "maps" else ", ".join(beside),
        "verdict": "" if verdict == "n/a" else verdict,
        "kind": "good"
        if verdict in GOOD and certain
        else "bad"
        if verdict in BAD and certain
        else "open",
    }


def _scopes(joined: pd.DataFrame) -> list[tuple[str, str]]:
    """Titles of tests by what their intervals and p speak of."""
    told = joined[joined["scope"] != ""].drop_duplicates(["test", "scope"])
    return [
        (", ".join(_title(test) for test in rows["test"]), str(scope))
        for scope, rows in told.groupby("scope", sort=False)
    ]


def _number(value: float) -> str:
    """Two digits behind the point, a minus sign, and a dash for what is not finite."""
    if not np.isfinite(value):
        return "–"
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _title(test: str) -> str:
    return TESTS[test][0] if test in TESTS else test


def _statistic(name: str) -> str:
    return STATISTICS.get(name, name.replace("_", " "))
