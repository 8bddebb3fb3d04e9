"""One subject's brain data in memory: what every source returns, and the contract it fulfils."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.spelling import named_alike

#: Columns of the table of rows, all strings.
ROW_COLUMNS = ("sample", "session", "run", "block", "stimulus_id", "category")

#: Sessions in the order of their DataType code, which counts from 1 (Horikawa & Kamitani 2017).
SESSIONS = ("training", "perception", "imagery")

#: What one row can be.
UNITS = ("volume", "block", "trial")


@dataclass(frozen=True)
class BrainData:
    """Responses of one subject.

    Attributes
    ----------
    voxels : ndarray of float32, shape (samples, voxels)
        One response per row.
    rows : DataFrame
        One row per sample, in file order, all strings: ``sample`` (id of the row, see
        `sample_ids`), ``session`` (one of `SESSIONS`), ``run`` and ``block`` (unique within the
        subject; a block is the exchangeable unit and has one category), ``stimulus_id``,
        ``category``.
    rois : dict of str to ndarray of bool, shape (voxels,)
        Voxels of each region of interest. Regions may overlap.
    """

    voxels: np.ndarray
    rows: pd.DataFrame
    rois: dict[str, np.ndarray]


def sample_ids(count: int) -> list[str]:
    """Return ids of the first `count` rows of a subject: ``s000000``, ``s000001``, ..."""
    return [f"s{number:06d}" for number in range(count)]


def make_rows(
    *,
    session: Iterable[str] | str,
    run: Iterable[str],
    block: Iterable[str],
    stimulus_id: Iterable[str],
    category: Iterable[str],
) -> pd.DataFrame:
    """Build the table of rows (see `BrainData`) from its columns in file order."""
    runs = list(run)
    columns = {
        "sample": sample_ids(len(runs)),
        "session": [session] * len(runs) if isinstance(session, str) else list(session),
        "run": runs,
        "block": list(block),
        "stimulus_id": list(stimulus_id),
        "category": list(category),
    }
    return pd.DataFrame(columns).astype(str)


def check(brain: BrainData, origin: StrPath) -> BrainData:
    """Return `brain` if it fulfils the contract of `BrainData`.

    Parameters
    ----------
    brain : BrainData
        Data of one subject.
    origin : path
        File that the data come from, for messages.

    Raises
    ------
    NeuroLoopError
        If lengths differ, values are missing, a region has no voxels, no row belongs to the
        training session, two categories differ in their spelling alone, or a block mixes categories
        or runs.
    """
    voxels, rows = brain.voxels, brain.rows
    if list(rows.columns) != list(ROW_COLUMNS):
        raise ValueError(f"rows have the columns {list(rows.columns)}, not {list(ROW_COLUMNS)}")
    if voxels.ndim != 2 or voxels.dtype != np.float32:
        raise ValueError(f"voxels are {voxels.dtype}{voxels.shape}, not a float32 matrix")
    if len(rows) != len(voxels):
        raise NeuroLoopError(
            f"{origin}: {len(voxels)} rows of voxels but {len(rows)} rows of labels: "
            "they must pair one to one"
        )
    if rows["sample"].tolist() != sample_ids(len(rows)):
        raise ValueError("sample ids must number the rows in file order")
    _check_rois(brain, origin)
    check_finite(voxels, rows["sample"], origin)
    _check_labels(rows, origin)
    return brain


def check_finite(voxels: np.ndarray, samples: pd.Series, origin: StrPath) -> None:
    """Raise a NeuroLoopError that counts and locates NaN and infinite voxel values, if any."""
    broken = ~np.isfinite(voxels)
    if not broken.any():
        return
    named = samples[broken.any(axis=1)].tolist()
    some = ", ".join(named[:5]) + (", ..." if len(named) > 5 else "")
    raise NeuroLoopError(
        f"{origin}: {int(broken.sum())} NaN or infinite values in "
        f"{int(broken.any(axis=0).sum())} voxels, in {len(named)} rows ({some}): "
        "remove these voxels from the ROIs, or these rows"
    )


def _check_rois(brain: BrainData, origin: StrPath) -> None:
    if not brain.rois:
        raise NeuroLoopError(f"{origin}: no ROI: give at least one mask or ROI_ flag")
    for name, mask in brain.rois.items():
        if mask.shape != (brain.voxels.shape[1],) or mask.dtype != bool:
            raise NeuroLoopError(
                f"{origin}: ROI {name} flags {mask.size} voxels, the data have "
                f"{brain.voxels.shape[1]}: make the ROI from the same voxels"
            )
        if not mask.any():
            raise NeuroLoopError(f"{origin}: ROI {name} has no voxel: fix its mask or drop it")


def _check_labels(rows: pd.DataFrame, origin: StrPath) -> None:
    unknown = sorted(set(rows["session"]) - set(SESSIONS))
    if unknown:
        raise NeuroLoopError(
            f"{origin}: session {', '.join(unknown)}: known: {', '.join(SESSIONS)}"
        )
    if not (rows["session"] == "training").any():
        raise NeuroLoopError(
            f"{origin}: no row of the training session (DataType 1): decoders cannot learn"
        )
    for column in ROW_COLUMNS:
        empty = rows.loc[rows[column].isin(["", "nan"]), "sample"]
        if len(empty):
            raise NeuroLoopError(
                f"{origin}: {len(empty)} rows without {column}, the first is {empty.iloc[0]}: "
                "label or remove them"
            )
    seen: dict[str, str] = {}
    for name in rows["category"].unique():
        other = seen.setdefault(named_alike(name), name)
        if other != name:
            raise NeuroLoopError(
                f"{origin}: the categories {other!r} and {name!r} differ only in letter case, "
                "spaces, accents or decimals: spell them alike"
            )
    for column in ("category", "run"):
        counts = rows.groupby("block", sort=False)[column].nunique()
        if (counts > 1).any():
            block = counts.index[counts > 1][0]
            values = ", ".join(rows.loc[rows["block"] == block, column].unique())
            raise NeuroLoopError(
                f"{origin}: block {block} mixes {column} {values}: a block has one {column}, "
                "since it is shuffled as a whole"
            )
