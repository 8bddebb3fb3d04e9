"""What a subject's imported data hold, and whether the configured analysis can be done on them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.core.files import StrPath
from scripts.lib.core.folds import check_training
from scripts.lib.fmri.bdata import read_region
from scripts.lib.fmri.decoding import pose


def inspect_subject(
    bdata: StrPath,
    folds: pd.DataFrame,
    stimuli: pd.DataFrame,
    regions: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Count what one subject's data hold; every region is read.

    Parameters
    ----------
    bdata : path
        The subject's BData file.
    folds, stimuli : DataFrame
        folds.tsv of the subject and stimuli.tsv of the dataset.
    regions : mapping
        For each region ``flag`` (name or condition in the file) and ``voxels`` (to be selected,
        None for all).

    Returns
    -------
    dict
        Counts of samples, runs, folds, categories, stimuli, and of voxels by region.

    Raises
    ------
    NeuroLoopError
        If a region is missing or has fewer voxels than are to be selected, or a fold cannot learn
        a category.
    """
    counts = {}
    for name, region in regions.items():
        x, rows = read_region(bdata, region["flag"])
        if region["voxels"] and region["voxels"] > x.shape[1]:
            raise NeuroLoopError(
                f"config, rois.{name}.voxels: {region['voxels']} voxels are to be selected, but "
                f"{bdata} has {x.shape[1]} in {region['flag']}: ask for fewer, or null for all"
            )
        counts[name] = x.shape[1]
    problem = pose(x, rows["sample"].to_numpy(dtype=str), folds, stimuli)
    check_training(problem.splits, folds["category"])
    return {
        "samples": len(folds),
        "unit": folds["unit"].iloc[0],
        "runs": folds["run"].nunique(),
        "folds": folds["fold"].nunique(),
        "categories": len(problem.classes),
        "stimuli": len(problem.stimulus_ids),
        "voxels": counts,
    }
