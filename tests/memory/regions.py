"""A region's voxels, folds and stimuli in files, as rules leave them, of any size."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.files.formats import save_arrays, save_table


class Files(NamedTuple):
    """Inputs of the rules that decode.

    Attributes
    ----------
    voxels, folds, stimuli : Path
        voxels.npz, folds.tsv and stimuli.tsv.
    """

    voxels: Path
    folds: Path
    stimuli: Path


def region(folder: Path, rows: int, voxels: int, classes: int = 4, folds: int = 3) -> Files:
    """Noise, a row an image, in two runs a fold that each show all classes alike."""
    made = folder / f"region-{rows}-{voxels}-{classes}-{folds}"
    found = Files(made / "voxels.npz", made / "folds.tsv", made / "stimuli.tsv")
    if made.exists():
        return found
    made.mkdir()
    number = np.arange(rows)
    names = [f"i{row:05d}" for row in number]
    drawn = np.random.default_rng(0).standard_normal((rows, voxels), dtype=np.float32)
    axes = {"x": ("sample", "voxel"), "sample": ("sample",)}
    save_arrays(found.voxels, {"x": drawn, "sample": np.array(names)}, axes=axes)
    run = number * 2 * folds // rows
    table = pd.DataFrame({"sample": names, "session": "training"})
    table["run"] = [f"run{one}" for one in run]
    table["block"] = table["stimulus_id"] = names
    table["category"] = [f"c{row % classes:03d}" for row in number]
    save_table(found.folds, table.assign(unit="trial", fold=run // 2))
    seen = table[["stimulus_id", "category", "session"]]
    save_table(found.stimuli, seen.assign(held_out=0))
    return found
