"""What a subject's imported data hold, and whether the configured analysis can run on them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath, load_arrays
from neuroloop.fmri.decoding import pose


def inspect_subject(
    voxels: Mapping[str, StrPath],
    folds: pd.DataFrame,
    stimuli: pd.DataFrame,
    asked: Mapping[str, int | None],
) -> dict[str, Any]:
    """Count what one subject's data hold, reading every region.

    Parameters
    ----------
    voxels : mapping of str to path
        voxels.npz of each region.
    folds, stimuli : DataFrame
        folds.tsv of the subject and stimuli.tsv of the dataset.
    asked : mapping of str to int or None
        How many voxels of each region are selected, None for all.

    Returns
    -------
    dict
        Counts of samples, runs, folds, categories and stimuli, and for each region of voxels and
        of selected voxels (all, if the region has fewer than requested).

    Raises
    ------
    NeuroLoopError
        If a fold splits a block, or cannot learn a category.
    """
    counts, used = {}, {}
    for name, path in voxels.items():
        arrays = load_arrays(path)
        x, samples = arrays["x"], arrays["sample"]
        counts[name] = x.shape[1]
        used[name] = min(asked[name] or x.shape[1], x.shape[1])
    problem = pose(x, samples, folds, stimuli)
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
