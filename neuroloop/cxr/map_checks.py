"""Do maps of a classifier depend on what it learned? Beside those of random weights."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch

from neuroloop.cxr.map_layers import MapMethod
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.explain.sanity.layer_groups import group_layers
from neuroloop.explain.sanity.randomisation import THRESHOLD, find_layers, judge, randomisation
from neuroloop.explain.sanity.sanity_rows import coarse
from neuroloop.statistics.units import scope, varied

#: Radiographs that go through a network at once.
BATCH = 16

#: Verdicts.
PASSED, FAILED, UNDECIDED, COARSE = "passed", "failed", "undecided", "too coarse to judge"

#: Columns of the table.
COLUMNS = (
    *("method", "section", "rows", "columns", "similarity", "ci_low", "ci_high", "threshold"),
    *("n", "undefined", "verdict", "unit", "scope"),
)


def check_maps(
    opened: OpenedModel,
    methods: Mapping[str, MapMethod],
    maps: Mapping[str, np.ndarray],
    named: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """Compare the maps of each method with its maps of the same network with random weights.

    Parameters
    ----------
    opened : OpenedModel
    methods : mapping of str to MapMethod
        By title.
    maps : mapping of str to ndarray, shape (radiographs, h, w)
        What they made of the network.
    named : ndarray of int, shape (radiographs,)
        The class that is mapped.
    seed : int
        Of the random weights, the same for all methods.

    Returns
    -------
    DataFrame
        `COLUMNS`: ``similarity`` is the mean over radiographs of Spearman's correlation of both
        maps (Adebayo et al. 2018), with its interval; a method has ``passed`` where that lies
        wholly below `randomisation.THRESHOLD`. Maps of few places are `COARSE`, whatever they have.
    """
    images, classes = torch.from_numpy(opened.images.images[:]), torch.from_numpy(named)
    layers = group_layers(find_layers(opened.network, images[:1]), 1)
    rows = []
    for title, method in methods.items():
        table = randomisation(
            opened.network,
            method.maps,
            images,
            classes,
            seed=seed,
            layers=layers,
            maps=maps[title],
            batch=BATCH,
        )
        found = judge(table, method.name, seed=seed)
        height, width = maps[title].shape[1:]
        verdict = PASSED if found.sensitive else FAILED if found.low >= THRESHOLD else UNDECIDED
        rows.append(
            {
                "method": title,
                "section": method.section,
                "rows": height,
                "columns": width,
                "similarity": found.statistic,
                "ci_low": found.low,
                "ci_high": found.high,
                "threshold": THRESHOLD,
                "n": found.n,
                "undefined": found.undefined,
                "verdict": COARSE if coarse((height, width)) else verdict,
            }
        )
    told = {"unit": varied(["image"]), "scope": scope(["image"], ["network"])}
    return pd.DataFrame(rows).assign(**told)[list(COLUMNS)]


def summaries(checks: pd.DataFrame, pointing: pd.DataFrame) -> dict[str, str]:
    """What stands above the maps of each method: its check, and how often it points at a lesion.

    Parameters
    ----------
    checks : DataFrame
        Of `check_maps`.
    pointing : DataFrame
        Of `radiograph_maps.point`; without rows where no lesion is known.
    """
    hits = {
        row["method"]: "\nin lesions {:.0f} %, chance {:.0f} %".format(
            100 * row["value"], 100 * row["chance"]
        )
        for row in pointing.to_dict("records")
    }
    return {
        row["method"]: f"random weights:\n{row['verdict']}{hits.get(row['method'], '')}"
        for row in checks.to_dict("records")
    }
