"""One subject's BData files from outside, as one."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.fmri.bdata_columns import Columns
from neuroloop.fmri.bdata_layout import Layout, opened, try_texts
from neuroloop.fmri.brain import UNITS, BrainData, check, check_finite, sample_ids
from neuroloop.fmri.source import Imported

#: What the two sessions are that teach no decoder.
UNUSED = {"perception": "rows of the perception test", "imagery": "rows of the imagery test"}


def import_files(
    paths: Sequence[Path], named: Mapping[str, str | None], back_to_back: str = "block"
) -> Imported:
    """Read the BData files of one subject.

    Parameters
    ----------
    paths : sequence of Path
        Files with the same voxels; the runs of each are its own.
    named : mapping of str to str
        Arguments of `Columns`.
    back_to_back : {"block", "trials"}
        What rows of one category back to back are, where no column names blocks.

    Returns
    -------
    Imported

    Raises
    ------
    NeuroLoopError
        If a file is missing, damaged or not BData, lacks a column or lost digits of ids, files
        differ in their voxels or hold the same rows, or the contract of `BrainData` is violated.
    """
    intake = Intake()
    columns = Columns(**named)
    tables, voxels, first, unit = [], [], None, None
    for part, path in enumerate(paths, start=1):
        try_texts(path)
        with opened(path) as layout:
            table = layout.rows(columns, intake, back_to_back == "trials")
            if not len(table):
                raise NeuroLoopError(f"{path} has no rows: make it again")
            facts = _of_voxels(layout, intake)
            stated = _unit(layout, path, intake)
            voxels.append(layout.voxels(slice(0, len(table)), layout.columns("VoxelData")))
        check_finite(voxels[-1], table["sample"], path)
        if first is None:
            first, unit = facts, stated
        elif not _same(first, facts) or unit != stated:
            raise NeuroLoopError(
                f"{path} has other voxels, regions or units of rows than {paths[0]}: list files of "
                "one subject on the same voxels"
            )
        tables.append(_numbered(table, part) if len(paths) > 1 else table)
    if first is None or unit is None:
        raise ValueError("no file")
    _check_different(voxels, paths)
    x = np.concatenate(voxels) if len(voxels) > 1 else voxels[0]
    rows = pd.concat(tables, ignore_index=True)
    rows["sample"] = sample_ids(len(rows))
    for session, what in UNUSED.items():
        count = int((rows["session"] == session).sum())
        intake.drop(what, "decoders learn from and are tested on the training session", count)
    rois, keys = first
    brain = check(BrainData(x, rows, rois), ", ".join(map(str, paths)))
    return Imported(brain, unit, voxel_keys=keys, intake=intake)


def _numbered(table: pd.DataFrame, part: int) -> pd.DataFrame:
    """Make the runs and blocks of one file its own."""
    changed = table.copy()
    for column in ("run", "block"):
        changed[column] = [f"{name}-file{part}" for name in table[column]]
    return changed


def _of_voxels(
    layout: Layout, intake: Intake
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Flags of each region, and what else is known of each voxel."""
    rois: dict[str, np.ndarray] = {}
    strange = []
    for name in layout.roi_names():
        values = layout.of_voxels(f"ROI_{name}")
        if set(np.unique(values[np.isfinite(values)]).tolist()) <= {0.0, 1.0}:
            rois[name] = values == 1
        else:
            strange.append(name)
    why = "they flag voxels by other numbers than 0 and 1: make each part a region of its own"
    intake.drop(f"regions ({', '.join(strange)})", why, len(strange))
    keys = {key: layout.of_voxels(key) for key in layout.voxel_keys()}
    return rois, keys


def _unit(layout: Layout, path: Path, intake: Intake) -> str:
    if layout.unit is None:
        intake.recognise(f"{path.name} does not say what a row is: it is taken as a trial.")
        return "trial"
    if layout.unit not in UNITS:
        raise NeuroLoopError(
            f"{path}: header/unit is {layout.unit!r}: one of {', '.join(UNITS)}, or leave it out"
        )
    return layout.unit


def _same(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two files say the same of their voxels."""
    return all(
        list(a) == list(b) and all(np.array_equal(a[key], b[key], equal_nan=True) for key in a)
        for a, b in zip(one, other, strict=True)
    )


def _check_different(voxels: Sequence[np.ndarray], paths: Sequence[Path]) -> None:
    seen: dict[bytes, Path] = {}
    for x, path in zip(voxels, paths, strict=True):
        other = seen.setdefault(sha256(np.ascontiguousarray(x).data).digest(), path)
        if other is not path:
            raise NeuroLoopError(
                f"{path} holds the same data as {other}, so that decoders would be tested on what "
                "they learned: list each file once"
            )
