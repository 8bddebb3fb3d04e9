"""What a subject's imported data hold, and whether the configured analysis can run on them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import read_region
from neuroloop.fmri.decoding import pose


def inspect_subject(
    bdata: StrPath,
    folds: pd.DataFrame,
    stimuli: pd.DataFrame,
    regions: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Count what one subject's data hold, reading every region.

    Parameters
    ----------
    bdata : path
        The subject's BData file.
    folds, stimuli : DataFrame
        folds.tsv of the subject and stimuli.tsv of the dataset.
    regions : mapping
        For each region ``flag`` (name or condition in the file) and ``voxels`` (how many to
        select, None for all).

    Returns
    -------
    dict
        Counts of samples, runs, folds, categories and stimuli, and for each region of voxels and
        of selected voxels (all, if the region has fewer than requested).

    Raises
    ------
    NeuroLoopError
        If a region is missing, a fold splits a block, or a fold cannot learn a category.
    """
    counts, used = {}, {}
    for name, region in regions.items():
        x, rows = read_region(bdata, region["flag"])
        counts[name] = x.shape[1]
        used[name] = min(region["voxels"] or x.shape[1], x.shape[1])
    problem = pose(x, rows["sample"].to_numpy(dtype=str), folds, stimuli)
    return {
        "samples": len(folds),
        "unit": folds["unit"].iloc[0],
        "runs": folds["run"].nunique(),
        "folds": folds["fold"].nunique(),
        "categories": len(problem.classes),
        "stimuli": len(problem.stimulus_ids),
        "voxels": counts,
        "voxels_used": used,
    }
